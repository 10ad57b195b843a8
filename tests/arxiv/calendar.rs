//! When arXiv announces: 20:00 Eastern Time from Sunday to Thursday, holidays apart.
//!
//! In: days and moments. Out: which days have a feed, and what is out at a moment.
//!
//! A day here is the day of the feed and the datestamp in OAI: Monday's papers are announced on
//! Sunday evening, are in OAI from 22:30 and in the feed from midnight, all in Eastern Time.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use jiff::civil::{Date, Time, Weekday, date, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

/// When papers are announced.
const ANNOUNCED: Time = time(20, 0, 0, 0);
/// When OAI has what was announced in the evening.
const IN_OAI: Time = time(22, 30, 0, 0);
/// When submission to the next announcement closes.
const DEADLINE: Time = time(14, 0, 0, 0);

/// The time zone of arXiv, by the rule that holds since 2007.
pub(crate) fn eastern() -> TimeZone {
    static ZONE: OnceLock<TimeZone> = OnceLock::new();
    ZONE.get_or_init(|| TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").expect("a POSIX time zone")).clone()
}

/// The days with an announcement.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calendar {
    /// Evenings without an announcement, beside weekends and the usual holidays.
    closed: BTreeSet<Date>,
}

impl Calendar {
    /// Leaves out the announcement of an evening, as on a holiday.
    pub(crate) fn close(&mut self, evening: Date) {
        self.closed.insert(evening);
    }

    /// Whether a day has a feed with entries: whether there was an announcement the evening before.
    pub(crate) fn is_announced(&self, day: Date) -> bool {
        let evening = day.yesterday().expect("a day of this age");
        !matches!(evening.weekday(), Weekday::Friday | Weekday::Saturday)
            && !is_holiday(evening)
            && !self.closed.contains(&evening)
    }

    /// The days with a feed, both bounds included.
    pub(crate) fn days(&self, first: Date, last: Date) -> Vec<Date> {
        first.series(1.day()).take_while(|day| *day <= last).filter(|day| self.is_announced(*day)).collect()
    }

    /// The last day with a feed before `day`.
    pub(crate) fn previous(&self, day: Date) -> Date {
        let mut before = day.yesterday().expect("a day of this age");
        while !self.is_announced(before) {
            before = before.yesterday().expect("a day of this age");
        }
        before
    }

    /// From when to when papers of a day with a feed are submitted.
    pub(crate) fn window(&self, day: Date) -> (Timestamp, Timestamp) {
        (deadline(self.previous(day)), deadline(day))
    }
}

/// When submission closes for the papers of a day: for Monday, whose evening is Sunday, on Friday.
fn deadline(day: Date) -> Timestamp {
    let before = if day.weekday() == Weekday::Monday { 3 } else { 1 };
    at(day.checked_sub(before.days()).expect("a day of this age"), DEADLINE)
}

/// Evenings of holidays on which arXiv announces nothing.
fn is_holiday(evening: Date) -> bool {
    let nth = |month, n, weekday| {
        date(evening.year(), month, 1).nth_weekday_of_month(n, weekday).is_ok_and(|day| day == evening)
    };
    matches!((evening.month(), evening.day()), (1, 1) | (6, 19) | (7, 4) | (12, 24 | 25 | 31))
        || nth(1, 3, Weekday::Monday)
        || nth(5, -1, Weekday::Monday)
        || nth(9, 1, Weekday::Monday)
        || nth(11, 4, Weekday::Thursday)
}

fn at(day: Date, time: Time) -> Timestamp {
    day.to_datetime(time).to_zoned(eastern()).expect("a day of this age").timestamp()
}

fn local(now: Timestamp) -> Zoned {
    now.to_zoned(eastern())
}

/// Midnight of a day, in Eastern Time.
pub(crate) fn midnight(day: Date) -> Zoned {
    at(day, Time::midnight()).to_zoned(eastern())
}

/// The day whose feed is out.
pub(crate) fn feed_day(now: Timestamp) -> Date {
    local(now).date()
}

/// The last day whose papers OAI has.
pub(crate) fn oai_day(now: Timestamp) -> Date {
    day_from(now, IN_OAI)
}

/// The last day whose papers are announced, which the query API has.
pub(crate) fn announced_day(now: Timestamp) -> Date {
    day_from(now, ANNOUNCED)
}

/// Today in Eastern Time, and from `evening` on tomorrow.
fn day_from(now: Timestamp, evening: Time) -> Date {
    let local = local(now);
    if local.time() >= evening { local.date().tomorrow().expect("a day of this age") } else { local.date() }
}

/// Seconds until the feed of the next day.
pub(crate) fn seconds_to_next_feed(now: Timestamp) -> i64 {
    let next = feed_day(now).tomorrow().expect("a day of this age");
    midnight(next).timestamp().as_second() - now.as_second()
}

/// When a resumption token that is given out now expires: the next midnight in UTC.
pub(crate) fn token_expiry(now: Timestamp) -> Timestamp {
    let day = now.to_zoned(TimeZone::UTC).date().tomorrow().expect("a day of this age");
    day.to_zoned(TimeZone::UTC).expect("a day of this age").timestamp()
}
