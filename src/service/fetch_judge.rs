//! What a feed tells of each category, by the ids that the library holds: papers that are new,
//! nothing that is, or something that cannot be believed.

use jiff::civil::Date;

use super::fetch::{is_known, within};
use crate::arxiv::MOST_ENTRIES;
use crate::error::Result;
use crate::library::{FollowedCategory, Library};
use crate::paper::ArxivId;
use crate::reader::{Announce, Record};

/// What the feed tells of a category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Papers that are new here.
    Fresh,
    /// The announcement is here already.
    UpToDate,
    /// What it tells cannot be believed, or is nothing; why.
    Doubtful(Doubt),
}

/// Why a feed is not believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// It failed.
    Failed(String),
    /// It announces papers, and all are known.
    AllKnown,
    /// The newest of its papers are older than known ones, or than those of all other categories.
    Older,
    /// It announces no paper of this category, and papers of others.
    NoneOfThese,
    /// It announces nothing at all.
    Empty,
    /// It announces as much as a feed can hold, so that some may be left out.
    Full,
}

/// A category on its way.
pub(super) struct Judged {
    pub(super) followed: FollowedCategory,
    pub(super) told: Told,
    /// Papers that the feed announces, as far as they are asked for.
    pub(super) announced: usize,
    pub(super) new: Vec<ArxivId>,
    /// Papers of this primary category that the feed announces.
    pub(super) own: Vec<ArxivId>,
}

/// What the feed tells of each category, before its entries are stored.
pub(super) fn judge(
    library: &Library,
    followed: Vec<FollowedCategory>,
    records: &[Record],
    day: Date,
) -> Result<Vec<Judged>> {
    let mut judged = Vec::with_capacity(followed.len());
    for followed in followed {
        let mut category = Judged { followed, told: Told::UpToDate, announced: 0, new: Vec::new(), own: Vec::new() };
        let mut own_new = 0;
        for record in records {
            if !is_wanted(record, &category.followed) {
                continue;
            }
            category.announced += 1;
            let id = &record.entry.id;
            let own = record.announce != Some(Announce::Cross) && is_primary(record, &category.followed);
            let unknown = !is_known(library, id)?;
            if own {
                category.own.push(id.clone());
                own_new += usize::from(unknown);
            }
            if unknown {
                category.new.push(id.clone());
            }
        }
        let here = category.followed.complete >= Some(day);
        // Ids are given in the order of submission: a feed of an earlier day, which nobody fetched
        // then, is unknown as well.
        let newest = category.own.iter().filter(|id| category.new.contains(id)).max();
        let older = newest.map_or(Ok(false), |newest| library.has_later(&category.followed.category, newest))?;
        category.told = match () {
            () if own_new > 0 && older => Told::Doubtful(Doubt::Older),
            () if own_new > 0 && records.len() < MOST_ENTRIES => Told::Fresh,
            () if own_new > 0 => Told::Doubtful(Doubt::Full),
            () if here => Told::UpToDate,
            () if !category.own.is_empty() => Told::Doubtful(Doubt::AllKnown),
            () if !records.is_empty() => Told::Doubtful(Doubt::NoneOfThese),
            () => Told::Doubtful(Doubt::Empty),
        };
        judged.push(category);
    }
    doubt_older(&mut judged);
    Ok(judged)
}

/// Doubts a category whose newest paper is older than the oldest new one of every other: ids are
/// given in the order of submission, so it may be that of another day.
fn doubt_older(judged: &mut [Judged]) {
    let fresh = |category: &Judged| category.told == Told::Fresh;
    for at in 0..judged.len() {
        let Some(newest) = judged[at].own.iter().max().filter(|_| fresh(&judged[at])) else { continue };
        let mut others = judged.iter().enumerate().filter(|(other, category)| *other != at && fresh(category));
        let oldest =
            others.by_ref().flat_map(|(_, category)| category.own.iter().filter(|id| category.new.contains(id))).min();
        if oldest.is_some_and(|oldest| newest < oldest) {
            judged[at].told = Told::Doubtful(Doubt::Older);
        }
    }
}

/// Whether an entry of the feed is of a category, and of the kinds that are asked for.
pub(super) fn is_wanted(record: &Record, followed: &FollowedCategory) -> bool {
    let primary = is_primary(record, followed);
    let listed = record.entry.categories.iter().any(|category| within(category, &followed.category));
    match record.announce {
        Some(Announce::Replace | Announce::ReplaceCross) if !followed.replacements => false,
        Some(Announce::Cross | Announce::ReplaceCross) => followed.cross_lists && listed,
        _ => primary || followed.cross_lists && listed,
    }
}

fn is_primary(record: &Record, followed: &FollowedCategory) -> bool {
    record.entry.categories.first().is_some_and(|primary| within(primary, &followed.category))
}

pub(super) fn in_words(doubt: &Doubt) -> &str {
    match doubt {
        Doubt::Failed(why) => why,
        Doubt::AllKnown => "the feed announces nothing that was not here before",
        Doubt::Older => "the feed's papers are older than others that are known",
        Doubt::NoneOfThese => "the feed announces no paper of this category",
        Doubt::Empty => "the feed is empty",
        Doubt::Full => "the feed is full, so it may leave papers out",
    }
}
