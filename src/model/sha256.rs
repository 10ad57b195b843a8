//! SHA-256 of files, and copying that hashes as it goes, so that no file is read twice.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::Serialize;
use sha2::{Digest, Sha256};

/// One file that decides a model's vectors.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct FileSum {
    /// Path inside the model folder, with `/`.
    pub path: String,
    /// SHA-256, 64 lower-case hex digits.
    pub sha256: String,
}

/// Size, time of last change (nanoseconds since 1970) and whether it is a file; follows links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    pub bytes: u64,
    pub modified: i64,
    pub is_file: bool,
}

pub(super) fn stat(path: &Path) -> io::Result<Stat> {
    let metadata = std::fs::metadata(path)?;
    let since = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let modified = i64::try_from(since.as_nanos()).unwrap_or(i64::MAX);
    Ok(Stat { bytes: metadata.len(), modified, is_file: metadata.is_file() })
}

/// SHA-256 of a file as 64 lower-case hex digits.
pub(super) fn hash_file(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    Ok(copy_hashed(&mut file, &mut io::sink(), u64::MAX)?.1)
}

/// Copies at most `limit` + 1 bytes, so that one byte too many shows; gives their count and
/// SHA-256.
pub(super) fn copy_hashed(from: &mut dyn Read, to: &mut dyn Write, limit: u64) -> io::Result<(u64, String)> {
    let mut from = from.take(limit.saturating_add(1));
    // 64 KiB: below that, hashing waits for system calls.
    let mut buffer = vec![0; 64 * 1024];
    let mut hasher = Sha256::new();
    let mut bytes = 0;
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(&buffer[..read]);
        to.write_all(&buffer[..read])?;
        bytes += read as u64;
    }
    Ok((bytes, hex(&hasher.finalize())))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_sums() {
        // The two examples of FIPS 180-4's own test documents.
        let mut out = Vec::new();
        let (bytes, sum) = copy_hashed(&mut "abc".as_bytes(), &mut out, 3).unwrap();
        assert_eq!((bytes, out.as_slice()), (3, b"abc".as_slice()));
        assert_eq!(sum, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let (_, empty) = copy_hashed(&mut io::empty(), &mut io::sink(), 0).unwrap();
        assert_eq!(empty, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn a_byte_too_many_shows_and_no_more_is_read() {
        let (bytes, _) = copy_hashed(&mut io::repeat(7), &mut io::sink(), 200_000).unwrap();
        assert_eq!(bytes, 200_001);
    }
}
