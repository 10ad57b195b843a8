//! `eval`: how well ways of ranking find what people have judged to be related.
//!
//! In: judgements (liked papers, perhaps disliked ones, and those that are relevant), a library as
//! the pool. Out: per method the mean of the [`METRICS`] over the judgements, each with a 95 %
//! interval by bootstrap. Relevance is yes or no, and what is not judged counts as not relevant, so
//! the figures compare methods on the same judgements and mean little alone.

mod methods;
mod metrics;

use std::collections::BTreeSet;

use crate::error::Result;
use crate::library::{FingerprintNumber, Library};
use crate::neighbours::SearchContext;
use crate::paper::ArxivId;
use crate::ranking::Weights;
use crate::recommend::Known;

pub(crate) use methods::Method;
pub(crate) use metrics::{Estimate, METRICS};

use methods::{Pool, Sources};
use metrics::{estimate, measure};

/// How deep rankings are looked at.
const DEPTH: usize = 100;

/// Liked papers and those that are relevant to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// The papers that are asked with, at least one, each once.
    pub like: Vec<ArxivId>,
    /// Papers of which less is wanted, each once.
    pub unlike: Vec<ArxivId>,
    /// What should be found, none of the above among them.
    pub relevant: BTreeSet<ArxivId>,
}

/// What one method reaches.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Which.
    pub method: Method,
    /// By the names of [`METRICS`], in their order.
    pub metrics: [Estimate; METRICS.len()],
    /// What it found for each judgement, the best first.
    pub rankings: Vec<Vec<ArxivId>>,
}

/// What `recommend` is asked with.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    /// See [`crate::recommend::Query::weights`].
    pub weights: Weights,
    /// See [`crate::recommend::Query::diversity`].
    pub diversity: f32,
}

/// Ranks for every judgement by one method. `done` is called after each.
///
/// # Errors
/// As [`crate::recommend::recommend`].
pub(crate) fn evaluate(
    context: &SearchContext<'_>,
    known: &Known,
    judgements: &[Judgement],
    method: Method,
    options: &Options,
    done: &mut dyn FnMut(),
) -> Result<Outcome> {
    let pool = if method.needs_pool() { Some(Pool::of(context, known)?) } else { None };
    let sources = Sources { context, known, pool: pool.as_ref() };
    let mut values: [Vec<f64>; METRICS.len()] = Default::default();
    let mut rankings = Vec::with_capacity(judgements.len());
    for judgement in judgements {
        let found = method.ranking(&sources, judgement, options)?;
        let similarity = similarity(context.library, context.fingerprint, &found[..found.len().min(10)])?;
        let measured = measure(&found, &judgement.relevant, similarity);
        values.iter_mut().zip(measured).for_each(|(values, value)| values.push(value));
        rankings.push(found);
        done();
    }
    Ok(Outcome { method, metrics: values.map(|values| estimate(&values)), rankings })
}

/// Mean cosine of all pairs; 0 where there is none.
fn similarity(library: &Library, fingerprint: FingerprintNumber, found: &[ArxivId]) -> Result<f64> {
    let mut vectors = Vec::with_capacity(found.len());
    for id in found {
        if let Some(row) = library.row_of(id)? {
            vectors.extend(library.vector(fingerprint, row)?);
        }
    }
    let (mut sum, mut pairs) = (0.0, 0u32);
    for (at, one) in vectors.iter().enumerate() {
        for other in &vectors[..at] {
            sum += one.iter().zip(other).map(|(a, b)| f64::from(a * b)).sum::<f64>();
            pairs += 1;
        }
    }
    Ok(sum / f64::from(pairs.max(1)))
}
