//! Papers of a list as a page shows them.

use super::formula;
use super::frame::Frame;
use crate::library::Paper;
use crate::paper::ArxivId;
use crate::reader::language;
use crate::service::{FollowReason, FoundBy, LikedBy, Related, Row};

/// Authors of a paper that are named.
const AUTHORS: usize = 10;
/// Characters of an abstract that stand for a text that says what a paper is about.
const EXCERPT: usize = 320;

/// A paper of a list.
pub(super) struct Entry {
    pub(super) id: String,
    /// Where on the page it stands: an id without what has a meaning in addresses.
    pub(super) anchor: String,
    pub(super) href: String,
    /// HTML.
    pub(super) title: String,
    /// HTML.
    pub(super) text: String,
    pub(super) language: &'static str,
    pub(super) authors: String,
    pub(super) date: String,
    pub(super) category: String,
    pub(super) why: Vec<Why>,
    pub(super) matched: Option<String>,
    pub(super) withdrawn: bool,
    pub(super) said: Said,
}

/// A reason for which a paper is listed.
pub(super) struct Why {
    pub(super) text: String,
    /// The liked paper that it names behind that; empty where it names none.
    pub(super) href: String,
    /// HTML.
    pub(super) title: String,
}

impl From<String> for Why {
    fn from(text: String) -> Why {
        Why { text, href: String::new(), title: String::new() }
    }
}

/// What the user says of a paper.
pub(super) struct Said {
    pub(super) liked: bool,
    pub(super) unliked: bool,
    pub(super) read: bool,
    pub(super) note: String,
    /// Tags, with commas.
    pub(super) tags: String,
}

impl Said {
    pub(super) fn of(paper: &Paper, frame: &Frame) -> Said {
        let own = &paper.annotations;
        Said {
            liked: frame.profile.like.contains(&paper.id),
            unliked: frame.profile.unlike.contains(&paper.id),
            read: own.read,
            note: own.note.clone().unwrap_or_default(),
            tags: own.tags.join(", "),
        }
    }
}

impl Entry {
    /// A row of an answer, with a sentence for where no digest says more, and why it is there.
    pub(super) fn of<R>(row: &Row<R>, sentence: Option<&str>, why: Vec<Why>, frame: &Frame) -> Entry {
        let text = row.tldr.as_deref().or(sentence.filter(|sentence| !sentence.contains("://")));
        let excerpt = || excerpt(row.paper.abstract_text.as_deref().unwrap_or_default());
        Entry::paper(&row.paper, &text.map_or_else(excerpt, str::to_owned), row.matched, why, frame)
    }

    /// A paper with a text that says what it is about.
    pub(super) fn paper(paper: &Paper, text: &str, matched: Option<f32>, why: Vec<Why>, frame: &Frame) -> Entry {
        Entry {
            id: paper.id.to_string(),
            anchor: anchor(&paper.id),
            href: format!("/papers/{}{}", paper.id, frame.carry),
            title: formula::html(paper.title.as_deref().unwrap_or("(no title)")),
            text: formula::html(text),
            language: language(text),
            authors: authors(&paper.authors),
            date: paper.date.to_string(),
            category: paper.categories.first().cloned().unwrap_or_default(),
            why,
            matched: matched.map(|matched| format!("{matched:.0}")),
            withdrawn: paper.withdrawn,
            said: Said::of(paper, frame),
        }
    }
}

/// The name of a paper's place on a page.
pub(super) fn anchor(id: &ArxivId) -> String {
    format!("p-{}", id.as_str().replace(['/', '.'], "-"))
}

/// The first authors.
pub(super) fn authors(all: &[String]) -> String {
    let mut named: Vec<&str> = all.iter().take(AUTHORS).map(String::as_str).collect();
    if all.len() > AUTHORS {
        named.push("et al.");
    }
    named.join(", ")
}

/// The beginning of a text, up to the end of a word. A formula that would be cut is left out.
pub(super) fn excerpt(text: &str) -> String {
    if text.chars().count() <= EXCERPT {
        return text.to_owned();
    }
    let cut = text.char_indices().nth(EXCERPT).map_or(text.len(), |(at, _)| at);
    let mut begin = &text[..cut];
    if begin.matches('$').count() % 2 == 1 {
        begin = begin.rfind('$').map_or(begin, |at| &begin[..at]);
    }
    let whole = begin.rfind(char::is_whitespace).map_or(begin, |at| &begin[..at]);
    format!("{} \u{2026}", whole.trim_end())
}

/// Why a paper is related to what is liked, in words.
pub(super) fn related(reason: &Related) -> Vec<String> {
    let near = match &reason.liked {
        LikedBy::Paper(id) => format!("near {id}"),
        LikedBy::Text { .. } => "near your text".to_owned(),
        LikedBy::Own { title, .. } => format!("near \u{201c}{title}\u{201d}"),
    };
    [near].into_iter().chain(shares(&reason.terms)).collect()
}

/// Why a paper is related to what is liked, as a page tells it: a liked paper by its title.
pub(super) fn related_on_page(reason: &Related, frame: &Frame) -> Vec<Why> {
    let near = match &reason.liked {
        LikedBy::Paper(id) if !reason.liked_title.is_empty() => Why {
            text: "because you liked".to_owned(),
            href: format!("/papers/{id}{}", frame.carry),
            title: formula::html(&reason.liked_title),
        },
        _ => return in_words(related(reason)),
    };
    [near].into_iter().chain(shares(&reason.terms).map(Why::from)).collect()
}

/// Reasons that name no paper.
pub(super) fn in_words(reasons: Vec<String>) -> Vec<Why> {
    reasons.into_iter().map(Why::from).collect()
}

/// Why a followed paper is listed, as a page tells it.
pub(super) fn followed_on_page(reason: &FollowReason, frame: &Frame) -> Vec<Why> {
    let follows = reason.follows.iter().map(|own| Why::from(own.in_words()));
    follows.chain(reason.related.iter().flat_map(|related| related_on_page(related, frame))).collect()
}

/// Why a followed paper is listed, in words.
pub(super) fn followed(reason: &FollowReason) -> Vec<String> {
    let follows = reason.follows.iter().map(crate::service::FollowedFor::in_words);
    follows.chain(reason.related.iter().flat_map(related)).collect()
}

/// Why a paper was found, in words.
pub(super) fn found(reason: &FoundBy) -> Vec<String> {
    match reason {
        FoundBy::Filter {} => Vec::new(),
        FoundBy::Text(text) => {
            let author = text.author.iter().map(|author| format!("by {author}"));
            author.chain(shares(&text.terms)).collect()
        }
    }
}

fn shares(terms: &[String]) -> Option<String> {
    (!terms.is_empty()).then(|| format!("shares {}", terms.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_ends_with_a_word_and_cuts_no_formula() {
        assert_eq!(excerpt("short $x$"), "short $x$");
        let long = format!("{} $x + y$ end", "word ".repeat(63));
        assert_eq!(excerpt(&long), format!("{} \u{2026}", "word ".repeat(63).trim_end()));
        assert_eq!(anchor(&"hep-th/9901001".parse().expect("an id")), "p-hep-th-9901001");
    }
}
