//! Days written in names, headings and records.
//!
//! In: text that holds a day somewhere, as `2026-02-14` or as arXiv's
//! `Mon, 2 Apr 2007 19:18:42 GMT`. Out: the day.

use jiff::civil::Date;

/// The day at the very start of an ISO 8601 date or time.
pub(super) fn leading(text: &str) -> Option<Date> {
    let day = text.trim_start().as_bytes().get(..10)?;
    let number = |range: std::ops::Range<usize>| -> Option<i16> {
        day[range].iter().try_fold(0i16, |sum, b| b.is_ascii_digit().then(|| sum * 10 + i16::from(b - b'0')))
    };
    if day[4] != b'-' || day[7] != b'-' {
        return None;
    }
    Date::new(number(0..4)?, i8::try_from(number(5..7)?).ok()?, i8::try_from(number(8..10)?).ok()?).ok()
}

/// The first day anywhere in a text, as long as no digit touches it.
pub(super) fn first_in(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    (0..bytes.len().saturating_sub(9)).find_map(|at| {
        let free =
            (at == 0 || !bytes[at - 1].is_ascii_digit()) && bytes.get(at + 10).is_none_or(|b| !b.is_ascii_digit());
        // Ten ASCII bytes were checked by then, so the slice ends at a character.
        (free && bytes[at].is_ascii_digit()).then(|| text.get(at..at + 10).and_then(leading)).flatten()
    })
}

/// The day of an RFC 2822 time, as in the `versions` of arXiv's snapshot.
pub(super) fn rfc2822(text: &str) -> Option<Date> {
    jiff::fmt::rfc2822::parse(text.trim()).ok().map(|time| time.date())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn days_are_found_and_wrong_ones_are_not() {
        assert_eq!(leading("2026-06-16T17:59:46+00:00"), Some(date(2026, 6, 16)));
        assert_eq!(leading("2026-13-01"), None);
        assert_eq!(leading("2026-2-1"), None);
        assert_eq!(first_in("2026-02-26_AI_enhanced_Chinese.jsonl"), Some(date(2026, 2, 26)));
        assert_eq!(first_in("# 日报 — 2026-06-17"), Some(date(2026, 6, 17)));
        assert_eq!(first_in("12026-02-265"), None);
        assert_eq!(first_in("readme"), None);
        assert_eq!(rfc2822("Mon, 2 Apr 2007 19:18:42 GMT"), Some(date(2007, 4, 2)));
        assert_eq!(rfc2822("yesterday"), None);
    }
}
