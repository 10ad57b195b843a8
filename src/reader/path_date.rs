//! The day of a digest, as the name of its file and its folders tell it.
//!
//! In: a path, members of archives included (`digests.tar.gz/2026/02/14.jsonl`). Out: the day that
//! the file's name tells, alone or with what its folders add (`2026/02/14.jsonl`), and the day that
//! the nearest folder tells. A name that could be two days tells none: `05-02-2026` is one day in
//! London and another in New York. Numbers that only look like a day (`2602.14001`, a version, a
//! hash) are none, nor are days before arXiv or far ahead of the clock (`name_date` and
//! `name_parts` read the names).

use std::path::{Component, Path};

use jiff::civil::Date;

use super::name_date::{Told, plausible, told_in};
use super::name_parts::{Bare, bare};

/// Parts of a path that are looked at, from its end.
const MOST_PARTS: usize = 12;
/// Longest part that is looked at, in bytes: that of the usual file systems.
const LONGEST_PART: usize = 255;

/// The days that a path tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PathDate {
    /// What the file's name tells, with the year and month of its folders where it lacks them.
    pub name: Told,
    /// What the folders tell without it.
    pub folders: Told,
}

impl PathDate {
    /// The days of a path.
    pub(super) fn of(path: &Path) -> PathDate {
        let parts = parts(path);
        let Some(file) = parts.first() else { return PathDate::default() };
        let name = match told_in(file) {
            Told::Nothing => composed(&parts),
            told => told,
        };
        let mut folders = Told::Nothing;
        for (start, part) in parts.iter().enumerate().skip(1) {
            folders = match told_in(part) {
                Told::Nothing => composed(&parts[start..]),
                told => told,
            };
            if folders != Told::Nothing {
                // A nearer part that names another month makes the day one of something else.
                let disagrees = |day: Date| parts[..start].iter().any(|nearer| bare(nearer).disagrees(day));
                folders = if folders.day().is_some_and(disagrees) { Told::Nothing } else { folders };
                break;
            }
        }
        PathDate { name: settled(name, folders), folders }
    }
}

/// A name that could be two days is the one that a folder tells.
fn settled(name: Told, folders: Told) -> Told {
    match (name, folders) {
        (Told::Several(one, other), Told::Day(day)) if day == one || day == other => Told::Day(day),
        _ => name,
    }
}

/// The names in a path, the last one first.
fn parts(path: &Path) -> Vec<String> {
    let name = |part: Component<'_>| match part {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    };
    path.components().rev().filter_map(name).take(MOST_PARTS).filter(|name| name.len() <= LONGEST_PART).collect()
}

/// The day whose parts stand in names above each other, as `14` in `02` in `2026`. Folders that
/// hold no number and no month may stand between them.
fn composed(parts: &[String]) -> Told {
    let mut bare = parts.iter().map(|part| bare(part));
    let Some(first) = bare.next() else { return Told::Nothing };
    let mut above = bare.filter(|one| *one != Bare::Words);
    let days = match first {
        Bare::Number { value: day, padded } => month_above(&mut above).map(|(year, month, month_padded)| {
            // Where months have two digits, a day of one digit is a count.
            let counted = day < 10 && !padded && month_padded;
            if counted { Vec::new() } else { vec![(year, month, day)] }
        }),
        Bare::DayAndMonth(days) => match above.next() {
            Some(Bare::Year(year)) => Some(days.into_iter().map(|(month, day)| (year, month, day)).collect()),
            _ => None,
        },
        _ => None,
    };
    let days = days.unwrap_or_default().into_iter();
    Told::of(days.filter_map(|(year, month, day)| Date::new(year, month, day).ok()).filter(plausible).collect())
}

/// Year, month, and whether the month is written with a zero before it.
fn month_above(above: &mut impl Iterator<Item = Bare>) -> Option<(i16, i8, bool)> {
    let (month, padded) = match above.next()? {
        Bare::YearAndMonth { year, month, padded } => return Some((year, month, padded)),
        Bare::Number { value, padded } => (value, padded),
        Bare::Month(month) => (month, false),
        _ => return None,
    };
    match above.next()? {
        Bare::Year(year) => Some((year, month, padded)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn of(path: &str) -> PathDate {
        PathDate::of(Path::new(path))
    }

    #[test]
    fn a_file_in_folders_has_the_day_that_all_tell_together() {
        for path in [
            "2026/02/14.jsonl",
            "/data/arxiv/2026/02/14.jsonl.gz",
            "2026-02/14.jsonl",
            "2026_02/cs.LG/14.md",
            "202602/14.jsonl",
            "2026.02/14.jsonl",
            "Feb-2026/14.jsonl",
            "2026/Feb/14.jsonl",
            "2026/02-Feb/14.jsonl",
            "2026/February/14.tar.gz",
            "arxiv-2026/2/14.jsonl",
            "2026/02-14.jsonl",
            "2026/0214.jsonl",
            "2026/14-Feb.jsonl",
            "2026/Feb-14.md",
            "year=2026/month=02/day=14.jsonl",
            "digests.tar.gz/2026/02/14.jsonl",
            "2026-02.zip/14.jsonl",
            "2025/2026/02/14.jsonl",
        ] {
            assert_eq!(of(path).name, Told::Day(date(2026, 2, 14)), "{path}");
        }
        assert_eq!(of("2026/2/3.jsonl").name, Told::Day(date(2026, 2, 3)));
        assert_eq!(of("2026/12/03.jsonl").name, Told::Day(date(2026, 12, 3)));
    }

    #[test]
    fn the_nearest_folder_tells_what_the_name_does_not() {
        for path in [
            "2026-02-14/cs.LG.jsonl",
            "2026-01-01/2026-02-14/cs.LG.jsonl",
            "2026/02/14/cs.LG.jsonl",
            "2026/02/14/3.jsonl",
            "2026-02/14/papers/cs.LG.md",
            "14-Feb-2026/digest.md",
            "date=2026-02-14/part-0.jsonl",
            "daily-2026-02-14.tar/papers.jsonl",
            "2026-02-14/2026-02.jsonl",
        ] {
            assert_eq!(of(path), PathDate { name: Told::Nothing, folders: Told::Day(date(2026, 2, 14)) }, "{path}");
        }
        let both = PathDate { name: Told::Day(date(2026, 2, 14)), folders: Told::Day(date(2026, 2, 15)) };
        assert_eq!(of("2026-02-15/2026-02-14.jsonl"), both);
        assert_eq!(of("2026-02-05/05-02-2026.jsonl").name, Told::Day(date(2026, 2, 5)), "the folder settles it");
        assert_eq!(of("2026-02-06/05-02-2026.jsonl").name, Told::Several(date(2026, 2, 5), date(2026, 5, 2)));
    }

    #[test]
    fn parts_that_do_not_make_a_day_tell_none() {
        for path in [
            "",
            "-",
            "/",
            "14.jsonl",
            "02/14.jsonl",
            "2026/14.jsonl",
            "2026/cs.LG.jsonl",
            "2026-02/cs.LG.jsonl",
            "2026-02/3.jsonl",
            "2026/02/30.jsonl",
            "2026/02/0.jsonl",
            "2026/13/14.jsonl",
            "2026/02/run3/14.jsonl",
            "2026/02/cs.LG-14.jsonl",
            "1990/02/14.jsonl",
            "2999/02/14.jsonl",
            "2025-12-31/2026-02/cs.LG.jsonl",
            "2025-12-31/2026-02.jsonl",
            "2026/0230.jsonl",
        ] {
            let found = of(path);
            assert_eq!((found.name.day(), found.folders.day()), (None, None), "{path}");
        }
        assert_eq!(of("2026/05-02.jsonl").name, Told::Several(date(2026, 2, 5), date(2026, 5, 2)));
    }
}
