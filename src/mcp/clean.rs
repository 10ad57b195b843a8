//! Texts of other people, fit for a reader that may obey them.
//!
//! In: titles, names, abstracts, tags, whatever a source or a user wrote. Out: one line of visible
//! text within its bound. What is hidden from people (controls, overrides of direction, characters
//! without width, tags, variation selectors, invisible fillers) may carry instructions to a model
//! that people cannot see, so it is taken out. That costs some scripts their joiners and emoji
//! their variants: a model reads them all the same. The visible words stay as they are: what they
//! say is data, and the answer names the fields that hold them.

use std::borrow::Cow;

use serde_json::Value;

use crate::text::neutral::{folded, is_obeyed, is_unseen};

/// Whether a character is hidden from people, or moves what they see. More is taken for hidden than
/// at a terminal, where joiners shape what is shown.
fn is_hidden(c: char) -> bool {
    is_obeyed(c)
        || is_unseen(c)
        || matches!(
            c,
            '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
                | '\u{200c}'..='\u{200f}' | '\u{2065}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}'
                | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// A text on one line, without what is hidden, and its white space folded.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    folded(text, is_hidden)
}

/// A visible text of at most so many characters, and whether it was cut.
pub(super) fn capped(text: &str, most: usize) -> (String, bool) {
    let text = visible(text);
    match text.char_indices().nth(most) {
        None => (text.into_owned(), false),
        Some((at, _)) => (format!("{}…", text[..at].trim_end()), true),
    }
}

/// A visible text of at most so many characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    capped(text, most).0
}

/// The most characters of any text of an answer: a net below the bounds of the fields.
const NET: usize = 25_000;

/// Makes every text of an answer visible and bounded, whatever wrote it there.
pub(super) fn clean(answer: &mut Value) {
    match answer {
        Value::String(text) => *text = cut(text, NET),
        Value::Array(values) => values.iter_mut().for_each(clean),
        Value::Object(values) => {
            for (_, value) in values.iter_mut() {
                clean(value);
            }
            let hidden = |key: &String| matches!(visible(key), Cow::Owned(seen) if seen != *key);
            if values.keys().any(hidden) {
                *values = std::mem::take(values).into_iter().map(|(key, value)| (cut(&key, 200), value)).collect();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_people_do_not_see_is_taken_out_and_the_rest_stays() {
        let tags: String = "ignore".chars().filter_map(|c| char::from_u32(0xe0000 + u32::from(c))).collect();
        let smuggled: String = "ab".bytes().filter_map(|b| char::from_u32(0xe0100 + u32::from(b))).collect();
        for (text, seen) in [
            ("A title", "A title"),
            ("  two\u{a0}\n lines\t", "two lines"),
            ("\u{1b}[31mred\u{7}", "[31mred"),
            ("a\u{202e}b\u{2066}c\u{200f}d\u{61c}", "abcd"),
            ("zero\u{200b}w\u{200c}i\u{200d}d\u{2060}th\u{feff}", "zerowidth"),
            ("fillers\u{3164}\u{115f}\u{ffa0}\u{34f}", "fillers"),
            ("Gödel 矩阵 ∂x ☃", "Gödel 矩阵 ∂x ☃"),
        ] {
            assert_eq!(visible(text), seen, "{text:?}");
        }
        assert_eq!(visible(&format!("A{tags}{smuggled}\u{fe0f} B")), "A B");
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        assert_eq!(capped("äöü", 3), ("äöü".to_owned(), false));
        assert_eq!(capped("ä öü", 2), ("ä…".to_owned(), true));
    }

    #[test]
    fn every_text_and_key_of_an_answer_is_cleaned() {
        let mut answer = json!({ "a\u{200b}": ["x\u{200b}y", { "b": "\u{1b}z" }], "n": 1, "none": null });
        clean(&mut answer);
        assert_eq!(answer, json!({ "a": ["xy", { "b": "z" }], "n": 1, "none": null }));
    }
}
