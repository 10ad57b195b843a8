//! Changes of binary files: numbers that say lengths and places, cut and repeated parts, and the
//! sums that make a changed file pass for a whole one.

use std::io::Write as _;

use crate::random::Random;

/// Changes bytes and numbers of a file of a binary form.
pub(crate) fn mutate(random: &mut Random, input: &[u8]) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..random.length(6) {
        if bytes.is_empty() {
            return bytes;
        }
        let at = random.below(bytes.len());
        match random.below(6) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.next() as u8,
            2 => bytes.truncate(at),
            3 => {
                let end = (at + random.length(bytes.len())).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            4 => {
                let end = (at + random.length(64)).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => number(random, &mut bytes),
        }
    }
    bytes
}

/// A number of two, four or eight bytes becomes one at which programs go wrong; the first bytes,
/// where lengths stand, more often than others.
pub(crate) fn number(random: &mut Random, bytes: &mut [u8]) {
    let width = *random.pick(&[2, 4, 8]);
    let end = if random.one_in(2) { 64 } else { bytes.len() };
    let at = random.below(end.min(bytes.len()).saturating_sub(width - 1));
    let length = bytes.len() as u64;
    let value = *random.pick(&[
        0,
        1,
        length - 1,
        length,
        length + 1,
        1 << 15,
        1 << 31,
        1 << 32,
        1 << 63,
        u64::MAX,
        u64::MAX - 7,
        1 << 40,
    ]);
    if let Some(place) = bytes.get_mut(at..at + width) {
        place.copy_from_slice(&value.to_le_bytes()[..width]);
    }
}

/// Packs a text in one of the forms that readers unpack.
pub(crate) fn pack(random: &mut Random, bytes: &[u8]) -> Vec<u8> {
    match random.below(5) {
        0 => gzip(bytes),
        1 => {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            encoder.write_all(bytes).expect("packed");
            encoder.finish().expect("packed")
        }
        2 => ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest),
        3 => tar(random, bytes),
        _ => zip(random, bytes),
    }
}

/// Packs as gzip.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("packed");
    encoder.finish().expect("packed")
}

/// Names of members, some of which no archive should have.
const NAMES: [&str; 8] =
    ["a.md", "2026-02-14.jsonl", "../../up.md", "/etc/x", "./.hidden", "x/\u{1b}[2Jy.csv", "inner.tar", "inner.zip"];

fn tar(random: &mut Random, bytes: &[u8]) -> Vec<u8> {
    let mut archive = Vec::new();
    for part in bytes.chunks((bytes.len() / (1 + random.below(3))).max(1)).take(4) {
        let mut header = [0_u8; 512];
        let name = random.pick(&NAMES).as_bytes();
        header[..name.len()].copy_from_slice(name);
        header[100..108].copy_from_slice(b"0000644\0");
        let claimed = if random.one_in(8) { *random.pick(&[0, 1, 1 << 20, 0o77_777_777_777]) } else { part.len() };
        header[124..136].copy_from_slice(format!("{claimed:011o}\0").as_bytes());
        header[136..148].copy_from_slice(b"00000000000\0");
        header[156] = if random.one_in(10) { *random.pick(b"01234567LKxgSV\0") } else { b'0' };
        header[257..265].copy_from_slice(b"ustar\x0000");
        header[148..156].copy_from_slice(b"        ");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        archive.extend_from_slice(&header);
        archive.extend_from_slice(part);
        archive.resize(archive.len().next_multiple_of(512), 0);
    }
    archive.resize(archive.len() + 1024, 0);
    archive
}

fn zip(random: &mut Random, bytes: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (number, part) in bytes.chunks((bytes.len() / (1 + random.below(3))).max(1)).take(4).enumerate() {
        let options = zip::write::SimpleFileOptions::default();
        let name = format!("{number}{}", random.pick(&NAMES));
        if writer.start_file(name, options).is_ok() {
            writer.write_all(part).expect("packed");
        }
    }
    writer.finish().expect("packed").into_inner()
}
