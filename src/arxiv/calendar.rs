//! arXiv's days: which announcement should be out at a given time.
//!
//! arXiv announces at 20:00 in New York, Sunday to Thursday; the daily feed with it comes about
//! midnight and is dated the day that begins then, so there are feeds from Monday to Friday
//! (<https://info.arxiv.org/help/availability.html>). Holidays, on which there is none, are not
//! known here: an empty feed tells them.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Time after midnight until which the feed of the day before is what one expects.
const GRACE_MINUTES: i64 = 60;

/// The day on which somebody in New York looks at a calendar.
pub fn day_in_new_york(now: Timestamp) -> Date {
    now.to_zoned(new_york()).date()
}

/// Whether there is a feed of this day, but for holidays.
pub fn is_announcement_day(day: Date) -> bool {
    !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// The day of the latest feed that should be out, but for holidays.
///
/// ```
/// use relata::arxiv::latest_announcement;
///
/// // Thursday noon, and Sunday.
/// assert_eq!(latest_announcement("2026-02-12T17:00:00Z".parse()?).to_string(), "2026-02-12");
/// assert_eq!(latest_announcement("2026-02-15T17:00:00Z".parse()?).to_string(), "2026-02-13");
/// # Ok::<(), jiff::Error>(())
/// ```
pub fn latest_announcement(now: Timestamp) -> Date {
    let certain = now.checked_sub(GRACE_MINUTES.minutes()).unwrap_or(now);
    on_or_before(day_in_new_york(certain))
}

/// The last day with a feed before this one.
pub fn announcement_before(day: Date) -> Date {
    on_or_before(day.saturating_sub(1.day()))
}

/// This day, or the last one before it that has a feed.
pub fn on_or_before(day: Date) -> Date {
    let back = match day.weekday() {
        Weekday::Saturday => 1,
        Weekday::Sunday => 2,
        _ => 0,
    };
    day.saturating_sub(back.days())
}

/// The first time at which OAI-PMH should have the papers of a feed: they are those of the evening
/// before, 22:30, which is in UTC the day of the feed.
pub fn first_datestamp(day: Date) -> Date {
    day.saturating_sub(1.day())
}

/// Whether the query interface is to be left alone: its index is renewed between 00:00 and 01:00
/// UTC.
pub(super) fn is_quiet_hour(now: Timestamp) -> bool {
    now.to_zoned(TimeZone::UTC).hour() == 0
}

/// The rules of New York, without a database of time zones (Energy Policy Act of 2005, section
/// 110).
fn new_york() -> TimeZone {
    TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_new_york_in_winter_and_summer() {
        let day = |time: &str| day_in_new_york(time.parse().unwrap()).to_string();
        assert_eq!(day("2026-01-15T04:59:59Z"), "2026-01-14");
        assert_eq!(day("2026-01-15T05:00:00Z"), "2026-01-15");
        assert_eq!(day("2026-07-15T03:59:59Z"), "2026-07-14");
        assert_eq!(day("2026-07-15T04:00:00Z"), "2026-07-15");
    }

    #[test]
    fn the_feed_that_should_be_out() {
        let latest = |time: &str| latest_announcement(time.parse().unwrap()).to_string();
        // Half an hour after midnight of a Thursday it may be late; an hour later it is due.
        assert_eq!(latest("2026-02-12T05:30:00Z"), "2026-02-11");
        assert_eq!(latest("2026-02-12T06:00:00Z"), "2026-02-12");
        assert_eq!(latest("2026-02-14T12:00:00Z"), "2026-02-13");
        assert_eq!(latest("2026-02-16T05:10:00Z"), "2026-02-13");
        let before = |day: &str| announcement_before(day.parse().unwrap()).to_string();
        assert_eq!(before("2026-02-16"), "2026-02-13");
        assert_eq!(before("2026-02-12"), "2026-02-11");
        let has = |day: &str| is_announcement_day(day.parse().unwrap());
        assert_eq!([has("2026-02-13"), has("2026-02-14"), has("2026-02-15")], [true, false, false]);
    }
}
