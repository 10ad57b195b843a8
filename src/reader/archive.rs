//! Archives: files within a file.
//!
//! In: a tar or ZIP archive, packed or not. Out: what its members say, each read as a file of its
//! own, named `archive/member`. A member that holds no papers is named in a note; hidden ones are
//! passed over. Members of members are read as well, down to [`DEEPEST`] levels.

use std::io::{Cursor, Read, Seek};
use std::path::{Path, PathBuf};

use super::packed::{FREE, MOST_RATIO};
use super::report::{Finding, Format, Manner, Reading, Report, Sink};
use crate::error::{Error, ReadingError, Result};
use crate::paper::Skipped;

/// Archives within archives.
const DEEPEST: usize = 3;
/// Most members of one archive.
const MOST_MEMBERS: usize = 100_000;
/// Most notes about members.
const MOST_NOTES: usize = 100;
/// Largest ZIP archive that is held in memory, where it comes through a pipe, in bytes.
const LARGEST_PIPED: u64 = 512 << 20;

/// Whether an input that begins so is a tar archive: its first block has a name, numbers and the
/// right sum.
pub(super) fn is_tar(head: &[u8]) -> bool {
    let Some(block) = head.get(..512).filter(|block| block[0] != 0) else { return false };
    let digits = |field: &[u8]| {
        let text: Vec<u8> = field.iter().copied().filter(|byte| !matches!(byte, 0 | b' ')).collect();
        std::str::from_utf8(&text).ok().and_then(|text| u64::from_str_radix(text, 8).ok())
    };
    let sum: u64 =
        block.iter().enumerate().map(|(at, &byte)| u64::from(if (148..156).contains(&at) { b' ' } else { byte })).sum();
    digits(&block[148..156]) == Some(sum)
}

/// Whether an input that begins so is a ZIP archive.
pub(super) fn is_zip(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

/// What came of the members so far.
struct Members<'a, 's> {
    path: &'a Path,
    manner: Manner,
    report: Report,
    read: u64,
    unread: u64,
    sink: &'a mut Sink<'s>,
}

impl<'a, 's> Members<'a, 's> {
    fn new(path: &'a Path, manner: Manner, sink: &'a mut Sink<'s>) -> Members<'a, 's> {
        let report = Report { format: Format::Archive, entries: 0, skipped: 0, notes: Vec::new() };
        Members { path, manner, report, read: 0, unread: 0, sink }
    }

    fn note(&mut self, note: String) {
        if self.report.notes.len() < MOST_NOTES {
            self.report.notes.push(note);
        }
    }

    /// Reads a member, unless its name says that it is none of a person's making.
    fn member(&mut self, name: &str, input: impl Read) -> Result<()> {
        let hidden = Path::new(name).components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"."));
        if hidden && !name.starts_with("./") || name.starts_with("__MACOSX") || name.contains("/._") {
            return Ok(());
        }
        let name = super::clean(name.trim_start_matches("./"));
        let path = PathBuf::from(format!("{}/{name}", self.path.display()));
        // Counted here: what a member gave before it broke off has no report.
        let (mut entries, mut skipped) = (0, 0);
        let mut sink = |finding| {
            match &finding {
                Finding::Reading(Reading::Entry(_)) | Finding::Work(_) => entries += 1,
                Finding::Reading(Reading::Skipped(_)) => skipped += 1,
            }
            (self.sink)(finding)
        };
        let deeper = Manner { depth: self.manner.depth + 1, ..self.manner };
        let read = super::read_within(&path, input, &mut sink, deeper);
        self.report.entries += entries;
        self.report.skipped += skipped;
        match read {
            Ok(report) => {
                self.read += 1;
                report.notes.into_iter().for_each(|note| self.note(format!("{name}: {note}")));
                Ok(())
            }
            Err(Error::Reading(ReadingError::UnknownFormat { looks_like, .. })) => {
                self.unread += 1;
                self.note(format!("{name} is left out: it looks like {looks_like}"));
                Ok(())
            }
            // A member that breaks off; what other members hold is still good.
            Err(Error::Io { source, .. }) => self.broken(&format!("{name} cannot be unpacked: {source}")),
            Err(other) => Err(other),
        }
    }

    fn broken(&mut self, reason: &str) -> Result<()> {
        self.report.skipped += 1;
        let file = self.path.display().to_string();
        let skipped = Skipped { file, line: 0, reason: super::excerpt(reason, 300) };
        (self.sink)(Finding::Reading(Reading::Skipped(skipped)))
    }

    fn end(self, kind: &str) -> Result<Report> {
        if self.read == 0 && self.report.skipped == 0 {
            let looks_like =
                if self.unread == 0 { format!("an empty {kind}") } else { format!("a {kind} without papers") };
            return Err(ReadingError::UnknownFormat { path: self.path.to_owned(), looks_like }.into());
        }
        Ok(self.report)
    }
}

fn too_deep(path: &Path) -> Error {
    let looks_like = "an archive within archives within archives; unpack it first".to_owned();
    ReadingError::UnknownFormat { path: path.to_owned(), looks_like }.into()
}

/// Reads the members of a tar archive.
pub(super) fn tar(path: &Path, input: impl Read, sink: &mut Sink<'_>, manner: Manner) -> Result<Report> {
    if manner.depth >= DEEPEST {
        return Err(too_deep(path));
    }
    let mut members = Members::new(path, manner, sink);
    let mut archive = tar::Archive::new(input);
    let entries = archive.entries().map_err(Error::io(path))?;
    for (number, entry) in entries.enumerate() {
        if number >= MOST_MEMBERS {
            members.broken(&format!("the archive has more than {MOST_MEMBERS} members; the rest is left out"))?;
            break;
        }
        match entry {
            Ok(entry) if entry.header().entry_type().is_file() => {
                let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
                members.member(&name, entry)?;
            }
            Ok(_) => {}
            Err(cause) => {
                members.broken(&format!("the archive is damaged ({cause}); what comes after is lost"))?;
                break;
            }
        }
    }
    members.end("tar archive")
}

/// Reads the members of a ZIP archive that can be read in any order.
pub(super) fn zip(path: &Path, input: impl Read + Seek, sink: &mut Sink<'_>, manner: Manner) -> Result<Report> {
    if manner.depth >= DEEPEST {
        return Err(too_deep(path));
    }
    let mut members = Members::new(path, manner, sink);
    let mut archive = match zip::ZipArchive::new(input) {
        Ok(archive) => archive,
        Err(cause) => {
            members.broken(&format!("the ZIP archive is cut off or damaged ({cause})"))?;
            return Ok(members.report);
        }
    };
    for number in 0..archive.len().min(MOST_MEMBERS) {
        let (size, packed, name) = match archive.by_index(number) {
            Ok(member) if member.is_file() => {
                let name =
                    member.name().map_or_else(|_| format!("member {}", number + 1), std::borrow::Cow::into_owned);
                (member.size(), member.compressed_size(), name)
            }
            Ok(_) => continue,
            Err(cause) => {
                members.broken(&format!("member {} cannot be unpacked: {cause}", number + 1))?;
                continue;
            }
        };
        if size > FREE + MOST_RATIO.saturating_mul(packed) {
            members.broken(&format!("{} unpacks to more than {MOST_RATIO} times its size", super::clean(&name)))?;
            continue;
        }
        match archive.by_index(number) {
            Ok(member) => members.member(&name, member.take(size))?,
            Err(cause) => members.broken(&format!("{} cannot be unpacked: {cause}", super::clean(&name)))?,
        }
    }
    members.end("ZIP archive")
}

/// Reads the members of a ZIP archive that comes through a pipe or stands in another one.
pub(super) fn piped_zip(path: &Path, input: impl Read, sink: &mut Sink<'_>, manner: Manner) -> Result<Report> {
    let mut bytes = Vec::new();
    input.take(LARGEST_PIPED + 1).read_to_end(&mut bytes).map_err(Error::io(path))?;
    if bytes.len() as u64 > LARGEST_PIPED {
        let looks_like = format!("a ZIP archive of more than {} MiB in a pipe; give it as a file", LARGEST_PIPED >> 20);
        return Err(ReadingError::UnknownFormat { path: path.to_owned(), looks_like }.into());
    }
    zip(path, Cursor::new(bytes), sink, manner)
}
