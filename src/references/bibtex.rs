//! BibTeX and BibLaTeX, as programs and people write them.
//!
//! In: the text of a file. Out: its entries. What BibTeX ignores is ignored: text between entries,
//! `@comment{...}`, lines that begin with `%`. Missing commas, empty keys and keys with spaces are
//! read; an entry whose braces are not balanced is read field by field (`repair`) or named with its
//! line, and reading goes on at the next line that begins an entry.

use std::borrow::Cow;
use std::collections::HashMap;

use super::braces::{Braces, Head, head};
use super::fields::{Fields, is_known};
use super::{Entries, LineCounter, repair};

/// The most that an abbreviation or an inherited field may stand for, in bytes: both can be named
/// from many entries.
const LONGEST_SHARED: usize = 1024;

/// A value may hold this many beginnings of entries; with more, its braces are not balanced.
const MOST_STARTS: usize = 2;

/// How far after an entry more of its fields are looked for, in bytes.
const NEAR: usize = 128;

/// Abbreviations by their names in lower case.
type Macros = HashMap<String, String>;

/// Names and values of fields.
type Values<'a> = Vec<(&'a str, Cow<'a, str>)>;

/// An entry as it was read.
struct Raw<'a> {
    line: u64,
    kind: &'a str,
    key: &'a str,
    fields: Values<'a>,
}

/// What the text of an entry says.
struct Body<'a> {
    key: &'a str,
    fields: Values<'a>,
    /// The byte after the entry.
    end: usize,
}

pub(super) fn read(text: &str, out: &mut Entries) {
    let scan = Scan { text, braces: Braces::new(text) };
    let mut lines = LineCounter::new(text);
    let mut macros = Macros::new();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((start, Head { kind, open })) = scan.next_head(at) {
        let open = start + open;
        at = match kind.to_ascii_lowercase().as_str() {
            "comment" | "preamble" => scan.after(open),
            "string" => scan.abbreviations(open, &mut macros),
            _ => {
                let line = lines.line(start);
                let (entry, end) = scan.entry(open, &macros);
                found.push(entry.map(|(key, fields)| Raw { line, kind, key, fields }).ok_or(line));
                end
            }
        };
    }
    give(&found, out);
}

/// Makes references of entries. Those that name an `@xdata` entry have its fields as well.
fn give(found: &[Result<Raw<'_>, u64>], out: &mut Entries) {
    let shared = found.iter().flatten().filter(|entry| entry.kind.eq_ignore_ascii_case("xdata"));
    let shared: HashMap<&str, &Raw<'_>> = shared.map(|entry| (entry.key, entry)).collect();
    for entry in found {
        let Raw { line, key, fields, .. } = match entry {
            Ok(entry) => entry,
            Err(line) => {
                out.skip(*line, "this entry cannot be read: its braces or quotes are not balanced");
                continue;
            }
        };
        let mut all = Fields::default();
        let named = fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case("xdata"));
        let named = named.flat_map(|(_, keys)| keys.split(',')).take(8).filter_map(|key| shared.get(key.trim()));
        let inherited = named.flat_map(|entry| &entry.fields).filter(|(_, value)| value.len() <= LONGEST_SHARED);
        fields.iter().chain(inherited).for_each(|(name, value)| all.add(name, value));
        all.set_key(key);
        out.keep(*line, &all);
    }
}

struct Scan<'a> {
    text: &'a str,
    braces: Braces,
}

impl<'a> Scan<'a> {
    /// The next beginning of an entry from `at` on, and where its `@` stands. One after a `%` on
    /// its line is a comment.
    fn next_head(&self, mut at: usize) -> Option<(usize, Head<'a>)> {
        let mut comment = false;
        loop {
            let start = at + self.text.get(at..)?.find('@')?;
            let between = &self.text[at..start];
            let (new_line, on_line) = between.rsplit_once('\n').map_or((false, between), |(_, tail)| (true, tail));
            comment = (comment && !new_line) || on_line.contains('%');
            // In `me@home (office)` the @ follows a letter.
            let parted = !self.text[..start].ends_with(|c: char| c.is_alphanumeric() || c == '.');
            match head(&self.text[start..]).filter(|_| !comment && parted) {
                Some(head) => return Some((start, head)),
                None => at = start + 1,
            }
        }
    }

    /// Takes the abbreviations of an `@string`; gives the byte after it.
    fn abbreviations(&self, open: usize, macros: &mut Macros) -> usize {
        let Some(body) = self.body(open, macros, true) else { return self.after(open) };
        for (name, value) in body.fields {
            macros.insert(name.to_lowercase(), value[..value.floor_char_boundary(LONGEST_SHARED)].to_owned());
        }
        body.end
    }

    /// The key and the fields of an entry, as BibTeX reads them or else as they can be found, and
    /// the byte after the entry.
    fn entry(&self, open: usize, macros: &Macros) -> (Option<(&'a str, Values<'a>)>, usize) {
        if let Some(Body { key, fields, end }) = self.body(open, macros, false) {
            return (Some((key, fields)), end);
        }
        let text = self.text;
        let end = self.braces.next_start(open).unwrap_or(text.len());
        let found = repair::fields(&text[open + 1..end])
            .map(|(key, fields)| (key, fields.into_iter().map(|(name, value)| (name, Cow::from(value))).collect()));
        (found, end)
    }

    /// The byte after a group whose content does not matter.
    fn after(&self, open: usize) -> usize {
        let closed =
            if self.text[open..].starts_with('{') { self.braces.closing(open) } else { self.parenthesis(open) };
        let next = || self.braces.next_start(open).unwrap_or(self.text.len());
        closed.map_or_else(next, |close| close + 1)
    }

    /// The parenthesis that closes the one at `open`: the first outside of braces and quotes, and
    /// before the next entry.
    fn parenthesis(&self, open: usize) -> Option<usize> {
        let (mut at, mut quoted) = (open + 1, false);
        let end = self.braces.next_start(open).unwrap_or(self.text.len());
        loop {
            at += self.text.get(at..end)?.find(['{', ')', '"', '}'])?;
            match self.text.as_bytes()[at] {
                b'{' => at = self.braces.closing(at)? + 1,
                b'"' => (at, quoted) = (at + 1, !quoted),
                b')' if !quoted => return Some(at),
                b'}' => return None,
                _ => at += 1,
            }
        }
    }

    /// Reads an entry by the rules of BibTeX, those about commas apart. `None` where that fails.
    fn body(&self, open: usize, macros: &Macros, is_string: bool) -> Option<Body<'a>> {
        let braced = self.text[open..].starts_with('{');
        let close = if braced { self.braces.closing(open)? } else { self.parenthesis(open)? };
        if self.closes_early(close) {
            return None;
        }
        let mut at = open + 1;
        let mut key = "";
        if !is_string {
            let end = self.text[at..close].find([',', '=', '{', '"']).map_or(close, |end| at + end);
            if end == close || self.text[end..].starts_with(',') {
                key = self.text[at..end].trim();
                at = end;
            }
        }
        let mut fields = Vec::new();
        while let Some(begin) = self.next_name(at, close) {
            let (name, value, end) = self.field(begin, close, macros)?;
            if is_string || is_known(name) || name.eq_ignore_ascii_case("xdata") {
                fields.push((name, value));
            }
            at = end;
        }
        Some(Body { key, fields, end: close + 1 })
    }

    /// A brace too many closes an entry early: its other fields follow.
    fn closes_early(&self, close: usize) -> bool {
        let space = |byte: &u8| byte.is_ascii_whitespace();
        let near = self.text.as_bytes()[close + 1..].iter().copied().take(NEAR);
        let mut near = near.skip_while(|byte| space(byte) || matches!(byte, b',' | b'}')).peekable();
        let mut length = 0;
        while near.next_if(|byte| byte.is_ascii_alphanumeric() || *byte == b'-').is_some() {
            length += 1;
        }
        let mut near = near.skip_while(space);
        length > 0
            && near.next() == Some(b'=')
            && near.find(|byte| !space(byte)).is_some_and(|byte| b"{\"".contains(&byte))
    }

    /// Where the next field begins: after white space, commas and lines that begin with `%`.
    fn next_name(&self, mut at: usize, close: usize) -> Option<usize> {
        loop {
            let rest = &self.text[at..close];
            let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
            at = close - trimmed.len();
            if !trimmed.starts_with('%') {
                return (!trimmed.is_empty()).then_some(at);
            }
            at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    /// A field: its name, its value, and where what follows begins.
    fn field(&self, begin: usize, close: usize, macros: &Macros) -> Option<(&'a str, Cow<'a, str>, usize)> {
        let text: &'a str = &self.text[..close];
        let length = text[begin..].find(|c: char| c.is_whitespace() || "={}(),\"#%".contains(c))?;
        let name = &text[begin..begin + length];
        let rest = text[begin + length..].trim_start().strip_prefix('=').filter(|_| length > 0)?;
        let mut at = close - rest.len();
        let mut value: Option<Cow<'a, str>> = None;
        loop {
            at = close - text[at..].trim_start().len();
            let (part, end) = self.part(at, close, macros)?;
            value = Some(match value {
                None => part,
                Some(before) if before.len() + part.len() <= 64 * LONGEST_SHARED => {
                    Cow::from(before.into_owned() + &part)
                }
                Some(before) => before,
            });
            let rest = text[end..].trim_start();
            at = match rest.strip_prefix('#') {
                Some(rest) => close - rest.len(),
                None => return Some((name, value?, end)),
            };
        }
    }

    /// One of the parts that `#` joins: in braces, in quotes, a number or an abbreviation.
    fn part(&self, at: usize, close: usize, macros: &Macros) -> Option<(Cow<'a, str>, usize)> {
        let text: &'a str = &self.text[..close];
        let (content, end) = match text.as_bytes().get(at)? {
            b'{' => {
                let end = self.braces.closing(at).filter(|end| *end < close)?;
                (&text[at + 1..end], end + 1)
            }
            b'"' => {
                let end = self.quote(at, close)?;
                (&text[at + 1..end], end + 1)
            }
            _ => {
                let length = text[at..].find(|c: char| c.is_whitespace() || ",#{}\"()=".contains(c));
                let word = &text[at..length.map_or(close, |length| at + length)];
                let known = macros.get(&word.to_lowercase()).map(|value| Cow::from(value.clone()));
                return (!word.is_empty()).then(|| (known.unwrap_or(Cow::from(word)), at + word.len()));
            }
        };
        (self.braces.starts_within(at, end) <= MOST_STARTS).then_some((Cow::from(content), end))
    }

    /// The quote that ends the one at `open`: the first outside of braces.
    fn quote(&self, open: usize, close: usize) -> Option<usize> {
        let mut at = open + 1;
        loop {
            at += self.text[at..close].find(['{', '"'])?;
            if self.text.as_bytes()[at] == b'"' {
                return Some(at);
            }
            at = self.braces.closing(at).filter(|end| *end < close)? + 1;
        }
    }
}
