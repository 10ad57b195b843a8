//! The labels before the fields of a digest entry.
//!
//! In: one line, e.g. `Method: ...`, `> **TL;DR:** ...`, `## Result:`, `- **作者:** ...`. Out: which
//! field begins there, how it is marked, and the rest of the line. Two dozen templates are in use;
//! they differ in the names below and in the marks around them, hardly in anything else.

use crate::paper::Facet;

/// What a label announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// Names of the authors.
    Authors,
    /// Categories, the primary first.
    Categories,
    /// The authors' own abstract.
    Abstract,
    /// The authors' comment.
    Comment,
    /// A generated text.
    Summary(Facet),
    /// The identifier or a link that holds it.
    Id,
    /// Day of the first version.
    Published,
    /// That the paper was withdrawn.
    Withdrawal,
    /// Known, and of no use here.
    Other,
}

/// How a label is marked; what stands inside an abstract is told from a label by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// `Method: ...`
    Plain,
    /// `**Method:** ...`, with or without `>`, `-` or `##` before it, or a heading.
    Marked,
}

/// A label at the beginning of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Label<'a> {
    /// What follows.
    pub field: Field,
    /// How it is marked.
    pub mark: Mark,
    /// No English abstract has this word at the beginning of a line: it ends an abstract even
    /// unmarked.
    pub ends_abstract: bool,
    /// The rest of the line.
    pub value: &'a str,
}

/// Names in lower case. Longer lists of names are the templates' own spellings, not guesses.
const NAMES: &[(&str, Field)] = &[
    ("tl;dr", Field::Summary(Facet::Tldr)),
    ("tldr", Field::Summary(Facet::Tldr)),
    ("task", Field::Summary(Facet::Tldr)),
    ("ai 总结", Field::Summary(Facet::Tldr)),
    ("ai总结", Field::Summary(Facet::Tldr)),
    ("一句话总结", Field::Summary(Facet::Tldr)),
    ("plain-english summary", Field::Summary(Facet::Tldr)),
    ("motivation", Field::Summary(Facet::Motivation)),
    ("动机", Field::Summary(Facet::Motivation)),
    ("研究动机", Field::Summary(Facet::Motivation)),
    ("method", Field::Summary(Facet::Method)),
    ("方法", Field::Summary(Facet::Method)),
    ("result", Field::Summary(Facet::Result)),
    ("results", Field::Summary(Facet::Result)),
    ("结果", Field::Summary(Facet::Result)),
    ("conclusion", Field::Summary(Facet::Conclusion)),
    ("结论", Field::Summary(Facet::Conclusion)),
    ("ai_abstract", Field::Summary(Facet::Summary)),
    ("ai abstract", Field::Summary(Facet::Summary)),
    ("ai 摘要", Field::Summary(Facet::Summary)),
    ("keywords", Field::Summary(Facet::Keywords)),
    ("关键词", Field::Summary(Facet::Keywords)),
    ("title translation", Field::Summary(Facet::TitleTranslation)),
    ("标题翻译", Field::Summary(Facet::TitleTranslation)),
    ("摘要翻译", Field::Summary(Facet::AbstractTranslation)),
    ("translation", Field::Summary(Facet::AbstractTranslation)),
    ("abstract", Field::Abstract),
    ("摘要", Field::Abstract),
    ("main category", Field::Categories),
    ("category", Field::Categories),
    ("categories", Field::Categories),
    ("arxiv categories", Field::Categories),
    ("分类", Field::Categories),
    ("主要分类", Field::Categories),
    ("authors", Field::Authors),
    ("作者", Field::Authors),
    ("comment", Field::Comment),
    ("comments", Field::Comment),
    ("备注", Field::Comment),
    ("id", Field::Id),
    ("arxiv", Field::Id),
    ("arxiv id", Field::Id),
    ("链接", Field::Id),
    ("link", Field::Id),
    ("published", Field::Published),
    ("withdrawn", Field::Withdrawal),
    ("ai_comments", Field::Other),
    ("ai_comment", Field::Other),
    ("ai 点评", Field::Other),
    ("related work", Field::Other),
    ("potential applications", Field::Other),
    ("future work", Field::Other),
    ("direction", Field::Other),
    ("subtopic", Field::Other),
    ("importance", Field::Other),
    ("importance reason", Field::Other),
    ("classification reason", Field::Other),
    ("technical summary", Field::Other),
    ("why i should read this paper", Field::Other),
    ("connection to my work", Field::Other),
    ("possible research idea", Field::Other),
    ("priority", Field::Other),
    ("estimated reading time", Field::Other),
    ("scores", Field::Other),
    ("topics", Field::Other),
    ("tags", Field::Other),
    ("my note", Field::Other),
    ("read by me", Field::Other),
];

/// The longest name above, in bytes.
const LONGEST_NAME: usize = 32;

/// The label that a line begins with, if any. Indented lines have none: they continue a text.
pub(super) fn label(line: &str) -> Option<Label<'_>> {
    let (bare, mut mark) = strip_marks(line);
    let (bold, bare) = match bare.strip_prefix("**") {
        Some(rest) => (true, rest),
        None => (false, bare),
    };
    if bold {
        mark = Mark::Marked;
    }
    let (at, colon) =
        bare.char_indices().take_while(|(at, _)| *at <= LONGEST_NAME).find(|(_, c)| matches!(c, ':' | '：'))?;
    let name = bare[..at].trim_end_matches('*').trim_end().to_lowercase();
    let mut value = &bare[at + colon.len_utf8()..];
    if bold && !bare[..at].ends_with("**") {
        value = value.strip_prefix("**").unwrap_or(value);
    }
    let field = NAMES.iter().find(|(known, _)| *known == name)?.1;
    // A translated abstract has lines such as "方法：..." of its own; one that is a label is marked as
    // such.
    if mark == Mark::Plain && !name.is_ascii() && name != "摘要翻译" {
        return None;
    }
    let ends_abstract = mark == Mark::Marked || !name.is_ascii() || name == "translation";
    Some(Label { field, mark, ends_abstract, value: value.trim() })
}

/// Takes a quote mark, a bullet or the hashes of a heading off.
fn strip_marks(line: &str) -> (&str, Mark) {
    for mark in ["> ", "- ", "* ", "## ", "### ", "#### "] {
        if let Some(rest) = line.strip_prefix(mark) {
            return (rest.trim_start(), Mark::Marked);
        }
    }
    (line, Mark::Plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variant_of_a_label() {
        let method = Field::Summary(Facet::Method);
        for (line, mark) in [
            ("Method: text", Mark::Plain),
            ("Method：text", Mark::Plain),
            ("**Method:** text", Mark::Marked),
            ("**Method**: text", Mark::Marked),
            ("> **Method:** text", Mark::Marked),
            ("## Method: text", Mark::Marked),
            ("- **方法:** text", Mark::Marked),
        ] {
            let found = label(line).map(|l| (l.field, l.mark, l.value));
            assert_eq!(found, Some((method, mark, "text")), "{line}");
        }
        assert_eq!(label("Abstract:").map(|l| (l.field, l.value)), Some((Field::Abstract, "")));
        assert_eq!(label("摘要翻译: 译").map(|l| (l.ends_abstract, l.mark)), Some((true, Mark::Plain)));
        assert_eq!(label("Conclusion: x").map(|l| l.ends_abstract), Some(false));
    }

    #[test]
    fn what_is_no_label() {
        for line in [
            "  Method: indented",
            "Methods: plural",
            "Our method: x",
            "Method",
            "摘要：译文",
            "a very long beginning of a sentence: x",
            "",
        ] {
            assert_eq!(label(line), None, "{line}");
        }
    }
}
