//! `relata model list|fetch|verify|path`.

use crate::error::{Error, ModelError, Result};

use super::terminal::{Page, printable, say};
use super::{Context, Outcome, complete};

pub(super) fn list(context: &Context, as_json: bool, page: &mut Page) -> Result<Outcome> {
    let known = context.relata.models();
    if as_json {
        page.answer(&known)?;
        return Ok(Outcome::Done);
    }
    let width = known.models.iter().map(|model| model.name.len()).max().unwrap_or(0);
    for model in &known.models {
        let here = if model.path.is_some() { "here" } else { "not fetched" };
        let text = format!(
            "{:<width$} {:>5} dimensions {:>5} tokens  {:<12} {here:<12} {}",
            model.name, model.dimension, model.token_limit, model.licence, model.repository
        );
        page.line(&text)?;
    }
    Ok(Outcome::Done)
}

pub(super) fn fetch(context: &Context, name: Option<&str>, page: &mut Page) -> Result<Outcome> {
    page.whole(&context.relata.fetch_model(name)?.display().to_string())?;
    Ok(Outcome::Done)
}

pub(super) fn verify(context: &Context, name: Option<&str>, as_json: bool, page: &mut Page) -> Result<Outcome> {
    let verified = context.relata.verify_model(name)?;
    let good = verified.files.iter().all(|file| file.ok);
    if as_json {
        page.answer(&verified)?;
    } else {
        for file in &verified.files {
            let verdict = if file.ok { "ok     " } else { "DIFFERS" };
            page.line(&format!("{verdict} {}", printable(&file.file)))?;
        }
    }
    if !good {
        say("Files differ from their sums. `relata model fetch` fetches the model again.");
    }
    Ok(if good { Outcome::Done } else { Outcome::Partial })
}

pub(super) fn path(context: &Context, name: Option<&str>, page: &mut Page) -> Result<Outcome> {
    match context.relata.model_path(name) {
        Ok(path) => {
            page.whole(&path.display().to_string())?;
            Ok(Outcome::Done)
        }
        Err(error @ Error::Model(ModelError::Absent { .. })) => {
            say(&complete(&error));
            Ok(Outcome::Nothing)
        }
        Err(error) => Err(error),
    }
}
