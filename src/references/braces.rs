//! Which braces of a BibTeX file belong together, and where entries seem to begin.
//!
//! In: the text of a file. Out: for each opening brace the closing one, as BibTeX counts them
//! (escaped ones too), found in one pass, so that an entry that is never closed costs no search;
//! and the lines at which an entry begins by all appearance, from which reading goes on after one
//! that is broken.

/// The braces and beginnings of a file.
pub(super) struct Braces {
    /// Opening and closing, by opening; without those that nothing closes.
    pairs: Vec<(usize, usize)>,
    /// Where lines begin an entry, at the `@`.
    starts: Vec<usize>,
}

impl Braces {
    pub(super) fn new(text: &str) -> Braces {
        let (mut pairs, mut open) = (Vec::new(), Vec::new());
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                b'{' => open.push(at),
                b'}' => pairs.extend(open.pop().map(|opened| (opened, at))),
                _ => {}
            }
        }
        pairs.sort_unstable();
        Braces { pairs, starts: starts(text) }
    }

    /// The brace that closes the one at `open`.
    pub(super) fn closing(&self, open: usize) -> Option<usize> {
        let found = self.pairs.binary_search_by_key(&open, |(opened, _)| *opened).ok()?;
        Some(self.pairs[found].1)
    }

    /// Where the next entry seems to begin after `at`.
    pub(super) fn next_start(&self, at: usize) -> Option<usize> {
        self.starts.get(self.starts.partition_point(|start| *start <= at)).copied()
    }

    /// How many entries seem to begin within a part of the text.
    pub(super) fn starts_within(&self, begin: usize, end: usize) -> usize {
        let before = |at: usize| self.starts.partition_point(|start| *start < at);
        before(end).saturating_sub(before(begin))
    }
}

fn starts(text: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut begin = 0;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        if begins_entry(&line[indent..]) {
            starts.push(begin + indent);
        }
        begin += line.len();
    }
    starts
}

/// `@article{key,` or `@string{`: more than an @ at the beginning of a line of an abstract.
fn begins_entry(line: &str) -> bool {
    let Some(head) = head(line) else { return false };
    if matches!(head.kind.to_ascii_lowercase().as_str(), "comment" | "string" | "preamble") {
        return true;
    }
    let key = line[head.open + 1..].bytes().take(256).take_while(|byte| !matches!(byte, b'{' | b'}' | b'=' | b'"'));
    let key: Vec<u8> = key.collect();
    key.contains(&b',') || key.ends_with(b"\n")
}

/// The beginning of an entry: `@article{`, `@ARTICLE (`.
pub(super) struct Head<'a> {
    pub kind: &'a str,
    /// Where its brace or parenthesis stands.
    pub open: usize,
}

/// Reads the beginning of an entry off a text that begins with `@`.
pub(super) fn head(text: &str) -> Option<Head<'_>> {
    let body = text.strip_prefix('@')?.trim_start_matches([' ', '\t']);
    let length = body.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(body.len());
    let (kind, rest) = body.split_at(length);
    let open = text.len() - rest.trim_start().len();
    let known = kind.starts_with(|c: char| c.is_ascii_alphabetic()) && length <= 32;
    (known && text[open..].starts_with(['{', '('])).then_some(Head { kind, open })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_are_counted_as_bibtex_does() {
        let braces = Braces::new(r"a{b\{c}d}e{");
        assert_eq!((braces.closing(1), braces.closing(4), braces.closing(10)), (Some(8), Some(6), None));
    }

    #[test]
    fn entries_begin_at_lines_that_look_so() {
        let text =
            "@article{a, title={x\n@home volunteers\n@article in the text\n  @Misc (b,\n@string{c = 1}\n@book{\nkey,";
        let braces = Braces::new(text);
        let lines: Vec<&str> = braces.starts.iter().map(|at| text[*at..].lines().next().unwrap_or_default()).collect();
        assert_eq!(lines, ["@article{a, title={x", "@Misc (b,", "@string{c = 1}", "@book{"]);
        assert_eq!(braces.next_start(0), Some(braces.starts[1]));
        assert_eq!(braces.starts_within(0, text.len()), 4);
    }
}
