//! What people see of topics who have no JavaScript, or who print.

use super::Content;

/// A topic for those who have no JavaScript.
pub(super) struct Entry {
    pub(super) level: usize,
    pub(super) anchor: String,
    pub(super) name: String,
    pub(super) size: usize,
    pub(super) terms: String,
    pub(super) papers: Vec<Central>,
}

/// One of its central papers.
pub(super) struct Central {
    pub(super) title: String,
    pub(super) url: String,
    pub(super) authors: String,
    pub(super) date: String,
    pub(super) tldr: String,
}

/// Topics in the order of a tree; those of the finest level with their central papers.
pub(super) fn outline(content: &Content<'_>) -> Vec<Entry> {
    let Content { levels, columns, .. } = content;
    let mut entries = Vec::new();
    let mut waiting: Vec<(usize, usize)> =
        levels.first().into_iter().flat_map(|level| (0..level.topics.len()).map(|at| (0, at))).rev().collect();
    while let Some((level, at)) = waiting.pop() {
        let topic = &levels[level].topics[at];
        let below = levels.get(level + 1).map_or([].as_slice(), |below| &below.topics);
        let central = if below.is_empty() { topic.central.as_slice() } else { &[] };
        let papers = central.iter().map(|paper| Central {
            title: columns.texts.title[*paper].clone(),
            url: (content.url)(*paper),
            authors: columns.texts.authors[*paper].clone(),
            date: columns.texts.date[*paper].clone(),
            tldr: columns.texts.tldr[*paper].clone().unwrap_or_default(),
        });
        let terms: Vec<&str> = topic.terms.iter().map(|term| term.term.as_str()).collect();
        entries.push(Entry {
            level,
            anchor: format!("topic-{}", topic.id),
            name: topic.name.clone(),
            size: (content.size)(topic),
            terms: terms.join(", "),
            papers: papers.collect(),
        });
        let children = below.iter().enumerate().filter(|(_, below)| below.parent == Some(at));
        waiting.extend(children.map(|(place, _)| (level + 1, place)).collect::<Vec<_>>().into_iter().rev());
    }
    entries
}
