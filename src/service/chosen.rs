//! Papers that somebody has chosen by their ids: all of them at once, as rows or to be rated.
//!
//! In: ids. Out: [`ChosenPapers`] for [`Relata::named_papers`]; for [`Relata::opine_each`] what was
//! thought of each before, by which that can be taken back.

use schemars::JsonSchema;
use serde::Serialize;

use super::Relata;
use super::query::each_once;
use super::rows::{Row, english};
use super::search::FoundBy;
use crate::error::Result;
use crate::library::Opinion;
use crate::paper::ArxivId;

/// Papers by their ids.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ChosenPapers {
    /// The papers, in the order of the ids.
    pub results: Vec<Row<FoundBy>>,
    /// Ids of which the library has no paper.
    pub unknown: Vec<ArxivId>,
}

/// What came of opinions of several papers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OpinedEach {
    /// The papers of which something else is thought now, each with what was thought before:
    /// entered again, this takes it back.
    pub before: Vec<(ArxivId, Option<Opinion>)>,
    /// Papers that are not in the library, of which nothing was noted.
    pub unknown: Vec<ArxivId>,
}

impl Relata {
    /// Papers by their ids, each once.
    ///
    /// # Errors
    /// What the library reports.
    pub fn named_papers(&self, ids: &[ArxivId]) -> Result<ChosenPapers> {
        let session = self.answering()?;
        let _view = session.library.view()?;
        let (mut rows, mut unknown) = (Vec::new(), Vec::new());
        for id in each_once(ids) {
            match session.library.row_of(&id)? {
                Some(row) => rows.push(row),
                None => unknown.push(id),
            }
        }
        let papers = session.library.papers_by_rows(&rows)?;
        let language = english();
        let row = |(at, paper)| Row::new(at + 1, None, None, paper, &language, FoundBy::Filter {});
        Ok(ChosenPapers { results: papers.into_iter().enumerate().map(row).collect(), unknown })
    }

    /// Notes what a profile thinks of several papers, or takes it back, in one transaction.
    ///
    /// # Errors
    /// What the library reports.
    pub fn opine_each(&self, profile: &str, opinions: &[(ArxivId, Option<Opinion>)]) -> Result<OpinedEach> {
        let mut library = self.own()?;
        let now = library.profile(profile)?;
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for (id, opinion) in opinions {
            if opinion.is_none() || library.row_of(id)?.is_some() {
                known.push((id.clone(), *opinion));
            } else {
                unknown.push(id.clone());
            }
        }
        let before = |id: &ArxivId| match (now.like.contains(id), now.unlike.contains(id)) {
            (true, _) => Some(Opinion::Liked),
            (false, true) => Some(Opinion::Disliked),
            (false, false) => None,
        };
        let before: Vec<_> = known.iter().map(|(id, _)| (id.clone(), before(id))).collect();
        let changed = library.set_opinions(profile, &known)?;
        let before = before.into_iter().zip(changed).filter(|(_, changed)| *changed).map(|(before, _)| before);
        Ok(OpinedEach { before: before.collect(), unknown })
    }
}
