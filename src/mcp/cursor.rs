//! Where the next page of a list begins, as a text that an agent hands back.
//!
//! In: a place, and what the list was asked with. Out: a text that means that place for the same
//! question alone, so that pages of different lists are never mixed.

/// The text for a place.
pub(super) fn write(place: usize, key: &str) -> String {
    format!("{place}-{:08x}", crc32fast::hash(key.as_bytes()))
}

/// The place that a text means; `None` where it is no text for this question.
pub(super) fn read(text: &str, key: &str) -> Option<usize> {
    let place = text.split_once('-')?.0.parse().ok()?;
    (write(place, key) == text).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_of_one_question() {
        let cursor = write(20, "graphs");
        assert_eq!(read(&cursor, "graphs"), Some(20));
        assert_eq!(read(&cursor, "bridges"), None);
        for wrong in ["", "20", "-", "20-00000000", "x-y", "99999999999999999999999-0"] {
            assert_eq!(read(wrong, "graphs"), None, "{wrong}");
        }
    }
}
