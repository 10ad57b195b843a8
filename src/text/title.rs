//! Titles as they are compared: whether two programs mean the same title.
//!
//! In: a title as arXiv, a publisher or a reference manager writes it. Out: a key that is equal
//! where only case, accents, punctuation, spaces and the markup of formulas differ, and the few
//! words by which titles are looked up.

use std::borrow::Cow;

use super::words::each_term;

/// How many words a title is looked up by, and the least letters of one that any program spells
/// alike.
const MOST_WORDS: usize = 8;
const TELLING_LETTERS: usize = 4;

/// Greek letters and their commands; `\varepsilon` is `\epsilon` here.
const GREEK: [(char, &str); 24] = [
    ('α', "alpha"),
    ('β', "beta"),
    ('γ', "gamma"),
    ('δ', "delta"),
    ('ε', "epsilon"),
    ('ζ', "zeta"),
    ('η', "eta"),
    ('θ', "theta"),
    ('ι', "iota"),
    ('κ', "kappa"),
    ('λ', "lambda"),
    ('μ', "mu"),
    ('ν', "nu"),
    ('ξ', "xi"),
    ('ο', "omicron"),
    ('π', "pi"),
    ('ρ', "rho"),
    ('σ', "sigma"),
    ('τ', "tau"),
    ('υ', "upsilon"),
    ('φ', "phi"),
    ('χ', "chi"),
    ('ψ', "psi"),
    ('ω', "omega"),
];

/// The words by which a title is looked up, however long it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TitleWords {
    /// Its first words.
    pub first: Vec<String>,
    /// Its longest words in Latin letters, longest first, without commands of LaTeX.
    pub longest: Vec<String>,
}

/// The letters and digits of a title, folded; commands of LaTeX count where they are Greek letters.
pub(crate) fn title_key(title: &str) -> String {
    let mut key = String::new();
    each_term(&without_commands(title), &mut |word| {
        for letter in word.chars() {
            match GREEK.iter().find(|(greek, _)| *greek == letter) {
                Some((_, name)) => key.push_str(name),
                None if letter == 'ς' => key.push_str("sigma"),
                None => key.push(letter),
            }
        }
    });
    key
}

/// The words by which to look a title up: a bounded number.
pub(crate) fn title_words(title: &str) -> TitleWords {
    let mut words = TitleWords::default();
    each_term(title, &mut |word| {
        if words.first.len() < MOST_WORDS {
            words.first.push(word.to_owned());
        }
    });
    let longest = &mut words.longest;
    each_term(&without_commands(title), &mut |word| {
        let telling = word.len() >= TELLING_LETTERS && word.bytes().all(|letter| letter.is_ascii_lowercase());
        if !telling || is_greek(word) || longest.iter().any(|known| known == word) {
            return;
        }
        let at = longest.partition_point(|known| known.len() >= word.len());
        longest.insert(at, word.to_owned());
        longest.truncate(MOST_WORDS);
    });
    words
}

fn is_greek(word: &str) -> bool {
    GREEK.iter().any(|(_, name)| *name == word)
}

/// Without the commands of LaTeX that are neither accents nor Greek letters: `\mathbb{R}` is `R`.
fn without_commands(title: &str) -> Cow<'_, str> {
    if !title.contains('\\') {
        return Cow::Borrowed(title);
    }
    let mut out = String::with_capacity(title.len());
    let mut parts = title.split('\\');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let end = part.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        let lower = name.to_ascii_lowercase();
        let letter = lower.strip_prefix("var").unwrap_or(&lower);
        if is_greek(letter) {
            out.push(' ');
            out.push_str(letter);
            out.push(' ');
            out.push_str(rest);
        } else if name == "ell" {
            out.push('l');
            out.push_str(rest);
        } else if end <= 1 || matches!(name, "ss" | "ae" | "AE" | "oe" | "OE" | "aa" | "AA") {
            // An accent, a letter such as `\ss`, or an escaped sign: the words know them.
            out.push('\\');
            out.push_str(part);
        } else {
            out.push(' ');
            out.push_str(rest);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_write_one_title_in_many_ways() {
        for (one, other) in [
            ("Schr\\\"odinger Operators", "Schrödinger operators"),
            ("Erd\\H{o}s Graphs: A Survey.", "Erdős graphs — a survey"),
            ("A $\\alpha$-Decay of $\\mathbb{R}^2$", "A α-decay of ℝ²"),
            ("Search for $B\\to K^*\\ell^+\\ell^-$", "Search for B→K*ℓ+ℓ−"),
            ("CO$_2$ in Snow", "CO2 in Snow"),
            ("The $\\varepsilon$ of it", "The ϵ of it"),
            ("Multi-agent Systems", "Multiagent systems"),
            ("Stra{\\ss}en", "Straßen"),
        ] {
            assert_eq!(title_key(one), title_key(other), "{one}");
        }
        assert_ne!(title_key("Snow in May"), title_key("Snow in March"));
        assert_eq!(title_key("图神经网络"), "图神经网络");
    }

    #[test]
    fn a_title_asks_for_a_bounded_number_of_words() {
        let words = title_words("On $\\alpha$-Decay of Glaciers and Glaciers");
        assert_eq!(words.first, ["on", "alpha", "decay", "of", "glaciers", "and", "glaciers"]);
        assert_eq!(words.longest, ["glaciers", "decay"]);
        let text: String = (0..20_000_u32)
            .map(|n| format!("w{} ", ["ice", "snow", "rain"][n as usize % 3].repeat(n as usize % 7)))
            .collect();
        let twice = text.repeat(2);
        let (once, doubled) = (title_words(&text), title_words(&twice));
        assert_eq!((once.first.len(), once.longest.len()), (MOST_WORDS, MOST_WORDS));
        assert_eq!(once, doubled);
    }
}
