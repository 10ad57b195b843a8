//! When something happened, as far as it is known: to the day, or to the month.
//!
//! In: what sources tell. Out: a [`PartialDate`], which never holds a day that nobody told. Texts
//! are those of ISO 8601 with reduced precision: `2026-02-13` and `2026-02`.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A day, or a month of which the day is not known.
///
/// A month comes before all of its days, so the order is that of the texts.
///
/// ```
/// use relata::PartialDate;
///
/// let month: PartialDate = "2026-02".parse().expect("a month");
/// let day: PartialDate = "2026-02-13".parse().expect("a day");
/// assert!(month < day && day.to_string() == "2026-02-13");
/// // The month may lie on either side of a day that is within it.
/// let tenth = jiff::civil::date(2026, 2, 10);
/// assert!(month.may_be_since(tenth) && month.may_be_until(tenth));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum PartialDate {
    /// A month whose day is not known.
    Month {
        /// From 0 to 9999.
        year: i16,
        /// From 1 to 12.
        month: i8,
    },
    /// A day.
    Day(Date),
}

/// A text that is neither a day nor a month.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither a day (2026-02-13) nor a month (2026-02)")]
pub struct NotADate(pub String);

impl PartialDate {
    /// A month; `None` where there is no such month.
    pub fn month(year: i16, month: i8) -> Option<PartialDate> {
        let day = Date::new(year, month, 1).ok().filter(|_| year >= 0)?;
        Some(PartialDate::Month { year: day.year(), month: day.month() })
    }

    /// The day, where it is known.
    pub fn day(self) -> Option<Date> {
        match self {
            PartialDate::Day(day) => Some(day),
            PartialDate::Month { .. } => None,
        }
    }

    /// The first day that it may be.
    pub fn first_day(self) -> Date {
        match self {
            PartialDate::Day(day) => day,
            // A month that is none can be made by hand; nothing here may fail for it.
            PartialDate::Month { year, month } => Date::new(year, month, 1).unwrap_or(Date::ZERO),
        }
    }

    /// The last day that it may be.
    pub fn last_day(self) -> Date {
        match self {
            PartialDate::Day(day) => day,
            PartialDate::Month { .. } => self.first_day().last_of_month(),
        }
    }

    /// Year and month.
    pub fn year_and_month(self) -> (i16, i8) {
        let first = self.first_day();
        (first.year(), first.month())
    }

    /// Whether it may be this day or a later one.
    pub fn may_be_since(self, day: Date) -> bool {
        self.last_day() >= day
    }

    /// Whether it may be this day or an earlier one.
    pub fn may_be_until(self, day: Date) -> bool {
        self.first_day() <= day
    }
}

impl From<Date> for PartialDate {
    fn from(day: Date) -> PartialDate {
        PartialDate::Day(day)
    }
}

impl Ord for PartialDate {
    fn cmp(&self, other: &PartialDate) -> Ordering {
        let key = |date: &PartialDate| (date.year_and_month(), date.day());
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for PartialDate {
    fn partial_cmp(&self, other: &PartialDate) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PartialDate::Day(day) => day.fmt(f),
            PartialDate::Month { year, month } => f.pad(&format!("{year:04}-{month:02}")),
        }
    }
}

impl FromStr for PartialDate {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<PartialDate, NotADate> {
        let read = || {
            if text.len() > 7 {
                return text.parse().ok().map(PartialDate::Day);
            }
            let (year, month) = text.split_once('-')?;
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            let form = year.len() == 4 && month.len() == 2 && digits(year) && digits(month);
            form.then(|| PartialDate::month(year.parse().ok()?, month.parse().ok()?)).flatten()
        };
        read().ok_or_else(|| NotADate(text.to_owned()))
    }
}

impl TryFrom<String> for PartialDate {
    type Error = NotADate;

    fn try_from(text: String) -> Result<PartialDate, NotADate> {
        text.parse()
    }
}

impl From<PartialDate> for String {
    fn from(date: PartialDate) -> String {
        date.to_string()
    }
}

impl JsonSchema for PartialDate {
    fn schema_name() -> Cow<'static, str> {
        "PartialDate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A day (2026-02-13), or a month where the day is not known (2026-02).",
            "type": "string",
            "pattern": "^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> PartialDate {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        for text in ["2026-02-13", "2026-02", "1991-08", "0001-01-01"] {
            assert_eq!(read(text).to_string(), text);
            let json = serde_json::to_string(&read(text)).unwrap();
            assert_eq!((json.as_str(), serde_json::from_str(&json).unwrap()), (&*format!("\"{text}\""), read(text)));
        }
        for text in ["", "2026", "2026-13", "2026-00", "2026-2", "2026-02-30", "26-02", "+026-02", "2026-+2", "02-2026"]
        {
            assert_eq!(text.parse::<PartialDate>(), Err(NotADate(text.to_owned())));
        }
        assert_eq!(PartialDate::month(2026, 2), Some(read("2026-02")));
        assert_eq!((PartialDate::month(2026, 13), PartialDate::month(-1, 2)), (None, None));
    }

    #[test]
    fn the_order_is_that_of_the_texts() {
        let mut texts = ["2026-03", "2026-02-28", "2026-02", "2026-02-01", "2026-01-31", "2025-12"];
        let mut dates = texts.map(read);
        texts.sort_unstable();
        dates.sort_unstable();
        assert_eq!(dates.map(|date| date.to_string()), texts);
    }

    #[test]
    fn a_month_may_be_any_of_its_days() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let month = read("2024-02");
        assert_eq!((month.first_day(), month.last_day()), (day("2024-02-01"), day("2024-02-29")));
        assert!(month.may_be_since(day("2024-02-29")) && !month.may_be_since(day("2024-03-01")));
        assert!(month.may_be_until(day("2024-02-01")) && !month.may_be_until(day("2024-01-31")));
        let known = read("2024-02-10");
        assert!(known.may_be_since(day("2024-02-10")) && !known.may_be_since(day("2024-02-11")));
        assert!(known.may_be_until(day("2024-02-10")) && !known.may_be_until(day("2024-02-09")));
        assert_eq!((month.day(), known.day()), (None, Some(day("2024-02-10"))));
        assert_eq!((month.year_and_month(), known.year_and_month()), ((2024, 2), (2024, 2)));
    }
}
