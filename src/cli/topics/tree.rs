//! Topics in a terminal: a tree with sizes, names, a spark line over time and central papers, and
//! what has happened.

use console::Style;

use crate::error::Result;
use crate::library::TopicRun;
use crate::service::{FoundTopics, Relata};
use crate::topics::{News, in_words};

use super::spark::Spark;
use crate::cli::terminal::{Page, printable, say};

/// Topics that are listed where nothing is said of levels.
const LISTED: usize = 100;

/// Changes that are listed below the tree.
const TOLD: usize = 12;

/// Papers that are named of those that did it.
const PAPERS: usize = 3;

/// The tree, one line a topic, and below those of the last level that is listed their central
/// papers.
pub(super) fn write_tree(relata: &Relata, found: &FoundTopics, levels: Option<usize>, page: &mut Page) -> Result<()> {
    let topics = &found.topics;
    let counts: Vec<usize> = topics.levels.iter().map(|level| level.topics.len()).collect();
    let fits = counts
        .iter()
        .scan(0, |sum, count| {
            *sum += count;
            Some(*sum)
        })
        .take_while(|sum| *sum <= LISTED)
        .count();
    let shown = levels.unwrap_or(fits.max(1)).min(counts.len());
    let dates = topics.papers.iter().map(|paper| paper.date);
    let tree = Tree { relata, found, shown, spark: Spark::of(dates.clone()) };
    let period = dates.clone().min().zip(dates.max()).map(|(first, last)| format!(", {first} to {last}"));
    for topic in 0..counts[0] {
        write_topic(&tree, 0, topic, page)?;
    }
    if let Some(news) = &found.news {
        write_news(news, shown, page)?;
    }
    let weak = topics.papers.iter().filter(|paper| paper.assigned.weak).count();
    let found: Vec<String> = topics
        .levels
        .iter()
        .map(|level| format!("{} {}{}", level.topics.len(), level.name, if level.topics.len() == 1 { "" } else { "s" }))
        .collect();
    let weak = if weak > 0 { format!(", {weak} of them a weak fit") } else { String::new() };
    let more = if shown < counts.len() { format!(" Finer ones: --levels {}", counts.len()) } else { String::new() };
    say(&format!("{} papers{weak}: {}{}.{more}", topics.papers.len(), found.join(", "), period.unwrap_or_default()));
    Ok(())
}

/// What lines of topics are made from.
struct Tree<'a> {
    relata: &'a Relata,
    found: &'a FoundTopics,
    /// How many levels are listed.
    shown: usize,
    /// None where all papers are of one day.
    spark: Option<Spark>,
}

/// A topic, by its level and its place there, and those below it.
fn write_topic(tree: &Tree<'_>, level: usize, at: usize, page: &mut Page) -> Result<()> {
    let Tree { relata, found, shown, ref spark } = *tree;
    let topics = &found.topics;
    let topic = &topics.levels[level].topics[at];
    let dates = topic.papers.iter().map(|paper| topics.papers[*paper].date);
    let indent = 2 * level;
    let id = page.styled(&Style::new().cyan(), &format!("{:>4}", topic.id));
    let name = if level == 0 { Style::new().bold() } else { Style::new() };
    let name = page.styled(&name, &printable(&topic.name));
    let spark = spark.as_ref().map_or(String::new(), |spark| format!("{}  ", spark.line(dates)));
    let width = spark.chars().count();
    let spark = page.styled(&Style::new().dim(), &spark);
    page.line(&format!("{id}  {:>6}  {spark}{:indent$}{name}", topic.papers.len(), ""))?;
    if level + 1 < shown {
        let below = topics.levels[level + 1].topics.iter().enumerate();
        for (place, _) in below.filter(|(_, below)| below.parent == Some(at)) {
            write_topic(tree, level + 1, place, page)?;
        }
        return Ok(());
    }
    // One paper says what a fine topic is; where there are few topics there is room for more.
    let most = if topics.levels.iter().map(|level| level.topics.len()).sum::<usize>() <= 20 { 3 } else { 1 };
    let central: Vec<usize> = topic.central.iter().take(most).copied().collect();
    // A paper fits or not among the finest topics.
    let finest = level + 1 == topics.levels.len();
    let weak: Vec<_> = topic
        .central
        .iter()
        .map(|paper| &topics.papers[*paper])
        .filter(|paper| finest && paper.assigned.weak)
        .collect();
    for paper in relata.papers_of_topics(found, &central)? {
        let mut title = printable(paper.title.as_deref().unwrap_or("(no title)")).into_owned();
        if weak.iter().any(|weak| weak.id == paper.id) {
            title = format!("(weak fit) {title}");
        }
        let id = page.styled(&Style::new().cyan(), paper.id.as_str());
        let title = page.styled(&Style::new().dim(), &title);
        page.line(&format!("{:1$}{id}  {title}", "", 14 + width + indent))?;
    }
    Ok(())
}

/// What has happened since the run before, as far as the levels are listed.
fn write_news(news: &News, levels: usize, page: &mut Page) -> Result<()> {
    let mut run = news.run.clone();
    run.changes.retain(|change| change.level < levels);
    page.line("")?;
    page.line(&page.styled(&Style::new().bold(), &format!("Since {}: {}", news.since, news.came_and_went())))?;
    let rest = run.changes.len().saturating_sub(TOLD);
    run.changes.truncate(TOLD);
    write_changes(&run, page)?;
    if rest > 0 {
        say(&format!("{rest} more changes: relata topics history"));
    }
    Ok(())
}

/// What happened, one line a topic.
pub(super) fn write_changes(run: &TopicRun, page: &mut Page) -> Result<()> {
    for change in &run.changes {
        let ids: Vec<&str> = change.papers.iter().take(PAPERS).map(crate::ArxivId::as_str).collect();
        let ids = page.styled(&Style::new().cyan(), &ids.join(" "));
        let (topic, what) = in_words(change);
        page.line(format!("  {} {}  {ids}", printable(&topic), printable(&what)).trim_end())?;
    }
    Ok(())
}
