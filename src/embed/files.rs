//! Untrusted files of a model folder in, their JSON or bytes out, bounded; and the errors that name
//! such a file.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use crate::error::{Error, ModelError, Result};

/// The largest configuration file that is read; real ones have some KB.
const MAX_CONFIG: u64 = 1 << 20;

/// The longest reason that is passed on, in bytes: names in a folder may be a megabyte long.
const MAX_REASON: usize = 400;

/// Reads a configuration file.
pub(super) fn read_json(path: &Path) -> Result<Value> {
    let bytes = read_bounded(path, MAX_CONFIG)?;
    serde_json::from_slice(&bytes).map_err(|e| damaged_by(path, "is not valid JSON", e))
}

/// Reads a configuration file that a folder may lack.
pub(super) fn read_json_if_there(path: &Path) -> Result<Option<Value>> {
    if path.exists() { read_json(path).map(Some) } else { Ok(None) }
}

/// Whether a setting is more than a null, `false` or something empty.
pub(super) fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Array(values) => !values.is_empty(),
        Value::Object(values) => !values.is_empty(),
        _ => true,
    }
}

/// Reads a file of at most `most` bytes, whatever its length claims to be.
pub(super) fn read_bounded(path: &Path, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most + 1).read_to_end(&mut bytes).map_err(Error::io(path))?;
    if bytes.len() as u64 > most {
        return Err(damaged(path, format!("has more than {most} bytes, which no such file needs")));
    }
    Ok(bytes)
}

/// Opens a plain file; a pipe would block and a device never end.
pub(super) fn open(path: &Path) -> Result<File> {
    match std::fs::metadata(path) {
        Ok(about) if about.is_file() => File::open(path).map_err(Error::io(path)),
        Ok(_) => Err(damaged(path, "is not a plain file".into())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(missing(path, "the model needs it")),
        Err(e) => Err(Error::io(path)(e)),
    }
}

/// A file that is not there, and why it should be.
pub(super) fn missing(path: &Path, why: &str) -> Error {
    damaged(path, format!("is missing; {why}"))
}

/// A file that is damaged or absurd. `reason` follows the path in the message.
pub(super) fn damaged(path: &Path, reason: String) -> Error {
    Error::from(ModelError::File { path: path.to_owned(), reason: printable(&reason), source: None })
}

/// A file that a parser refused. `reason` follows the path in the message, the parser's words
/// follow `reason`.
pub(super) fn damaged_by(
    path: &Path,
    reason: &str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> Error {
    let source = source.into();
    Error::from(ModelError::File {
        path: path.to_owned(),
        reason: printable(&format!("{reason}: {source}")),
        source: Some(source),
    })
}

/// A file that asks for what Relata can't do as sentence-transformers would, and what Relata can.
pub(super) fn not_followed(path: &Path, what: String, followed: &str) -> Error {
    Error::from(ModelError::NotFollowed {
        path: path.to_owned(),
        what: printable(&what),
        followed: followed.to_owned(),
    })
}

/// Words of a folder, fit for a terminal: control characters escaped, and cut where they are
/// endless.
pub(super) fn printable(text: &str) -> String {
    let mut printable = String::new();
    for c in text.chars() {
        if printable.len() >= MAX_REASON {
            return printable + "...";
        }
        match c.is_control() {
            true => printable.extend(c.escape_unicode()),
            false => printable.push(c),
        }
    }
    printable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_folder_are_fit_for_a_terminal() {
        assert_eq!(printable("a \u{1b}[2J\u{9b}b 中"), "a \\u{1b}[2J\\u{9b}b 中");
        assert_eq!(printable(&"x".repeat(5000)).len(), MAX_REASON + 3);
    }

    #[test]
    fn a_folder_in_place_of_a_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = read_bounded(folder.path(), 10).unwrap_err().to_string();
        assert!(error.ends_with(": is not a plain file"), "{error}");
    }
}
