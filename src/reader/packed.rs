//! What an input is packed in, taken off.
//!
//! In: anything readable. Out: what it holds: gzip (several members, padding, whatever follows),
//! Zstandard, XZ and bzip2, also one within the other, told by their first bytes. How much comes
//! out is bounded by how much goes in, so that a file that unpacks to a million times its size ends
//! the reading and not the machine.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::rc::Rc;

use flate2::bufread::GzDecoder;

/// Packings within one another that are taken off.
const MOST_LAYERS: usize = 3;
/// What may come out whatever went in, and how many bytes may come out for each that went in.
pub(super) const FREE: u64 = 64 << 20;
pub(super) const MOST_RATIO: u64 = 400;
/// Most memory that an XZ file may ask for, in KiB.
const XZ_MEMORY: u32 = 256 << 10;

/// An input without its packing.
pub(super) struct Unpacked<'r> {
    /// What it holds.
    pub input: Box<dyn Read + 'r>,
    /// The name of the outermost packing.
    pub packing: Option<&'static str>,
    /// Whether bytes followed that belong to no packing; known at the end.
    pub trailing: Rc<Cell<bool>>,
}

/// Takes the packings of an input off.
pub(super) fn unpack<'r>(input: impl Read + 'r) -> io::Result<Unpacked<'r>> {
    let mut unpacked = Unpacked { input: Box::new(input), packing: None, trailing: Rc::default() };
    for _ in 0..MOST_LAYERS {
        let mut magic = Vec::with_capacity(6);
        let failed = unpacked.input.by_ref().take(6).read_to_end(&mut magic).err();
        let raw = Cursor::new(magic.clone()).chain(Failing(failed)).chain(unpacked.input);
        let Some(packing) = packing(&magic) else {
            unpacked.input = Box::new(raw);
            break;
        };
        let taken = Rc::new(Cell::new(0));
        let raw = Full { inner: Counted { inner: raw, taken: Rc::clone(&taken) }, failed: None };
        let raw = BufReader::with_capacity(1 << 16, raw);
        let decoder: Box<dyn Read + 'r> = match packing {
            "gzip" => Box::new(Gzip { decoder: Some(GzDecoder::new(raw)), trailing: Rc::clone(&unpacked.trailing) }),
            "Zstandard" => Box::new(Zstandard { frame: None, raw: Some(raw), trailing: Rc::clone(&unpacked.trailing) }),
            "XZ" => Box::new(lzma_rust2::XzReader::new_mem_limit(raw, true, XZ_MEMORY)),
            _ => Box::new(bzip2::bufread::MultiBzDecoder::new(raw)),
        };
        unpacked.packing = unpacked.packing.or(Some(packing));
        unpacked.input = Box::new(Bounded { inner: decoder, taken, given: 0 });
    }
    Ok(unpacked)
}

fn packing(magic: &[u8]) -> Option<&'static str> {
    let starts: [(&[u8], &str); 4] =
        [(b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "Zstandard"), (b"\xfd7zXZ\0", "XZ"), (b"BZh", "bzip2")];
    let found = starts.into_iter().find(|(start, _)| magic.starts_with(start)).map(|(_, name)| name);
    // A text may begin with BZh; a level and the first block's mark do not follow in one.
    found.filter(|name| {
        *name != "bzip2"
            || magic.get(3).is_some_and(|b| (b'1'..=b'9').contains(b)) && matches!(magic.get(4), Some(0x31 | 0x17))
    })
}

/// Gives the error that came while the beginning was looked at.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Counts what is taken of the packed input.
struct Counted<R> {
    inner: R,
    taken: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.taken.set(self.taken.get() + read as u64);
        Ok(read)
    }
}

/// Fills every buffer, so that decoders are given the same pieces whatever the source delivers at a
/// time. What a decoder gives before damage depends on the piece in which the damage stands.
struct Full<R> {
    inner: R,
    /// What ended the buffer before.
    failed: Option<io::Error>,
}

impl<R: Read> Read for Full<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(failed) = self.failed.take() {
            return Err(failed);
        }
        let mut filled = 0;
        while filled < buffer.len() {
            match self.inner.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) if filled == 0 => return Err(cause),
                Err(cause) => {
                    self.failed = Some(cause);
                    break;
                }
            }
        }
        Ok(filled)
    }
}

/// Ends what unpacks to far more than any text does.
struct Bounded<'r> {
    inner: Box<dyn Read + 'r>,
    taken: Rc<Cell<u64>>,
    given: u64,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer).map_err(|cause| match cause.kind() {
            // Decoders report damage in several ways.
            io::ErrorKind::Other => io::Error::new(io::ErrorKind::InvalidData, cause),
            _ => cause,
        })?;
        self.given += read as u64;
        if self.given > FREE + MOST_RATIO * self.taken.get() {
            let reason = format!("it unpacks to more than {MOST_RATIO} times its size");
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        Ok(read)
    }
}

/// Members one after the other, zeros between and behind them left out.
struct Gzip<R> {
    decoder: Option<GzDecoder<R>>,
    trailing: Rc<Cell<bool>>,
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(decoder) = &mut self.decoder {
            let read = decoder.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let Some(decoder) = self.decoder.take() else { break };
            let mut raw = decoder.into_inner();
            match next_after_zeros(&mut raw)? {
                Some(0x1f) => self.decoder = Some(GzDecoder::new(raw)),
                Some(_) => self.trailing.set(true),
                None => {}
            }
        }
        Ok(0)
    }
}

/// Frames one after the other.
struct Zstandard<R: Read> {
    frame: Option<Box<ruzstd::decoding::StreamingDecoder<R, ruzstd::decoding::FrameDecoder>>>,
    raw: Option<R>,
    trailing: Rc<Cell<bool>>,
}

impl<R: BufRead> Read for Zstandard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(frame) = &mut self.frame {
                let read = frame.read(buffer)?;
                if read > 0 || buffer.is_empty() {
                    return Ok(read);
                }
                self.raw = self.frame.take().map(|frame| frame.into_inner());
            }
            let Some(mut raw) = self.raw.take() else { return Ok(0) };
            match next_after_zeros(&mut raw)? {
                // 0x50 to 0x5f begin frames that hold nothing to read; the decoder passes over them
                // as damage.
                Some(0x28) => {
                    let frame = ruzstd::decoding::StreamingDecoder::new(raw);
                    let frame = frame.map_err(|cause| io::Error::new(io::ErrorKind::InvalidData, cause.to_string()))?;
                    self.frame = Some(Box::new(frame));
                }
                Some(_) => {
                    self.trailing.set(true);
                    return Ok(0);
                }
                None => return Ok(0),
            }
        }
    }
}

/// The next byte that is no zero, left where it is.
fn next_after_zeros(raw: &mut impl BufRead) -> io::Result<Option<u8>> {
    loop {
        let available = raw.fill_buf()?;
        if available.is_empty() {
            return Ok(None);
        }
        match available.iter().position(|&byte| byte != 0) {
            Some(at) => {
                let byte = available[at];
                raw.consume(at);
                return Ok(Some(byte));
            }
            None => {
                let length = available.len();
                raw.consume(length);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// Gives at most so many bytes at a time.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(buffer.len());
            self.0.read(&mut buffer[..length])
        }
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn bzip2(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstandard(bytes: &[u8]) -> Vec<u8> {
        ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
    }

    fn xz(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::default()).unwrap();
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    type Pack = fn(&[u8]) -> Vec<u8>;

    /// What comes out before the end or an error, and the error.
    fn unpacked(packed: &[u8], piece: usize) -> (Vec<u8>, Option<String>) {
        let (mut given, mut buffer) = (Vec::new(), vec![0; 1 << 16]);
        let mut input = unpack(Pieces(packed, piece)).unwrap().input;
        loop {
            match input.read(&mut buffer) {
                Ok(0) => return (given, None),
                Ok(read) => given.extend_from_slice(&buffer[..read]),
                Err(error) => return (given, Some(error.to_string())),
            }
        }
    }

    #[test]
    fn what_comes_out_before_damage_does_not_depend_on_pieces() {
        let lines: String =
            (1..12_000_u64).map(|number| format!("{number} reeds {}\n", number * 7919 % 99_991)).collect();
        let packings: [(&str, Pack); 5] =
            [("gzip", gzip), ("bzip2", bzip2), ("Zstandard", zstandard), ("XZ", xz), ("both", |b| gzip(&bzip2(b)))];
        for (name, pack) in packings {
            let whole = pack(lines.as_bytes());
            assert!(unpacked(&whole, 1) == (lines.clone().into_bytes(), None), "{name}");
            let mut errors = 0;
            for part in 1..24 {
                let at = whole.len() * part / 24;
                let mut flipped = whole.clone();
                flipped[at] ^= 0x10;
                for damaged in [&flipped, &whole[..at]] {
                    let found = unpacked(damaged, 1 << 16);
                    errors += usize::from(found.1.is_some());
                    for piece in [1, 1000] {
                        assert!(unpacked(damaged, piece) == found, "{name}, {part} of 24: pieces of {piece} bytes");
                    }
                }
            }
            assert!(errors > 20, "{name}: {errors} errors");
        }
    }
}
