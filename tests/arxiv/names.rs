//! Authors as arXiv writes them: in one string, with accents as TeX.

use super::world::Author;

/// Letters, and what authors type for them.
const ACCENTS: &[(char, &str)] = &[
    ('á', "\\'a"),
    ('é', "\\'e"),
    ('í', "\\'{\\i}"),
    ('ó', "\\'o"),
    ('ë', "\\\"e"),
    ('ö', "\\\"o"),
    ('ü', "\\\"{u}"),
    ('ø', "{\\o}"),
    ('ñ', "\\~n"),
    ('č', "\\v{c}"),
];

/// Text with accents as TeX; letters that are not in the table stay.
pub(crate) fn tex(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for letter in text.chars() {
        match ACCENTS.iter().find(|row| row.0 == letter) {
            Some(row) => written.push_str(row.1),
            None => written.push(letter),
        }
    }
    written
}

/// All authors as the feed has them: `A. One (Place, Town), B. Two`.
pub(crate) fn creator(authors: &[Author]) -> String {
    let one = |author: &Author| match &author.affiliation {
        Some(place) => format!("{} ({})", tex(&author.name()), tex(place)),
        None => tex(&author.name()),
    };
    authors.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// All authors as OAI's arXivRaw has them: `A. One (1), B. Two (2) and C. Three (1) ((1) Place, (2)
/// Other)`, and without affiliations `A. One, B. Two and C. Three`.
pub(crate) fn raw_authors(authors: &[Author]) -> String {
    let mut places: Vec<&str> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for author in authors {
        let mut name = tex(&author.name());
        if let Some(place) = author.affiliation.as_deref() {
            let at = places.iter().position(|there| *there == place).unwrap_or_else(|| {
                places.push(place);
                places.len() - 1
            });
            name.push_str(&format!(" ({})", at + 1));
        }
        names.push(name);
    }
    let mut written = match names.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => names.join(", "),
    };
    if !places.is_empty() {
        let numbered = |(at, place): (usize, &&str)| format!("({}) {}", at + 1, tex(place));
        let places: Vec<String> = places.iter().enumerate().map(numbered).collect();
        written.push_str(&format!(" ({})", places.join(", ")));
    }
    written
}

/// Lines of at most 80 characters, joined by `joint`; a longer word has a line of its own.
pub(crate) fn wrap(text: &str, joint: &str) -> String {
    let (mut wrapped, mut width) = (String::with_capacity(text.len() + 40), 0);
    for word in text.split(' ') {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > 80 {
            wrapped.push_str(joint);
            width = 0;
        } else if !wrapped.is_empty() {
            wrapped.push(' ');
            width += 1;
        }
        wrapped.push_str(word);
        width += length;
    }
    wrapped
}
