//! State: what answers come from, in a few look-ups that cost the same in a library of any size.
//!
//! In: a handle. Out: [`LibraryState`], which doors put beside an answer or compare with the state
//! of an earlier one.

use super::rows::Source;
use super::{Event, Relata};
use crate::error::Result;
use crate::paper::PartialDate;

/// What answers come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibraryState {
    /// Whose papers answer.
    pub source: Source,
    /// Papers.
    pub papers: u64,
    /// The latest date of a paper.
    pub newest: Option<PartialDate>,
    /// Name of the model whose vectors are compared.
    pub model: String,
    /// The content as this handle sees it: another number whenever the content changed.
    pub generation: u64,
}

impl Relata {
    /// What answers come from now. Nothing is embedded, no model is loaded, and no event is told:
    /// whoever asks has asked something else before.
    ///
    /// # Errors
    /// What the library reports; a model folder that does not serve.
    pub fn state(&self) -> Result<LibraryState> {
        let quiet = self.observed_by(|_: Event| ());
        let session = quiet.answering()?;
        let model = session.embedder()?.identity().name.clone();
        let view = session.library.view()?;
        Ok(LibraryState {
            source: session.source,
            papers: session.library.len()?,
            newest: session.library.dates()?.map(|(_, newest)| newest),
            model,
            generation: view.generation(),
        })
    }
}
