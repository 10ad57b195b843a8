//! The day that a record means, or the month, in whatever form it writes it.
//!
//! In: ISO 8601, RFC 2822, `13 Feb 2026`, `Feb 13, 2026`, `2026/02/13`, `20260213`, `13.02.2026`
//! where that can be one day only, seconds since 1970 and their thousandths, lists as feedparser's
//! `[2026, 2, 13, 8, ...]`; months as `2026-02`, `Feb 2026`, `[2026, 2]`. Out: the day, as it
//! stands there (no time zone is applied), the month where no more is told, or nothing.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::dates;
use super::value::Value;
use crate::paper::PartialDate;
use crate::text::months::month_called;

/// The day that a value means, where it means one.
pub(super) fn day(value: &Value<'_>) -> Option<Date> {
    date(value).and_then(PartialDate::day)
}

/// The day or month that a value means.
pub(super) fn date(value: &Value<'_>) -> Option<PartialDate> {
    match value {
        Value::Text(text) => written(text),
        Value::Number(number) => epoch(*number).map(PartialDate::Day),
        Value::List(parts) => match parts.as_slice() {
            [Value::Number(year), Value::Number(month), Value::Number(day), ..] => {
                civil(*year, *month, *day).map(PartialDate::Day)
            }
            [Value::Number(year), Value::Number(month)] => month_of(*year, *month),
            [one] => date(one),
            _ => None,
        },
        Value::Map(_) => {
            let keys = ["$date", "value", "date-parts", "date", "#text", "datetime", "iso"];
            keys.iter().find_map(|key| value.get(key)).and_then(date).or_else(|| in_parts(value))
        }
        Value::Null | Value::Bool(_) => None,
    }
}

/// The day or month that a text means.
pub(super) fn written(text: &str) -> Option<PartialDate> {
    let text = text.trim().trim_start_matches(['"', '\'']);
    let day = dates::leading(text)
        .or_else(|| dates::rfc2822(text))
        .or_else(|| digits(text))
        .or_else(|| parted(text))
        .or_else(|| named(text).and_then(PartialDate::day))
        .or_else(|| dates::first_in(text.get(..text.len().min(200)).unwrap_or_default()));
    day.map(PartialDate::Day).or_else(|| parted_month(text)).or_else(|| named(text))
}

/// `{"year": 2026, "month": 2, "day": 13}`, the last of which may be missing.
fn in_parts(value: &Value<'_>) -> Option<PartialDate> {
    let part = |key| value.get(key).and_then(Value::text);
    let (year, month) = (part("year")?, part("month")?);
    let text = match part("day") {
        Some(day) => format!("{year}-{month}-{day}"),
        None => format!("{year}-{month}"),
    };
    parted(&text).map(PartialDate::Day).or_else(|| parted_month(&text)).or_else(|| named(&text))
}

fn month_of(year: f64, month: f64) -> Option<PartialDate> {
    let day = civil(year, month, 1.0)?;
    PartialDate::month(day.year(), day.month())
}

fn civil(year: f64, month: f64, day: f64) -> Option<Date> {
    let whole = year.fract() == 0.0 && (1900.0..2200.0).contains(&year);
    let whole = whole && (1.0..=12.0).contains(&month) && (1.0..=31.0).contains(&day);
    whole.then(|| Date::new(year as i16, month as i8, day as i8).ok()).flatten()
}

/// Seconds, milliseconds, microseconds or nanoseconds since 1970: arXiv's papers tell which by
/// their size.
fn epoch(number: f64) -> Option<Date> {
    // 20260213 is a day.
    if (19_000_101.0..22_000_101.0).contains(&number) {
        return civil((number / 1e4).floor(), (number / 1e2).floor() % 100.0, number % 100.0);
    }
    let scale = [1.0, 1e3, 1e6, 1e9].into_iter().find(|scale| (6e8..5e9).contains(&(number / scale)))?;
    let time = Timestamp::from_second((number / scale).floor() as i64).ok()?;
    Some(time.to_zoned(TimeZone::UTC).date())
}

fn digits(text: &str) -> Option<Date> {
    let plain = text.len() >= 8 && text.len() <= 20 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    plain.then(|| text.parse().ok().and_then(epoch)).flatten()
}

/// `2026/02/13`, `2026.2.13`, with or without a time behind it.
fn parted(text: &str) -> Option<Date> {
    let numbers = numbers(text)?;
    let [year, month, day] = numbers.as_slice() else { return None };
    if let Some(day) = civil(*year, *month, *day) {
        return Some(day);
    }
    // 13/02/2026 is one day only, 05/02/2026 may be two.
    let (first, second, year) = (*year, *month, *day);
    match (civil(year, second, first), civil(year, first, second)) {
        (Some(one), Some(other)) if one != other => None,
        (one, other) => one.or(other),
    }
}

/// `2026/02`, `2026.02`, `2026-2`, with or without a time behind it.
fn parted_month(text: &str) -> Option<PartialDate> {
    let numbers = numbers(text)?;
    let [year, month] = numbers.as_slice() else { return None };
    month_of(*year, *month).or_else(|| month_of(*month, *year))
}

/// The numbers of the first word, as far as it is nothing else.
fn numbers(text: &str) -> Option<Vec<f64>> {
    let word = text.split(|c: char| c.is_whitespace() || c == 'T').next()?;
    let number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<f64>().ok())?;
    word.split(['/', '.', '-', '_']).take(4).map(number).collect()
}

/// `13 Feb 2026`, `Feb 13, 2026`, `Friday, 13 February 2026`; without a day `Feb 2026`.
fn named(text: &str) -> Option<PartialDate> {
    let (mut year, mut month, mut day) = (None, None, None);
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).take(6) {
        let number = word.trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse::<i16>().ok();
        match number {
            Some(number) if number >= 1900 => year = year.or(Some(number)),
            Some(number) if (1..=31).contains(&number) => day = day.or(Some(number)),
            Some(_) => {}
            None => {
                month = month.or_else(|| month_called(word));
            }
        }
    }
    match day {
        Some(day) => Date::new(year?, month?, i8::try_from(day).ok()?).ok().map(PartialDate::Day),
        None => PartialDate::month(year?, month?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn every_way_to_write_a_day() {
        for json in [
            r#""2026-02-13T08:00:00Z""#,
            r#""2026-02-13 08:00:00+00:00""#,
            r#""Fri, 13 Feb 2026 08:00:00 GMT""#,
            r#""Fri, 13 Feb 2026 00:00:00 -0500""#,
            r#""13 Feb 2026""#,
            r#""Feb 13, 2026""#,
            r#""February 13th, 2026""#,
            r#""2026/02/13""#,
            r#""2026.2.13 08:00""#,
            r#""20260213""#,
            r#""1770969600""#,
            "20260213",
            "1770969600",
            "1770969600000",
            "1.7709696e18",
            "[2026, 2, 13, 8, 0, 0, 4, 44, 0]",
            "[[2026, 2, 13]]",
            r#"{"$date": "2026-02-13T08:00:00Z"}"#,
            r#"{"date-parts": [[2026, 2, 13]]}"#,
            r#"{"year": 2026, "month": 2, "day": 13}"#,
            r#"{"year": "2026", "month": "February", "day": "13"}"#,
            r#""13/02/2026""#,
            r#""02-13-2026 08:00""#,
        ] {
            let value: Value<'_> = serde_json::from_str(json).expect("valid JSON");
            assert_eq!(super::date(&value), Some(date(2026, 2, 13).into()), "{json}");
        }
        for json in [
            r#""yesterday""#,
            r#""2026""#,
            "2026",
            "7",
            "true",
            "[2026, 13, 1]",
            "[2026]",
            "null",
            r#""05/02/2026""#,
            r#""Spring 2026""#,
            r#""Marshes 2026""#,
            r#""2602.14001""#,
            r#""2026.1.2.3""#,
            r#""Feb 30, 2026""#,
            r#"{"year": 2026}"#,
        ] {
            let value: Value<'_> = serde_json::from_str(json).expect("valid JSON");
            assert_eq!(super::date(&value), None, "{json}");
        }
    }

    #[test]
    fn what_tells_a_month_only_is_a_month() {
        for json in [
            r#""2026-02""#,
            r#""2026/2""#,
            r#""2026.02""#,
            r#""02/2026""#,
            r#""Feb 2026""#,
            r#""February, 2026""#,
            r#""2026 Feb""#,
            "[2026, 2]",
            r#"{"date-parts": [[2026, 2]]}"#,
            r#"{"year": 2026, "month": 2}"#,
            r#"{"year": "2026", "month": "feb"}"#,
        ] {
            let value: Value<'_> = serde_json::from_str(json).expect("valid JSON");
            assert_eq!(super::date(&value), PartialDate::month(2026, 2), "{json}");
            assert_eq!(day(&value), None, "{json}");
        }
    }
}
