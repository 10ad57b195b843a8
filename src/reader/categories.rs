//! arXiv categories as digests write them.
//!
//! In: `cs.AI, cs.CL`, `hep-th nlin.SI`, or the heading of a section. Out: what are categories. Headings may be topics
//! (`世界模型`) or `Uncategorized`, so archives are known by name; the list is that of
//! <https://arxiv.org/category_taxonomy> and the archives that were folded into it.

const ARCHIVES: &[&str] = &[
    "cs", "math", "physics", "stat", "eess", "econ", "q-bio", "q-fin", "astro-ph", "cond-mat", "gr-qc", "hep-ex",
    "hep-lat", "hep-ph", "hep-th", "math-ph", "nlin", "nucl-ex", "nucl-th", "quant-ph", "acc-phys", "adap-org",
    "alg-geom", "ao-sci", "atom-ph", "bayes-an", "chao-dyn", "chem-ph", "cmp-lg", "comp-gas", "dg-ga", "funct-an",
    "mtrl-th", "patt-sol", "plasm-ph", "q-alg", "solv-int", "supr-con",
];

/// Most categories of one paper that are kept; real papers have fewer than twenty.
pub const MOST: usize = 64;

/// Whether a text is one category, e.g. `cs.LG`, `cond-mat.mtrl-sci` or `quant-ph`.
pub fn is_category(text: &str) -> bool {
    let (archive, class) = text.split_once('.').map_or((text, None), |(archive, class)| (archive, Some(class)));
    ARCHIVES.contains(&archive)
        && class.is_none_or(|c| (2..=12).contains(&c.len()) && c.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-'))
}

/// The categories in a text, in order, each once.
pub fn parse(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for piece in text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|' | '*' | '，' | '、')) {
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
