//! Structure-aware changes of texts: by bytes, tokens, lines and keys, by nesting, and by splicing
//! two inputs.
//!
//! In: an input, others of its kind, and [`Random`]. Out: an input that nobody would write and that
//! still reaches deep, since most of it is what a reader expects.

use crate::random::Random;

/// The longest input that is made, in bytes: many short ones find more than few long ones.
const LONGEST: usize = 48 << 10;

/// Pieces that mean something to one of the readers.
const TOKENS: &[&str] = &[
    "\n",
    "\r\n",
    "\r",
    "\0",
    "\t",
    " ",
    "\u{feff}",
    "\u{200b}",
    "\u{202e}",
    "\u{ad}",
    "\u{1b}[2J",
    "\u{9b}",
    "\u{fffe}",
    "\u{130}",
    "\u{301}",
    "\u{e0041}",
    "é",
    "ß",
    "日本",
    "\\ud83d",
    "\\u0000",
    "\\\"",
    "\\\\",
    "\"",
    "'",
    "`",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    ",",
    ":",
    ";",
    "=",
    "#",
    "|",
    "@",
    "%",
    "&",
    "&amp;",
    "&#x110000;",
    "&#0;",
    "&eacute;",
    "<",
    ">",
    "<p>",
    "</p>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE x [<!ENTITY a \"b\">]>",
    "<details>",
    "</details>",
    "<summary>",
    "<think>",
    "</think>",
    "$",
    "$$",
    "\\textit{",
    "\\\"{o}",
    "---",
    "# ",
    "## ",
    "### [1] [",
    "](https://arxiv.org/abs/2603.00001)",
    "**",
    "- ",
    "|---|---|",
    "- |",
    "? ",
    "&a ",
    "*a",
    "!!binary ",
    "%YAML 9",
    "2603.00001",
    "2603.00001v2",
    "hep-th/9901001",
    "arXiv:2603.00002",
    "10.48550/arXiv.2603.00003",
    "https://arxiv.org/pdf/2603.00004v9.pdf",
    "2613.00001",
    "10.1000/xyz.2",
    "NaN",
    "-Infinity",
    "null",
    "None",
    "true",
    "1e999",
    "-0",
    "18446744073709551616",
    "2026-02-30",
    "2026-02-14",
    "1969-12-31T23:59:60Z",
    "99999-01-01",
    "@article{",
    "@string{a = ",
    "@comment{",
    "TY  - JOUR\n",
    "ER  - \n",
    "TI  - ",
    "PMID- 1\n",
    "%0 Book\n",
    "%T ",
    "FN x\nPT J\n",
    "sep=;\n",
    "id,title,abstract\n",
    "Title;DOI\n",
    "\"id\": ",
    "\"title\": ",
    "\"abstract\": ",
    "\"authors\": [",
    "\"papers\": [",
    "\"like\": [",
    "\"query\": ",
    "\"relevant\": [",
    "\"data\": {",
    "\"references\": ",
    "- title: ",
    "<record>",
    "<titles>",
    "<entry>",
    "Title: ",
    "Authors: ",
    "Abstract: ",
    "TL;DR: ",
    "\\\\\n",
    "Date: ",
    "------------------------------------------------------------------------------\n",
    "arXiv:2603.00013v2 Announce Type: new Abstract: ",
    "PK\u{3}\u{4}",
];

/// Numbers at which programs go wrong.
const NUMBERS: &[&str] = &[
    "0",
    "-1",
    "1",
    "255",
    "256",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1e308",
    "1e309",
    "1e-400",
    "0.1",
    "00000000000000000001",
    "99999999999999999999999999999999",
];

/// Values that a key of JSON may have although nobody expects them.
const VALUES: &[&str] = &[
    "null",
    "true",
    "{}",
    "[]",
    "\"\"",
    "[[]]",
    "[null]",
    "{\"a\": {}}",
    "\"x\"",
    "[\"x\", 1, null]",
    "{\"name\": \"x\"}",
    "NaN",
    "-1",
    "1.5",
    "1e999",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "12345678901234567890123",
    "[{}, {}]",
    "\" \"",
];

/// One of some inputs, changed.
pub(crate) fn one_of(random: &mut Random, inputs: &[Vec<u8>]) -> Vec<u8> {
    let input = random.pick(inputs).clone();
    mutate(random, &input, inputs)
}

/// Changes an input by a few steps, most often one or two.
pub(crate) fn mutate(random: &mut Random, input: &[u8], others: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = input.to_vec();
    let mut steps = 1;
    while steps < 12 && !random.one_in(2) {
        steps += 1;
    }
    for _ in 0..steps {
        step(random, &mut bytes, others);
        bytes.truncate(LONGEST);
    }
    bytes
}

fn step(random: &mut Random, bytes: &mut Vec<u8>, others: &[Vec<u8>]) {
    match random.below(20) {
        0 => change_byte(random, bytes),
        1 => drop(cut_out(random, bytes)),
        2 => repeat(random, bytes),
        3 => bytes.truncate(random.below(bytes.len() + 1)),
        4 | 5 => insert(random, bytes),
        6 => replace_token(random, bytes),
        7 => swap_lines(random, bytes),
        8 => repeat_line(random, bytes),
        9 => drop_line(random, bytes),
        10 => splice_lines(random, bytes, others),
        11 => splice_bytes(random, bytes, others),
        12 | 13 => replace_value(random, bytes),
        14 => rename_key(random, bytes),
        15 => nest(random, bytes),
        16 => replace_number(random, bytes),
        17 => run_of_one(random, bytes),
        18 => change_case(random, bytes),
        _ => reencode(random, bytes),
    }
}

fn change_byte(random: &mut Random, bytes: &mut [u8]) {
    if let Some(at) = (!bytes.is_empty()).then(|| random.below(bytes.len())) {
        bytes[at] = match random.below(4) {
            0 => bytes[at] ^ (1 << random.below(8)),
            1 => bytes[at].wrapping_add(1),
            2 => *random.pick(b"\0\n\r \"'\\{}[]<>|,;:#@%&\xff\x80\xc3"),
            _ => random.next() as u8,
        };
    }
}

/// A range that is mostly short.
fn range(random: &mut Random, bytes: &[u8]) -> std::ops::Range<usize> {
    let from = random.below(bytes.len() + 1);
    let length = random.length(bytes.len());
    from..(from + length).min(bytes.len())
}

fn cut_out(random: &mut Random, bytes: &mut Vec<u8>) -> Vec<u8> {
    let range = range(random, bytes);
    bytes.drain(range).collect()
}

fn repeat(random: &mut Random, bytes: &mut Vec<u8>) {
    let piece = bytes[range(random, bytes)].to_vec();
    let times = random.length(40).min(1 + LONGEST / piece.len().max(1));
    let at = random.below(bytes.len() + 1);
    bytes.splice(at..at, piece.repeat(times));
}

fn insert(random: &mut Random, bytes: &mut Vec<u8>) {
    let at = if random.one_in(2) { boundary(random, bytes) } else { random.below(bytes.len() + 1) };
    bytes.splice(at..at, random.pick(TOKENS).bytes());
}

/// A place where a word begins or ends.
fn boundary(random: &mut Random, bytes: &[u8]) -> usize {
    let from = random.below(bytes.len() + 1);
    let other = |pair: &[u8]| pair[0].is_ascii_alphanumeric() != pair[1].is_ascii_alphanumeric();
    bytes[from..].windows(2).position(other).map_or(bytes.len(), |at| from + at + 1)
}

fn token_at(bytes: &[u8], from: usize) -> std::ops::Range<usize> {
    let kind = |byte: &u8| byte.is_ascii_alphanumeric() || *byte >= 0x80;
    let first = bytes.get(from).is_some_and(kind);
    let length = bytes[from..].iter().take_while(|byte| kind(byte) == first).count();
    from..from + length
}

fn replace_token(random: &mut Random, bytes: &mut Vec<u8>) {
    let from = boundary(random, bytes);
    let range = token_at(bytes, from);
    bytes.splice(range, random.pick(TOKENS).bytes());
}

/// Where lines begin, and the end.
fn lines(bytes: &[u8]) -> Vec<usize> {
    let mut starts = vec![0];
    starts.extend(bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1));
    if starts.last() != Some(&bytes.len()) {
        starts.push(bytes.len());
    }
    starts
}

fn line(random: &mut Random, bytes: &[u8]) -> std::ops::Range<usize> {
    let starts = lines(bytes);
    let at = random.below(starts.len().saturating_sub(1).max(1));
    starts[at]..starts.get(at + 1).copied().unwrap_or(bytes.len())
}

fn swap_lines(random: &mut Random, bytes: &mut Vec<u8>) {
    let taken = line(random, bytes);
    let taken: Vec<u8> = bytes.drain(taken).collect();
    let at = line(random, bytes).start;
    bytes.splice(at..at, taken);
}

fn repeat_line(random: &mut Random, bytes: &mut Vec<u8>) {
    let range = line(random, bytes);
    let times = random.length(60).min(1 + LONGEST / range.len().max(1));
    let piece = bytes[range.clone()].repeat(times);
    bytes.splice(range.end..range.end, piece);
}

fn drop_line(random: &mut Random, bytes: &mut Vec<u8>) {
    let range = line(random, bytes);
    bytes.drain(range);
}

/// The lines of one input up to somewhere, then those of another from somewhere.
fn splice_lines(random: &mut Random, bytes: &mut Vec<u8>, others: &[Vec<u8>]) {
    if others.is_empty() {
        return;
    }
    let other = random.pick(others);
    let (keep, from) = (line(random, bytes).start, line(random, other).start);
    bytes.truncate(keep);
    bytes.extend_from_slice(&other[from..]);
}

/// A piece of another input somewhere in this one.
fn splice_bytes(random: &mut Random, bytes: &mut Vec<u8>, others: &[Vec<u8>]) {
    if others.is_empty() {
        return;
    }
    let other = random.pick(others);
    let piece = other[range(random, other)].to_vec();
    let at = random.below(bytes.len() + 1);
    bytes.splice(at..at, piece);
}

/// The inside of a text in double quotes that begins after some place.
fn quoted(random: &mut Random, bytes: &[u8]) -> Option<std::ops::Range<usize>> {
    let from = random.below(bytes.len() + 1);
    let open = from + bytes[from..].iter().position(|byte| *byte == b'"')? + 1;
    let close = open + bytes[open..].iter().position(|byte| *byte == b'"')?;
    Some(open..close)
}

/// What follows a colon, up to a comma, a bracket or the end of the line.
fn replace_value(random: &mut Random, bytes: &mut Vec<u8>) {
    let from = random.below(bytes.len() + 1);
    let Some(colon) = bytes[from..].iter().position(|byte| matches!(byte, b':' | b'=')) else { return };
    let begin = from + colon + 1;
    let end =
        bytes[begin..].iter().position(|byte| matches!(byte, b',' | b'}' | b'\n')).map_or(bytes.len(), |at| begin + at);
    let value = match random.below(3) {
        0 => random.pick(NUMBERS).as_bytes().to_vec(),
        1 => random.pick(VALUES).as_bytes().to_vec(),
        _ => {
            let (open, close) = *random.pick(&[("[", "]"), ("{\"a\": ", "}"), ("\"", "\""), ("{", "}")]);
            [open.as_bytes(), &bytes[begin..end], close.as_bytes()].concat()
        }
    };
    bytes.splice(begin..end, value);
}

/// One quoted text in the place of another: most often keys.
fn rename_key(random: &mut Random, bytes: &mut Vec<u8>) {
    if let (Some(one), Some(other)) = (quoted(random, bytes), quoted(random, bytes)) {
        let name = bytes[other].to_vec();
        bytes.splice(one, name);
    }
}

/// Brackets within brackets, closed, left open or closed once too often.
fn nest(random: &mut Random, bytes: &mut Vec<u8>) {
    let (open, close) = *random.pick(&[
        ("[", "]"),
        ("{", "}"),
        ("{\"a\":", "}"),
        ("(", ")"),
        ("<a>", "</a>"),
        ("<div>", ""),
        ("> ", ""),
        ("- ", ""),
        ("**", "**"),
    ]);
    let depth = random.length(3000);
    let closing = match random.below(3) {
        0 => 0,
        1 => depth,
        _ => depth + 1,
    };
    let range = range(random, bytes);
    let inner = bytes[range.clone()].to_vec();
    bytes.splice(range, [open.repeat(depth).as_bytes(), &inner, close.repeat(closing).as_bytes()].concat());
}

fn replace_number(random: &mut Random, bytes: &mut Vec<u8>) {
    let from = random.below(bytes.len() + 1);
    let Some(first) = bytes[from..].iter().position(u8::is_ascii_digit) else { return };
    let begin = from + first;
    let length = bytes[begin..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    bytes.splice(begin..begin + length, random.pick(NUMBERS).bytes());
}

/// One token thousands of times.
fn run_of_one(random: &mut Random, bytes: &mut Vec<u8>) {
    let from = boundary(random, bytes);
    let token = match random.below(3) {
        0 => bytes[token_at(bytes, from)].to_vec(),
        1 => vec![*random.pick(b"a0 \n\"'\\{[<&$#|-*.\x80")],
        _ => random.pick(TOKENS).as_bytes().to_vec(),
    };
    let times = random.length(20_000).min(1 + LONGEST / token.len().max(1));
    bytes.splice(from..from, token.repeat(times));
}

fn change_case(random: &mut Random, bytes: &mut [u8]) {
    let range = range(random, bytes);
    if random.one_in(2) { bytes[range].make_ascii_uppercase() } else { bytes[range].make_ascii_lowercase() }
}

/// The same text in another encoding, or with other ends of lines.
fn reencode(random: &mut Random, bytes: &mut Vec<u8>) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    *bytes = match random.below(6) {
        0 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        1 => [0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect(),
        2 => text.chars().map(|letter| u8::try_from(letter as u32).unwrap_or(b'?')).collect(),
        3 => text.replace('\n', "\r\n").into_bytes(),
        4 => text.replace('\n', "\r").into_bytes(),
        _ => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
    };
}
