//! Values of options: how each is read, and what the help says of the possible ones.
//!
//! In: what the user wrote. Out: the value, or what was expected instead.

use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{PathBufValueParser, PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser};

use super::super::language::code;
use crate::embed::Role;
use crate::error::Error;
use crate::evaluate::Method;
use crate::export::Form;
use crate::export::letter::is_mail_address;
use crate::facets::ROLES;
use crate::files::in_home;
use crate::paper::{Facet, LikeWeight};
use crate::service::Factors;

/// A way of ranking, with what each is for the help.
pub(super) fn method() -> impl TypedValueParser<Value = Method> {
    named(&[
        ("relata", "What `recommend` does", Method::Relata),
        (
            "highest",
            "The highest score to a liked paper, by the signals of `recommend` and over all papers",
            Method::Highest,
        ),
        ("mean", "The mean score to the liked papers, likewise", Method::Mean),
        ("cosine", "The highest cosine to a liked paper", Method::Cosine),
        ("mean-cosine", "The mean cosine to the liked papers", Method::MeanCosine),
        (
            "tfidf",
            "The mean cosine of words to the liked papers, weighted as in `recommend`, over all papers",
            Method::Tfidf,
        ),
        ("bm25", "Keyword search for title and abstract; of several liked papers the rankings are fused", Method::Bm25),
    ])
}

/// A file or folder, in the home where it begins with one.
pub(super) fn path() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().map(|written| in_home(written, dirs::home_dir().as_deref()))
}

/// A known model, or a folder as [`path`] reads it.
pub(super) fn model() -> impl TypedValueParser<Value = String> {
    StringValueParser::new().map(|written| {
        let folder = in_home(PathBuf::from(&written), dirs::home_dir().as_deref());
        folder.into_os_string().into_string().unwrap_or(written)
    })
}

/// A form of output, with what each is for the help.
pub(super) fn form() -> impl TypedValueParser<Value = Form> {
    named(&[
        ("text", "Lines for a terminal", Form::Text),
        ("json", "One JSON object, as --json", Form::Json),
        ("markdown", "A digest page", Form::Markdown),
        ("jsonl", "A digest's JSON lines", Form::Jsonl),
        ("atom", "A feed", Form::Atom),
        ("bibtex", "BibTeX entries", Form::Bibtex),
        ("ris", "RIS entries", Form::Ris),
        ("csv", "A table with a header", Form::Csv),
        ("html", "A page for a browser, in one file without scripts", Form::Html),
        ("eml", "An e-mail, to be read as text or as HTML", Form::Eml),
    ])
}

/// What a text is to the model, with what each is for the help.
pub(super) fn role() -> impl TypedValueParser<Value = Role> {
    named(&[
        ("passage", "A text to be found, such as an abstract", Role::Passage),
        ("query", "A question", Role::Query),
    ])
}

/// A value by its name; each name has a text for the help.
fn named<T: Copy + Send + Sync + 'static>(
    values: &'static [(&'static str, &'static str, T)],
) -> impl TypedValueParser<Value = T> {
    let possible = values.iter().map(|(name, help, _)| PossibleValue::new(*name).help(*help));
    PossibleValuesParser::new(possible).try_map(move |name| {
        let found = values.iter().find(|(own, _, _)| *own == name).map(|(_, _, value)| *value);
        found.ok_or(Error::Internal("a value that is none of those that there are"))
    })
}

/// A value of a type that is read from its name, with all names for the help.
pub(super) fn one_of<T>(names: &'static [&'static str]) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err = Error> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(names).try_map(|name| name.parse::<T>())
}

pub(super) fn facet(text: &str) -> Result<Facet, String> {
    let names = ROLES.map(Facet::name).join(", ");
    ROLES.into_iter().find(|facet| facet.name() == text).ok_or_else(|| format!("no such facet; there are {names}"))
}

pub(super) fn language(text: &str) -> Result<String, String> {
    code(text).ok_or_else(|| "expected the code of a language, such as en, zh or de".into())
}

pub(super) fn matched(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(matched) if (0.0..=100.0).contains(&matched) => Ok(matched),
        _ => Err("expected a number from 0 to 100".into()),
    }
}

pub(super) fn mail_address(text: &str) -> Result<String, String> {
    match is_mail_address(text) {
        true => Ok(text.to_owned()),
        false => Err("this is no mail address, such as ada@example.org".into()),
    }
}

/// How much an interest counts.
pub(super) fn like_weight(text: &str) -> Result<LikeWeight, String> {
    text.parse().ok().and_then(LikeWeight::new).ok_or_else(|| "expected a number from 0 to 10".into())
}

pub(super) fn share(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a number from 0 to 1".into()),
    }
}

pub(super) fn cosine(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(cosine) if (-1.0..=1.0).contains(&cosine) => Ok(cosine),
        _ => Err("expected a number from -1 to 1".into()),
    }
}

pub(super) fn days(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(days) if days > 0.0 && days.is_finite() => Ok(days),
        _ => Err("expected a number of days above 0".into()),
    }
}

pub(super) fn weight(text: &str) -> Result<(String, f32), String> {
    let (part, factor) = text.split_once('=').ok_or("expected PART=FACTOR, e.g. authors=0.5")?;
    if !Factors::PARTS.contains(&part) {
        return Err(format!("no such part; there are {}", Factors::PARTS.join(", ")));
    }
    match factor.parse::<f32>() {
        Ok(factor) if (0.0..=1000.0).contains(&factor) => Ok((part.to_owned(), factor)),
        _ => Err(format!("{factor} is no factor: a number from 0 to 1000")),
    }
}

pub(super) fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("it must be at least 1".into()),
        Ok(k) => Ok(k),
        Err(_) => Err("expected a whole number, at least 1".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_can_be_chosen() {
        let form = form();
        let command = clap::Command::new("relata");
        let words: Vec<PossibleValue> = form.possible_values().expect("words").collect();
        let chosen: Vec<Form> = words
            .iter()
            .map(|word| form.parse_ref(&command, None, word.get_name().as_ref()).expect("a form"))
            .collect();
        for known in Form::ALL {
            assert!(chosen.contains(&known), "{known:?}");
        }
        assert_eq!(chosen.len(), Form::ALL.len());
    }
}
