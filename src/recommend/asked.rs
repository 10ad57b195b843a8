//! What is asked: the views of what is liked, and which of it is one interest.

use std::sync::{Arc, OnceLock};

use ndarray::Array2;
use rayon::prelude::*;

use super::interests::group;
use super::known::Known;
use super::{Query, rows, weights};
use crate::error::{Error, LibraryError, QueryError, Result};
use crate::library::{FingerprintNumber, Library, PaperRow, PaperText};
use crate::neighbours::SearchContext;
use crate::paper::ArxivId;
use crate::passage::passage;
use crate::ranking::{DescribedText, Interest, Interests, Learned, PaperFeatures};

/// What all other liked papers weigh together in an interest, beside its own, as long as there are
/// no more than so many: of many, interests have enough papers of their own, and each would have to
/// hold the words of all.
const SAY_OF_OTHERS: f32 = 0.3;
const MOST_WITH_A_SAY: usize = 50;
/// What an interest of a single paper is due among others: it may be a mistake, which costs the
/// others as many answers. On the tuning half five likes of which one is of another group lose 6.8
/// % of nDCG@20 at a share of .5 against the right four alone, 5.7 % at .25, 4.4 % at .15 and
/// below.
const SHARE_OF_ONE: f32 = 0.2;

/// What is liked and disliked, as it is compared.
pub(super) struct Asked {
    pub liked: Vec<PaperText>,
    pub disliked: Vec<PaperText>,
    /// Liked texts: those of the request, then those of the profile.
    pub texts: Vec<DescribedText>,
    /// Papers that are no answers, ascending.
    pub without: Vec<PaperRow>,
}

/// What is liked, as it is compared.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Described {
    /// The views of what is liked, papers first.
    pub features: Vec<Arc<PaperFeatures>>,
    /// Which interest somebody counts each to, if any.
    pub fixed: Vec<Option<i64>>,
    /// How much each of the liked counts by its age.
    pub emphasis: Vec<f32>,
    /// How much each counts by what somebody has said, from 0.
    pub said: Vec<Option<f32>>,
}

/// The interests of a question.
#[derive(Debug)]
pub(super) struct Wanted {
    pub described: Described,
    /// Of each interest which of the liked it holds, without what is muted: that asks for nothing,
    /// and no answer is due to it.
    pub groups: Vec<Vec<usize>>,
    /// The same with what is muted.
    pub all: Vec<Vec<usize>>,
    /// How much each of the liked counts: not at all, where its interest is muted.
    pub weights: Vec<f32>,
    /// The part of this that somebody has said, from 0; 1 where nobody has.
    pub said: Vec<f32>,
    /// What the interests ask for, once it is needed.
    interests: OnceLock<Arc<Interests>>,
}

impl Asked {
    /// `texts` holds the vectors of `query.like_text`. Where a facet is compared, papers have no
    /// authors: who wrote a paper is no facet of it.
    pub(super) fn new(context: &SearchContext<'_>, query: &Query, texts: Option<&Array2<f32>>) -> Result<Asked> {
        let mut liked = papers(context.library, context.fingerprint, &query.like)?;
        let mut disliked = papers(context.library, context.fingerprint, &query.unlike)?;
        let mut texts = with_vectors(&query.like_text, texts)?;
        texts.extend(query.own_texts.iter().map(|own| own.text.clone()));
        if query.facet.is_some() {
            liked.iter_mut().chain(&mut disliked).for_each(|paper| paper.authors.clear());
            texts.iter_mut().for_each(|text| text.authors.clear());
        }
        let mut without: Vec<PaperRow> = liked.iter().chain(&disliked).map(|paper| paper.row).collect();
        without.sort_unstable();
        Ok(Asked { liked, disliked, texts, without })
    }

    /// The interests of what is liked.
    pub(super) fn wanted(&self, known: &Known, query: &Query) -> Arc<Wanted> {
        known.wanted(self.described(known, query))
    }

    /// What is liked, before it is told which of it is one interest.
    pub(super) fn described(&self, known: &Known, query: &Query) -> Described {
        let mut features = known.features_of_liked(&self.liked);
        features.extend(known.features_of_texts(&self.texts).into_iter().map(Arc::new));
        let of_paper = |at: usize| self.liked.get(at).map(|paper| &paper.id);
        let own_text = |at: usize| query.own_texts.get(at.checked_sub(self.liked.len() + query.like_text.len())?);
        let fixed = |at: usize| match of_paper(at) {
            Some(id) => query.interests.get(id).copied(),
            None => own_text(at)?.interest,
        };
        let weight = |at: usize| match of_paper(at) {
            Some(id) => query.emphasis.get(id).copied(),
            None => own_text(at).map(|text| text.emphasis),
        };
        let said = |at: usize| match of_paper(at) {
            Some(id) => query.like_weights.get(id).copied(),
            None => own_text(at)?.weight,
        };
        let fixed = (0..features.len()).map(fixed).collect();
        let emphasis = (0..features.len()).map(|at| weight(at).unwrap_or(1.0)).collect();
        let said = (0..features.len()).map(said).collect();
        Described { features, fixed, emphasis, said }
    }

    /// The vectors of what is liked, papers first.
    pub(super) fn vectors(&self) -> Vec<&[f32]> {
        let papers = self.liked.iter().map(|paper| paper.vector.as_slice());
        papers.chain(self.texts.iter().map(|text| text.vector.as_slice())).collect()
    }

    /// The words of each that is liked, papers first.
    pub(super) fn passages(&self) -> Vec<String> {
        let of_text = |text: &DescribedText| match text.title.as_str() {
            "" => text.body.clone(),
            title => passage(title, Some(&text.body)),
        };
        let papers = self.liked.iter().map(|paper| passage(&paper.title, Some(&paper.abstract_text)));
        papers.chain(self.texts.iter().map(of_text)).collect()
    }
}

/// Which of some papers are one interest: groups of their places, each ascending, in the order of
/// their firsts.
pub(super) fn groups(learned: &Learned, features: &[PaperFeatures]) -> Vec<Vec<usize>> {
    in_groups(&group(&learned.compare_all(features), &[]))
}

/// The places of each number.
fn in_groups(numbers: &[usize]) -> Vec<Vec<usize>> {
    let mut groups = vec![Vec::new(); numbers.iter().max().map_or(0, |last| last + 1)];
    numbers.iter().enumerate().for_each(|(place, number)| groups[*number].push(place));
    groups
}

impl Wanted {
    /// Groups what is liked.
    pub(super) fn of(known: &Known, described: Described) -> Wanted {
        let groups = in_groups(&group(&known.alike(&described.features), &described.fixed));
        Wanted::grouped(groups, described)
    }

    /// What is liked, in groups that are known.
    pub(super) fn grouped(groups: Vec<Vec<usize>>, described: Described) -> Wanted {
        let said = weights::settled(&groups, &described.said);
        let weights: Vec<f32> = described.emphasis.iter().zip(&said).map(|(age, said)| age * said).collect();
        let all = groups.clone();
        let counting = |group: Vec<usize>| group.into_iter().filter(|at| weights[*at] > 0.0).collect::<Vec<_>>();
        let groups = groups.into_iter().map(counting).filter(|group| !group.is_empty()).collect();
        Wanted { described, groups, all, weights, said, interests: OnceLock::new() }
    }

    /// What a group asks for. The others have a small say in it: they tell in what field somebody
    /// is.
    fn interest(&self, known: &Known, group: &[usize]) -> Option<Arc<Interest>> {
        let (features, weights) = (&self.described.features, &self.weights);
        let own: f32 = group.iter().map(|at| weights[*at]).sum();
        let others = weights.iter().sum::<f32>() - own;
        let say = SAY_OF_OTHERS * (own / others.max(f32::MIN_POSITIVE)).min(1.0);
        let mut members: Vec<(&Arc<PaperFeatures>, f32)> = Vec::new();
        if features.len() > MOST_WITH_A_SAY {
            members.extend(group.iter().map(|at| (&features[*at], weights[*at])));
        } else {
            let weight = |at: usize| if group.contains(&at) { weights[at] } else { say * weights[at] };
            members.extend(features.iter().enumerate().map(|(at, features)| (features, weight(at))));
        }
        members.retain(|(_, weight)| *weight > 0.0);
        known.interest_of_liked(&members, features.len())
    }

    /// The interests side by side, without what is fed back.
    pub(super) fn interests(&self, known: &Known) -> Arc<Interests> {
        if let Some(made) = self.interests.get() {
            return Arc::clone(made);
        }
        // Not while others wait: this works on threads that may be theirs.
        let interests: Vec<Arc<Interest>> =
            self.groups.par_iter().filter_map(|group| self.interest(known, group)).collect();
        let made = Arc::new(known.side_by_side(&interests));
        let _ = self.interests.set(Arc::clone(&made));
        made
    }

    /// What each interest is due.
    pub(super) fn shares(&self) -> Vec<f32> {
        self.shares_of(&self.groups)
    }

    /// What some groups are due; 0 where all of one is muted.
    pub(super) fn shares_of(&self, groups: &[Vec<usize>]) -> Vec<f32> {
        let alone = self.groups.len() == 1;
        let share = |group: &Vec<usize>| {
            let counting = group.iter().filter(|at| self.weights[**at] > 0.0).count();
            let all: f32 = group.iter().map(|at| self.weights[*at]).sum();
            if counting == 1 && !alone { SHARE_OF_ONE * all } else { all }
        };
        groups.iter().map(share).collect()
    }

    /// The only thing that is liked, to which the library's answers are fed back.
    pub(super) fn single(&self) -> Option<usize> {
        (self.described.features.len() == 1).then_some(0)
    }
}

/// Liked texts, each with its row.
fn with_vectors(texts: &[String], vectors: Option<&Array2<f32>>) -> Result<Vec<DescribedText>> {
    let described =
        |(text, vector): (&String, Vec<f32>)| DescribedText { body: text.clone(), vector, ..DescribedText::default() };
    match vectors {
        Some(vectors) if vectors.nrows() == texts.len() => {
            Ok(texts.iter().zip(vectors.outer_iter().map(|row| row.to_vec())).map(described).collect())
        }
        None if texts.is_empty() => Ok(Vec::new()),
        _ => Err(Error::Internal("a liked text without a vector")),
    }
}

fn papers(library: &Library, fingerprint: FingerprintNumber, ids: &[ArxivId]) -> Result<Vec<PaperText>> {
    let rows = rows(library, ids)?;
    let papers = library.texts_of(fingerprint, &rows)?;
    match ids.iter().zip(&rows).find(|(_, row)| !papers.iter().any(|paper| paper.row == **row)) {
        Some((id, row)) if library.vector(fingerprint, *row)?.is_some() => {
            let what = format!("the vector of {id} is no unit vector of the model's dimension");
            Err(LibraryError::Damaged { path: library.path().to_owned(), what }.into())
        }
        Some((id, _)) => Err(QueryError::NoVector { id: id.to_string() }.into()),
        None => Ok(papers),
    }
}
