//! Headings of digests: the line that begins an entry, and the line that begins a section.
//!
//! In: a heading line. Out: title and identifier of an entry, or the category of a section. Titles
//! hold brackets, parentheses and LaTeX of their own; identifiers stand in abs, pdf and bare links,
//! or behind an empty one.

use crate::paper::ArxivId;
use crate::paper::category::is_category;

/// The heading of an entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct EntryHeading<'a> {
    /// As written, e.g. `Text [with brackets]`.
    pub title: &'a str,
    /// What the title links to; empty where it is no link.
    pub target: &'a str,
}

/// Reads `### [7] [Title](https://arxiv.org/abs/2602.10611)`, with or without number and star.
///
/// A number without a link (`### [7] Title`) is an entry too, without target. Other third-level
/// headings are none.
pub(super) fn entry_heading(line: &str) -> Option<EntryHeading<'_>> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    if !text.starts_with([' ', '[', '\t']) {
        return None;
    }
    let text = text.trim().trim_start_matches(is_ornament);
    let (numbered, text) = match after_number(text) {
        Some(rest) => (true, rest),
        None => (false, after_count(text)),
    };
    let bold = text.strip_prefix("**").and_then(|rest| rest.strip_suffix("**"));
    match linked(bold.unwrap_or(text)) {
        Some((title, target)) if level == 3 => Some(EntryHeading { title, target }),
        // At other levels only a link to a paper makes an entry.
        Some((title, target)) if (2..=5).contains(&level) && target.contains("://") => {
            ArxivId::parse(target).map(|_| EntryHeading { title, target })
        }
        Some(_) => None,
        None => (numbered && level == 3).then_some(EntryHeading { title: text, target: "" }),
    }
}

/// Stars, emoji and what joins them.
pub(super) fn is_ornament(c: char) -> bool {
    matches!(c, ' ' | '⭐' | '\u{fe0f}' | '\u{200d}' | '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

/// `12. rest` is `rest`, where a link follows.
fn after_count(text: &str) -> &str {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text[digits..].strip_prefix(['.', ')', '、', ':']).map(str::trim_start);
    rest.filter(|rest| digits > 0 && rest.starts_with(['[', '*'])).unwrap_or(text)
}

/// The title of `### ⭐ 2. Title` or `### Title`, for lists whose identifiers stand below the
/// heading.
pub(super) fn plain_heading(line: &str) -> Option<&str> {
    let text = line.strip_prefix("### ")?.trim().trim_start_matches(['⭐', '\u{fe0f}', ' ']);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match text[digits..].strip_prefix(". ") {
        Some(title) if digits > 0 => Some(title.trim()),
        _ => Some(text),
    }
}

/// `[12] rest` is `rest`.
pub(super) fn after_number(text: &str) -> Option<&str> {
    let (number, rest) = text.strip_prefix('[')?.split_once(']')?;
    let plain = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    // "[4](link)" is a title that happens to be a number.
    (plain && !rest.starts_with('(')).then(|| rest.trim_start())
}

/// Splits `[title](target)` at the last `](`, and `[title]([https://arxiv.org/abs/](...)ID)`, a
/// link with an empty id wrapped once more by an editor, at the first `]([`.
pub(super) fn linked(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('[')?;
    if let Some((title, target)) = inner.split_once("]([") {
        let target = target.trim_end().trim_end_matches(')');
        return Some((title.trim(), target.rsplit(')').next().unwrap_or(target).trim()));
    }
    let at = inner.rfind("](")?;
    let target = &inner[at + 2..];
    let target = target.split([')', ' ']).next().unwrap_or(target);
    Some((inner[..at].trim(), target.trim()))
}

/// What a first- or second-level heading says about the papers below it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Section<'a> {
    /// All of one category.
    Category(&'a str),
    /// A topic, or anything else with a link back to the table of contents.
    Topic,
}

/// Reads `# cs.LG [[Back]](#toc)`, `## <div id='cs.LG'></div> cs.LG`, `## cs.LG  [⬆️ 返回目录](#toc)`,
/// `# 世界模型 [[Back]](#toc)`.
///
/// A heading that is neither a category nor linked back is no section: it may be text of a field.
pub(super) fn section(line: &str) -> Option<Section<'_>> {
    let text = line.strip_prefix("##").or_else(|| line.strip_prefix('#'))?;
    let mut text = text.strip_prefix([' ', '\t'])?.trim();
    while let Some((_, rest)) = text.strip_prefix('<').and_then(|tag| tag.split_once('>')) {
        text = rest.trim_start();
    }
    let name = text.split('[').next().unwrap_or(text).trim();
    if is_category(name) { Some(Section::Category(name)) } else { text.contains("](#toc)").then_some(Section::Topic) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_entries() {
        for (line, title, target) in [
            ("### [1] [A Title](https://arxiv.org/abs/2602.10611)", "A Title", "https://arxiv.org/abs/2602.10611"),
            ("### [A Title](http://arxiv.org/pdf/2602.10611v2)", "A Title", "http://arxiv.org/pdf/2602.10611v2"),
            (
                "### [3] [Sets [and] $\\mathtt{[M]}$ (a note)](2602.10611)",
                "Sets [and] $\\mathtt{[M]}$ (a note)",
                "2602.10611",
            ),
            (
                "### [4] [A $[4,2,3]_{26}$-Code](https://arxiv.org/abs/2602.1)",
                "A $[4,2,3]_{26}$-Code",
                "https://arxiv.org/abs/2602.1",
            ),
            ("### [5] [T]([https://arxiv.org/abs/](https://arxiv.org/abs/)2602.10611)", "T", "2602.10611"),
            ("### [6] Title without a link", "Title without a link", ""),
            ("### [1984](https://arxiv.org/abs/2602.10611)", "1984", "https://arxiv.org/abs/2602.10611"),
            ("### ⭐ [7] [Starred](https://arxiv.org/abs/2602.10611)", "Starred", "https://arxiv.org/abs/2602.10611"),
        ] {
            assert_eq!(entry_heading(line), Some(EntryHeading { title, target }), "{line}");
        }
        for line in
            ["### Table of Contents", "### 今日没有找到新论文。", "#### [1] [T](2602.10611)", "## [T](x)", "###"]
        {
            assert_eq!(entry_heading(line), None, "{line}");
        }
        assert_eq!(plain_heading("### ⭐ 1. Robust Lakes"), Some("Robust Lakes"));
        assert_eq!(plain_heading("### 2001: A Space Study"), Some("2001: A Space Study"));
    }

    #[test]
    fn headings_of_sections() {
        for line in [
            "# cs.LG [[Back]](#toc)",
            "## <div id='cs.LG'></div> cs.LG [[Back]](#toc)",
            "## cs.LG  [⬆️ 返回目录](#toc)",
            "## cs.LG ",
        ] {
            assert_eq!(section(line), Some(Section::Category("cs.LG")), "{line}");
        }
        assert_eq!(section("# 世界模型 [[Back]](#toc)"), Some(Section::Topic));
        assert_eq!(section("# Uncategorized [[Back]](#toc)"), Some(Section::Topic));
        for line in ["## Method:", "# Table of Contents", "### cs.LG", "cs.LG"] {
            assert_eq!(section(line), None, "{line}");
        }
    }
}
