//! Sums of parts that grow: CRC-32, which goes on where it was after a kill.
//!
//! In: the bytes of a part. Out: a number that the journal holds, and the question whether a file
//! has it still.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crc32fast::Hasher;

/// The sum of a part's bytes so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Sum(Hasher);

impl Sum {
    /// Of the first bytes of a file, and how many there are: no more than `length`.
    pub(super) fn of_file(path: &Path, length: u64) -> io::Result<(Sum, u64)> {
        let mut sum = Sum::default();
        let mut file = File::open(path)?.take(length);
        let mut buffer = vec![0; 1 << 20];
        let mut read = 0;
        loop {
            let count = file.read(&mut buffer)?;
            if count == 0 {
                return Ok((sum, read));
            }
            sum.add(&buffer[..count]);
            read += count as u64;
        }
    }

    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Of the same bytes, of which the first are others: `rest` bytes follow them. A CRC is linear,
    /// so that the part of the old beginning can be taken out and that of the new one put in.
    pub(super) fn with_head(&self, old: &[u8], new: &[u8], rest: u64) -> Sum {
        let shifted = |head: &[u8]| {
            let mut hasher = Hasher::new();
            hasher.update(head);
            hasher.combine(&Hasher::new_with_initial_len(0, rest));
            hasher.finalize()
        };
        let value = self.value() ^ shifted(old) ^ shifted(new);
        Sum(Hasher::new_with_initial_len(value, new.len() as u64 + rest))
    }

    pub(super) fn value(&self) -> u32 {
        self.0.clone().finalize()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_goes_on_and_takes_another_head() {
        let of = |bytes: &[u8]| {
            let mut sum = Sum::default();
            sum.add(bytes);
            sum
        };
        // The check value of CRC-32 (ISO-HDLC).
        assert_eq!(of(b"123456789").value(), 0xcbf4_3926);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows");
        std::fs::write(&path, b"123456789 and more").unwrap();
        let (mut sum, read) = Sum::of_file(&path, 9).unwrap();
        assert_eq!((sum.value(), read), (0xcbf4_3926, 9));
        sum.add(b" and more");
        assert_eq!(sum.value(), of(b"123456789 and more").value());
        assert_eq!(sum.with_head(b"123", b"abc", 15).value(), of(b"abc456789 and more").value());
    }
}
