//! A text cut into its sentences.
//!
//! In: an abstract on one line. Out: its sentences in order, trimmed. Bounds are those of Unicode
//! (UAX #29, which knows Chinese and Japanese as well), less those within formulas and after what
//! is short for something: abstracts are full of `et al.`, `e.g.` and `Fig. 2`.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// A bound after one of these is none.
const SHORT_FOR_SOMETHING: [&str; 15] = [
    "al.", "approx.", "cf.", "ch.", "e.g.", "eq.", "eqs.", "fig.", "figs.", "i.e.", "ref.", "resp.", "sec.", "viz.",
    "vs.",
];

/// The sentences of a text.
pub(crate) fn sentences(text: &str) -> Vec<&str> {
    let formulas = formulas(text);
    let within = |at: usize| {
        let before = formulas.partition_point(|formula| formula.start < at);
        before > 0 && at < formulas[before - 1].end
    };
    let mut found = Vec::new();
    let mut from = 0;
    for (at, piece) in text.split_sentence_bound_indices() {
        let end = at + piece.len();
        let whole = text[from..end].trim();
        if end < text.len() && (within(end) || !ends(whole)) {
            continue;
        }
        if !whole.is_empty() {
            found.push(whole);
        }
        from = end;
    }
    found
}

/// Whether a sentence can end here.
fn ends(text: &str) -> bool {
    let last = text.rsplit(char::is_whitespace).next().unwrap_or_default().trim_start_matches(['(', '[']);
    let initial = last.ends_with('.') && last.chars().count() == 2 && last.starts_with(char::is_uppercase);
    let short = SHORT_FOR_SOMETHING.iter().any(|short| last.eq_ignore_ascii_case(short));
    !(initial || short)
}

/// Where formulas are: between two dollars, of which the first stands before and the last behind
/// what is no space. What begins with a digit may be a price, and then ends before no digit (the
/// rule of pandoc's `tex_math_dollars`, there for all formulas). A dollar without a partner is
/// none.
fn formulas(text: &str) -> Vec<Range<usize>> {
    let begins_with_a_digit = |at: usize| text[at..].starts_with(|c: char| c.is_ascii_digit());
    let mut found = Vec::new();
    let mut open = None;
    let mut dollars = text.match_indices('$').map(|(at, _)| at).peekable();
    while let Some(at) = dollars.next() {
        if text[..at].ends_with('\\') {
            continue;
        }
        // Two at once are one delimiter.
        let end = dollars.next_if_eq(&(at + 1)).unwrap_or(at) + 1;
        let space_before = text[..at].ends_with(char::is_whitespace);
        match open {
            Some((from, price)) if !(space_before || price && begins_with_a_digit(end)) => {
                found.push(from..end);
                open = None;
            }
            _ => {
                let opens = text[end..].starts_with(|c: char| !c.is_whitespace());
                open = opens.then(|| (at, begins_with_a_digit(end)));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_where_readers_say_so() {
        let text = "We follow Smith et al. (2020), i.e. the E. Coli model of Fig. 2. It grows by 3.5% a day! Does $x. Y$ hold? \
                    Yes vs. Smith says no. 冰川在移动。没有人看。";
        assert_eq!(
            sentences(text),
            [
                "We follow Smith et al. (2020), i.e. the E. Coli model of Fig. 2.",
                "It grows by 3.5% a day!",
                "Does $x. Y$ hold?",
                "Yes vs. Smith says no.",
                "冰川在移动。",
                "没有人看。",
            ]
        );
        assert_eq!(sentences("No end"), ["No end"]);
        assert_eq!(
            sentences(" A dollar $that is alone. But the text goes on. It has $a. B$ too. And $$c. D$$."),
            ["A dollar $that is alone.", "But the text goes on.", "It has $a. B$ too.", "And $$c. D$$."]
        );
        assert_eq!(
            sentences("It costs $5 a day. Or $6. Never \\$7 or $x. Y$ of it."),
            ["It costs $5 a day.", "Or $6.", "Never \\$7 or $x. Y$ of it."]
        );
        assert_eq!(
            sentences("Galaxies at z$\\sim$2. The mass M$_*$ grows. So $10^4$3 do."),
            ["Galaxies at z$\\sim$2.", "The mass M$_*$ grows.", "So $10^4$3 do."]
        );
        assert_eq!(sentences(""), Vec::<&str>::new());
    }
}
