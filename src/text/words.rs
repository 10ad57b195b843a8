//! How text becomes the words of the keyword index, in Rust and nowhere else.
//!
//! In: titles, abstracts, names, queries. Out: folded words. FTS5's own `unicode61` takes a Chinese
//! sentence for one word and knows no LaTeX; folding here makes `Erd\H{o}s`, `Erdős` and `erdos`
//! one word, each Han, kana or Hangul character a word of its own, and lets the answering side ask
//! for exactly the words that the index holds.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// Longer runs of letters are data, not words; cut alike in texts and queries.
const LONGEST_WORD: usize = 64;

/// One folded word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub text: String,
    /// Whether it is a Chinese, Japanese or Korean character that follows another one at once.
    pub joined: bool,
    /// Whether it is such a character at all.
    pub cjk: bool,
}

/// The words of a text, in order, as the keyword index holds them: lower case, without accents,
/// Chinese, Japanese and Korean by the character. What
/// [`document_frequency`](crate::library::Library::document_frequency) is asked with.
pub fn terms(text: &str) -> Vec<String> {
    words(text).into_iter().map(|word| word.text).collect()
}

/// As [`terms`], one after the other.
pub(crate) fn each_term(text: &str, visit: &mut dyn FnMut(&str)) {
    cut(text, &mut |word, _, _| visit(word));
}

/// The words of a text.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    cut(text, &mut |text, cjk, joined| words.push(Word { text: text.to_owned(), joined, cjk }));
    words
}

/// The words of a text with a space between, as they go into the index.
pub(crate) fn prepare(text: &str) -> String {
    let mut prepared = String::with_capacity(text.len());
    prepare_into(&mut prepared, text);
    prepared
}

/// Appends the words of a text to those of another.
pub(crate) fn prepare_into(prepared: &mut String, text: &str) {
    cut(text, &mut |word, _, _| {
        if !prepared.is_empty() {
            prepared.push(' ');
        }
        prepared.push_str(word);
    });
}

/// Calls `found(word, is CJK, directly follows a CJK character)` for every word.
fn cut(text: &str, found: &mut dyn FnMut(&str, bool, bool)) {
    let text = without_latex_accents(text);
    let mut cutter = Cutter { word: String::new(), letters: 0, after_cjk: false, found };
    // A space parts words, and composes with nothing. Between spaces most texts are ASCII, whatever
    // else stands in them.
    for piece in text.split(' ') {
        if piece.is_ascii() {
            cutter.ascii_piece(piece);
        } else {
            // Composed first, so that a voiced kana or a Hangul syllable is one character; wide
            // Latin letters become narrow.
            piece.nfkc().for_each(|letter| cutter.letter(letter));
        }
        cutter.separator();
    }
}

struct Cutter<'a> {
    word: String,
    letters: usize,
    after_cjk: bool,
    found: &'a mut dyn FnMut(&str, bool, bool),
}

impl Cutter<'_> {
    /// As [`Cutter::ascii`] for each letter, between separators.
    fn ascii_piece(&mut self, piece: &str) {
        for word in piece.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
            self.word.push_str(&word[..word.len().min(LONGEST_WORD)]);
            self.word.make_ascii_lowercase();
            self.end_word();
        }
    }

    fn ascii(&mut self, letter: char) {
        if letter.is_ascii_alphanumeric() {
            self.push(letter.to_ascii_lowercase());
        } else {
            self.separator();
        }
    }

    fn letter(&mut self, letter: char) {
        if letter.is_ascii() {
            self.ascii(letter);
        } else if is_cjk(letter) {
            self.end_word();
            (self.found)(letter.encode_utf8(&mut [0; 4]), true, self.after_cjk);
            self.after_cjk = true;
        } else if is_combining_mark(letter) {
            // An accent with nothing to compose with: part of the word, worth nothing.
        } else if letter.is_alphanumeric() {
            decompose_compatible(letter, |part| match plain(part) {
                Some(plain) => plain.chars().for_each(|letter| self.push(letter)),
                None if is_combining_mark(part) => {}
                None => part.to_lowercase().for_each(|letter| self.push(letter)),
            });
        } else {
            self.separator();
        }
    }

    fn push(&mut self, letter: char) {
        self.after_cjk = false;
        if self.letters < LONGEST_WORD {
            self.word.push(letter);
        }
        self.letters += 1;
    }

    fn separator(&mut self) {
        self.end_word();
        self.after_cjk = false;
    }

    fn end_word(&mut self) {
        if !self.word.is_empty() {
            (self.found)(&self.word, false, false);
            self.word.clear();
        }
        self.letters = 0;
    }
}

/// Letters that Unicode does not decompose, as people type them without their keyboard.
fn plain(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ø' | 'Ø' => "o",
        'ł' | 'Ł' => "l",
        'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'ß' | 'ẞ' => "ss",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'þ' | 'Þ' => "th",
        'ı' => "i",
        'ς' => "σ",
        _ => return None,
    })
}

/// Han, kana and Hangul: written without spaces between words, or (Korean) with endings glued on.
fn is_cjk(letter: char) -> bool {
    matches!(letter,
        '\u{1100}'..='\u{11ff}'     // Hangul letters
        | '\u{3005}'..='\u{3007}'   // iteration mark and the like
        | '\u{3041}'..='\u{3096}'   // hiragana
        | '\u{309d}'..='\u{309f}'
        | '\u{30a1}'..='\u{30fa}'   // katakana
        | '\u{30fc}'..='\u{30ff}'
        | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}'   // Han
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}'   // Hangul syllables
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}')
}

/// `Erd\H{o}s`, `G{\"o}del` and `\L{}ukasz` without their accents.
fn without_latex_accents(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '{']) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        match latex_letter(rest) {
            Some((letter, length)) => {
                plain.push_str(letter);
                rest = &rest[length..];
            }
            None => {
                plain.push_str(&rest[..1]);
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// The letter that an accent command at the beginning of `text` stands for, and the length of the
/// command in bytes.
fn latex_letter(text: &str) -> Option<(&str, usize)> {
    let inside = text.strip_prefix('{');
    let command = inside.unwrap_or(text).strip_prefix('\\')?;
    let (letter, mut rest) = accented(command).or_else(|| special(command))?;
    if inside.is_some() {
        rest = rest.strip_prefix('}')?;
    }
    Some((letter, text.len() - rest.len()))
}

/// `"o`, `'{e}`, `c{c}`, `v s`, `'\i`, without the backslash before: the letter and what follows.
fn accented(command: &str) -> Option<(&str, &str)> {
    let accent = command.chars().next()?;
    let rest = command.get(1..)?;
    let rest = match accent {
        '"' | '\'' | '`' | '^' | '~' | '=' | '.' => rest,
        'H' | 'b' | 'c' | 'd' | 'k' | 'r' | 'u' | 'v' if rest.starts_with(['{', ' ']) => rest.trim_start_matches(' '),
        _ => return None,
    };
    let inside = rest.strip_prefix('{');
    let body = inside.unwrap_or(rest);
    let body = body.strip_prefix('\\').unwrap_or(body);
    if !body.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
        return None;
    }
    let (letter, rest) = body.split_at(1);
    Some((letter, if inside.is_some() { rest.strip_prefix('}')? } else { rest }))
}

/// `o`, `ss`, `ae` and their like, ended by something that is no letter: the plain letters and what
/// follows.
fn special(command: &str) -> Option<(&str, &str)> {
    let end = command.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(command.len());
    let (name, rest) = command.split_at(end);
    let letters = match name {
        "o" | "O" | "l" | "L" | "i" | "j" | "ss" | "ae" | "AE" | "oe" | "OE" => name,
        "aa" | "AA" => &name[..1],
        _ => return None,
    };
    let rest = rest.strip_prefix("{}").or_else(|| rest.strip_prefix(' ')).unwrap_or(rest);
    Some((letters, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_case_and_width_fold() {
        for text in ["Erdős", "ERDO\u{30b}S", r"Erd\H{o}s", r"Erd{\H o}s", "Ｅｒｄős"] {
            assert_eq!(prepare(text), "erdos", "{text}");
        }
        for text in [r#"G\"odel"#, r#"G\"{o}del"#, r#"G{\"o}del"#, r#"G{\"{o}}del"#, "Gödel"] {
            assert_eq!(prepare(text), "godel", "{text}");
        }
        assert_eq!(
            prepare(r"\L{}ukasz Mac{\'\i}as Fran\c{c}ois S\o ren Stra\ss e"),
            "lukasz macias francois soren strasse"
        );
        assert_eq!(prepare("Łukasz Søren Straße Æther İstanbul ΣΟΦΟΣ"), "lukasz soren strasse aether istanbul σοφοσ");
    }

    proptest::proptest! {
        #[test]
        fn pieces_are_cut_as_their_whole(
            text in "([a-zA-Z0-9,\\-.$ é\u{301}\u{30b}ß\u{a0}\u{a8}ガ\u{30ab}\u{3099}图神한\u{1100}\u{1161}ＥﬁΣ]|[a-z]{60,70}){0,40}",
        ) {
            let mut whole = Vec::new();
            let mut found = |text: &str, cjk: bool, joined: bool| whole.push(Word { text: text.to_owned(), joined, cjk });
            let mut cutter = Cutter { word: String::new(), letters: 0, after_cjk: false, found: &mut found };
            text.nfkc().for_each(|letter| cutter.letter(letter));
            cutter.end_word();
            proptest::prop_assert_eq!(words(&text), whole);
        }
    }

    #[test]
    fn latex_that_is_no_accent_stays_words() {
        assert_eq!(prepare(r"$\mathbb{R}^n$ and \omega_1"), "mathbb r n and omega 1");
        assert_eq!(prepare(r"a\"), "a");
        assert_eq!(prepare(r"{\"), "");
        assert_eq!(prepare(r"\'{é}x"), "e x");
    }

    #[test]
    fn every_cjk_character_is_a_word() {
        assert_eq!(prepare("基于图神经网络的GNN推荐"), "基 于 图 神 经 网 络 的 gnn 推 荐");
        assert_eq!(prepare("ガ\u{30ab}\u{3099}データ 한국어"), "ガ ガ デ ー タ 한 국 어");
        let joined: Vec<bool> = words("图神 经a网").iter().map(|word| word.joined).collect();
        assert_eq!(joined, [false, true, false, false, false]);
    }

    #[test]
    fn separators_and_oversized_words() {
        assert_eq!(prepare("state-of-the-art, O(n)\0x\u{1b}[31m"), "state of the art o n x 31m");
        assert_eq!(terms(&"x".repeat(1000)), ["x".repeat(LONGEST_WORD)]);
        assert_eq!(terms(" \u{301} "), Vec::<String>::new());
    }
}
