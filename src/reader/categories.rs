//! arXiv categories as digests write them.
//!
//! In: `cs.AI, cs.CL`, `hep-th nlin.SI`, or the heading of a section. Out: what are categories.
//! Headings may be topics (`世界模型`) or `Uncategorized`, so only names that [`is_category`] knows
//! count.

use crate::paper::category::is_category;

/// Most categories of one paper that are kept; real papers have fewer than twenty.
pub(super) const MOST: usize = 64;

/// The categories in a text, in order, each once.
pub(super) fn parse(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let marks = [',', ';', '|', '*', '，', '、', '(', ')', '[', ']', '\'', '"', '`'];
    let parts = |c: char| c.is_whitespace() || marks.contains(&c);
    for piece in text.split(parts) {
        if found.len() < MOST && is_category(piece) && !found.iter().any(|known| known == piece) {
            found.push(piece.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_are_told_from_topics_and_placeholders() {
        assert_eq!(parse("cs.AI, cs.CL"), ["cs.AI", "cs.CL"]);
        assert_eq!(parse("hep-th nlin.SI solv-int hep-th"), ["hep-th", "nlin.SI", "solv-int"]);
        assert_eq!(parse("cond-mat.mtrl-sci"), ["cond-mat.mtrl-sci"]);
        for text in ["N/A", "{cate}", "Uncategorized", "世界模型", "None", "", "cs.", "cs.LG.x", "readme.md"] {
            assert_eq!(parse(text), Vec::<String>::new(), "{text}");
        }
    }
}
