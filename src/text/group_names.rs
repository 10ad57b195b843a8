//! Terms that name some texts that belong together.
//!
//! In: titles with their texts. Out: the terms by which a person would call them. What many of the
//! texts hold says what they have in common, and titles say what texts are about: a verb that
//! abstracts have in common is no name. No two terms of a name are forms of one word.

use std::collections::{BTreeMap, BTreeSet};

use super::terms::{Phrases, words_of};

/// A term has to stand in one of so many of the texts, and in two at least.
const ONE_OF: usize = 5;
/// Words of different ends are forms of one word if their beginnings are as long as this, or as
/// long as the shorter one less two letters.
const LEAST_STEM: usize = 4;
/// A name says little if its words together are less rare than this share of the rarest word: a
/// common word or two.
const SAYS_LITTLE: f64 = 0.7;

/// A text with its title.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Titled<'a> {
    /// The title.
    pub title: &'a str,
    /// The title and what follows it.
    pub whole: &'a str,
}

/// A term in some texts.
#[derive(Debug, Default)]
struct Held {
    texts: usize,
    titles: usize,
    shown: String,
}

/// Terms that name some texts, at most `limit`, the most telling first: by the rarity of their
/// words ([`shared`](super::terms::shared)), the share of texts that hold them and the share of
/// titles. Words that stand in no title are left out; a single text is named by its title. Where
/// all that says little, terms of the title of `texts[central]` follow.
///
/// # Errors
/// Those of `document_frequency`.
pub(crate) fn names<E>(
    texts: &[Titled<'_>],
    central: usize,
    papers: u64,
    limit: usize,
    document_frequency: impl FnOnce(&[String]) -> Result<Vec<u64>, E>,
) -> Result<Vec<String>, E> {
    let common = candidates(texts);
    let own = texts.get(central).map_or_else(BTreeMap::new, |text| candidates(&[*text]));
    let words: BTreeSet<String> = common.values().chain(own.values()).flat_map(|term| words_of(&term.shown)).collect();
    let asked: Vec<String> = words.into_iter().collect();
    let rarity = |count: u64| ((papers as f64 + 1.0) / (count as f64 + 0.5)).ln().max(0.0);
    let rarities: Rarities = asked.iter().cloned().zip(document_frequency(&asked)?.into_iter().map(rarity)).collect();
    let mut chosen = Chosen::default();
    chosen.take(common, texts.len(), limit, &rarities);
    if chosen.rarity < SAYS_LITTLE * (papers as f64 + 1.0).ln() {
        chosen.take(own, 1, limit, &rarities);
    }
    Ok(chosen.terms)
}

/// How rare each word is.
type Rarities = BTreeMap<String, f64>;

/// The terms of a name.
#[derive(Default)]
struct Chosen {
    terms: Vec<String>,
    words: Vec<String>,
    /// Of all of its words together.
    rarity: f64,
}

impl Chosen {
    /// Takes the best of some terms of `count` texts, up to `limit` in all.
    fn take(&mut self, held: BTreeMap<String, Held>, count: usize, limit: usize, rarities: &Rarities) {
        let count = count.max(1) as f64;
        let weigh = |(key, term): (String, Held)| {
            let distinct: BTreeSet<String> = words_of(&term.shown).into_iter().collect();
            let telling = distinct.iter().filter(|word| word.chars().count() > 2);
            let rarity: f64 = telling.filter_map(|word| rarities.get(word)).sum();
            let weight = rarity * (term.texts as f64 / count) * (1.0 + term.titles as f64 / count);
            (weight, key, rarity, term.shown)
        };
        let mut weighted: Vec<(f64, String, f64, String)> = held.into_iter().map(weigh).collect();
        weighted.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        for (weight, _, rarity, shown) in weighted {
            let own = words_of(&shown);
            let again = own.iter().any(|word| self.words.iter().any(|used| is_form_of(word, used)));
            if weight > 0.0 && !again && self.terms.len() < limit {
                self.words.extend(own);
                self.terms.push(shown);
                self.rarity += rarity;
            }
        }
    }
}

/// The terms that may name texts, by their words in the singular.
fn candidates(texts: &[Titled<'_>]) -> BTreeMap<String, Held> {
    let mut held: BTreeMap<String, Held> = BTreeMap::new();
    for text in texts {
        let title = Phrases::of(text.title);
        for (key, shown) in Phrases::of(text.whole).into_shown() {
            let titled = title.holds(&key);
            let term = held.entry(key).or_default();
            term.texts += 1;
            term.titles += usize::from(titled);
            // The same spelling whichever comes first.
            if term.shown.is_empty() || shown < term.shown {
                term.shown = shown;
            }
        }
    }
    let several = texts.len() > 1;
    let least = if several { texts.len().div_ceil(ONE_OF).max(2) } else { 1 };
    held.retain(|key, term| term.texts >= least && (term.titles > 0 || several && key.contains(' ')));
    held
}

/// Whether two words of lower case are forms of one: `galaxy` and `galactic`, `emotion` and
/// `emotional`. Some that are none count as such, which costs a name one of the two.
fn is_form_of(one: &str, other: &str) -> bool {
    let common = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let shorter = one.chars().count().min(other.chars().count());
    one == other || common >= LEAST_STEM.max(shorter.saturating_sub(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(texts: &[(&str, &str)]) -> Vec<String> {
        let wholes: Vec<String> = texts.iter().map(|(title, rest)| format!("{title}. {rest}")).collect();
        let texts: Vec<Titled<'_>> =
            texts.iter().zip(&wholes).map(|((title, _), whole)| Titled { title, whole }).collect();
        let frequency = |words: &[String]| words.iter().map(|word| if word == "rain" { 90 } else { 3 }).collect();
        let Ok(found) = names(&texts, 0, 100, 3, |words| Ok::<_, std::convert::Infallible>(frequency(words)));
        found
    }

    #[test]
    fn texts_are_named_by_what_most_of_their_titles_hold() {
        let texts =
            [("Sea ice drift", "Glacier"), ("Drift of sea ice", ""), ("The glacier and sea ice", ""), ("Zebra", "")];
        assert_eq!(named(&texts), ["Sea ice", "Drift", "Glacier"]);
        assert_eq!(named(&[]), Vec::<String>::new());
        assert_eq!(named(&[("Zebra herds", ""), ("Ice", "")]), ["Zebra herds"], "the first is the central one");
        assert_eq!(named(&[("Rain on zebra herds", ""), ("Ice in rain", "")]), ["Rain", "zebra herds"]);
    }

    #[test]
    fn a_word_that_no_title_has_is_no_name_and_a_phrase_is() {
        let texts = [("Sea ice", "Varied with sparse snow cover"), ("Old ice", "Varied with sparse snow cover")];
        assert_eq!(named(&texts), ["sparse snow cover", "ice"]);
    }

    #[test]
    fn a_single_text_is_named_by_its_title() {
        assert_eq!(
            named(&[("Zebra herds in the rain", "otherwise involuntary blinding strips")]),
            ["Zebra herds", "rain"]
        );
    }

    #[test]
    fn a_name_has_one_form_of_a_word() {
        let texts = [("Galaxy velocity", "galactic velocities"), ("Galactic velocities", "galaxy velocity")];
        assert_eq!(named(&texts).len(), 1, "{:?}", named(&texts));
        for (one, other) in [
            ("emotion", "emotional"),
            ("supersymmetric", "supersymmetry"),
            ("causal", "causally"),
            ("grasp", "grasping"),
            ("velocitie", "velocity"),
        ] {
            assert!(is_form_of(one, other), "{one} {other}");
        }
        for (one, other) in [("ice", "icy"), ("spin", "spectrum"), ("lattice", "latent")] {
            assert!(!is_form_of(one, other), "{one} {other}");
        }
    }
}
