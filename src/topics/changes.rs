//! What happened to topics between two runs, as data and in words.
//!
//! In: the topics of before and of now, with their papers. Out: which topics were born, split off,
//! merged, died, grew or shrank, and which papers caused it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::library::{ChangeKind, NamedTopic, TopicChange};

/// Growth that is reported: at least this many papers, and at least one for each of these many that
/// the topic had.
const NOTABLE: usize = 3;
const NOTABLE_SHARE: usize = 5;

/// Other topics that are named in words: at most so many, each with one of so many of the papers
/// that came or went.
const SHOWN: usize = 3;
const MANY: usize = 10;

/// A level, before and now.
pub(super) struct Compared<'a> {
    /// From 0, the coarsest.
    pub(super) level: usize,
    /// The topics of before, by number: name, and size when that was last told.
    pub(super) before: &'a BTreeMap<u32, (String, usize)>,
    /// The topics of now, by number: name and size.
    pub(super) now: &'a BTreeMap<u32, (String, usize)>,
    /// For each paper of now its topic of before, if it was there, and its topic of now.
    pub(super) papers: &'a [(Option<u32>, u32)],
    /// For each topic of before how many of its papers were removed.
    pub(super) removed: &'a BTreeMap<u32, usize>,
}

/// A change, and the places of the papers that caused it, in no order.
pub(super) struct CausedChange {
    pub(super) change: TopicChange,
    pub(super) papers: Vec<usize>,
}

/// What happened on a level; by kind, then by number.
pub(super) fn changes(compared: &Compared<'_>) -> Vec<CausedChange> {
    let Compared { level, before, now, papers, removed } = *compared;
    // Where the papers of a topic come from, and where they went; without those that stayed.
    let mut from: BTreeMap<u32, BTreeMap<u32, usize>> = BTreeMap::new();
    let mut to: BTreeMap<u32, BTreeMap<u32, usize>> = BTreeMap::new();
    let mut new: BTreeMap<u32, usize> = BTreeMap::new();
    let mut came: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    let mut went: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (place, (was, is)) in papers.iter().enumerate().filter(|(_, (was, is))| *was != Some(*is)) {
        came.entry(*is).or_default().push(place);
        match was {
            None => *new.entry(*is).or_default() += 1,
            Some(was) => {
                went.entry(*was).or_default().push(place);
                *from.entry(*is).or_default().entry(*was).or_default() += 1;
                *to.entry(*was).or_default().entry(*is).or_default() += 1;
            }
        }
    }
    let named = |id: u32| {
        let name = now.get(&id).or_else(|| before.get(&id)).map_or(String::new(), |(name, _)| name.clone());
        NamedTopic { id, name }
    };
    let sorted = |others: Option<&BTreeMap<u32, usize>>| {
        let mut others: Vec<(u32, usize)> = others.into_iter().flatten().map(|(id, count)| (*id, *count)).collect();
        others.sort_by_key(|(id, count)| (Reverse(*count), *id));
        others.into_iter().map(|(id, count)| (named(id), count)).collect::<Vec<_>>()
    };
    let places = |of: &BTreeMap<u32, Vec<usize>>, topic: &u32| of.get(topic).cloned().unwrap_or_default();
    let mut happened = Vec::new();
    let mut tell = |kind, topic: u32, [before, after]: [usize; 2], own: usize, others, papers| {
        let change = TopicChange { kind, level, topic: named(topic), before, after, own, others, papers: Vec::new() };
        happened.push(CausedChange { change, papers });
    };
    for (topic, (_, size)) in now {
        let own = new.get(topic).copied().unwrap_or(0);
        let others = sorted(from.get(topic));
        let came = places(&came, topic);
        match before.get(topic) {
            None if others.first().is_some_and(|(_, most)| 2 * most > *size) => {
                tell(ChangeKind::Split, *topic, [0, *size], own, others, came);
            }
            None => tell(ChangeKind::Born, *topic, [0, *size], own, others, came),
            Some((_, noted)) if size.abs_diff(*noted) < NOTABLE.max(noted / NOTABLE_SHARE) => {}
            Some((_, noted)) if size > noted => tell(ChangeKind::Grew, *topic, [*noted, *size], own, others, came),
            Some((_, noted)) => {
                let gone = removed.get(topic).copied().unwrap_or(0);
                tell(ChangeKind::Shrank, *topic, [*noted, *size], gone, sorted(to.get(topic)), places(&went, topic));
            }
        }
    }
    for (topic, (_, noted)) in before.iter().filter(|(topic, _)| !now.contains_key(topic)) {
        let others = sorted(to.get(topic));
        let left: usize = others.iter().map(|(_, count)| count).sum();
        let gone = removed.get(topic).copied().unwrap_or(0);
        let merged = others.first().is_some_and(|(_, most)| 2 * most > left);
        let kind = if merged { ChangeKind::Merged } else { ChangeKind::Died };
        tell(kind, *topic, [*noted, 0], gone, others, places(&went, topic));
    }
    happened.sort_by_key(|happened| (happened.change.kind, happened.change.topic.id));
    happened
}

/// A change in words: the topic, and what happened to it.
pub(crate) fn in_words(change: &TopicChange) -> (String, String) {
    let TopicChange { kind, topic, before, after, own, others, .. } = change;
    let of = |topic: &NamedTopic| format!("{} “{}”", topic.id, topic.name);
    // A paper here and there is no news.
    let all = own + others.iter().map(|(_, count)| count).sum::<usize>();
    let many = others.iter().filter(|(_, count)| *count > 1 && MANY * count >= all).take(SHOWN);
    let many: Vec<&(NamedTopic, usize)> = many.collect();
    let counted = |verb: &str| {
        let rest = all - own - many.iter().map(|(_, count)| count).sum::<usize>();
        let rest = (rest > 0).then(|| format!("{rest} {verb} other topics"));
        many.iter().map(|(topic, count)| format!("{count} {verb} {}", of(topic))).chain(rest).collect::<Vec<_>>()
    };
    let listed = |first: Option<String>, rest: Vec<String>| {
        let all: Vec<String> = first.into_iter().chain(rest).collect();
        if all.is_empty() { String::new() } else { format!(": {}", all.join(", ")) }
    };
    let new = (*own > 0).then(|| format!("{own} new"));
    let removed = (*own > 0).then(|| format!("{own} removed"));
    let what = match (kind, others.first()) {
        (ChangeKind::Split, Some((source, count))) => {
            format!("split off {}: {count} of its {} came from there", of(source), papers(*after))
        }
        (ChangeKind::Born | ChangeKind::Split, _) => {
            format!("was born with {}{}", papers(*after), listed(new, counted("from")))
        }
        (ChangeKind::Merged, Some((into, count))) => {
            format!("merged into {}: {count} of its {} went there", of(into), papers(*before))
        }
        (ChangeKind::Died | ChangeKind::Merged, _) => format!("is no more{}", listed(removed, counted("now in"))),
        (ChangeKind::Grew, _) => {
            format!("grew from {before} to {}{}", papers(*after), listed(new, counted("from")))
        }
        (ChangeKind::Shrank, _) => {
            format!("shrank from {before} to {}{}", papers(*after), listed(removed, counted("now in")))
        }
    };
    (of(topic), what)
}

fn papers(count: usize) -> String {
    format!("{count} paper{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Sizes<'a> = &'a [(u32, &'a str, usize)];

    /// What happened where these topics were and are, and so many papers went from one to another;
    /// from 0 came new ones, to 0 went those removed.
    fn told(before: Sizes<'_>, now: Sizes<'_>, moves: &[(u32, u32, usize)]) -> Vec<String> {
        let named =
            |topics: Sizes<'_>| topics.iter().map(|(id, name, size)| (*id, ((*name).to_owned(), *size))).collect();
        let stayed = |moves: &(u32, u32, usize)| moves.1 > 0;
        let papers: Vec<(Option<u32>, u32)> = moves
            .iter()
            .filter(|moves| stayed(moves))
            .flat_map(|(was, is, count)| std::iter::repeat_n(((*was > 0).then_some(*was), *is), *count))
            .collect();
        let removed = moves.iter().filter(|moves| !stayed(moves)).map(|(was, _, count)| (*was, *count)).collect();
        let (before, now) = (named(before), named(now));
        let compared = Compared { level: 0, before: &before, now: &now, papers: &papers, removed: &removed };
        let told = |happened: &CausedChange| {
            let (topic, what) = in_words(&happened.change);
            format!("{topic} {what}")
        };
        changes(&compared).iter().map(told).collect()
    }

    #[test]
    fn what_happened_is_told_in_words() {
        let before = [(1, "ice", 20), (2, "bridges", 10), (3, "tunnels", 5), (4, "boats", 6), (5, "rafts", 9)];
        let now = [(1, "ice", 26), (2, "bridges", 12), (6, "icebergs", 8), (7, "whales", 4)];
        let moves =
            [(1, 1, 14), (1, 6, 6), (0, 1, 12), (0, 6, 2), (2, 2, 7), (2, 0, 3), (3, 2, 5), (4, 0, 6), (0, 7, 4)];
        assert_eq!(
            told(&before[..4], &now, &moves),
            [
                "7 “whales” was born with 4 papers: 4 new",
                "6 “icebergs” split off 1 “ice”: 6 of its 8 papers came from there",
                "3 “tunnels” merged into 2 “bridges”: 5 of its 5 papers went there",
                "4 “boats” is no more: 6 removed",
                "1 “ice” grew from 20 to 26 papers: 12 new",
            ]
        );
        assert_eq!(
            told(
                &before,
                &[(1, "ice", 14), (2, "bridges", 13), (3, "tunnels", 8), (4, "boats", 9)],
                &[(1, 1, 14), (1, 0, 4), (1, 2, 2), (2, 2, 8), (5, 2, 3), (5, 3, 3), (5, 4, 3), (3, 3, 5), (4, 4, 6),]
            ),
            [
                "5 “rafts” is no more: 3 now in 2 “bridges”, 3 now in 3 “tunnels”, 3 now in 4 “boats”",
                "2 “bridges” grew from 10 to 13 papers: 3 from 5 “rafts”, 2 from 1 “ice”",
                "3 “tunnels” grew from 5 to 8 papers: 3 from 5 “rafts”",
                "4 “boats” grew from 6 to 9 papers: 3 from 5 “rafts”",
                "1 “ice” shrank from 20 to 14 papers: 4 removed, 2 now in 2 “bridges”",
            ]
        );
        assert_eq!(told(&[(1, "ice", 100)], &[(1, "ice", 119)], &[(1, 1, 100), (0, 1, 19)]), Vec::<String>::new());
    }
}
