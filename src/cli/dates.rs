//! Days as people type them: `--since yesterday`, `--until 2026-06`, `--since 7d`.
//!
//! In: a text. Out: a day, counted in UTC as everywhere else. A month is its first day after
//! `--since` and its last after `--until`.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// What is understood, for help and for errors.
const FORMS: &str = "2026-06-09, 2026-06 (a month), today, yesterday, or how long ago: 7d, 2w, 3m or 1y";

/// The day from which on papers are looked at.
pub(super) fn since(text: &str) -> Result<Date, String> {
    read(text, today(), Date::first_of_month)
}

/// The last day of which papers are looked at.
pub(super) fn until(text: &str) -> Result<Date, String> {
    read(text, today(), Date::last_of_month)
}

/// The day in UTC.
pub(super) fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

fn read(text: &str, today: Date, day_of_month: impl Fn(Date) -> Date) -> Result<Date, String> {
    let unread = || format!("expected a day: {FORMS}");
    match text.trim().to_ascii_lowercase().as_str() {
        "today" => return Ok(today),
        "yesterday" => return today.yesterday().map_err(|error| error.to_string()),
        text => {
            if let Some(span) = ago(text) {
                let span = span.ok_or("that is too long ago")?;
                return today.checked_sub(span).map_err(|_| "that is too long ago".to_owned());
            }
            let numbers: Option<Vec<i16>> = text.split('-').map(number).collect();
            match numbers.as_deref() {
                Some(&[year, month, day]) => on(year, month, day),
                Some(&[year, month]) => on(year, month, 1).map(&day_of_month),
                _ => None,
            }
        }
    }
    .ok_or_else(unread)
}

/// `7d` as a span; `Some(None)` for one that is longer than any calendar.
fn ago(text: &str) -> Option<Option<Span>> {
    let (count, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if count.is_empty() || !count.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let count = count.parse::<i64>().unwrap_or(i64::MAX);
    let span = match unit {
        "d" => Span::new().try_days(count),
        "w" => Span::new().try_weeks(count),
        "m" => Span::new().try_months(count),
        "y" => Span::new().try_years(count),
        _ => return None,
    };
    Some(span.ok())
}

/// Digits alone: no sign, no space.
fn number(text: &str) -> Option<i16> {
    text.bytes().all(|digit| digit.is_ascii_digit()).then(|| text.parse().ok())?
}

fn on(year: i16, month: i16, day: i16) -> Option<Date> {
    // arXiv began in 1991; a year of two digits is none.
    let year = (1000..).contains(&year).then_some(year)?;
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
        ] {
            assert_eq!(read(text, today, Date::first_of_month), Ok(since), "--since {text}");
            assert_eq!(read(text, today, Date::last_of_month), Ok(until), "--until {text}");
        }
    }

    #[test]
    fn what_is_no_day_is_told_the_forms() {
        for text in [
            "",
            "d",
            "-7d",
            "7",
            "7 d",
            "2026",
            "2026-13",
            "2026-02-30",
            "26-06-09",
            "2026-06-09-1",
            "tomorrow",
            "é",
            "2026/06/09",
        ] {
            let told = read(text, date(2026, 3, 31), Date::first_of_month).unwrap_err();
            assert!(told.contains("2026-06-09, 2026-06 (a month), today, yesterday"), "{text}: {told}");
        }
        for text in ["99999y", "99999999999999999999999d"] {
            assert_eq!(read(text, date(2026, 3, 31), Date::first_of_month), Err("that is too long ago".to_owned()));
        }
    }

    #[test]
    fn forms_in_the_error_are_forms_that_are_read() {
        let forms = FORMS.replace([',', ':'], " ").replace("(a month)", "").replace(" or ", " ");
        let forms: Vec<&str> = forms.split_whitespace().filter(|word| !["how", "long", "ago"].contains(word)).collect();
        assert_eq!(forms.len(), 8, "{forms:?}");
        forms.iter().for_each(|form| assert!(since(form).is_ok(), "{form}"));
    }

    #[test]
    fn spans_are_counted_back_from_today() {
        assert_eq!(since("1d").unwrap(), today().checked_sub(1.day()).unwrap());
    }
}
