//! Days in names: of files, of folders, in headlines.
//!
//! In: a name. Out: the day that it tells in any usual spelling (`2026-02-14`, `2026_2_14`,
//! `20260214`, `14.02.2026`, `02-14-2026`, `1-Apr-2025`, `Feb 14, 2026`, `26-02-14`,
//! `2026年2月14日`), or what it could be where that is more than one day.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use crate::text::months::month_called;

/// arXiv began in this month.
const FIRST: Date = date(1991, 8, 1);
/// Years of two digits begin here: digests with such names are younger, and `26-02-14` is no day of
/// 2014.
const FIRST_SHORT_YEAR: i16 = 2020;
/// Tokens of a name that are looked at.
const MOST_TOKENS: usize = 128;

/// What a name tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Told {
    /// No day.
    #[default]
    Nothing,
    /// A day.
    Day(Date),
    /// It could be either of these, or one of more.
    Several(Date, Date),
}

impl Told {
    /// What days tell, of which each could be meant.
    pub(super) fn of(mut days: Vec<Date>) -> Told {
        days.sort_unstable();
        days.dedup();
        match days.as_slice() {
            [] => Told::Nothing,
            [day] => Told::Day(*day),
            [one, other, ..] => Told::Several(*one, *other),
        }
    }

    /// The one day, if it is one.
    pub(super) fn day(self) -> Option<Date> {
        if let Told::Day(day) = self { Some(day) } else { None }
    }
}

/// Whether a digest may be of this day: arXiv was there, and it is at most a year ahead.
pub(super) fn plausible(day: &Date) -> bool {
    let today = jiff::Timestamp::now().to_zoned(TimeZone::UTC).date();
    *day >= FIRST && *day <= today.saturating_add(1.year())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'n> {
    Number(&'n str),
    Word(&'n str),
    Gap(&'n str),
}

/// Runs of digits, of letters and of anything else.
pub(super) fn tokens(name: &str) -> Vec<Token<'_>> {
    let class = |c: char| match c {
        '0'..='9' => 0,
        '年' | '月' | '日' => 2,
        c if c.is_alphabetic() => 1,
        _ => 2,
    };
    let mut found = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next().map(class).filter(|_| found.len() < MOST_TOKENS) {
        let end = rest.find(|c| class(c) != first).unwrap_or(rest.len());
        let (text, after) = rest.split_at(end);
        found.push(match first {
            0 => Token::Number(text),
            1 => Token::Word(text),
            _ => Token::Gap(text),
        });
        rest = after;
    }
    found
}

/// A place of a name where a day stands: what it could be, and how many tokens it takes.
struct Place {
    days: Vec<Date>,
    tokens: usize,
    /// The year has two digits only.
    short: bool,
}

/// The day that stands anywhere in a name. Two different days are none: a digest is of one day.
pub(super) fn told_in(name: &str) -> Told {
    let tokens = tokens(name);
    let mut places = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let readers = [numbers, compact, named];
        let found = readers.iter().find_map(|read| read(&tokens, at)).map(|mut place| {
            place.days.retain(plausible);
            place
        });
        match found.filter(|place| !place.days.is_empty()) {
            Some(place) => {
                at += place.tokens;
                places.push(place);
            }
            None => at += 1,
        }
    }
    // A time as 22-05-10 beside a whole day is not another day.
    if places.iter().any(|place| !place.short) {
        places.retain(|place| !place.short);
    }
    let certain = places.iter().map(|place| Told::of(place.days.clone())).filter_map(Told::day).collect::<Vec<_>>();
    match places.first() {
        Some(place) if certain.is_empty() => Told::of(place.days.clone()),
        _ => Told::of(certain),
    }
}

/// Year, month and day in one of the orders that people write, from numbers as they are written.
fn in_order([year, month, day]: [&str; 3]) -> Option<Date> {
    let value = |text: &str| text.parse::<i16>().ok();
    let short = if year.len() == 2 { 2000 } else { 0 };
    let year = value(year)? + short;
    let known = short == 0 || year >= FIRST_SHORT_YEAR;
    known.then(|| Date::new(year, i8::try_from(value(month)?).ok()?, i8::try_from(value(day)?).ok()?).ok()).flatten()
}

/// `2026-02-14`, `14.02.2026`, `02_14_2026`, `26-02-14`: three numbers with the same sign between
/// them.
fn numbers(tokens: &[Token<'_>], at: usize) -> Option<Place> {
    let [Token::Number(a), Token::Gap(gap), Token::Number(b), Token::Gap(other), Token::Number(c), ..] = tokens[at..]
    else {
        return None;
    };
    let signs = gap == other && matches!(gap, "-" | "_" | "." | "/" | " ") || (gap, other) == ("年", "月");
    let [before, after] = [tokens[..at].last(), tokens.get(at + 5)];
    let touched = |side: Option<&Token<'_>>| matches!(side, Some(Token::Word(_)));
    let goes_on = |gap_beside: Option<&Token<'_>>, number: Option<&Token<'_>>| {
        gap_beside == Some(&Token::Gap(gap)) && matches!(number, Some(Token::Number(_)))
    };
    let led = goes_on(before, at.checked_sub(2).and_then(|at| tokens.get(at)));
    let followed = goes_on(after, tokens.get(at + 6));
    let days: &[[&str; 3]] = match (a.len(), b.len(), c.len()) {
        // "2026-02-14T08" and "arxiv2026-02-14" are days, "v2026.02.14" is a version.
        (4, 1 | 2, 1 | 2) if gap == "-" || !touched(before) && !touched(after) || is_time(after) => &[[a, b, c]],
        (1 | 2, 1 | 2, 4) if !touched(before) && !touched(after) && !led => &[[c, b, a], [c, a, b]],
        (2, 2, 2) if !touched(before) && !touched(after) && !led && !followed => &[[a, b, c], [c, b, a], [c, a, b]],
        _ => return None,
    };
    let short = a.len() == 2 && c.len() == 2;
    let days = days.iter().filter_map(|parts| in_order(*parts)).collect();
    signs.then_some(Place { days, tokens: 5, short })
}

/// The T before a time.
fn is_time(token: Option<&Token<'_>>) -> bool {
    matches!(token, Some(Token::Word("T" | "t")))
}

/// `20260214`, `20260214T080000` and `20260214080000`.
fn compact(tokens: &[Token<'_>], at: usize) -> Option<Place> {
    let Token::Number(digits) = tokens[at] else { return None };
    let [before, after] = [tokens[..at].last(), tokens.get(at + 1)];
    let free = !matches!(before, Some(Token::Word(_))) && (!matches!(after, Some(Token::Word(_))) || is_time(after));
    // 2602.20260214 is no day.
    let fraction = before == Some(&Token::Gap(".")) && at >= 2 && matches!(tokens[at - 2], Token::Number(_));
    let time =
        |at: usize, most: u8| digits.get(at..at + 2).and_then(|text| text.parse::<u8>().ok()).is_some_and(|n| n < most);
    let whole = digits.len() == 8 || digits.len() == 14 && time(8, 24) && time(10, 60) && time(12, 60);
    if !free || fraction || !whole {
        return None;
    }
    let days = in_order([digits.get(..4)?, digits.get(4..6)?, digits.get(6..8)?]).into_iter().collect();
    Some(Place { days, tokens: 1, short: false })
}

/// `1-Apr-2025`, `Feb 14, 2026`, `14Feb2026`, `2026-Feb-14`, `1st April 2025`, `14-Feb-26`.
fn named(tokens: &[Token<'_>], at: usize) -> Option<Place> {
    let (parts, next) = day_and_month(tokens, at, 3)?;
    let month =
        parts.iter().find_map(|part| if let Part::Month(month) = part { Some(month.to_string()) } else { None })?;
    let month = month.as_str();
    let days = match parts.as_slice() {
        [Part::Number(a), Part::Month(_), Part::Number(b)] => match (a.len(), b.len()) {
            (1 | 2, 4) => vec![[*b, month, *a]],
            (4, 1 | 2) => vec![[*a, month, *b]],
            (2, 2) => vec![[*b, month, *a], [*a, month, *b]],
            _ => return None,
        },
        [Part::Month(_), Part::Number(day), Part::Number(year)] if day.len() <= 2 && year.len() == 4 => {
            vec![[*year, month, *day]]
        }
        _ => return None,
    };
    let short = parts.iter().all(|part| !matches!(part, Part::Number(number) if number.len() == 4));
    Some(Place { days: days.into_iter().filter_map(in_order).collect(), tokens: next - at, short })
}

pub(super) enum Part<'n> {
    Number(&'n str),
    Month(i8),
}

/// Some numbers and names of months in a row, which nothing else touches, and where they end.
fn day_and_month<'n>(tokens: &[Token<'n>], from: usize, most: usize) -> Option<(Vec<Part<'n>>, usize)> {
    if matches!(tokens[..from].last(), Some(Token::Word(_) | Token::Number(_))) {
        return None;
    }
    let mut parts = Vec::new();
    let mut at = from;
    let mut end = from;
    while parts.len() < most {
        match tokens.get(at) {
            Some(Token::Number(number)) => {
                parts.push(Part::Number(number));
                let ordinal = matches!(tokens.get(at + 1), Some(Token::Word("st" | "nd" | "rd" | "th")));
                at += if ordinal && number.len() <= 2 { 2 } else { 1 };
            }
            Some(Token::Word(word)) => {
                parts.push(Part::Month(month_called(word)?));
                at += 1;
            }
            _ => break,
        }
        end = at;
        let part = |c: char| "-_., ".contains(c);
        if matches!(tokens.get(at), Some(Token::Gap(gap)) if gap.len() <= 2 && gap.chars().all(part)) {
            at += 1;
        }
    }
    (parts.len() == most && !matches!(tokens.get(end), Some(Token::Word(_)))).then_some((parts, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_spellings_of_a_day_are_read() {
        for name in [
            "2026-02-14.jsonl",
            "2026-2-14.jsonl",
            "20260214.jsonl",
            "arxiv_20260214.jsonl",
            "arxiv-20260214T083000Z.json",
            "dump_20260214083000.json",
            "2026.02.14.jsonl",
            "2026_02_14.jsonl",
            "2026_02_14_cs.LG.jsonl",
            "2026-02-14_AI_enhanced_Chinese.jsonl",
            "2026-02-14T08:30:00.json",
            "2026-02-14-08-30-00.json",
            "22-05-10_2026-02-14.md",
            "arxiv2026-02-14.md",
            "14-02-2026.jsonl",
            "14.02.2026.jsonl",
            "02-14-2026.jsonl",
            "Feb-14-2026.jsonl",
            "February 14, 2026.md",
            "Feb_14_2026",
            "14-Feb-2026",
            "14Feb2026.md",
            "14th February 2026.md",
            "2026-Feb-14.md",
            "14-Feb-26.md",
            "daily_26-02-14.jsonl",
            "02-14-26.md",
            "2026年02月14日.md",
            "2026年2月14日",
            "Papers of 2026/02/14 (12)",
            "14/02/2026",
        ] {
            assert_eq!(told_in(name), Told::Day(date(2026, 2, 14)), "{name}");
        }
        assert_eq!(told_in("1-Apr-2025"), Told::Day(date(2025, 4, 1)));
        assert_eq!(told_in("02-02-2026.md"), Told::Day(date(2026, 2, 2)), "equal numbers are one day");
        assert_eq!(told_in("2026-02-14_2026-02-14.md"), Told::Day(date(2026, 2, 14)));
    }

    #[test]
    fn what_could_be_two_days_is_neither() {
        let both = |one: Date, other: Date| Told::Several(one, other);
        assert_eq!(told_in("05-02-2026.jsonl"), both(date(2026, 2, 5), date(2026, 5, 2)));
        assert_eq!(told_in("5.2.2026"), both(date(2026, 2, 5), date(2026, 5, 2)));
        assert_eq!(told_in("26-02-24.jsonl"), both(date(2024, 2, 26), date(2026, 2, 24)));
        assert_eq!(told_in("2026-02-09_to_2026-02-14.md"), both(date(2026, 2, 9), date(2026, 2, 14)));
        // Another day in the same name settles nothing, a certain one counts.
        assert_eq!(told_in("05-02-2026 (2026-02-05).md"), Told::Day(date(2026, 2, 5)));
    }

    #[test]
    fn numbers_that_only_look_like_a_day_are_none() {
        for name in [
            "",
            "2602.14001.jsonl",
            "v20260214x",
            "v20260214.md",
            "v2026.02.14.md",
            "release-v1.2.2026",
            "0.20260214",
            "2602.20260214",
            "120260214.md",
            "2026021.md",
            "2026-02-30.md",
            "2026-13-01.md",
            "30-02-2026.md",
            "31-Feb-2026.md",
            "1991-07-31.md",
            "19900214",
            "2999-01-01.md",
            "29990101.md",
            "10.11.12.md",
            "192.168.1.2026",
            "1.2.3.md",
            "2026-02.md",
            "Feb-2026.md",
            "3f20260214ab.md",
            "Marsh 14, 2026",
            "20260214256060.md",
            "readme.md",
        ] {
            assert_eq!(told_in(name), Told::Nothing, "{name}");
        }
        assert_eq!(told_in(&"1-".repeat(5000)), Told::Nothing);
    }
}
