//! The interests of a profile, as somebody may want to see and change them.
//!
//! In: the liked papers and texts of a question. Out: which of them are one interest, what each is
//! due of the answers, and what it is about.

use std::collections::BTreeMap;

use super::Query;
use super::asked::Asked;
use super::interests;
use super::known::Known;
use crate::error::{Error, Result};
use crate::neighbours::SearchContext;
use crate::paper::ArxivId;
use crate::terms;

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
    /// What it is due of the answers; all together are due 1.
    pub share: f32,
    /// Terms that its papers and texts have in common, the most telling first.
    pub terms: Vec<String>,
    /// Its papers and texts with their titles, in the order of the question.
    pub members: Vec<(Member, String)>,
}

/// The interests of `query.like` and `query.own_texts`, in the order of their first members.
///
/// # Errors
/// As [`super::recommend`].
pub(crate) fn groups(context: &SearchContext<'_>, known: &Known, query: &Query) -> Result<Vec<Group>> {
    let asked = Asked::new(context, query, None)?;
    let wanted = asked.wanted(known, query);
    let shares = wanted.shares();
    let total: f32 = shares.iter().sum();
    let count = context.library.len()?;
    let (members, passages) = (members(query, &asked), asked.passages());
    let group = |(group, share): (&Vec<usize>, f32)| {
        let texts: Vec<&str> = group.iter().map(|at| passages[*at].as_str()).collect();
        let frequency = |words: &[String]| Ok::<_, Error>(known.document_frequency(words, count));
        let terms = terms::common(&texts, count, TERMS, frequency)?;
        Ok(Group { share: share / total, terms, members: group.iter().map(|at| members[*at].clone()).collect() })
    };
    wanted.groups.iter().zip(shares).map(group).collect()
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
