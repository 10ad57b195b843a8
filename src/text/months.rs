//! The English names of months.
//!
//! In: a word. Out: the month that it names, if it names one.

/// The months by the names that digests, mails and citations give them.
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The month of a name, from 1 to 12: whole, or its beginning of at least three letters, in any
/// case.
pub(crate) fn month_called(word: &str) -> Option<i8> {
    let word = word.to_ascii_lowercase();
    let at = MONTHS.iter().position(|name| word.len() >= 3 && name.starts_with(&word))?;
    i8::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_have_names_and_beginnings_of_names() {
        assert_eq!(["Feb", "SEPT", "may", "December"].map(month_called), [Some(2), Some(9), Some(5), Some(12)]);
        assert_eq!(["ma", "marsh", "", "fév", "februaryy"].map(month_called), [None; 5]);
    }
}
