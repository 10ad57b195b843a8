//! What several requests share: factors, the selection of answers, and what is checked of them.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{QueryError, Result};
use crate::library::Filter;
use crate::paper::ArxivId;
use crate::ranking::Weights;

/// Which papers may be answers, and how many are given, as an answer repeats it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Selection {
    /// The filter.
    #[serde(flatten)]
    pub filter: Filter,
    /// Number of answers.
    pub k: usize,
    /// The least match of an answer, where one was asked for.
    pub at_least: Option<f32>,
}

/// Factors of the parts of a score; 1 leaves a part as it is, 0 leaves it out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Factors {
    /// Of the whitened cosine of the vectors.
    pub meaning: f32,
    /// Of what words go with.
    pub associations: f32,
    /// Of shared words.
    pub words: f32,
    /// Of shared authors.
    pub authors: f32,
}

impl Default for Factors {
    fn default() -> Factors {
        Factors { meaning: 1.0, associations: 1.0, words: 1.0, authors: 1.0 }
    }
}

impl Factors {
    /// Multiplies the factor of a part by its name; `None` for a name that is none.
    pub fn scale(&mut self, part: &str, factor: f32) -> Option<()> {
        let own = match part {
            "meaning" => &mut self.meaning,
            "associations" => &mut self.associations,
            "words" => &mut self.words,
            "authors" => &mut self.authors,
            _ => return None,
        };
        *own *= factor;
        Some(())
    }

    /// Each part's default weight times its factor.
    pub(crate) fn weights(self) -> Weights {
        let Factors { meaning, associations, words, authors } = self;
        let own = Weights::default();
        Weights {
            whitened_cosine: own.whitened_cosine * meaning,
            cooccurrence: own.cooccurrence * associations,
            words: own.words * words,
            authors: own.authors * authors,
        }
    }
}

/// # Errors
/// [`QueryError::EmptyPeriod`] for days in the wrong order.
pub(super) fn check_period(filter: &Filter) -> Result<()> {
    match filter.empty_period() {
        Some((since, until)) => Err(QueryError::EmptyPeriod { since, until }.into()),
        None => Ok(()),
    }
}

/// Papers in the order in which they were named, each once.
pub(super) fn each_once(ids: &[ArxivId]) -> Vec<ArxivId> {
    let mut seen = BTreeSet::new();
    ids.iter().filter(|id| seen.insert(*id)).cloned().collect()
}
