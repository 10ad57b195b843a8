//! The forms in which an arXiv identifier is pasted.
//!
//! In: a text. Out: the one identifier that a text consists of ([`alone`]: generous, since nothing
//! else is meant), or those that stand in running text marked as arXiv's ([`within`]: strict, since
//! `2602.10611` may be any number there). Both take a text apart into words and read each word by
//! the same rules, in time linear in its length.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::arxiv_id::ArxivId;
use super::category::is_category;
use crate::text::months::month_called;

/// An identifier and the version that it names.
type Found = (ArxivId, Option<u32>);

/// Longest text that can be one identifier, in bytes.
const LONGEST: usize = 4096;

/// What stands before an identifier and says that it is arXiv's, in lower case.
const MARKS: &[&str] = &[
    "oai:arxiv.org:",
    "urn:arxiv:",
    "info:arxiv/",
    "10.48550/arxiv.",
    "10.48550/arxiv:",
    "arxiv.org:",
    "arxiv:",
    "arxiv.",
    "arxiv/",
    "arxiv_",
    "arxiv-",
    "corr/abs/",
    "abs/",
];
/// What stands before an identifier or a mark and says nothing.
const LABELS: &[&str] = &[
    "info:doi/",
    "doi:",
    "doi.org/",
    "url:",
    "link:",
    "id:",
    "eprint:",
    "e-print:",
    "pdf:",
    "abs:",
    "paper:",
    "pdf/",
    "html/",
    "format/",
    "src/",
    "e-print/",
    "ps/",
];
/// Endings of file names.
const ENDINGS: &[&str] = &[".pdf", ".html", ".htm", ".txt", ".tex", ".tar.gz", ".tgz", ".gz", ".ps", ".md", ".xml"];

/// Sites whose addresses name papers by their arXiv ids alone.
const SITES: &[&str] = &[
    "xxx.lanl.gov",
    "xxx.itp.ac.cn",
    "alphaxiv.org",
    "ar5iv.org",
    "scirate.com",
    "semanticscholar.org",
    "connectedpapers.com",
    "papers.cool",
    "emergentmind.com",
    "themoonlight.io",
    "ui.adsabs.harvard.edu",
    "inspirehep.net",
    "scholar.google.com",
];
/// Sites of which only the papers under `papers/` are meant.
const HUBS: &[&str] = &["huggingface.co", "hf.co", "hf-mirror.com"];

/// Words that may stand beside an identifier without adding anything, in lower case: those of the
/// stamp on a PDF, of citations and of listings. Names of months may, too.
const AROUND: &[&str] = &[
    "arxiv",
    "arxiv.org",
    "preprint",
    "preprints",
    "e-print",
    "eprint",
    "id",
    "identifier",
    "doi",
    "url",
    "link",
    "abs",
    "abstract",
    "pdf",
    "ps",
    "html",
    "other",
    "corr",
    "version",
    "available",
    "at",
    "gmt",
    "utc",
    "a",
    "href",
    "/a",
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sun",
    "cross-list",
    "cross-listing",
    "cross-listed",
    "replaced",
    "replacement",
    "\\url",
    "\\href",
    "\\arxiv",
    "-",
    "*",
    "•",
    "·",
];

/// The identifier that a text consists of, whatever wraps it.
pub(super) fn alone(text: &str) -> Option<Found> {
    if text.len() > LONGEST || text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        return None;
    }
    let text = folded(text);
    let text = text.trim();
    // A link of Markdown: its text may be anything.
    if let Some((_, target)) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(')')?.rsplit_once("](")) {
        return alone(target);
    }
    let mut found: Option<Found> = None;
    let mut later = None;
    for word in words(text) {
        match (word_id(word, false), &mut found) {
            (Some(one), None) => found = Some(one),
            (Some(one), Some(known)) if one.0 == known.0 => known.1 = known.1.or(one.1),
            (Some(_), Some(_)) => return None,
            (None, _) => {
                later = later.or_else(|| version(word));
                if !says_nothing(word) {
                    return None;
                }
            }
        }
    }
    found.map(|(id, named)| (id, named.or(later)))
}

/// The identifiers that are marked as arXiv's in running text, in order, each once.
pub(super) fn within(text: &str) -> Vec<Found> {
    let text = folded(text);
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    // "arXiv: 2401.00001" and "arXiv preprint 2401.00001" part the mark from the number.
    let mut announced = false;
    for word in words(&text) {
        let read = word_id(word, true).or_else(|| if announced { ArxivId::bare(without_ending(word)) } else { None });
        let lower = word.to_ascii_lowercase();
        announced = lower.ends_with("arxiv")
            || lower.ends_with("arxiv.org")
            || announced
                && matches!(lower.as_str(), "preprint" | "e-print" | "eprint" | "id" | "no" | "number" | "abs");
        if let Some(one) = read
            && seen.insert(one.0.clone())
        {
            found.push(one);
        }
    }
    found
}

/// Full-width letters and digits as ASCII, dashes as `-`, and nothing that cannot be seen.
fn folded(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let fold = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' => Some('-'),
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => None,
        '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}' => None,
        _ if c.is_whitespace() => Some(' '),
        _ => Some(c),
    };
    Cow::Owned(text.chars().filter_map(fold).collect())
}

/// The words of a text, without brackets, quotes and punctuation around them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let parts = |c: char| {
        c.is_whitespace()
            || matches!(c, '<' | '>' | '(' | ')' | '[' | ']' | '{' | '}' | '"' | '\'' | '`' | '|' | ',' | ';' | '*')
            || matches!(
                c,
                '“' | '”' | '„' | '‘' | '’' | '«' | '»' | '「' | '」' | '『' | '』' | '《' | '》' | '【' | '】'
            )
            || matches!(c, '、' | '。' | '…' | '\u{fffd}')
    };
    let ends = ['.', ':', '!', '?', '/', '_', '=', '\\'];
    text.split(parts)
        .map(move |word| word.trim_start_matches([':', '=', '#', '_']).trim_end_matches(ends))
        .filter(|word| !word.is_empty())
}

/// The identifier that a word is. Where it has to be `marked`, a bare number is none.
fn word_id(word: &str, marked: bool) -> Option<Found> {
    if word.len() > LONGEST {
        return None;
    }
    if !marked && let Some(bare) = ArxivId::bare(without_ending(word)) {
        return Some(bare);
    }
    let decoded = decoded(word);
    let word = decoded.trim();
    let lower = word.to_ascii_lowercase();
    if let Some((host, path)) = address(word, &lower) {
        return on_site(host, path);
    }
    if let Some(body) = after_mark(word, &lower) {
        return ArxivId::bare(without_ending(body));
    }
    if !marked {
        let label = LABELS.iter().find(|label| lower.starts_with(**label))?;
        return word_id(&word[label.len()..], false);
    }
    // In running text a mark may stand behind something that was not parted from it. By ASCII
    // alone, which leaves places in the word where they are: `İ` in lower case is longer.
    let places = [lower.find("10.48550/arxiv"), lower.find("arxiv"), lower.rfind("arxiv"), lower.find("abs/")];
    places.into_iter().flatten().filter(|at| *at > 0).find_map(|at| {
        let body = after_mark(&word[at..], &lower[at..])?;
        ArxivId::bare(without_ending(body))
    })
}

/// What follows the marks at the beginning of a word, if there is one.
fn after_mark<'a>(mut word: &'a str, mut lower: &str) -> Option<&'a str> {
    let mut marked = false;
    while let Some(mark) = MARKS.iter().chain(LABELS).find(|mark| lower.starts_with(**mark)) {
        (word, lower) = (&word[mark.len()..], &lower[mark.len()..]);
        marked |= MARKS.contains(mark);
    }
    marked.then_some(word)
}

/// Without the ending of a file's name.
fn without_ending(word: &str) -> &str {
    let cut = |ending: &&str| {
        let at = word.len().checked_sub(ending.len())?;
        word.get(at..)?.eq_ignore_ascii_case(ending).then(|| &word[..at])
    };
    ENDINGS.iter().find_map(cut).unwrap_or(word)
}

/// `%2F` as `/`, also where it was written as `%252F`.
fn decoded(word: &str) -> Cow<'_, str> {
    let mut word = Cow::Borrowed(word);
    for _ in 0..2 {
        if !word.contains('%') {
            break;
        }
        let mut bytes = Vec::with_capacity(word.len());
        let mut rest = word.as_bytes();
        while let [first, tail @ ..] = rest {
            let hex = |byte: &u8| char::from(*byte).to_digit(16);
            match (first, tail) {
                (b'%', [high, low, after @ ..]) if hex(high).is_some() && hex(low).is_some() => {
                    bytes.extend(hex(high).zip(hex(low)).map(|(high, low)| (high * 16 + low) as u8));
                    rest = after;
                }
                _ => {
                    bytes.push(*first);
                    rest = tail;
                }
            }
        }
        match String::from_utf8(bytes) {
            Ok(text) if !text.chars().any(char::is_control) => word = Cow::Owned(folded(&text).into_owned()),
            _ => break,
        }
    }
    word
}

/// Host and path of an address: of the last one, where an archive or a translator wraps another.
fn address<'a>(word: &'a str, lower: &str) -> Option<(&'a str, &'a str)> {
    let with_scheme = lower.rfind("://").map(|at| at + 3);
    // `arxiv.org/abs/...` without a scheme: its first part is a host.
    let bare_host = || {
        let host = lower.split('/').next().filter(|host| host.contains('.') && !host.contains(':'))?;
        (known(host) || host.starts_with("www.")).then_some(0)
    };
    let rest = &word[with_scheme.or_else(bare_host)?..];
    let at = rest.find(['/', '?', '#'])?;
    let host = rest[..at].rsplit('@').next()?.split(':').next()?;
    Some((host, &rest[at..]))
}

/// Whether the addresses of a host are of arXiv's papers.
fn known(host: &str) -> bool {
    let host = host.strip_prefix("www.").unwrap_or(host);
    let site = |site: &&str| host.strip_suffix(*site).is_some_and(|before| before.is_empty() || before.ends_with('.'));
    let named = |label: &str| label.starts_with("arxiv") || label.ends_with("2arxiv") || label == "ar5iv";
    SITES.iter().chain(HUBS).any(site) || host.split('.').any(named)
}

/// The identifier in an address, as long as it is the only one.
fn on_site(host: &str, path: &str) -> Option<Found> {
    let host = host.to_ascii_lowercase();
    let parts: Vec<&str> = path.split(['/', '?', '&', '=', '#', ',', '+']).collect();
    let is = |part: &&str, name: &str| part.eq_ignore_ascii_case(name);
    if parts.contains(&"..") {
        return None;
    }
    let hub = HUBS.iter().any(|hub| host.ends_with(hub));
    let mut trusted = if hub { parts.iter().any(|part| is(part, "papers")) } else { known(&host) };
    trusted |= parts.iter().any(|part| is(part, "arxiv") || is(part, "10.48550"));
    let mut found: Option<Found> = None;
    for (at, part) in parts.iter().enumerate() {
        let lower = part.to_ascii_lowercase();
        let own = after_mark(part, &lower).and_then(|body| ArxivId::bare(without_ending(body)));
        let coded = || bibcode(part).or_else(|| dblp(&lower, &parts[..at]));
        let number = || trusted.then(|| ArxivId::bare(without_ending(part))).flatten();
        let old = || {
            let archive = part.rsplit(':').next().unwrap_or(part);
            let next = parts.get(at + 1).filter(|_| is_category(archive) && (trusted || archive.len() < part.len()))?;
            ArxivId::bare(&format!("{archive}/{}", without_ending(next)))
        };
        match (own.or_else(coded).or_else(number).or_else(old), &mut found) {
            (None, _) => {}
            (Some(one), None) => found = Some(one),
            (Some(one), Some(known)) if one.0 == known.0 => known.1 = known.1.or(one.1),
            _ => return None,
        }
    }
    found
}

/// `2026arXiv260100001L` and `2010arXiv1001.0001L`, as the Astrophysics Data System names papers.
fn bibcode(part: &str) -> Option<Found> {
    let body = part.get(4..9).filter(|mark| *mark == "arXiv").and_then(|_| part.get(9..part.len().checked_sub(1)?))?;
    match body.len() {
        9 if body.is_ascii() && !body.contains('.') => ArxivId::bare(&format!("{}.{}", &body[..4], &body[4..])),
        _ => ArxivId::bare(body),
    }
}

/// `abs-2601-00001` under `journals/corr`, as DBLP names papers.
fn dblp(part: &str, before: &[&str]) -> Option<Found> {
    let under = before.iter().any(|part| part.eq_ignore_ascii_case("corr"));
    let body = part.strip_prefix("abs-").filter(|_| under)?;
    ArxivId::bare(&without_ending(body).replace('-', "."))
}

/// `v2` alone.
fn version(word: &str) -> Option<u32> {
    word.strip_prefix(['v', 'V'])?.parse().ok().filter(|&number| number > 0)
}

/// Whether a word may stand beside an identifier: a category, a date, a version, the words of a
/// stamp.
fn says_nothing(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let lower = word.to_ascii_lowercase();
    AROUND.contains(&lower.as_str())
        || month_called(word).is_some()
        || is_category(word)
        || version(word).is_some()
        || word.len() <= 10 && word.split(['-', ':', '.']).all(digits) && word.split('.').count() == 1
        || word.len() <= 4 && digits(word)
}

#[cfg(test)]
mod tests;
