//! `relata topics 4`: the papers of one topic, the central ones first.

use console::Style;

use crate::cli::terminal::{Page, printable, say};
use crate::error::Result;
use crate::service::TopicPapers;

/// Writes the papers of a topic, as lines or as JSON.
pub(super) fn write(found: &TopicPapers, as_json: bool, page: &mut Page) -> Result<()> {
    if as_json {
        return page.answer(found);
    }
    let topic = &found.topic;
    let name = page.styled(&Style::new().bold(), &printable(&topic.name));
    let id = page.styled(&Style::new().cyan(), &format!("{:>4}", topic.id));
    page.line(&format!("{id}  {:>6}  {name}", topic.size))?;
    for paper in &found.results {
        let fits = if paper.weak { "(weak fit) " } else { "" };
        let title = printable(paper.title.as_deref().unwrap_or("(no title)"));
        let id = page.styled(&Style::new().cyan(), &format!("{:<10}", paper.id.as_str()));
        let date = page.styled(&Style::new().dim(), &paper.date.to_string());
        let rank = page.styled(&Style::new().dim(), &format!("{:>12}", paper.rank));
        page.line(&format!("{rank}  {id}  {date}  {fits}{title}"))?;
    }
    if found.query.k < topic.size {
        say(&format!("{} of {} papers; all of them: -k {}", found.query.k, topic.size, topic.size));
    }
    Ok(())
}
