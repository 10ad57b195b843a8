//! Texts in, token ids within the model's limit out, with the number of tokens that were cut.
//!
//! tokenizer.json's own truncation and padding are overridden: all-MiniLM's cuts to 128 and pads to 128 although the
//! model takes 256. Texts are tokenised to their end, so that the cut can be counted; that is linear in their length.
//! tokenizer.json is untrusted, and crafted ones are known to panic, at load or on some text: a panic in here ends
//! as an error.

use std::borrow::Cow;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Once;

use rayon::prelude::*;
use tokenizers::normalizers::{BertNormalizer, Lowercase, NormalizerWrapper, Sequence};
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::{Encoding, PostProcessor, Tokenizer, TruncationDirection};

use super::files::{damaged, damaged_by, printable, read_bounded};
use super::folder::Recipe;
use super::prompts::Role;
use crate::{Error, Result};

/// The largest tokenizer.json that is read. That of XLM-R, with 250,000 tokens, has 17 MB.
const MAX_TOKENIZER: u64 = 128 << 20;

/// Bytes of a text that are tokenised at once, up to the next space. Real abstracts have 2 KB, 20 at most.
const PIECE: usize = 1 << 16;

/// The tokens of one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tokens {
    /// Ids, special tokens included: from 1 to the limit.
    pub ids: Vec<u32>,
    /// Token types, aligned with `ids`.
    pub types: Vec<u32>,
    /// How many tokens of the text are beyond the limit.
    pub cut: u32,
}

/// A loaded tokenizer with its limit and prompts.
pub(super) struct Tokeniser {
    inner: Tokenizer,
    recipe: Recipe,
    /// Tokens for the text itself beside the special ones.
    room: usize,
}

impl Tokeniser {
    /// Loads tokenizer.json and tries it on the empty text.
    pub(super) fn load(root: &Path, recipe: &Recipe) -> Result<Tokeniser> {
        let path = root.join(&recipe.tokenizer);
        let bytes = read_bounded(&path, MAX_TOKENIZER)?;
        let load = || -> tokenizers::Result<(Tokenizer, usize)> {
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
            Ok((inner, special))
        };
        let loaded = quietly(load).map_err(|panic| damaged(&path, format!("crashes the tokenizer: {panic}")))?;
        let (inner, special) = loaded.map_err(|e| damaged_by(&path, "is not understood", e))?;
        // Without special tokens the empty text would have no row to pool.
        if special == 0 {
            return Err(damaged(&path, "adds no special tokens such as [CLS]; every BERT has them".into()));
        }
        let Some(room) = recipe.token_limit.checked_sub(special).filter(|room| *room > 0) else {
            let reason = format!("adds {special} tokens to each text, but {} is the limit", recipe.token_limit);
            return Err(damaged(&path, reason));
        };
        let tokeniser = Tokeniser { inner, recipe: recipe.clone(), room };
        tokeniser.encode(0, "", Role::Passage).map_err(|error| match error {
            Error::Tokens { reason, .. } => damaged(&path, format!("fails on an empty text: {reason}")),
            other => other,
        })?;
        Ok(tokeniser)
    }

    /// Tokenises texts on all cores, in order. `first` is the number of the first text, for messages.
    pub(super) fn encode_all<T: AsRef<str> + Sync>(
        &self,
        first: usize,
        texts: &[T],
        role: Role,
    ) -> Result<Vec<Tokens>> {
        let encode = |(at, text): (usize, &T)| self.encode(first + at, text.as_ref(), role);
        // In two steps: of several errors the first is given, whichever thread was faster.
        let tokens: Vec<Result<Tokens>> = texts.par_iter().enumerate().map(encode).collect();
        tokens.into_iter().collect()
    }

    fn encode(&self, index: usize, text: &str, role: Role) -> Result<Tokens> {
        let failed = |reason: String| Error::Tokens { index, reason: printable(&reason) };
        let prompt = self.recipe.prompt(role);
        let prompted = if prompt.is_empty() { Cow::from(text) } else { Cow::from(format!("{prompt}{text}")) };
        let run = || self.cut(&prompted);
        let (encoding, cut) = quietly(run)
            .map_err(|panic| failed(format!("the tokenizer crashes: {panic}")))?
            .map_err(|e| failed(e.to_string()))?;
        let (ids, types) = (encoding.get_ids().to_vec(), encoding.get_type_ids().to_vec());
        if ids.is_empty() || ids.len() > self.recipe.token_limit || types.len() != ids.len() {
            let limit = self.recipe.token_limit;
            return Err(failed(format!("the tokenizer gives {} tokens, 1 to {limit} are possible", ids.len())));
        }
        if let Some(id) = ids.iter().find(|id| **id as usize >= self.recipe.architecture.vocabulary) {
            let known = self.recipe.architecture.vocabulary;
            return Err(failed(format!("the tokenizer gives the id {id}, but the model knows {known}")));
        }
        if let Some(kind) = types.iter().find(|kind| **kind as usize >= self.recipe.architecture.types) {
            let known = self.recipe.architecture.types;
            return Err(failed(format!("the tokenizer gives the token type {kind}, but the model knows {known}")));
        }
        Ok(Tokens { ids, types, cut })
    }

    /// Tokenises to the end, cuts to the room there is, and only then adds the special tokens: a tokenizer that is told to
    /// cut may stop early, and would leave nothing to count.
    fn cut(&self, text: &str) -> tokenizers::Result<(Encoding, u32)> {
        let mut kept = Encoding::default();
        let mut total = 0;
        for piece in self.pieces(text) {
            let encoding = self.inner.encode_fast(piece, false)?;
            total += encoding.len();
            if kept.len() < self.room || self.recipe.cut_left {
                kept.merge_with(encoding, false);
            }
        }
        let direction = if self.recipe.cut_left { TruncationDirection::Left } else { TruncationDirection::Right };
        kept.truncate(self.room, 0, direction);
        // The rest comes back in parts, each of which would be given special tokens of its own.
        kept.take_overflowing();
        let cut = total - kept.len();
        Ok((self.inner.post_process(kept, None, true)?, u32::try_from(cut).unwrap_or(u32::MAX)))
    }

    /// Cuts a long text behind spaces and line feeds, where a BERT tokenizer separates words anyway, so that the tokens
    /// are the same. Tokenising takes some 400 bytes for each byte of a text: 7 GB for 16 MB, if left whole.
    fn pieces<'a>(&self, text: &'a str) -> Vec<&'a str> {
        if !matches!(self.inner.get_pre_tokenizer(), Some(PreTokenizerWrapper::BertPreTokenizer(_))) {
            return vec![text];
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while rest.len() > PIECE {
            let Some(space) = rest.as_bytes()[PIECE..].iter().position(|b| matches!(b, b' ' | b'\n')) else { break };
            let (piece, behind) = rest.split_at(PIECE + space + 1);
            pieces.push(piece);
            rest = behind;
        }
        pieces.push(rest);
        pieces
    }
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs something that may panic and gives the panic's words back, without printing them.
///
/// The process has one panic hook. Ours hands every panic on to the one before it, except those of threads that are
/// in here.
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
    // Nothing of what `run` borrows is used after a panic but the tokenizer, whose caches are behind locks.
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
    use crate::embed::folder::BertNormaliser;

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
        tokeniser.encode(0, text, Role::Passage).unwrap().ids
    }

    /// The ids are those of sentence-transformers 6.2 with the same switch in tokenizer_config.json.
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

    #[test]
    fn what_is_cut_is_counted_on_either_side() {
        let limited = |cut_left| {
            tiny(|recipe| {
                recipe.token_limit = 4;
                recipe.cut_left = cut_left;
            })
        };
        let [on, paper] = [247, 194];
        let tokens = limited(false).encode(0, "paper on on on", Role::Passage).unwrap();
        assert_eq!(tokens, Tokens { ids: vec![2, paper, on, 3], types: vec![0; 4], cut: 2 });
        let tokens = limited(true).encode(0, "paper on on on", Role::Passage).unwrap();
        assert_eq!(tokens, Tokens { ids: vec![2, on, on, 3], types: vec![0; 4], cut: 2 });
        let tokens = limited(false).encode(0, "", Role::Passage).unwrap();
        assert_eq!(tokens, Tokens { ids: vec![2, 3], types: vec![0; 2], cut: 0 });
    }

    #[test]
    fn a_long_text_has_the_same_tokens_in_pieces() {
        let tokeniser = tiny(|recipe| recipe.token_limit = 1 << 20);
        let texts = [
            "paper on é, 中文 and [MASK] ".repeat(9000),
            "x\u{301}\n \u{301}".repeat(40_000),
            format!("{}paper on", " \n".repeat(PIECE)),
            "中".repeat(PIECE),
        ];
        for text in texts {
            let whole = tokeniser.inner.encode_fast(text.as_str(), true).unwrap();
            let pieces = tokeniser.encode(0, &text, Role::Passage).unwrap();
            assert_eq!(pieces.ids, whole.get_ids());
            assert_eq!((pieces.types.as_slice(), pieces.cut), (whole.get_type_ids(), 0));
            let inside = &whole.get_ids()[1..whole.len() - 1];
            for cut_left in [false, true] {
                let few = tiny(|recipe| recipe.cut_left = cut_left).encode(0, &text, Role::Passage).unwrap();
                assert_eq!(few.ids.len() + few.cut as usize, whole.len());
                let kept = &few.ids[1..few.ids.len() - 1];
                let expected = if cut_left { &inside[inside.len() - kept.len()..] } else { &inside[..kept.len()] };
                assert_eq!(kept, expected);
            }
        }
    }
}
