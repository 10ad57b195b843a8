//! The time that the page's trends run through, in steps of a day, a month or a year.
//!
//! In: the dates of papers. Out: labels, and how many papers belong to each. A paper of which only
//! the month is known belongs to no day, so a trend by days leaves it out.

use jiff::civil::Date;
use jiff::{Span, ToSpan};

use crate::paper::PartialDate;

const DAYS: &str = "%Y-%m-%d";
const MONTHS: &str = "%Y-%m";
const YEARS: &str = "%Y";

/// Days, months or years, one behind the other.
#[derive(Default)]
pub(super) struct Time {
    pub(super) labels: Vec<String>,
    form: &'static str,
}

impl Time {
    /// Days for two months, months for twenty years. Where no day is known, there are no days.
    pub(super) fn of(dates: impl Iterator<Item = PartialDate> + Clone) -> Time {
        let ends = dates.clone().map(PartialDate::first_day).min().zip(dates.clone().map(PartialDate::last_day).max());
        let Some((first, last)) = ends else { return Time::default() };
        let known = dates.filter_map(PartialDate::day);
        let days = last.duration_since(first).as_hours() / 24;
        match known.clone().min().zip(known.max()) {
            Some((first, last)) if days <= 62 => Time::steps(DAYS, first, last, 1.day()),
            _ if days <= 20 * 366 => Time::steps(MONTHS, first.first_of_month(), last, 1.month()),
            _ => Time::steps(YEARS, first.first_of_year(), last, 1.year()),
        }
    }

    fn steps(form: &'static str, first: Date, last: Date, step: Span) -> Time {
        let mut labels = Vec::new();
        let mut day = first;
        while day <= last {
            labels.push(day.strftime(form).to_string());
            day = day.saturating_add(step);
            if day == Date::MAX {
                break;
            }
        }
        Time { labels, form }
    }

    /// Whether a paper of this date belongs to no label.
    pub(super) fn leaves_out(&self, date: PartialDate) -> bool {
        self.form == DAYS && date.day().is_none()
    }

    pub(super) fn counts(&self, dates: impl Iterator<Item = PartialDate>) -> Vec<usize> {
        let mut counts = vec![0; self.labels.len()];
        for date in dates.filter(|date| !self.leaves_out(*date)) {
            // Labels of one form are in the order of time.
            let label = date.first_day().strftime(self.form).to_string();
            if let Ok(place) = self.labels.binary_search(&label) {
                counts[place] += 1;
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(dates: &[&str]) -> (Time, Vec<usize>) {
        let dates = dates.iter().map(|text| text.parse::<PartialDate>().expect("a date"));
        let time = Time::of(dates.clone());
        let counts = time.counts(dates);
        (time, counts)
    }

    #[test]
    fn time_is_told_in_days_months_or_years() {
        let (days, counts) = time(&["2026-01-30", "2026-02-01"]);
        assert_eq!(
            (days.labels, counts),
            (["2026-01-30", "2026-01-31", "2026-02-01"].map(str::to_owned).into(), vec![1, 0, 1])
        );
        let (months, counts) = time(&["2025-11-30", "2025-12-05", "2026-02-01", "2026-02-01"]);
        assert_eq!(months.labels, ["2025-11", "2025-12", "2026-01", "2026-02"]);
        assert_eq!(counts, [1, 1, 0, 2]);
        let (years, _) = time(&["1992-05-14", "2026-02-01"]);
        assert_eq!((years.labels.len(), years.labels[0].as_str(), years.labels[34].as_str()), (35, "1992", "2026"));
        assert!(time(&[]).0.labels.is_empty());
    }

    #[test]
    fn a_month_counts_in_its_month_and_on_no_day() {
        let (days, counts) = time(&["2026-02", "2026-02-13", "2026-02-14", "2026-02"]);
        assert_eq!(
            (days.labels.as_slice(), counts.as_slice()),
            (["2026-02-13", "2026-02-14"].map(str::to_owned).as_slice(), [1, 1].as_slice())
        );
        assert!(days.leaves_out("2026-02".parse().expect("a date")));
        let (months, counts) = time(&["2026-02", "2026-02"]);
        assert_eq!((months.labels.as_slice(), counts.as_slice()), (["2026-02".to_owned()].as_slice(), [2].as_slice()));
        let (months, counts) = time(&["2025-10", "2026-02-13", "2026-02"]);
        assert_eq!(months.labels, ["2025-10", "2025-11", "2025-12", "2026-01", "2026-02"]);
        assert_eq!(counts, [1, 0, 0, 0, 2]);
        let (years, counts) = time(&["1999-12", "2026-02"]);
        assert_eq!((years.labels.len(), counts[0], counts[27]), (28, 1, 1));
    }
}
