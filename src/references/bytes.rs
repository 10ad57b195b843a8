//! The bytes of a file of references.
//!
//! In: a path, `-` being standard input; gzip is told by its first two bytes. Out: the content,
//! and why it ends early where a gzip stream is damaged: what stood before is still good.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::error::{Error, Result};

/// The largest content that is read, decompressed. Zotero writes some 2 kB for a reference.
const LARGEST: u64 = 1 << 30;

/// What a file holds.
pub(super) struct Bytes {
    pub content: Vec<u8>,
    /// Why the content ends early.
    pub broken: Option<String>,
}

/// Reads a file or standard input.
///
/// # Errors
/// [`Error::Io`] where it cannot be read, or holds more than 1 GiB.
pub(super) fn read(path: &Path) -> Result<Bytes> {
    let read = if path.as_os_str() == "-" {
        inflated(io::stdin().lock(), LARGEST)
    } else {
        File::open(path).and_then(|file| inflated(file, LARGEST))
    };
    read.map_err(Error::io(path))
}

fn inflated(mut input: impl Read, largest: u64) -> io::Result<Bytes> {
    let mut content = Vec::new();
    input.by_ref().take(largest + 1).read_to_end(&mut content)?;
    bounded(&content, largest)?;
    if !content.starts_with(&[0x1f, 0x8b]) {
        return Ok(Bytes { content, broken: None });
    }
    let mut inflated = Vec::new();
    let ended = MultiGzDecoder::new(content.as_slice()).take(largest + 1).read_to_end(&mut inflated);
    bounded(&inflated, largest)?;
    let broken = ended.err().map(|cause| match cause.kind() {
        io::ErrorKind::UnexpectedEof => "the gzip file is cut off; what comes after is lost".to_owned(),
        _ => format!("the gzip file is damaged ({cause}); what comes after is lost"),
    });
    Ok(Bytes { content: inflated, broken })
}

fn bounded(content: &[u8], largest: u64) -> io::Result<()> {
    if content.len() as u64 > largest {
        let reason = format!("it holds more than {} MiB, which no list of references does", largest >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).expect("written");
        encoder.finish().expect("finished")
    }

    #[test]
    fn gzip_is_told_by_its_bytes_and_a_cut_keeps_what_stood_before() {
        let lines = "2601.00001\n".repeat(5000);
        let whole = gzip(lines.as_bytes());
        let read = inflated(whole.as_slice(), LARGEST).expect("read");
        assert_eq!((read.content.as_slice(), read.broken), (lines.as_bytes(), None));
        let cut = inflated(&whole[..whole.len() - 9], LARGEST).expect("read");
        assert!(lines.as_bytes().starts_with(&cut.content));
        assert_eq!(cut.broken.as_deref(), Some("the gzip file is cut off; what comes after is lost"));
    }

    #[test]
    fn a_small_file_that_inflates_without_end_is_refused() {
        let bomb = gzip(&vec![b'a'; 3 << 20]);
        assert!(bomb.len() < 1 << 16);
        let refused = inflated(bomb.as_slice(), 1 << 20).err().expect("refused");
        assert_eq!(refused.kind(), io::ErrorKind::FileTooLarge);
    }
}
