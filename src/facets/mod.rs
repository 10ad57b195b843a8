//! Facets: what of a paper tells its motivation, its method, its result or its conclusion, so that
//! papers can be compared by that.
//!
//! In: what the library has of a paper. Out: a text in a language that the model reads, from the
//! digest where that has one, or else the abstract's own sentences ([`roles`]).

mod cues;
mod roles;

pub use crate::library::{FacetPassage, FacetSource};
pub use roles::{ROLES, Sentence, roles};

use rayon::prelude::*;
use serde::Serialize;

use crate::library::PaperRow;
use crate::paper::Facet;
use crate::text::passage;

/// Where the text of a facet is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FacetOrigin {
    /// A field of a digest.
    Digest,
    /// Sentences of the paper's own abstract.
    Abstract,
}

/// A facet of a paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FacetText {
    /// Whose.
    pub row: PaperRow,
    /// The paper's title, empty where it is not known.
    pub title: String,
    /// What the facet says.
    pub text: String,
    /// Where it is from.
    pub origin: FacetOrigin,
    /// What a digest says of it in a language that the model does not read, where none says it in
    /// another.
    pub unread: Option<String>,
}

impl FacetText {
    /// What is embedded: a facet says little without what the paper is about
    /// (docs/history/ranking.md).
    pub fn passage(&self) -> FacetPassage {
        FacetPassage { row: self.row, text: passage::passage(&self.title, Some(&self.text)) }
    }
}

impl FacetSource {
    /// The facet of a paper in a language that a model reads; `None` where neither digest nor
    /// abstract tells it.
    pub fn text(&self, row: PaperRow, facet: Facet, reads: &dyn Fn(&str) -> bool) -> Option<FacetText> {
        let title = self.title.clone();
        if let Some((_, text)) = self.digest.iter().find(|(_, text)| reads(text)) {
            return Some(FacetText { row, title, text: text.clone(), origin: FacetOrigin::Digest, unread: None });
        }
        if !reads(&self.abstract_text) {
            return None;
        }
        let sentences = roles(&self.abstract_text);
        let own: Vec<&str> =
            sentences.iter().filter(|sentence| sentence.role == facet).map(|sentence| sentence.text).collect();
        let unread = self.digest.first().map(|(_, text)| text.clone());
        (!own.is_empty()).then(|| FacetText { row, title, text: own.join(" "), origin: FacetOrigin::Abstract, unread })
    }
}

/// The facets of those papers that tell it, in the order of their sources.
pub fn texts(
    sources: &[(PaperRow, FacetSource)],
    facet: Facet,
    reads: &(dyn Fn(&str) -> bool + Sync),
) -> Vec<FacetText> {
    sources.par_iter().filter_map(|(row, source)| source.text(*row, facet, reads)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_that_is_read_comes_before_the_abstract() {
        let abstract_text = "Existing models fail to follow ice. We propose a network. It outperforms all baselines.";
        let digest = |texts: &[(&str, &str)]| FacetSource {
            title: "Ice".to_owned(),
            digest: texts.iter().map(|(language, text)| ((*language).to_owned(), (*text).to_owned())).collect(),
            abstract_text: abstract_text.to_owned(),
        };
        let english = |text: &str| crate::reader::language(text) == "en";
        let row = PaperRow(1);
        let of = |source: &FacetSource, facet| {
            source.text(row, facet, &english).map(|f| (f.text, f.origin, f.unread.is_some()))
        };
        let both = digest(&[("en", "A network."), ("zh", "提出一种神经网络。")]);
        assert_eq!(of(&both, Facet::Method), Some(("A network.".to_owned(), FacetOrigin::Digest, false)));
        assert_eq!(
            both.text(row, Facet::Method, &english).map(|f| f.passage().text),
            Some("Ice\nA network.".to_owned())
        );
        let chinese = digest(&[("zh", "提出一种神经网络。")]);
        assert_eq!(
            of(&chinese, Facet::Method),
            Some(("We propose a network.".to_owned(), FacetOrigin::Abstract, true))
        );
        assert_eq!(
            chinese.text(row, Facet::Method, &|_| true).map(|f| (f.text, f.origin)),
            Some(("提出一种神经网络。".to_owned(), FacetOrigin::Digest))
        );
        assert_eq!(of(&digest(&[]), Facet::Result).map(|f| f.0), Some("It outperforms all baselines.".to_owned()));
        assert_eq!(of(&digest(&[]), Facet::Conclusion), None, "nothing says it");
        let unread = FacetSource { abstract_text: "提出一种神经网络。".to_owned(), ..chinese };
        assert_eq!(of(&unread, Facet::Method), None);
    }
}
