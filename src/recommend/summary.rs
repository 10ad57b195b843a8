//! The interests of a profile, as somebody may want to see and change them.
//!
//! In: the liked papers of a question. Out: which of them are one interest, what each is due of the
//! answers, and what it is about.

use std::collections::BTreeMap;

use super::Query;
use super::asked::Asked;
use super::interests;
use crate::error::{Error, Result};
use crate::neighbours::SearchContext;
use crate::paper::ArxivId;
use crate::ranking::Learned;
use crate::terms;

/// Terms that name an interest.
const TERMS: usize = 3;

/// Liked papers that are one interest.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    /// What it is due of the answers; all together are due 1.
    pub share: f32,
    /// Terms that its papers have in common, the most telling first.
    pub terms: Vec<String>,
    /// Its papers with their titles, in the order of the question.
    pub papers: Vec<(ArxivId, String)>,
}

/// The interests of `query.like`, in the order of their first papers.
///
/// # Errors
/// As [`super::recommend`].
pub(crate) fn groups(context: &SearchContext<'_>, learned: &Learned, query: &Query) -> Result<Vec<Group>> {
    let asked = Asked::new(context, query, None)?;
    let wanted = asked.wanted(learned, query);
    let shares = wanted.shares();
    let total: f32 = shares.iter().sum();
    let count = context.library.len()?;
    let passage = |at: &usize| crate::passage::passage(&asked.liked[*at].title, Some(&asked.liked[*at].abstract_text));
    let group = |(group, share): (&Vec<usize>, f32)| {
        let texts: Vec<String> = group.iter().map(passage).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let frequency = |words: &[String]| Ok::<_, Error>(learned.document_frequency(words, count));
        let terms = terms::common(&texts, count, TERMS, frequency)?;
        let papers = group.iter().map(|at| (asked.liked[*at].id.clone(), asked.liked[*at].title.clone())).collect();
        Ok(Group { share: share / total, terms, papers })
    };
    wanted.groups.iter().zip(shares).map(group).collect()
}

/// Parts an interest into the two groups of papers that are least alike; gives for each of its
/// papers 0 or 1, and 0 for the first.
///
/// # Errors
/// As [`super::recommend`].
pub(crate) fn split(context: &SearchContext<'_>, learned: &Learned, group: &Group) -> Result<BTreeMap<ArxivId, usize>> {
    let like: Vec<ArxivId> = group.papers.iter().map(|(id, _)| id.clone()).collect();
    let query = Query { like: like.clone(), ..Query::default() };
    let asked = Asked::new(context, &query, None)?;
    let parts = interests::split(&learned.compare_all(&learned.features(&asked.liked)));
    Ok(like.into_iter().zip(parts).collect())
}
