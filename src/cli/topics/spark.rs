//! How many papers there are over time, in one short line of bars.
//!
//! In: the dates of all papers, then those of some. Out: twelve bars, a blank where there is no
//! paper. A paper of which only the month is known is in the bar of the month's middle where bars
//! are as wide as months, and else in none.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::PartialDate;

/// Bars of a spark line.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const BARS: i64 = 12;

/// As wide as a month.
const DAYS_OF_MONTH: i64 = 28;

/// The time of a spark line.
pub(super) struct Spark {
    first: Date,
    last: Date,
    months: bool,
}

impl Spark {
    /// The time of these papers; `None` where all are of one day or one month, of which there is
    /// nothing to tell over time.
    pub(super) fn of(dates: impl Iterator<Item = PartialDate> + Clone) -> Option<Spark> {
        if dates.clone().min() == dates.clone().max() {
            return None;
        }
        let days = dates.clone().filter_map(PartialDate::day);
        let known = days.clone().min().zip(days.max());
        let first = dates.clone().map(PartialDate::first_day).min()?;
        let last = dates.map(PartialDate::last_day).max()?;
        let by_day = between(first, last) < BARS * DAYS_OF_MONTH;
        match known.filter(|_| by_day) {
            Some((first, last)) => (first < last).then_some(Spark { first, last, months: false }),
            None => Some(Spark { first, last, months: true }),
        }
    }

    /// The bars of some of them.
    pub(super) fn line(&self, dates: impl Iterator<Item = PartialDate>) -> String {
        let middle = |date: PartialDate| self.months.then(|| date.first_day().saturating_add(14.days()));
        let span = between(self.first, self.last) + 1;
        let mut counts = [0usize; BARS as usize];
        for day in dates.filter_map(|date| date.day().or_else(|| middle(date))) {
            let bar = between(self.first, day) * BARS / span;
            counts[usize::try_from(bar).unwrap_or(0).min(counts.len() - 1)] += 1;
        }
        let most = counts.iter().max().copied().unwrap_or(1).max(1);
        let bar = |count: usize| match count {
            0 => ' ',
            count => HEIGHTS[(count * HEIGHTS.len()).div_ceil(most) - 1],
        };
        counts.into_iter().map(bar).collect()
    }
}

fn between(first: Date, last: Date) -> i64 {
    last.duration_since(first).as_hours() / 24
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(dates: &[&str]) -> Option<String> {
        let dates = dates.iter().map(|text| text.parse::<PartialDate>().expect("a date"));
        Some(Spark::of(dates.clone())?.line(dates))
    }

    #[test]
    fn papers_stand_in_the_bar_of_their_day() {
        assert_eq!(line(&["2026-02-01", "2026-02-12", "2026-02-12"]).as_deref(), Some("▄          █"));
        assert_eq!(line(&["2026-02-01"]), None);
        assert_eq!(line(&[]), None);
    }

    #[test]
    fn a_month_stands_in_a_bar_of_months_only() {
        assert_eq!(line(&["2026-02-01", "2026-02", "2026-02", "2026-02-12"]).as_deref(), Some("█          █"));
        assert_eq!(line(&["2026-02", "2026-02"]), None);
        assert_eq!(line(&["2026-02", "2026-02-12"]), None);
        assert_eq!(line(&["2026-01", "2026-12", "2026-12"]).as_deref(), Some("▄          █"));
        assert_eq!(line(&["2025-01-01", "2026-01", "2026-12-31"]).as_deref(), Some("█     █    █"));
    }
}
