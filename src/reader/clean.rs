//! Text as a digest wrote it, made fit to store and to print.
//!
//! In: any text of a hostile file. Out: the same text on one line, runs of white space folded to
//! one space, without control characters, terminal escape sequences and what cannot be seen. LaTeX,
//! Chinese and U+FFFD stay: they are the text. Cleaning happens once, on the way in, so that
//! nothing later needs to remember it.

/// Longest terminal sequence that is taken out whole. A longer run after an escape is more likely
/// text.
const LONGEST_SEQUENCE: usize = 256;

/// Folds white space to single spaces, trims, and takes out what must never reach a terminal.
pub fn clean(text: &str) -> String {
    let text = text.trim();
    if text.bytes().all(|b| (b' '..0x7f).contains(&b)) && !text.contains("  ") {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut space = false;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        // A word without anything to look at is taken whole.
        let plain = rest.bytes().take_while(u8::is_ascii_graphic).count();
        if plain > 0 {
            if space && !out.is_empty() {
                out.push(' ');
            }
            space = false;
            let (word, tail) = rest.split_at(plain);
            out.push_str(word);
            rest = tail;
            continue;
        }
        let length = sequence(rest).unwrap_or(c.len_utf8());
        let (head, tail) = rest.split_at(length);
        rest = tail;
        if head.len() != c.len_utf8() || is_unwanted(c) {
            continue;
        }
        if c.is_whitespace() {
            space = true;
            continue;
        }
        if space && !out.is_empty() {
            out.push(' ');
        }
        space = false;
        out.push(c);
    }
    out
}

/// [`clean`], cut to at most `limit` characters for messages.
pub fn excerpt(text: &str, limit: usize) -> String {
    let start: String = text.chars().take(limit.saturating_mul(4)).collect();
    let cleaned = clean(&start);
    match cleaned.char_indices().nth(limit) {
        Some((at, _)) => format!("{}…", cleaned[..at].trim_end()),
        None => cleaned,
    }
}

/// What no reader sees, so that it must not be shown, searched or handed on: control characters
/// that are no white space, soft hyphens, zero-width spaces, marks of direction, byte-order marks,
/// tags and noncharacters. Joiners stay: emoji and the scripts of India and Persia are written with
/// them.
fn is_unwanted(c: char) -> bool {
    (c.is_control() && !c.is_whitespace())
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fff0}'..='\u{fffb}')
        || matches!(c, '\u{fdd0}'..='\u{fdef}' | '\u{e0000}'..='\u{e0fff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

/// Length of the terminal sequence (ECMA-48: CSI, OSC and the other string types) that `text`
/// begins with.
///
/// `None` where there is none or it has no end nearby; the lone escape is then dropped as a control
/// character.
fn sequence(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (kind, body) = match bytes {
        [0x1b, kind, ..] => (*kind, 2),
        // The same introducers as single C1 characters, two bytes each in UTF-8.
        [0xc2, c1 @ (0x90 | 0x98 | 0x9b | 0x9d..=0x9f), ..] => (c1 - 0x40, 2),
        _ => return None,
    };
    let window = &bytes[body..bytes.len().min(body + LONGEST_SEQUENCE)];
    match kind {
        b'[' => {
            let end = window.iter().position(|b| !(0x20..=0x3f).contains(b))?;
            (0x40..=0x7e).contains(&window[end]).then_some(body + end + 1)
        }
        b']' | b'P' | b'X' | b'^' | b'_' => {
            let end = window.iter().position(|b| matches!(b, 0x07 | 0x1b) || *b == b'\n')?;
            match window[end..] {
                [0x07, ..] => Some(body + end + 1),
                [0x1b, b'\\', ..] => Some(body + end + 2),
                _ => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_folded() {
        assert_eq!(clean("  A\r\n  hard-wrapped\n\nline\tof\u{3000}text\u{c}  "), "A hard-wrapped line of text");
        assert_eq!(clean("one line"), "one line");
        assert_eq!(clean("two  spaces"), "two spaces");
        assert_eq!(clean(" \n "), "");
    }

    #[test]
    fn terminal_sequences_are_taken_out_whole() {
        assert_eq!(clean("a\u{1b}[31;1mred\u{1b}[0m b"), "ared b");
        assert_eq!(clean("a\u{1b}]0;own title\u{7}b"), "ab");
        assert_eq!(clean("a\u{1b}]8;;http://x.example\u{1b}\\link"), "alink");
        assert_eq!(clean("a\u{9b}2Jb"), "ab");
        assert_eq!(clean("a\u{1b}b"), "ab");
        assert_eq!(clean("a\u{1b}]never ended"), "a]never ended");
        assert_eq!(clean("\u{1b}"), "");
    }

    #[test]
    fn control_characters_and_overrides_go_but_text_stays() {
        assert_eq!(clean("a\0b\u{7f}c\u{85}d\u{202e}e\u{2066}f\u{feff}"), "abc def");
        assert_eq!(
            clean("re\u{ad}cy\u{200b}cle\u{e0041}\u{e0074}d\u{200f} \u{2060}ice\u{fdd0}\u{1ffff}"),
            "recycled ice"
        );
        assert_eq!(clean("生\u{fffd}启发 $\\mathtt{[M]}$ é 👩‍🔬"), "生\u{fffd}启发 $\\mathtt{[M]}$ é 👩‍🔬");
    }

    #[test]
    fn excerpts_are_cut_at_a_character() {
        assert_eq!(excerpt("图神经网络", 3), "图神经…");
        assert_eq!(excerpt("short", 10), "short");
    }
}
