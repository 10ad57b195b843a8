//! The interests of a profile, as somebody may want to see and change them.
//!
//! In: the liked papers and texts of a question. Out: which of them are one interest, what each is
//! due of the answers, and what it is about.

use std::collections::BTreeMap;

use super::Query;
use super::asked::Asked;
use super::candidates::middle;
use super::interests;
use super::known::Known;
use super::weights;
use crate::error::{Error, Result};
use crate::neighbours::SearchContext;
use crate::paper::ArxivId;
use crate::text::group_names::{Titled, names};

/// Terms that name an interest.
const TERMS: usize = 3;

/// Something that a profile likes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Member {
    /// A paper.
    Paper(ArxivId),
    /// A text, by its key.
    Text(String),
}

/// What is liked and is one interest.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    /// What it is due of the answers; all together are due 1, unless all are muted.
    pub share: f32,
    /// How much it counts by what somebody has said, from 0 (muted); 1 where nobody has.
    pub weight: f32,
    /// Terms that name it, the most telling first: what its papers and texts have in common, or
    /// else the title of its most central one.
    pub terms: Vec<String>,
    /// Its papers and texts with their titles, in the order of the question.
    pub members: Vec<(Member, String)>,
    /// Places of `members`, those first whose vectors are nearest to the middle; equals in order.
    pub central: Vec<usize>,
}

/// The interests of `query.like` and `query.own_texts`, in the order of their first members.
///
/// # Errors
/// As [`super::recommend`].
pub(crate) fn groups(context: &SearchContext<'_>, known: &Known, query: &Query) -> Result<Vec<Group>> {
    let asked = Asked::new(context, query, None)?;
    let wanted = asked.wanted(known, query);
    let shares = wanted.shares_of(&wanted.all);
    let total: f32 = shares.iter().sum();
    let count = context.library.len()?;
    let (members, passages, vectors) = (members(query, &asked), asked.passages(), asked.vectors());
    let group = |(group, share): (&Vec<usize>, f32)| {
        let central = central(&group.iter().map(|at| vectors[*at]).collect::<Vec<_>>());
        let texts: Vec<Titled<'_>> =
            group.iter().map(|at| Titled { title: &members[*at].1, whole: &passages[*at] }).collect();
        let frequency = |words: &[String]| Ok::<_, Error>(known.document_frequency(words, count));
        let terms = names(&texts, central.first().copied().unwrap_or(0), count, TERMS, frequency)?;
        let weight = weights::of_group(group, &wanted.said);
        let members = group.iter().map(|at| members[*at].clone()).collect();
        Ok(Group { share: share / total.max(f32::MIN_POSITIVE), weight, terms, members, central })
    };
    wanted.all.iter().zip(shares).map(group).collect()
}

/// Places of some vectors, those nearest to their middle first.
fn central(vectors: &[&[f32]]) -> Vec<usize> {
    let middle = middle(vectors);
    let near = |at: usize| -> f32 { vectors[at].iter().zip(&middle).map(|(x, y)| x * y).sum() };
    let mut places: Vec<(f32, usize)> = (0..vectors.len()).map(|at| (near(at), at)).collect();
    places.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    places.into_iter().map(|(_, at)| at).collect()
}

/// All that is liked, in the order in which it is compared.
fn members(query: &Query, asked: &Asked) -> Vec<(Member, String)> {
    let papers = asked.liked.iter().map(|paper| (Member::Paper(paper.id.clone()), paper.title.clone()));
    let texts = query.own_texts.iter().map(|own| (Member::Text(own.key.clone()), own.text.title.clone()));
    papers.chain(texts).collect()
}

/// Parts an interest into the two groups that are least alike; gives for each of its papers and
/// texts 0 or 1, and 0 for the first. `query` is the one that the interest comes from.
///
/// # Errors
/// As [`super::recommend`].
pub(crate) fn split(
    context: &SearchContext<'_>,
    known: &Known,
    query: &Query,
    group: &Group,
) -> Result<BTreeMap<Member, usize>> {
    let within = |member: &Member| group.members.iter().any(|(own, _)| own == member);
    let like = query.like.iter().filter(|id| within(&Member::Paper((*id).clone()))).cloned().collect();
    let own_texts = query.own_texts.iter().filter(|own| within(&Member::Text(own.key.clone()))).cloned().collect();
    let query = Query { like, own_texts, ..Query::default() };
    let asked = Asked::new(context, &query, None)?;
    let parts = interests::split(&known.compare_all(&asked.described(known, &query).features));
    Ok(members(&query, &asked).into_iter().map(|(member, _)| member).zip(parts).collect())
}
