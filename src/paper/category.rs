//! arXiv's categories: which names are categories, and which of them name the same one.
//!
//! In: a name as `cs.LG`, `cond-mat.mtrl-sci` or `quant-ph`. Out: whether it is one, and its other
//! name where arXiv files the same papers under two. The lists are those of
//! <https://arxiv.org/category_taxonomy> and of the archives that were folded into it.

/// Archives, those that are closed included.
const ARCHIVES: &[&str] = &[
    "cs", "math", "physics", "stat", "eess", "econ", "q-bio", "q-fin", "astro-ph", "cond-mat", "gr-qc", "hep-ex",
    "hep-lat", "hep-ph", "hep-th", "math-ph", "nlin", "nucl-ex", "nucl-th", "quant-ph", "acc-phys", "adap-org",
    "alg-geom", "ao-sci", "atom-ph", "bayes-an", "chao-dyn", "chem-ph", "cmp-lg", "comp-gas", "dg-ga", "funct-an",
    "mtrl-th", "patt-sol", "plasm-ph", "q-alg", "solv-int", "supr-con",
];

/// Two names of one category; a paper's record may have either or both.
const ALIASES: &[(&str, &str)] = &[
    ("cs.IT", "math.IT"),
    ("cs.NA", "math.NA"),
    ("cs.SY", "eess.SY"),
    ("econ.GN", "q-fin.EC"),
    ("math-ph", "math.MP"),
    ("math.ST", "stat.TH"),
];

/// Whether a text is one category, e.g. `cs.LG`, `cond-mat.mtrl-sci` or `quant-ph`.
///
/// ```
/// assert!(relata::paper::category::is_category("cs.LG"));
/// assert!(!relata::paper::category::is_category("readme.md"));
/// ```
pub fn is_category(text: &str) -> bool {
    let (archive, class) = text.split_once('.').map_or((text, None), |(archive, class)| (archive, Some(class)));
    ARCHIVES.contains(&archive)
        && class.is_none_or(|c| (2..=12).contains(&c.len()) && c.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-'))
}

/// The other name of a category, whatever the case, where it has two.
///
/// ```
/// assert_eq!(relata::paper::category::alias("eess.SY"), Some("cs.SY"));
/// assert_eq!(relata::paper::category::alias("cs.LG"), None);
/// ```
pub fn alias(category: &str) -> Option<&'static str> {
    ALIASES.iter().find_map(|(one, other)| {
        if category.eq_ignore_ascii_case(one) {
            Some(*other)
        } else {
            category.eq_ignore_ascii_case(other).then_some(*one)
        }
    })
}
