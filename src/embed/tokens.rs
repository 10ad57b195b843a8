//! Texts in, token ids within the model's limit out, with the number of tokens that were cut.
//!
//! tokenizer.json's own truncation and padding are overridden: all-MiniLM's cuts to 128 and pads to
//! 128 although the model takes 256. Texts are tokenised to their end, so that the cut can be
//! counted; that is linear in their length. tokenizer.json is untrusted, and crafted ones are known
//! to panic, at load or on some text: a panic in here ends as an error.

use std::borrow::Cow;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Once;

use rayon::prelude::*;
use tokenizers::normalizers::{BertNormalizer, Lowercase, NormalizerWrapper, Sequence};
use tokenizers::{Encoding, PostProcessor, Token, Tokenizer, TruncationDirection};

use super::batch::Tokens;
use super::files::{damaged, damaged_by, printable, read_bounded};
use super::folder::Recipe;
use super::long::{Around, WINDOW, windows};
use super::options::Long;
use super::prompts::Role;
use super::token_cache::{NewWords, Words};
use super::tokenizer_limits;
use crate::error::{EmbeddingError, Error, Result};

/// The largest tokenizer.json that is read. That of XLM-R, with 250,000 tokens, has 17 MB.
const MAX_TOKENIZER: u64 = 128 << 20;

/// Texts that a thread tokenises in one go.
const PER_THREAD: usize = 16;

/// A loaded tokenizer with its limit and prompts.
pub(super) struct Tokeniser {
    inner: Tokenizer,
    /// Where the tokenizer takes words one by one.
    words: Option<Words>,
    recipe: Recipe,
    /// Tokens for the text itself beside the special ones.
    room: usize,
    /// Special tokens that stand around a text.
    around: Around,
}

impl Tokeniser {
    /// Loads tokenizer.json and tries it on the empty text.
    pub(super) fn load(root: &Path, recipe: &Recipe) -> Result<Tokeniser> {
        let path = root.join(&recipe.tokenizer);
        let bytes = read_bounded(&path, MAX_TOKENIZER)?;
        if let Some(reason) = tokenizer_limits::exceeded(&bytes) {
            return Err(damaged(&path, reason));
        }
        let load = || -> tokenizers::Result<(Tokenizer, Option<Words>, usize, usize)> {
            let mut inner = Tokenizer::from_bytes(&bytes)?;
            inner.with_truncation(None)?.with_padding(None);
            if let (Some(switches), Some(NormalizerWrapper::BertNormalizer(own))) =
                (recipe.normaliser, inner.get_normalizer())
            {
                let (lower, accents) = (switches.lower_case, switches.strip_accents);
                let normaliser = BertNormalizer::new(own.clean_text, switches.chinese, accents, lower);
                inner.with_normalizer(Some(normaliser))?;
            }
            if recipe.lower_case {
                let own = inner.get_normalizer().cloned();
                let both = [Some(Lowercase.into()), own].into_iter().flatten().collect();
                inner.with_normalizer(Some(Sequence::new(both)))?;
            }
            let special = inner.get_post_processor().map_or(0, |processor| processor.added_tokens(false));
            let words = Words::of(&inner)?;
            let before = leading(&inner)?;
            Ok((inner, words, special, before))
        };
        let loaded = quietly(load).map_err(|panic| damaged(&path, format!("crashes the tokenizer: {panic}")))?;
        let (inner, words, special, before) = loaded.map_err(|e| damaged_by(&path, "is not understood", e))?;
        // Without special tokens the empty text would have no row to pool.
        if special == 0 {
            return Err(damaged(&path, "adds no special tokens such as [CLS]; every BERT has them".into()));
        }
        let Some(room) = recipe.token_limit.checked_sub(special).filter(|room| *room > 0) else {
            let reason = format!("adds {special} tokens to each text, but {} is the limit", recipe.token_limit);
            return Err(damaged(&path, reason));
        };
        let around = Around { before, behind: special.saturating_sub(before) };
        let tokeniser = Tokeniser { inner, words, recipe: recipe.clone(), room, around };
        tokeniser.encode(0, "", Role::Passage, &mut NewWords::new()).map_err(|error| match error {
            Error::Embedding(EmbeddingError::Tokens { reason, .. }) => {
                damaged(&path, format!("fails on an empty text: {reason}"))
            }
            other => other,
        })?;
        Ok(tokeniser)
    }

    /// Tokenises texts on all cores, in order; each is one part, or as many as it has windows.
    /// `first` is the number of the first text, for messages.
    pub(super) fn encode_all<T: AsRef<str> + Sync>(
        &self,
        first: usize,
        texts: &[T],
        role: Role,
        long: Long,
    ) -> Result<Vec<Vec<Tokens>>> {
        let mut tokens = Vec::with_capacity(texts.len());
        while tokens.len() < texts.len() {
            let (done, stride) = (tokens.len(), self.words.as_ref().map_or(texts.len(), Words::stride));
            let next = &texts[done..texts.len().min(done + stride)];
            let some = |(number, some): (usize, &[T])| {
                let mut new = NewWords::new();
                let from = first + done + number * PER_THREAD;
                let encode = |(at, text): (usize, &T)| match long {
                    Long::Truncate => self.encode(from + at, text.as_ref(), role, &mut new).map(|text| vec![text]),
                    Long::Window => self.encode_windows(from + at, text.as_ref(), role, &mut new),
                };
                let tokens: Vec<Result<Vec<Tokens>>> = some.iter().enumerate().map(encode).collect();
                (tokens, new)
            };
            // In two steps: of several errors the first is given, whichever thread was faster.
            let encoded: Vec<_> = next.par_chunks(PER_THREAD).enumerate().map(some).collect();
            for (encoded, new) in encoded {
                if let Some(words) = &self.words {
                    words.keep(new);
                }
                for text in encoded {
                    tokens.push(text?);
                }
            }
        }
        Ok(tokens)
    }

    /// The windows of a text: one where it fits.
    fn encode_windows(&self, index: usize, text: &str, role: Role, new: &mut NewWords) -> Result<Vec<Tokens>> {
        // As many as a text could have; a sum of a few of them must not overflow.
        let whole = self.encode_within(index, text, role, usize::MAX / 8, new)?;
        let special = self.around.before + self.around.behind;
        if whole.ids.len() - special <= self.room {
            return Ok(vec![whole]);
        }
        Ok(windows(&whole, self.around, self.room.min(WINDOW.saturating_sub(special).max(1))))
    }

    fn encode(&self, index: usize, text: &str, role: Role, new: &mut NewWords) -> Result<Tokens> {
        self.encode_within(index, text, role, self.room, new)
    }

    /// The tokens of a text, of which `room` are its own at the most.
    fn encode_within(&self, index: usize, text: &str, role: Role, room: usize, new: &mut NewWords) -> Result<Tokens> {
        let failed = |reason: String| Error::from(EmbeddingError::Tokens { index, reason: printable(&reason) });
        let prompt = self.recipe.prompt(role);
        let prompted = if prompt.is_empty() { Cow::from(text) } else { Cow::from(format!("{prompt}{text}")) };
        let run = || self.cut(&prompted, room, new);
        let (ids, types, cut) = quietly(run)
            .map_err(|panic| failed(format!("the tokenizer crashes: {panic}")))?
            .map_err(|e| failed(e.to_string()))?;
        let limit = room.saturating_add(self.recipe.token_limit - self.room);
        if ids.is_empty() || ids.len() > limit || types.len() != ids.len() {
            return Err(failed(format!("the tokenizer gives {} tokens, 1 to {limit} are possible", ids.len())));
        }
        if let Some(id) = ids.iter().find(|id| **id as usize >= self.recipe.architecture.vocabulary) {
            let known = self.recipe.architecture.vocabulary;
            return Err(failed(format!("the tokenizer gives the id {id}, but the model knows {known}")));
        }
        if let Some(kind) = types.iter().find(|kind| **kind as usize >= self.recipe.architecture.types.max(1)) {
            let known = self.recipe.architecture.types.max(1);
            return Err(failed(format!("the tokenizer gives the token type {kind}, but the model knows {known}")));
        }
        Ok(Tokens { ids, types, cut })
    }

    /// Ids and types with `room` for the text's own, and the number of tokens cut. Tokenises to the
    /// end, cuts to the room there is, and only then adds the special tokens: a tokenizer that is
    /// told to cut may stop early, and would leave nothing to count.
    fn cut(&self, text: &str, room: usize, new: &mut NewWords) -> tokenizers::Result<(Vec<u32>, Vec<u32>, u32)> {
        let (ids, types, cut) = match &self.words {
            Some(words) => words.encode(&self.inner, text, room, self.recipe.cut_left, new)?,
            None => {
                let mut kept = self.inner.encode_fast(text, false)?;
                let total = kept.len();
                let left = self.recipe.cut_left;
                let direction = if left { TruncationDirection::Left } else { TruncationDirection::Right };
                kept.truncate(room, 0, direction);
                // The rest comes back in parts, each of which would be given special tokens of its
                // own.
                kept.take_overflowing();
                let cut = total - kept.len();
                let encoding = self.inner.post_process(kept, None, true)?;
                (encoding.get_ids().to_vec(), encoding.get_type_ids().to_vec(), cut)
            }
        };
        Ok((ids, types, u32::try_from(cut).unwrap_or(u32::MAX)))
    }
}

/// Special tokens that stand before a text.
fn leading(tokenizer: &Tokenizer) -> tokenizers::Result<usize> {
    let one = Encoding::from_tokens(vec![Token::new(0, "a".to_owned(), (0, 1))], 0);
    let whole = tokenizer.post_process(one, None, true)?;
    Ok(whole.get_special_tokens_mask().iter().take_while(|special| **special == 1).count())
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs something that may panic and gives the panic's words back, without printing them.
///
/// The process has one panic hook. Ours hands every panic on to the one before it, except those of
/// threads that are in here.
fn quietly<T>(run: impl FnOnce() -> T) -> std::result::Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !QUIET.get() {
                before(panic);
            }
        }));
    });
    let was_quiet = QUIET.replace(true);
    // Nothing of what `run` borrows is used after a panic but the tokenizer, whose caches are
    // behind locks.
    let outcome = catch_unwind(AssertUnwindSafe(run));
    QUIET.set(was_quiet);
    outcome.map_err(|panic| {
        let words =
            panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        words.unwrap_or("no reason given").to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embed::module::BertNormaliser;

    #[test]
    fn a_panic_ends_as_words() {
        assert_eq!(quietly(|| 7), Ok(7));
        assert_eq!(quietly(|| panic!("a {}\n", "reason")), Err::<(), _>("a reason\n".into()));
        assert!(quietly(|| [1, 2][std::hint::black_box(2)]).is_err());
        assert!(!QUIET.get());
    }

    fn tiny(change: impl FnOnce(&mut Recipe)) -> Tokeniser {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/tiny-bert");
        let mut recipe = Recipe::read(&root).unwrap();
        change(&mut recipe);
        Tokeniser::load(&root, &recipe).unwrap()
    }

    fn ids(tokeniser: &Tokeniser, text: &str) -> Vec<u32> {
        tokeniser.encode(0, text, Role::Passage, &mut NewWords::new()).unwrap().ids
    }

    /// The ids are those of sentence-transformers 6.2 with the same switch in
    /// tokenizer_config.json.
    #[test]
    fn the_switches_of_the_normaliser_are_obeyed() {
        let text = "Paper on É naïve 中文";
        assert_eq!(ids(&tiny(|_| ()), text), [2, 194, 247, 47, 56, 73, 81, 94, 77, 139, 123, 3]);
        let switched =
            |change: fn(&mut BertNormaliser)| ids(&tiny(|recipe| recipe.normaliser.iter_mut().for_each(change)), text);
        assert_eq!(switched(|own| own.lower_case = false), [2, 1, 247, 1, 1, 139, 123, 3]);
        assert_eq!(switched(|own| own.strip_accents = Some(false)), [2, 194, 247, 120, 1, 139, 123, 3]);
        assert_eq!(switched(|own| own.chinese = false), [2, 194, 247, 47, 56, 73, 81, 94, 77, 1, 3]);
    }

    /// transformers 5.23 builds these tokenizers anew from the switches, and takes others as they
    /// are.
    #[test]
    fn whose_normaliser_has_switches() {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models");
        let normaliser = |name: &str| Recipe::read(&models.join(name)).unwrap().normaliser;
        let usual = BertNormaliser { lower_case: true, strip_accents: None, chinese: true };
        assert_eq!(normaliser("tiny-bert"), Some(usual));
        assert_eq!(normaliser("tiny-distilbert"), Some(usual));
        assert_eq!(normaliser("tiny-roberta"), None);
    }

    #[test]
    fn what_is_cut_is_counted_on_either_side() {
        let limited = |cut_left| {
            tiny(|recipe| {
                recipe.token_limit = 4;
                recipe.cut_left = cut_left;
            })
        };
        let [on, paper] = [247, 194];
        let tokens = limited(false).encode(0, "paper on on on", Role::Passage, &mut NewWords::new()).unwrap();
        assert_eq!(tokens, Tokens { ids: vec![2, paper, on, 3], types: vec![0; 4], cut: 2 });
        let tokens = limited(true).encode(0, "paper on on on", Role::Passage, &mut NewWords::new()).unwrap();
        assert_eq!(tokens, Tokens { ids: vec![2, on, on, 3], types: vec![0; 4], cut: 2 });
        let tokens = limited(false).encode(0, "", Role::Passage, &mut NewWords::new()).unwrap();
        assert_eq!(tokens, Tokens { ids: vec![2, 3], types: vec![0; 2], cut: 0 });
    }
}
