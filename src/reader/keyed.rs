//! One JSON object that holds all papers, keyed by arXiv id.
//!
//! In: `{"2403.01511": {"title": ..., "abstract": ...}, ...}`, over any number of lines or on a single one. Out: one
//! entry per key. The object is walked byte by byte and only one paper is held at a time, so its size does not matter.

use jiff::civil::Date;

use super::jsonl::{Place, object};
use super::output::Output;
use super::source::{LONGEST_LINE, Source};
use crate::error::Result;

/// Longest key that is kept, in bytes; identifiers have some twenty.
const LONGEST_KEY: usize = 128;

/// Reads an object of papers. `date` is the day that the file's name tells.
pub(super) fn read(source: &mut Source<'_>, file: &str, date: Option<Date>, out: &mut Output<'_>) -> Result<()> {
    let place = Place { file, date };
    let mut value = Vec::new();
    if next_token(source)? != Some(b'{') {
        return Ok(());
    }
    loop {
        let line = source.line_number();
        match next_token(source)? {
            Some(b',') => {}
            Some(b'}') => return Ok(()),
            Some(b'"') => {
                let line = source.line_number();
                let key = string(source)?;
                if next_token(source)? != Some(b':') {
                    return unexpected(source, line, out);
                }
                value.clear();
                match whole_value(source, &mut value)? {
                    None => return unexpected(source, line, out),
                    Some(false) => out.skip(line, &format!("the entry is longer than {LONGEST_LINE} bytes"))?,
                    // Numbers and texts beside the papers, e.g. a date of generation.
                    Some(true) if value.first() != Some(&b'{') => {}
                    Some(true) => object(&value, line, Some(&key), &place, out)?,
                }
            }
            _ => return unexpected(source, line, out),
        }
    }
}

/// The object is broken from here on. A gzip stream that broke off is reported by the caller.
fn unexpected(source: &Source<'_>, line: u64, out: &mut Output<'_>) -> Result<()> {
    match source.broken() {
        Some(_) => Ok(()),
        None => out.skip(line, "no valid JSON: the object ends or breaks off here"),
    }
}

/// The next byte that is no white space.
fn next_token(source: &mut Source<'_>) -> Result<Option<u8>> {
    loop {
        match source.next_byte()? {
            Some(byte) if byte.is_ascii_whitespace() => {}
            other => return Ok(other),
        }
    }
}

/// The rest of a string whose opening quote was read; escapes are kept, since identifiers have none.
fn string(source: &mut Source<'_>) -> Result<String> {
    let (mut text, mut escaped) = (Vec::new(), false);
    while let Some(byte) = source.next_byte()? {
        if byte == b'"' && !escaped {
            break;
        }
        escaped = byte == b'\\' && !escaped;
        if text.len() < LONGEST_KEY {
            text.push(byte);
        }
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Reads one value into `value`. `Some(false)`: it was passed over since it is too long; `None`: it never ends.
fn whole_value(source: &mut Source<'_>, value: &mut Vec<u8>) -> Result<Option<bool>> {
    let Some(first) = next_token(source)? else { return Ok(None) };
    value.push(first);
    let (mut depth, mut in_string, mut escaped, mut fits) = (0usize, false, false, true);
    let mut byte = first;
    loop {
        if in_string {
            in_string = byte != b'"' || escaped;
            escaped = byte == b'\\' && !escaped;
        } else {
            match byte {
                b'"' => in_string = true,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        let compound = matches!(first, b'{' | b'[' | b'"');
        if compound && depth == 0 && !in_string {
            return Ok(Some(fits));
        }
        if !compound && source.peek_byte()?.is_none_or(|next| matches!(next, b',' | b'}')) {
            return Ok(Some(fits));
        }
        let Some(next) = source.next_byte()? else { return Ok(None) };
        byte = next;
        if value.len() < LONGEST_LINE {
            value.push(byte);
        } else {
            fits = false;
        }
    }
}
