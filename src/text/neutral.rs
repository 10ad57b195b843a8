//! Texts of foreign origin, made neutral: nothing in them acts on a terminal, a table or a reader.
//!
//! In: any text, also of a library that another program wrote. Out: the same text without what
//! nobody sees ([`line`]), as a cell that no spreadsheet computes ([`cell`]), or as text of
//! Markdown ([`markdown`]). Readers clean what comes in; whatever writes texts out goes through
//! here all the same.

use std::borrow::Cow;

/// Whether a terminal obeys a character, or lines break at it: control characters, overrides of the
/// direction of text, line and paragraph separators.
pub(crate) fn is_obeyed(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// Whether nobody sees a character, though a program may read it: spaces without width, soft
/// hyphens, tags, byte-order marks, noncharacters. Joiners stay: scripts and emoji need them.
pub(crate) fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{206a}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{fdd0}'..='\u{fdef}' | '\u{e0000}'..='\u{e007f}'
    ) || u32::from(c) & 0xfffe == 0xfffe
}

/// A text on one line: white space folded to single spaces, and what is obeyed or unseen taken out.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    folded(text, |c| is_obeyed(c) || is_unseen(c))
}

/// A text on one line: white space folded to single spaces, and what is `hidden` taken out. All of
/// printable ASCII stays.
pub(crate) fn folded(text: &str, hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    if text.bytes().all(|b| (b' '..0x7f).contains(&b)) && !text.contains("  ") && text.trim().len() == text.len() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut space = false;
    for c in text.chars() {
        if c.is_whitespace() {
            space = true;
        } else if !hidden(c) {
            if space && !out.is_empty() {
                out.push(' ');
            }
            space = false;
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// What stands in Markdown for a character that would be markup.
const REFERENCES: [(char, &str); 5] = [('<', "&lt;"), ('&', "&amp;"), ('[', "&#91;"), (']', "&#93;"), ('\\', "&#92;")];

/// A neutral line as text of Markdown: nothing in it begins HTML, a link, an image or a character
/// reference, or ends the link around it. Ordinary texts, brackets and mathematics among them, stay
/// as they are. Reading the references of HTML reverts it.
pub(crate) fn markdown(text: &str) -> Cow<'_, str> {
    let brackets = !brackets_are_harmless(text);
    let is_markup = |at: usize, c: char| {
        let rest = &text[at + c.len_utf8()..];
        match c {
            '<' => rest.starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c)),
            '&' => is_reference(rest),
            '[' | ']' => brackets,
            '\\' => rest.is_empty() || brackets && rest.starts_with(['[', ']']),
            _ => false,
        }
    };
    if !text.char_indices().any(|(at, c)| is_markup(at, c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 32);
    for (at, c) in text.char_indices() {
        match REFERENCES.iter().find(|(own, _)| *own == c) {
            Some((_, reference)) if is_markup(at, c) => out.push_str(reference),
            _ => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Whether the brackets of a text are in pairs and make no link, also within a link of ours.
fn brackets_are_harmless(text: &str) -> bool {
    let mut depth = 0i32;
    let paired = text.chars().all(|c| {
        depth += i32::from(c == '[') - i32::from(c == ']');
        depth >= 0
    });
    let makes = ["](", "][", "]:", "\\[", "\\]", "`"];
    paired && depth == 0 && (!text.contains('[') || !makes.iter().any(|link| text.contains(link)))
}

/// Whether an ampersand before this is the beginning of a character reference.
fn is_reference(rest: &str) -> bool {
    let length = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'#').count();
    length > 0 && rest[length..].starts_with(';')
}

/// The most characters of a name that somebody gives to a topic or a profile.
const LONGEST_NAME: usize = 200;

/// A name that somebody gave, as [`line`], cut where it is endless.
pub(crate) fn name(given: &str) -> Cow<'_, str> {
    let given = line(given);
    match given.char_indices().nth(LONGEST_NAME) {
        Some((at, _)) => Cow::Owned(given[..at].trim_end().to_owned()),
        None => given,
    }
}

/// Bytes of the name of a file that stands for a text.
const LONGEST_FILE_NAME: usize = 100;

/// The name of a file that stands for a text, on any file system: letters and digits stay, and
/// every other byte is `_` and two hexadecimal digits, so that no two texts have one name. A long
/// one ends in a hash of the text.
pub(crate) fn file_name(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte.is_ascii_alphanumeric() {
            true => name.push(char::from(byte)),
            false => name.push_str(&format!("_{byte:02X}")),
        }
    }
    if name.len() > LONGEST_FILE_NAME {
        name.truncate(LONGEST_FILE_NAME - 17);
        name.push_str(&format!("_{:016x}", super::hash(text)));
    }
    name
}

/// The text that [`file_name`] has made a name of; of a long one its beginning.
pub(crate) fn of_file_name(name: &str) -> String {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        match code.filter(|_| *first == b'_') {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    line(&String::from_utf8_lossy(&bytes)).into_owned()
}

/// A text as a cell of a table. A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@`
/// for a formula, also behind quotes and spaces, and one that was told another separator begins a
/// cell at each `;`. An apostrophe before such a beginning makes it text (OWASP, "CSV injection").
pub(crate) fn cell(text: &str) -> Cow<'_, str> {
    rewritten(text, |part| is_formula(part).then_some(("'", part)))
}

/// What [`cell`] was given.
pub(crate) fn of_cell(cell: &str) -> Cow<'_, str> {
    rewritten(cell, |part| part.strip_prefix('\'').filter(|rest| is_formula(rest)).map(|rest| ("", rest)))
}

/// A text of Markdown with the characters that its references stand for: those that [`markdown`]
/// writes. Readers know all references.
#[cfg(test)]
pub(crate) fn of_markdown(text: &str) -> Cow<'_, str> {
    let Some((before, mut rest)) = text.split_once('&') else { return Cow::Borrowed(text) };
    let mut out = before.to_owned();
    loop {
        let found = REFERENCES.iter().find_map(|(c, name)| rest.strip_prefix(&name[1..]).map(|after| (*c, after)));
        let (c, after) = found.unwrap_or(('&', rest));
        out.push(c);
        let Some((before, next)) = after.split_once('&') else {
            out.push_str(after);
            return Cow::Owned(out);
        };
        out.push_str(before);
        rest = next;
    }
}

/// Replaces the parts between separators for which there is something else.
fn rewritten<'a>(text: &'a str, other: impl Fn(&'a str) -> Option<(&'static str, &'a str)>) -> Cow<'a, str> {
    let parts = || text.split_inclusive([';', '\t', '\r', '\n']);
    if parts().all(|part| other(part).is_none()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for part in parts() {
        let (before, part) = other(part).unwrap_or(("", part));
        out.push_str(before);
        out.push_str(part);
    }
    Cow::Owned(out)
}

/// Whether a spreadsheet may compute a cell. Quotes and spaces before it, or what nobody sees,
/// count for nothing; a tab or a line end is a beginning of its own.
fn is_formula(cell: &str) -> bool {
    let quotes = ['\'', '"', '`', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}'];
    let skipped = |c: char| c.is_whitespace() && !"\t\r\n".contains(c) || quotes.contains(&c) || is_unseen(c);
    let begins = ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}', '\u{2212}'];
    cell.trim_start_matches(skipped).starts_with(begins)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_of_files_hold_nothing_that_a_system_minds_and_stay_different() {
        assert_eq!(file_name("default"), "default");
        assert_eq!(file_name("../a b"), "_2E_2E_2Fa_20b");
        assert_ne!(file_name("a_20b"), file_name("a b"));
        for text in ["default", "../a b", "a_20b", "é%"] {
            assert_eq!(of_file_name(&file_name(text)), text);
        }
        let long = ["x", "y"].map(|end| file_name(&format!("{}{end}", "é".repeat(200))));
        assert_ne!(long[0], long[1]);
        assert!(long.iter().all(|name| name.len() == 100), "{long:?}");
    }

    #[test]
    fn a_line_holds_nothing_that_is_obeyed_or_unseen() {
        assert_eq!(line("  a\u{1b}[31m\r\nb\u{2028}c\u{85}d\u{1c}e  "), "a[31m b c de");
        assert_eq!(
            line("\u{200b}so\u{ad}ft\u{e0041}\u{fffe}\u{202e} \u{6f22}\u{5b57} e\u{301}"),
            "soft \u{6f22}\u{5b57} e\u{301}"
        );
        assert_eq!(line("\u{1f469}\u{200d}\u{1f52c} $x_1$"), "\u{1f469}\u{200d}\u{1f52c} $x_1$");
        assert!(matches!(line("plain"), Cow::Borrowed("plain")));
    }

    #[test]
    fn names_have_an_end() {
        assert_eq!(name(" ice\u{1b}]0;x\u{7}\nand snow "), "ice]0;x and snow");
        assert_eq!(name(&"\u{e9}".repeat(300)).chars().count(), LONGEST_NAME);
    }

    #[test]
    fn cells_are_no_formulas_and_come_back() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            ("@SUM(1)", "'@SUM(1)"),
            ("'=1+1", "''=1+1"),
            (" \"+1", "' \"+1"),
            ("\u{200b}-1", "'\u{200b}-1"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("Li, Wei; =1+1", "Li, Wei;' =1+1"),
            ("A-B = C", "A-B = C"),
            ("'tis", "'tis"),
        ] {
            assert_eq!(cell(text), written);
            assert_eq!(of_cell(written), text);
        }
    }

    #[test]
    fn markup_is_text_in_markdown_and_comes_back() {
        for (text, written) in [
            ("a < b & c [d] $[1,2]_3$", "a < b & c [d] $[1,2]_3$"),
            ("<b>&lt;", "&lt;b>&amp;lt;"),
            ("![x](y)", "!&#91;x&#93;(y)"),
            ("ends in \\", "ends in &#92;"),
            ("\\[x\\]", "&#92;&#91;x&#92;&#93;"),
            ("only ]", "only &#93;"),
        ] {
            assert_eq!(markdown(text), written);
            assert_eq!(of_markdown(written), text);
        }
    }

    proptest! {
        #[test]
        fn every_text_of_markdown_comes_back(text in "[<>&;\\[\\]()!`\\\\#91ltamp b]{0,16}") {
            let written = markdown(&text);
            prop_assert_eq!(of_markdown(&written), text.as_str());
        }

        #[test]
        fn every_cell_comes_back(text in "[=+\\-@'\"; \t\na\u{ff1d}]{0,12}") {
            let written = cell(&text);
            prop_assert_eq!(of_cell(&written), text.as_str());
            prop_assert!(written.split(';').all(|part| !part.trim_start_matches(['\'', '"', ' ']).starts_with('=')
                || part.starts_with('\'')));
        }
    }
}
