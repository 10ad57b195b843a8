//! `relata recommend --like-text`: texts in a language that the model does not read.
//!
//! In: a query. Out: the query without such texts, and what to say of them: a vector of a text that the model was not trained on lies
//! anywhere, so its neighbours would be noise.

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::model;
use crate::recommend::Query;

use super::Context;
use super::terminal::say;

/// Liked texts that were left out.
pub(super) struct Unread {
    pub texts: Vec<String>,
    /// The model that does not read them.
    model: String,
    /// How to ask a model that does.
    way_out: String,
}

/// Takes the texts that the model does not read out of a query.
pub(super) fn take(context: &Context, engine: &Engine, query: &mut Query, sample: bool) -> Unread {
    let identity = engine.identity();
    let (read, texts): (Vec<String>, Vec<String>) =
        std::mem::take(&mut query.like_text).into_iter().partition(|text| identity.reads(text));
    query.like_text = read;
    let way_out = texts.first().and_then(|text| other_model(context, text, sample));
    let way_out = way_out.unwrap_or_else(|| format!("say it in a language that {} reads", identity.name));
    Unread { texts, model: identity.name.clone(), way_out }
}

/// Which known model reads a text, and how to ask it. A library must be embedded with it first.
pub(super) fn other_model(context: &Context, text: &str, sample: bool) -> Option<String> {
    let other = model::that_reads(text, &context.settings)?;
    // A library remembers what it was embedded with last, the sample does not.
    let how = if sample {
        format!("ask again with `--model {other}`")
    } else {
        format!("run `relata --model {other} reembed`, then ask again")
    };
    Some(format!("{other} reads it: {how}"))
}

impl Unread {
    /// Says which texts were left out.
    ///
    /// # Errors
    /// [`Error::TextUnread`] where nothing else is asked for.
    pub fn say_or_refuse(&self, query: &Query) -> Result<()> {
        if self.texts.is_empty() {
            return Ok(());
        }
        if query.like.is_empty() && query.like_text.is_empty() {
            return Err(Error::TextUnread { model: self.model.clone(), way_out: self.way_out.clone() });
        }
        for text in &self.texts {
            let beginning: String = text.chars().take(60).collect();
            let more = if beginning.len() < text.len() { "…" } else { "" };
            say(&format!("note: {} does not read the language of this text; left out: {beginning}{more}", self.model));
        }
        say(&format!("{}.", self.way_out));
        Ok(())
    }
}
