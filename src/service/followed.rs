//! The papers of a day that a profile follows, whatever their score.
//!
//! In: the new papers of a day, and what is followed. Out: those that fulfil any of it, with the
//! reason; papers of authors first, then those with words, then those of categories, each kind as
//! they rank. At most 50 are listed and the rest is counted: whoever follows a large category would
//! else read nothing but it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::related::{Related, related};
use super::rows::Row;
use crate::error::Result;
use crate::library::{FollowMatch, Following, Library, PaperRow, PaperSet};
use crate::neighbours::SearchContext;
use crate::paper::{FollowKind, Follows};
use crate::recommend::{Answer, Known, Query, QueryVectors, recommend};

/// Followed papers that are listed.
const LISTED: usize = 50;

/// Papers that are looked at together.
const PORTION: usize = 1000;

/// A paper that is followed.
pub type FollowedPaper = Row<FollowReason>;

/// Why a paper is listed whatever its score.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FollowReason {
    /// What it fulfils of what is followed: authors, then words, then categories.
    pub follows: Vec<FollowedFor>,
    /// What it has in common with liked papers, where it was compared with any.
    pub related: Option<Related>,
}

/// Something followed that a paper fulfils.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FollowedFor {
    /// What of the paper.
    pub kind: FollowKind,
    /// The text that is followed.
    pub follow: String,
    /// The author as the paper names them, where an author is followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
}

impl FollowedFor {
    /// In words for people: `by Kurt Gödel, whom you follow`.
    pub fn in_words(&self) -> String {
        match self.kind {
            FollowKind::Author => format!("by {}, whom you follow", self.author.as_deref().unwrap_or(&self.follow)),
            FollowKind::Words => format!("has the words \u{201c}{}\u{201d}", self.follow),
            FollowKind::Category => format!("in {}, which you follow", self.follow),
        }
    }
}

impl From<FollowMatch> for FollowedFor {
    fn from(FollowMatch { kind, follow, author }: FollowMatch) -> FollowedFor {
        FollowedFor { kind, follow, author }
    }
}

/// The new papers that are followed, each with what it fulfils, by row.
#[derive(Debug, Default)]
pub(super) struct Found {
    papers: BTreeMap<PaperRow, Vec<FollowedFor>>,
}

impl Found {
    /// Looks through the new papers of a day.
    pub(super) fn among(library: &Library, follows: &Follows, new: &PaperSet) -> Result<Found> {
        let mut papers = BTreeMap::new();
        if follows.is_empty() {
            return Ok(Found { papers });
        }
        let following = Following::new(follows);
        for rows in new.rows().chunks(PORTION) {
            for paper in library.papers_by_rows(rows)? {
                let fulfilled = following.of(&paper);
                if !fulfilled.is_empty() {
                    papers.insert(paper.row, fulfilled.into_iter().map(FollowedFor::from).collect());
                }
            }
        }
        Ok(Found { papers })
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.papers.len()
    }

    /// How well each of them answers what is liked, where that can be told.
    pub(super) fn ranked(
        &self,
        context: &SearchContext<'_>,
        known: &Known,
        query: &Query,
    ) -> Result<BTreeMap<PaperRow, Answer>> {
        if self.papers.is_empty() {
            return Ok(BTreeMap::new());
        }
        let among = Some(PaperSet::new(self.papers.keys().copied().collect()));
        let all = Query { k: self.len(), at_least: 0.0, diversity: 0.0, among, ..query.clone() };
        let answers = recommend(context, known, &all, QueryVectors::default())?.answers;
        Ok(answers.into_iter().map(|answer| (answer.paper.row, answer)).collect())
    }

    /// The papers that are listed, in their order, as rows from the first place on.
    pub(super) fn listed(
        self,
        library: &Library,
        mut answers: BTreeMap<PaperRow, Answer>,
        language: &str,
    ) -> Result<Vec<FollowedPaper>> {
        let mut places = Vec::with_capacity(self.papers.len());
        for (row, follows) in self.papers {
            let Some(id) = library.id_of(row)? else { continue };
            let kind = follows.first().map(|first| first.kind);
            // Higher scores first; what was not compared comes last.
            let score = answers.get(&row).map_or(f32::NEG_INFINITY, |answer| answer.score);
            places.push((kind, score, id, row, follows));
        }
        places.sort_by(|a, b| (a.0.cmp(&b.0)).then_with(|| b.1.total_cmp(&a.1)).then_with(|| a.2.cmp(&b.2)));
        places.truncate(LISTED);
        let mut listed = Vec::with_capacity(places.len());
        for (_, _, _, row, follows) in places {
            let rank = listed.len() + 1;
            if let Some(answer) = answers.remove(&row) {
                let Row { reason, paper, score, matched, .. } = related(rank, answer, language);
                let reason = FollowReason { follows, related: Some(reason) };
                listed.push(Row::new(rank, score, matched, paper, language, reason));
            } else if let Some(paper) = library.papers_by_rows(&[row])?.pop() {
                listed.push(Row::new(rank, None, None, paper, language, FollowReason { follows, related: None }));
            }
        }
        Ok(listed)
    }
}
