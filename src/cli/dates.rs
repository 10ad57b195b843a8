//! Days as people type them: `--since yesterday`, `--until 2026-06`, `--since 7d`.
//!
//! In: a text. Out: a day, counted in UTC as everywhere else. A month or a year is its first day
//! after `--since` and its last after `--until`. What could be two days (`05/01/2026`) is refused.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// What is understood, for help and for errors.
const FORMS: &str = "2026-06-09, 2026-06 (a month), 2026 (a year), today, yesterday, or how long ago: 7d, 2w, 3m or 1y";

/// The day from which on papers are looked at.
pub(in crate::cli) fn since(text: &str) -> Result<Date, String> {
    read(text, today(), End::First)
}

/// The last day of which papers are looked at.
pub(in crate::cli) fn until(text: &str) -> Result<Date, String> {
    read(text, today(), End::Last)
}

/// The day in UTC.
pub(super) fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

/// Which day of a month or a year is meant.
#[derive(Clone, Copy)]
enum End {
    First,
    Last,
}

fn read(text: &str, today: Date, end: End) -> Result<Date, String> {
    let unread = || format!("expected a day: {FORMS}");
    match text.trim().to_ascii_lowercase().as_str() {
        "today" => return Ok(today),
        "yesterday" => return today.yesterday().map_err(|error| error.to_string()),
        text => {
            if let Some(span) = ago(text) {
                let span = span.ok_or("that is too long ago")?;
                return today.checked_sub(span).map_err(|_| "that is too long ago".to_owned());
            }
            let numbers: Option<Vec<i32>> = without_time(text).split(['-', '/', '.']).map(number).collect();
            match (numbers.as_deref(), end) {
                (Some(&[year, month, day]), _) => on(year, month, day),
                (Some(&[year, month]), End::First) => on(year, month, 1),
                (Some(&[year, month]), End::Last) => on(year, month, 1).map(Date::last_of_month),
                // 20260609
                (Some(&[digits]), _) if digits > 9999 => on(digits / 10_000, digits / 100 % 100, digits % 100),
                (Some(&[year]), End::First) => on(year, 1, 1),
                (Some(&[year]), End::Last) => on(year, 12, 31),
                _ => None,
            }
        }
    }
    .ok_or_else(unread)
}

/// `7d` or `7 days ago` as a span; `Some(None)` for one that is longer than any calendar.
fn ago(text: &str) -> Option<Option<Span>> {
    let text = text.strip_suffix("ago").unwrap_or(text).trim_end();
    let (count, unit) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
    if count.is_empty() {
        return None;
    }
    let count = count.parse::<i64>().unwrap_or(i64::MAX);
    let span = match unit.trim_start() {
        "d" | "day" | "days" => Span::new().try_days(count),
        "w" | "week" | "weeks" => Span::new().try_weeks(count),
        "m" | "month" | "months" => Span::new().try_months(count),
        "y" | "year" | "years" => Span::new().try_years(count),
        _ => return None,
    };
    Some(span.ok())
}

/// The day of `2026-06-09T10:00:00Z` and `2026-06-09 10:00`, in lower case.
fn without_time(text: &str) -> &str {
    match text.split_once(['t', ' ']) {
        Some((day, time)) if time.starts_with(|c: char| c.is_ascii_digit()) && time.contains(':') => day,
        _ => text,
    }
}

/// Digits alone: no sign, no space.
fn number(text: &str) -> Option<i32> {
    text.bytes().all(|digit| digit.is_ascii_digit()).then(|| text.parse().ok())?
}

fn on(year: i32, month: i32, day: i32) -> Option<Date> {
    // arXiv began in 1991; a year of two digits is none.
    let year = (1000..).contains(&year).then_some(i16::try_from(year).ok()?)?;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_are_read_as_people_type_them() {
        let today = date(2026, 3, 31);
        for (text, since, until) in [
            ("today", today, today),
            (" Yesterday ", date(2026, 3, 30), date(2026, 3, 30)),
            ("7d", date(2026, 3, 24), date(2026, 3, 24)),
            ("0d", today, today),
            ("2w", date(2026, 3, 17), date(2026, 3, 17)),
            ("1m", date(2026, 2, 28), date(2026, 2, 28)),
            ("3M", date(2025, 12, 31), date(2025, 12, 31)),
            ("1y", date(2025, 3, 31), date(2025, 3, 31)),
            ("2026-06-09", date(2026, 6, 9), date(2026, 6, 9)),
            ("2026-6-9", date(2026, 6, 9), date(2026, 6, 9)),
            ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
            ("2026-2", date(2026, 2, 1), date(2026, 2, 28)),
            ("2026", date(2026, 1, 1), date(2026, 12, 31)),
            ("2027", date(2027, 1, 1), date(2027, 12, 31)),
            ("2026/06/09", date(2026, 6, 9), date(2026, 6, 9)),
            ("2026.6", date(2026, 6, 1), date(2026, 6, 30)),
            ("20260609", date(2026, 6, 9), date(2026, 6, 9)),
            ("2026-06-09T10:00:00Z", date(2026, 6, 9), date(2026, 6, 9)),
            ("2026-06-09 10:00", date(2026, 6, 9), date(2026, 6, 9)),
            ("7 d", date(2026, 3, 24), date(2026, 3, 24)),
            ("1 week ago", date(2026, 3, 24), date(2026, 3, 24)),
            ("2 months", date(2026, 1, 31), date(2026, 1, 31)),
        ] {
            assert_eq!(read(text, today, End::First), Ok(since), "--since {text}");
            assert_eq!(read(text, today, End::Last), Ok(until), "--until {text}");
        }
    }

    #[test]
    fn what_is_no_day_is_told_the_forms() {
        for text in [
            "",
            "d",
            "-7d",
            "7",
            "2026-13",
            "202606",
            "20261301",
            "05/01/2026",
            "0000-01-01",
            "2026-06-09T",
            "2026-06-09x10:00",
            "1 week hence",
            "2026-02-30",
            "26-06-09",
            "2026-06-09-1",
            "tomorrow",
            "é",
        ] {
            let told = read(text, date(2026, 3, 31), End::First).unwrap_err();
            assert!(told.contains("2026-06-09, 2026-06 (a month), 2026 (a year), today, yesterday"), "{text}: {told}");
        }
        for text in ["99999y", "99999999999999999999999d"] {
            assert_eq!(read(text, date(2026, 3, 31), End::First), Err("that is too long ago".to_owned()));
        }
    }

    #[test]
    fn forms_in_the_error_are_forms_that_are_read() {
        let forms =
            FORMS.replace([',', ':'], " ").replace("(a month)", "").replace("(a year)", "").replace(" or ", " ");
        let forms: Vec<&str> = forms.split_whitespace().filter(|word| !["how", "long", "ago"].contains(word)).collect();
        assert_eq!(forms.len(), 9, "{forms:?}");
        forms.iter().for_each(|form| assert!(since(form).is_ok(), "{form}"));
    }

    #[test]
    fn spans_are_counted_back_from_today() {
        assert_eq!(since("1d").unwrap(), today().checked_sub(1.day()).unwrap());
    }
}
