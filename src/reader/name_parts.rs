//! Parts of a day in names: years, months and numbers that a file or a folder is called.
//!
//! In: a name that holds no whole day. Out: the year, the month or the number that it consists of,
//! from which `path_date` composes the day of `2026/02/14.jsonl`.

use jiff::civil::Date;

use super::name_date::{Part, Token, tokens};
use crate::text::months::month_called;

/// A name that is part of a day, or nothing of the kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Bare {
    /// `2026`.
    Year(i16),
    /// `2026-02`, `202602`, `Feb-2026`; `padded` where a zero stands before the month.
    YearAndMonth { year: i16, month: i8, padded: bool },
    /// `Feb`, `02-Feb`.
    Month(i8),
    /// `14`, `02`: a day or a month.
    Number { value: i8, padded: bool },
    /// `02-14`, `0214`, `14-Feb`: months and days that it could be.
    DayAndMonth(Vec<(i8, i8)>),
    /// Neither numbers nor months.
    Words,
    /// Anything else.
    Other,
}

impl Bare {
    /// Whether it tells a year or month that is not that of a day.
    pub(super) fn disagrees(&self, day: Date) -> bool {
        match *self {
            Bare::Year(year) => year != day.year(),
            Bare::YearAndMonth { year, month, .. } => (year, month) != (day.year(), day.month()),
            _ => false,
        }
    }
}

/// What part of a day a name is. Words beside a year or a year and month do not matter, beside a
/// lone number they do: `cs-14` is no day.
pub(super) fn bare(name: &str) -> Bare {
    let tokens = tokens(stem(name));
    let mut words = false;
    let mut parts = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Gap(_) => {}
            Token::Number(number) => {
                let word_beside = [tokens[..at].last(), tokens.get(at + 1)].into_iter().flatten();
                let touched = word_beside.filter(|token| matches!(token, Token::Word(_))).count() > 0;
                if touched {
                    return Bare::Other;
                }
                parts.push(Part::Number(number));
            }
            Token::Word(word) => match month_called(word) {
                Some(month) => parts.push(Part::Month(month)),
                None => words = true,
            },
        }
    }
    let found = with_year(&parts).or_else(|| if words { None } else { without_year(&parts) });
    found.unwrap_or(if parts.is_empty() { Bare::Words } else { Bare::Other })
}

/// A name without `key=` before it and without the endings of files behind it.
fn stem(name: &str) -> &str {
    let mut stem = name.rsplit_once('=').map_or(name, |(_, value)| value);
    while let Some((before, ending)) = stem.rsplit_once('.') {
        let is_ending = ending.len() <= 6
            && ending.starts_with(|c: char| c.is_ascii_alphabetic())
            && ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_ending || before.is_empty() {
            break;
        }
        stem = before;
    }
    stem
}

fn with_year(parts: &[Part<'_>]) -> Option<Bare> {
    let year = |text: &str| text.parse::<i16>().ok().filter(|year| text.len() == 4 && (1991..=2999).contains(year));
    let of = |year: i16, month: &str| {
        let value = month.parse::<i8>().ok().filter(|month| (1..=12).contains(month))?;
        Some(Bare::YearAndMonth { year, month: value, padded: month.starts_with('0') })
    };
    match parts {
        [Part::Number(text)] if text.len() == 6 => of(year(text.get(..4)?)?, text.get(4..)?),
        [Part::Number(text)] => year(text).map(Bare::Year),
        [Part::Number(one), Part::Number(other)] if other.len() <= 2 => of(year(one)?, other),
        [Part::Number(one), Part::Number(other)] if one.len() <= 2 => of(year(other)?, one),
        [Part::Number(text), Part::Month(month)] | [Part::Month(month), Part::Number(text)] => {
            Some(Bare::YearAndMonth { year: year(text)?, month: *month, padded: false })
        }
        _ => None,
    }
}

fn without_year(parts: &[Part<'_>]) -> Option<Bare> {
    let number = |text: &str| text.parse::<i8>().ok().filter(|number| text.len() <= 2 && (1..=31).contains(number));
    // The year decides whether a month has 29 days; a leap year has all.
    let may_be = |month: i8, day: i8| Date::new(2024, month, day).is_ok();
    let pairs = |one: i8, other: i8| {
        let pairs: Vec<(i8, i8)> =
            [(one, other), (other, one)].into_iter().filter(|(month, day)| may_be(*month, *day)).collect();
        (!pairs.is_empty()).then_some(Bare::DayAndMonth(pairs))
    };
    match parts {
        [Part::Month(month)] => Some(Bare::Month(*month)),
        [Part::Number(text)] if text.len() == 4 => pairs(number(text.get(..2)?)?, number(text.get(2..)?)?),
        [Part::Number(text)] => Some(Bare::Number { value: number(text)?, padded: text.starts_with('0') }),
        [Part::Number(one), Part::Number(other)] => pairs(number(one)?, number(other)?),
        // "02-Feb" is a month where its number agrees, and may be a day: folders of months are
        // written so, files of days are not.
        [Part::Number(text), Part::Month(month)] if number(text) == Some(*month) => Some(Bare::Month(*month)),
        [Part::Number(text), Part::Month(month)] | [Part::Month(month), Part::Number(text)] => {
            let day = number(text).filter(|day| may_be(*month, *day))?;
            Some(Bare::DayAndMonth(vec![(*month, day)]))
        }
        _ => None,
    }
}
