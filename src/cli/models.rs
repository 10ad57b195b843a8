//! `relata model list|fetch|verify|path`.

use serde_json::json;

use crate::error::{Error, Result};
use crate::model::{self, Choice};
use crate::service::{Event, Observer};

use super::terminal::{Page, printable, say};
use super::{Context, Outcome};

impl Context {
    /// The named model, else that of `--model`, else the default.
    fn choice(&self, name: Option<&str>) -> Choice {
        Choice::parse(name.or(self.model.as_deref()))
    }
}

pub(super) fn list(context: &Context, as_json: bool, page: &mut Page) -> Result<Outcome> {
    let models = model::list(context.relata.settings());
    if as_json {
        let rows: Vec<_> = models
            .iter()
            .map(|model| {
                json!({ "name": model.name, "repository": model.repository, "dimension": model.dimension,
                        "token_limit": model.token_limit, "licence": model.licence, "path": model.present })
            })
            .collect();
        page.json(&json!({ "models": rows }))?;
    } else {
        let width = models.iter().map(|model| model.name.len()).max().unwrap_or(0);
        for model in &models {
            let here = if model.present.is_some() { "here" } else { "not fetched" };
            let text = format!(
                "{:<width$} {:>5} dimensions {:>5} tokens  {:<12} {here:<12} {}",
                model.name, model.dimension, model.token_limit, model.licence, model.repository
            );
            page.line(&text)?;
        }
    }
    Ok(Outcome::Done)
}

pub(super) fn fetch(context: &Context, name: Option<&str>, page: &mut Page) -> Result<Outcome> {
    let show = &mut |progress| context.terminal.on(Event::Fetching(progress));
    let folder = model::locate(&context.choice(name), context.relata.settings(), show)?;
    page.whole(&folder.root.display().to_string())?;
    Ok(Outcome::Done)
}

pub(super) fn verify(context: &Context, name: Option<&str>, as_json: bool, page: &mut Page) -> Result<Outcome> {
    let files = model::verify(&context.choice(name), context.relata.settings())?;
    let good = files.iter().all(|file| file.ok);
    if as_json {
        let rows: Vec<_> = files
            .iter()
            .map(|file| json!({ "file": file.file, "expected": file.expected, "found": file.found, "ok": file.ok }))
            .collect();
        page.json(&json!({ "files": rows }))?;
    } else {
        for file in &files {
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
    match model::path(&context.choice(name), context.relata.settings()) {
        Ok(path) => {
            page.whole(&path.display().to_string())?;
            Ok(Outcome::Done)
        }
        Err(error @ Error::ModelAbsent { .. }) => {
            say(&error.to_string());
            Ok(Outcome::Nothing)
        }
        Err(error) => Err(error),
    }
}
