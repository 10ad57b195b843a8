//! A text cut into its sentences.
//!
//! In: an abstract on one line. Out: its sentences in order, trimmed. Bounds are those of Unicode (UAX #29, which knows Chinese and
//! Japanese as well), less those within formulas and after what is short for something: abstracts are full of `et al.`,
//! `e.g.` and `Fig. 2`.

use unicode_segmentation::UnicodeSegmentation;

/// A bound after one of these is none.
const SHORT_FOR_SOMETHING: [&str; 15] = [
    "al.", "approx.", "cf.", "ch.", "e.g.", "eq.", "eqs.", "fig.", "figs.", "i.e.", "ref.", "resp.", "sec.", "viz.",
    "vs.",
];

/// The sentences of a text.
pub(crate) fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut from = 0;
    for (at, piece) in text.split_sentence_bound_indices() {
        let end = at + piece.len();
        let whole = text[from..end].trim();
        if end < text.len() && !ends(whole) {
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
    let in_formula = text.replace("\\$", "").matches('$').count() % 2 == 1;
    !(initial || short || in_formula)
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
            sentences(" A formula $that never ends. But the text does. "),
            ["A formula $that never ends. But the text does."]
        );
        assert_eq!(sentences(""), Vec::<&str>::new());
    }
}
