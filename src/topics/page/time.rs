//! The time that the page's trends run through, in steps of a day, a month or a year.

use jiff::ToSpan;
use jiff::civil::Date;

/// Days, months or years, one behind the other.
#[derive(Default)]
pub(super) struct Time {
    pub(super) labels: Vec<String>,
    form: &'static str,
}

impl Time {
    /// Days for two months, months for twenty years.
    pub(super) fn of(from: Date, until: Date) -> Time {
        let days = until.duration_since(from).as_hours() / 24;
        let (form, step) = if days <= 62 {
            ("%Y-%m-%d", 1.day())
        } else if days <= 20 * 366 {
            ("%Y-%m", 1.month())
        } else {
            ("%Y", 1.year())
        };
        let mut labels = Vec::new();
        let mut day = if form == "%Y-%m-%d" { from } else { from.first_of_month() };
        if form == "%Y" {
            day = day.first_of_year();
        }
        while day <= until {
            labels.push(day.strftime(form).to_string());
            day = day.saturating_add(step);
            if day == Date::MAX {
                break;
            }
        }
        Time { labels, form }
    }

    pub(super) fn counts(&self, dates: impl Iterator<Item = Date>) -> Vec<usize> {
        let mut counts = vec![0; self.labels.len()];
        for date in dates {
            // Labels of one form are in the order of time.
            let label = date.strftime(self.form).to_string();
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

    #[test]
    fn time_is_told_in_days_months_or_years() {
        let date = |text: &str| -> Date { text.parse().expect("a date") };
        let time = Time::of(date("2026-01-30"), date("2026-02-01"));
        assert_eq!(time.labels, ["2026-01-30", "2026-01-31", "2026-02-01"]);
        let time = Time::of(date("2025-11-30"), date("2026-02-01"));
        assert_eq!(time.labels, ["2025-11", "2025-12", "2026-01", "2026-02"]);
        assert_eq!(time.counts([date("2025-12-05"), date("2026-02-01"), date("2026-02-01")].into_iter()), [0, 1, 0, 2]);
        let time = Time::of(date("1992-05-14"), date("2026-02-01"));
        assert_eq!((time.labels.len(), time.labels[0].as_str(), time.labels[34].as_str()), (35, "1992", "2026"));
    }
}
