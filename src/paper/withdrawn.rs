//! Whether a text says that its paper was withdrawn, by its authors or by arXiv.
//!
//! In: a comment, an abstract or a title as its source wrote it. Out: yes or no. arXiv keeps a
//! withdrawn paper with all its metadata; that it is withdrawn stands in the comment in the words
//! of its authors, often instead of the abstract or at its start or end. The words are those of
//! `data/withdrawal-words.txt`, in five forms: "this paper has been withdrawn", "withdrawn due to",
//! "we withdraw this paper", "removed by arXiv administrators", and a title that begins with
//! "withdrawn".

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use crate::text::word_lists;

const FILE: &str = include_str!("../../data/withdrawal-words.txt");

/// Sentences at the start and at the end of an abstract in which a withdrawal is told.
const AT_ENDS: usize = 2;

/// Words between who withdraws and "withdraw".
const REACH: usize = 12;

/// Words between "this" and "paper", and between "withdraw" and "paper".
const ADJECTIVES: usize = 2;

/// Which text of a paper is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The title: only its first word counts.
    Title,
    /// The abstract: its first and its last sentences count, from their beginnings on.
    Abstract,
    /// The authors' comment, notes of arXiv's administrators included.
    Comment,
}

/// Whether a text says that the paper that it belongs to was withdrawn.
pub(crate) fn tells(place: Place, text: &str) -> bool {
    if !may_tell(text) {
        return false;
    }
    let words = Words::of(text);
    let lists = Lists::built_in();
    match place {
        Place::Title => words.title(lists),
        Place::Abstract | Place::Comment => {
            let last = words.0.last().map_or(0, |word| word.sentence);
            let counts =
                |word: &Word| place == Place::Comment || word.sentence < AT_ENDS || word.sentence + AT_ENDS > last;
            let told = |at: &usize| {
                counts(&words.0[*at])
                    && (words.passive(lists, *at, place)
                        || words.bare(lists, *at, place)
                        || words.active(lists, *at, place))
            };
            (0..words.0.len()).any(|at| told(&at)) && !lists.taken_back.iter().any(|phrase| words.hold(phrase))
        }
    }
}

/// Parts of words of which nearly all texts hold none, and one that tells holds one.
const PARTS: [&[u8]; 5] = [b"withd", b"removed", b"with-drawn", b"widthd", b"whithd"];
/// How they begin.
const BEGINNINGS: [&[u8; 5]; 5] = [b"withd", b"remov", b"with-", b"width", b"whith"];

/// Whether a text holds one of the parts, in any case.
fn may_tell(text: &str) -> bool {
    let text = text.as_bytes();
    // Every text is looked through, so this has no early end and becomes vector instructions. The
    // bit makes a capital letter a small one, and leaves a hyphen as it is.
    let begins = text.windows(5).fold(false, |found, five| {
        let is = |part: &[u8; 5]| part.iter().zip(five).fold(true, |same, (one, other)| same & (*one == *other | 0x20));
        BEGINNINGS.iter().fold(found, |found, part| found | is(part))
    });
    let holds = |part: &&[u8]| text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part));
    begins && PARTS.iter().any(holds)
}

/// The lists of the file by their headings.
struct Lists {
    words: HashMap<&'static str, HashSet<&'static str>>,
    taken_back: Vec<Vec<&'static str>>,
}

impl Lists {
    fn built_in() -> &'static Lists {
        static BUILT_IN: OnceLock<Lists> = OnceLock::new();
        BUILT_IN.get_or_init(|| {
            let mut lists = Lists { words: HashMap::new(), taken_back: Vec::new() };
            for (heading, line) in word_lists::lines(FILE) {
                let words = line.split_ascii_whitespace();
                match heading {
                    "taken back" => lists.taken_back.push(words.collect()),
                    _ => lists.words.entry(heading).or_default().extend(words),
                }
            }
            lists
        })
    }

    fn has(&self, list: &str, word: &Word) -> bool {
        self.words.get(list).is_some_and(|words| words.contains(word.text.as_str()))
    }
}

/// A word and what stands before it.
#[derive(Debug)]
struct Word {
    /// In lower case.
    text: String,
    /// Number of its sentence, from 0.
    sentence: usize,
    /// Begins a sentence, or follows a colon, a semicolon or a dash.
    begins: bool,
    /// Begins, or follows a comma or a bracket.
    opens: bool,
}

/// The words of a text, in order.
struct Words(Vec<Word>);

impl Words {
    fn of(text: &str) -> Words {
        let mut words: Vec<Word> = Vec::new();
        let (mut begins, mut opens, mut sentence) = (true, true, 0);
        for piece in text.split_whitespace() {
            let bare = piece.trim_matches(|c: char| !c.is_alphanumeric());
            let start = piece.find(bare).unwrap_or(0);
            let (before, after) = (&piece[..start], &piece[start + bare.len()..]);
            if bare.is_empty() {
                opens = true;
                begins |= piece.contains(['.', ':', ';', '-', '\u{2013}', '\u{2014}', '*', '|']);
                continue;
            }
            opens |= before.contains(['(', '[', '{']);
            begins |= before.contains(['*', '.', ':', ';']);
            words.push(Word { text: bare.to_lowercase(), sentence, begins, opens: opens || begins });
            // A full stop after an initial, a number of pages or "e.g." ends none worth counting.
            let ends = after.contains(['.', '!', '?']) && bare.chars().count() > 1;
            sentence += usize::from(ends);
            begins = ends || after.contains([':', ';']);
            opens = begins || after.contains([',', ')', ']']);
        }
        Words(words)
    }

    fn at(&self, at: usize) -> Option<&Word> {
        self.0.get(at)
    }

    fn is(&self, lists: &Lists, list: &str, at: Option<usize>) -> bool {
        at.and_then(|at| self.0.get(at)).is_some_and(|word| lists.has(list, word))
    }

    fn hold(&self, phrase: &[&str]) -> bool {
        self.0.windows(phrase.len()).any(|words| words.iter().zip(phrase).all(|(word, part)| word.text == *part))
    }

    /// A title that begins with the word, as in "WITHDRAWN: On the Moon" or "[Withdrawn] On the
    /// Moon", and not "Withdrawn users of networks".
    fn title(&self, lists: &Lists) -> bool {
        let [first, rest @ ..] = self.0.as_slice() else { return false };
        let set_off = rest.first().is_none_or(|next| next.opens);
        let at_end = rest.last().is_some_and(|last| last.text == "withdrawn" && last.opens);
        let told = |at: usize| self.passive(lists, at, Place::Title);
        first.text == "withdrawn" && set_off || at_end || (0..self.0.len()).any(told)
    }

    /// "This paper has been withdrawn", "submission removed by arXiv administrators".
    fn passive(&self, lists: &Lists, at: usize, place: Place) -> bool {
        let removed = self.0[at].text == "removed" && self.by_arxiv(lists, at + 1);
        let withdrawn = self.is(lists, "withdrawn", Some(at)) && !self.is_from_elsewhere(lists, at + 1);
        if !removed && !withdrawn {
            return false;
        }
        let mut before = at.checked_sub(1);
        while self.is(lists, "between", before) || self.is(lists, "auxiliary", before) {
            before = before.and_then(|at| at.checked_sub(1));
        }
        let Some(noun) = before else { return removed };
        let auxiliary = noun + 1 < at;
        if self.0[noun].text == "it" {
            let told = auxiliary && place == Place::Comment && self.is(lists, "cause", Some(at + 1));
            return told && (noun == 0 || self.0[noun].begins);
        }
        let joined = auxiliary && self.is(lists, "joins", Some(noun)) && self.sentence_is_on_paper(lists, noun, place);
        joined || self.names_paper(lists, noun, place) || removed && self.0[at].opens
    }

    /// "This paper is wrong and ...": whether the sentence of a word begins with the paper.
    fn sentence_is_on_paper(&self, lists: &Lists, at: usize, place: Place) -> bool {
        let first = self.0[..at].iter().rposition(|word| word.begins).unwrap_or(0);
        (first + 1..at.min(first + 2 + ADJECTIVES))
            .any(|noun| self.is(lists, "this", Some(first)) && self.names_paper(lists, noun, place))
    }

    /// Whether the words up to `noun` mean the paper itself.
    fn names_paper(&self, lists: &Lists, noun: usize, place: Place) -> bool {
        let version = self.is(lists, "version", Some(noun));
        if !version && !self.is(lists, "paper", Some(noun)) {
            return false;
        }
        let mut first = noun;
        while !self.0[first].opens && first > 0 && noun - first <= ADJECTIVES {
            first -= 1;
            if self.is(lists, "other", Some(first)) {
                return false;
            }
            if self.is(lists, "this", Some(first)) {
                break;
            }
        }
        let determined = self.is(lists, "this", Some(first));
        if !determined {
            // "Paper withdrawn by the authors".
            return !version && self.0[noun].opens;
        }
        if version && !matches!(self.0[first].text.as_str(), "this" | "current" | "present") {
            return false;
        }
        let free = !self.is(lists, "belongs", first.checked_sub(1)) || self.0[first].opens;
        // In an abstract, which may tell of withdrawals, it begins the sentence.
        free && (place == Place::Comment || self.0[first].opens || first == 0 || !self.0[first - 1].text.is_ascii())
    }

    /// "Withdrawn due to an error", "12 pages, withdrawn".
    fn bare(&self, lists: &Lists, at: usize, place: Place) -> bool {
        let word = &self.0[at];
        if !word.opens || place == Place::Abstract && !word.begins {
            return false;
        }
        let next = self.at(at + 1);
        let notice = ["withdrawal", "withdrawn"].contains(&word.text.as_str())
            && next.is_some_and(|next| ["notice", "note"].contains(&next.text.as_str()));
        let ends = next.is_none_or(|next| next.begins || next.sentence > word.sentence);
        let ing = word.text == "withdrawing" && !ends;
        if !notice && !ing && word.text != "withdrawn" {
            return false;
        }
        let caused = self.is(lists, "cause", Some(at + 1)) || next.is_some_and(|next| next.opens) || ends || notice;
        let venue = self.0[..at].iter().any(|word| lists.has("venue", word));
        caused && (!venue || word.begins && !ends) && !self.is_from_elsewhere(lists, at + 1)
    }

    /// "We withdraw this paper", "the authors request the withdrawal of this submission".
    fn active(&self, lists: &Lists, at: usize, place: Place) -> bool {
        let withdrawal = self.0[at].text == "withdrawal" && self.at(at + 1).is_some_and(|next| next.text == "of");
        if !withdrawal && !self.is(lists, "withdraw", Some(at)) {
            return false;
        }
        let who = self.0[at.saturating_sub(REACH)..at].iter().any(|word| lists.has("who", word));
        let from = at + 1 + usize::from(withdrawal);
        let it = self.at(from).is_some_and(|word| word.text == "it") && place == Place::Comment;
        let end = (from..(from + 2 + ADJECTIVES).min(self.0.len()))
            .find(|place| self.is(lists, "paper", Some(*place)) || self.is(lists, "version", Some(*place)));
        let object = it
            || self.is(lists, "this", Some(from))
                && end.is_some_and(|end| {
                    !(from..end).any(|at| self.is(lists, "other", Some(at))) && !self.is_from_elsewhere(lists, end + 1)
                });
        object && (who || self.0[at].begins && place == Place::Comment)
    }

    /// "from ICLR", "before presentation": withdrawn, and not from arXiv.
    fn is_from_elsewhere(&self, lists: &Lists, at: usize) -> bool {
        let here = |word: &Word| lists.has("arxiv", word) || ["publication", "the"].contains(&word.text.as_str());
        match self.at(at).map(|word| word.text.as_str()) {
            Some("from") => {
                !self.at(at + 1).is_some_and(&here)
                    || self.0[at + 1].text == "the" && !self.is(lists, "arxiv", Some(at + 2))
            }
            Some("before") => true,
            // Of one version alone, which another has followed.
            Some("in") => self.at(at + 1).is_some_and(|word| {
                word.text == "version" || word.text.strip_prefix('v').is_some_and(|n| n.parse::<u32>().is_ok())
            }),
            _ => false,
        }
    }

    /// "by arXiv administrators".
    fn by_arxiv(&self, lists: &Lists, at: usize) -> bool {
        self.at(at).is_some_and(|word| word.text == "by")
            && (self.is(lists, "arxiv", Some(at + 1)) || self.is(lists, "arxiv", Some(at + 2)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_that_say_that_their_paper_is_withdrawn() {
        for text in [
            "This paper has been withdrawn",
            "12 pages, 3 figures. This paper has been withdrawn by the authors due to a gap in Lemma 4",
            "14 pages This manuscript is withdrawn",
            "Withdrawn",
            "WITHDRAWN PENDING CORRECTION",
            "9 pages, 1 figure, withdrawn because of a sign error",
            "10 pages (Withdrawn due to an error in the data.)",
            "Paper withdrawn by the author",
            "The present article was being withdrawn",
            "This note is wrong, and has been withdrawn by its author",
            "It is withdrawn because a better bound is known",
            "We decided to withdraw the paper",
            "The authors have withdrawn this manuscript, as its model is unstable",
            "Lemma 2 is false; please let me withdraw it",
            "We request withdrawal of our submission",
            "Withdrawing due to missing permissions",
            "This paper has been withdraw by author",
            "This paper has been withdrawn from the arXiv by its authors",
            "arXiv admin note: This submission has been removed by arXiv administrators due to a dispute",
            "arXiv admin note: withdrawn by arXiv administrators",
            "arXiv admin note: submission has been withdrawn by arXiv due to inappropriate text reuse",
        ] {
            assert!(tells(Place::Comment, text), "{text}");
        }
    }

    #[test]
    fn comments_that_say_so_of_something_else() {
        for text in [
            "",
            "12 pages, 3 figures",
            "This paper supersedes 2602.00001, which has been withdrawn",
            "Theorem 3 and Corollary 2 are withdrawn",
            "Parts of the original paper have been withdrawn",
            "An earlier version of this paper was withdrawn",
            "The previous paper was withdrawn; this one is correct",
            "The claim was withdrawn in v2, this version fixes it",
            "This paper was withdrawn in v2; the proof is complete now",
            "This paper was withdrawn by mistake and is reinstated",
            "The proof of this paper was withdrawn from the first draft",
            "Submitted to ICLR 2026, withdrawn",
            "Accepted at a workshop (withdrawn before presentation)",
            "This submission was withdrawn from the conference",
            "v2: Proposition 1 withdrawn. 20 pages",
            "We withdraw the assumption of convexity",
            "We withdraw the claim of the previous paper",
            "The bug has been removed by the authors",
            "The preprint 2602.00001 has been withdrawn",
        ] {
            assert!(!tells(Place::Comment, text), "{text}");
        }
    }

    #[test]
    fn an_abstract_says_it_at_its_start_or_its_end() {
        let body = "We study the flow of ice. The flow is slow. A model of it is given. Data agree with it. ";
        let notice = "This paper has been withdrawn by the authors due to an error.";
        for text in [notice.to_owned(), format!("{notice} {body}"), format!("{body}{notice}")] {
            assert!(tells(Place::Abstract, &text), "{text}");
        }
        for text in [
            format!("{body}{notice} {body}"),
            "When a plate is withdrawn from a bath, a film remains.".to_owned(),
            "A drug was withdrawn from the market by its maker. We ask why.".to_owned(),
            "We collect comments that say that this paper has been withdrawn by the authors.".to_owned(),
            "Users may withdraw their data. We let a model forget it.".to_owned(),
            "Obstacles are removed by the robot.".to_owned(),
        ] {
            assert!(!tells(Place::Abstract, &text), "{text}");
        }
    }

    #[test]
    fn a_title_is_set_off_from_the_word() {
        for title in [
            "WITHDRAWN: Slow Ice",
            "[Withdrawn] Slow Ice",
            "Slow Ice (withdrawn)",
            "Withdrawn",
            "This paper has been withdrawn",
        ] {
            assert!(tells(Place::Title, title), "{title}");
        }
        for title in ["Withdrawn Users of Networks", "Withdrawing a Plate from a Bath", "Why Drugs Are Withdrawn"] {
            assert!(!tells(Place::Title, title), "{title}");
        }
    }
}
