//! The token ids of words that were met before.
//!
//! A BERT tokenizer separates words at spaces whatever stands around them, so a text's ids are
//! those of its words one behind the other, and a word's ids are always the same. Real abstracts
//! repeat their words. The tokenizer itself is asked for new ones alone: half of the time while all
//! are new, a twentieth once they are known (docs/history/embedding.md), and its 400 bytes of
//! memory for each byte are those of a word instead of the whole text.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use tokenizers::normalizers::NormalizerWrapper;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::{PostProcessor, Tokenizer};

/// Words that are kept; more are tokenised each time.
const MOST_WORDS: usize = 1 << 17;

/// The longest word that is kept, in bytes.
const LONGEST_WORD: usize = 48;

/// Words and their ids. Collected text by text and kept between texts: a lock that is taken for
/// each new word would make threads wait for each other.
pub(super) type NewWords = HashMap<Box<str>, Box<[u32]>>;

/// Words of one tokenizer, and what it puts around a text.
pub(super) struct Words {
    known: RwLock<NewWords>,
    /// Special tokens and their types, before and behind a text.
    before: Vec<(u32, u32)>,
    behind: Vec<(u32, u32)>,
    /// The type of a text's own tokens.
    kind: u32,
}

impl Words {
    /// `None` for a tokenizer that is not known to take words one by one.
    pub(super) fn of(tokenizer: &Tokenizer) -> tokenizers::Result<Option<Words>> {
        let by_words = matches!(tokenizer.get_pre_tokenizer(), Some(PreTokenizerWrapper::BertPreTokenizer(_)))
            && tokenizer.get_normalizer().is_none_or(word_by_word)
            && tokenizer
                .get_added_tokens_decoder()
                .values()
                .all(|token| !token.lstrip && !token.rstrip && !token.content.contains([' ', '\n']));
        if !by_words {
            return Ok(None);
        }
        let own = tokenizer.encode_fast("a", false)?;
        let count = own.len();
        let whole = match tokenizer.get_post_processor() {
            Some(processor) => processor.process(own.clone(), None, true)?,
            None => own.clone(),
        };
        let (ids, types) = (whole.get_ids(), whole.get_type_ids());
        let first = whole.get_special_tokens_mask().iter().take_while(|special| **special == 1).count();
        if count == 0 || ids.get(first..first + count) != Some(own.get_ids()) {
            return Ok(None);
        }
        let pairs = |range: std::ops::Range<usize>| range.map(|at| (ids[at], types[at])).collect();
        Ok(Some(Words {
            known: RwLock::default(),
            before: pairs(0..first),
            behind: pairs(first + count..ids.len()),
            kind: types[first],
        }))
    }

    /// Ids and types of a text with the special tokens around it, and how many of its own tokens
    /// are cut so that at most `room` stay: the last, or with `cut_left` the first. Words that are
    /// not known go to `new`.
    pub(super) fn encode(
        &self,
        tokenizer: &Tokenizer,
        text: &str,
        room: usize,
        cut_left: bool,
        new: &mut NewWords,
    ) -> tokenizers::Result<(Vec<u32>, Vec<u32>, usize)> {
        let mut ids: Vec<u32> = self.before.iter().map(|(id, _)| *id).collect();
        let first = ids.len();
        let mut total = 0;
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        for word in text.split([' ', '\n']).filter(|word| !word.is_empty()) {
            let tokens = match known.get(word).or_else(|| new.get(word)) {
                Some(tokens) => tokens,
                None => {
                    let tokens = tokenizer.encode_fast(word, false)?.get_ids().into();
                    new.entry(word.into()).or_insert(tokens)
                }
            };
            total += tokens.len();
            let kept = if cut_left { tokens.len() } else { tokens.len().min(room - (ids.len() - first)) };
            ids.extend_from_slice(&tokens[..kept]);
            if ids.len() - first > 2 * room {
                ids.drain(first..ids.len() - room);
            }
        }
        drop(known);
        let surplus = (ids.len() - first).saturating_sub(room);
        ids.drain(first..first + surplus);
        let own = ids.len() - first;
        ids.extend(self.behind.iter().map(|(id, _)| *id));
        let around = |tokens: &[(u32, u32)]| tokens.iter().map(|(_, kind)| *kind).collect::<Vec<_>>();
        let mut types = around(&self.before);
        types.resize(first + own, self.kind);
        types.extend(around(&self.behind));
        Ok((ids, types, total - own))
    }

    /// How many texts to tokenise before new words are kept again: few at first, when most words
    /// are new.
    pub(super) fn stride(&self) -> usize {
        self.known.read().unwrap_or_else(PoisonError::into_inner).len() / 16 + 64
    }

    /// Keeps new words.
    pub(super) fn keep(&self, new: NewWords) {
        if new.is_empty() {
            return;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for (word, ids) in new {
            if known.len() < MOST_WORDS && word.len() <= LONGEST_WORD {
                known.insert(word, ids);
            }
        }
    }
}

/// Whether a normaliser looks at each character alone, or at the marks that follow it.
fn word_by_word(normaliser: &NormalizerWrapper) -> bool {
    match normaliser {
        NormalizerWrapper::BertNormalizer(_) | NormalizerWrapper::Lowercase(_) => true,
        NormalizerWrapper::Sequence(sequence) => sequence.as_ref().iter().all(word_by_word),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::Path;

    fn tiny() -> Tokenizer {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/tiny-bert/tokenizer.json");
        let mut tokenizer = Tokenizer::from_file(path).unwrap();
        tokenizer.with_truncation(None).unwrap().with_padding(None);
        tokenizer
    }

    fn assert_as_whole(tokenizer: &Tokenizer, words: &Words, text: &str) {
        let whole = tokenizer.encode_fast(text, true).unwrap();
        let mut new = NewWords::new();
        let (ids, types, cut) = words.encode(tokenizer, text, 1 << 20, false, &mut new).unwrap();
        words.keep(new);
        assert_eq!((ids.as_slice(), types.as_slice(), cut), (whole.get_ids(), whole.get_type_ids(), 0), "{text:?}");
        let own = &whole.get_ids()[1..whole.len() - 1];
        for room in [1, 3, 7] {
            let kept = own.len().min(room);
            for (cut_left, expected) in [(false, &own[..kept]), (true, &own[own.len() - kept..])] {
                let (ids, types, cut) = words.encode(tokenizer, text, room, cut_left, &mut NewWords::new()).unwrap();
                assert_eq!((&ids[1..ids.len() - 1], types.len(), cut), (expected, ids.len(), own.len() - kept));
                assert_eq!((ids.first(), ids.last()), (whole.get_ids().first(), whole.get_ids().last()));
            }
        }
    }

    #[test]
    fn words_have_the_ids_of_the_whole_text() {
        let tokenizer = tiny();
        let words = Words::of(&tokenizer).unwrap().unwrap();
        for text in [
            "",
            " \n ",
            "paper on é, 中文 and [MASK] [CLS]x",
            "x\u{301}\n \u{301}\u{308}y \u{a0}\u{2003}on\ton\r\non",
            "the\u{ad}re \u{200b}naïve ΣΑΣ İi \u{fffd} \u{0}a",
        ] {
            // Twice: from the tokenizer, and from what was kept.
            assert_as_whole(&tokenizer, &words, text);
            assert_as_whole(&tokenizer, &words, text);
        }
        assert!(!words.known.read().unwrap().is_empty());
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let tokenizer = tiny();
        let words = Words::of(&tokenizer).unwrap().unwrap();
        let mut new = NewWords::new();
        words.encode(&tokenizer, &"x".repeat(LONGEST_WORD + 1), 8, false, &mut new).unwrap();
        assert_eq!(new.len(), 1);
        words.keep(new);
        assert!(words.known.read().unwrap().is_empty());
        words.keep((0..MOST_WORDS + 5).map(|number| (number.to_string().into(), Box::from([1]))).collect());
        assert_eq!(words.known.read().unwrap().len(), MOST_WORDS);
    }

    #[test]
    fn a_tokenizer_that_looks_beyond_words_is_left_alone() {
        use tokenizers::AddedToken;
        use tokenizers::normalizers::Prepend;
        use tokenizers::pre_tokenizers::byte_level::ByteLevel;
        let mut other = tiny();
        other.with_pre_tokenizer(Some(ByteLevel::default()));
        assert!(Words::of(&other).unwrap().is_none());
        let mut other = tiny();
        other.with_normalizer(Some(Prepend::new("on".into()))).unwrap();
        assert!(Words::of(&other).unwrap().is_none());
        let mut other = tiny();
        other.add_tokens([AddedToken::from("a b", false)]).unwrap();
        assert!(Words::of(&other).unwrap().is_none());
        let mut other = tiny();
        other.add_tokens([AddedToken::from("ab", false).lstrip(true)]).unwrap();
        assert!(Words::of(&other).unwrap().is_none());
    }

    proptest! {
        #[test]
        fn any_text_has_the_ids_of_the_whole(text in "([a-eÉé中 \n]|\\PC|[\u{300}-\u{310}]|\\[MASK\\]|[ -~]){0,60}") {
            let tokenizer = tiny();
            let words = Words::of(&tokenizer).unwrap().unwrap();
            assert_as_whole(&tokenizer, &words, &text);
        }
    }
}
