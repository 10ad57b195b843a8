//! Relata's own cache of models, and the receipt by which a changed file is noticed without hashing
//! 91 MB at each start.
//!
//! `CACHE/models/NAME/REVISION/` holds one model's files and `receipt.json`: size, time and SHA-256
//! of every file as they were when last hashed. At each start sizes and times are compared with it
//! and the safetensors header is read; a file whose size or time differs is hashed again, and only
//! its sum decides. So a cache folder copied from another machine, with new times or without a
//! receipt, is good as soon as its sums are.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use safetensors::tensor::Metadata;
use serde::{Deserialize, Serialize};

use super::manifest::{Manifest, ManifestFile};
use super::sha256::{self, FileSum, stat};
use crate::files;

/// Name of the receipt inside the model folder.
pub(super) const RECEIPT: &str = "receipt.json";

/// Largest safetensors header that is read; the format's own limit.
const MAX_HEADER: u64 = 100_000_000;

/// What a fetch has left behind about the files it checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Receipt {
    pub format: u32,
    pub model: String,
    pub repository: String,
    pub revision: String,
    /// Where the files came from, for people.
    pub source: String,
    pub files: BTreeMap<String, ReceiptFile>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ReceiptFile {
    pub bytes: u64,
    /// Nanoseconds since 1970.
    pub modified: i64,
    pub sha256: String,
}

/// What was found where a model should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Absent,
    /// All files, with their sums, sorted by path.
    Intact(Vec<FileSum>),
    /// The first file that is not what it should be, and why.
    Damaged {
        file: String,
        why: String,
    },
}

/// Folder of all cached models.
pub(super) fn models(cache: &Path) -> PathBuf {
    cache.join("models")
}

/// Folder of one model.
pub(super) fn folder(cache: &Path, manifest: &Manifest) -> PathBuf {
    models(cache).join(&manifest.name).join(&manifest.hub.revision)
}

/// Compares a model folder with its manifest and its receipt.
pub(super) fn inspect(folder: &Path, manifest: &Manifest) -> Presence {
    if !folder.is_dir() {
        return Presence::Absent;
    }
    let known = read_receipt(folder);
    let mut found = BTreeMap::new();
    for file in &manifest.files {
        let receipt = known.as_ref().and_then(|receipt| receipt.files.get(&file.path));
        match inspect_file(&folder.join(&file.path), file, receipt) {
            Ok(seen) => found.insert(file.path.clone(), seen),
            Err(why) => return Presence::Damaged { file: file.path.clone(), why },
        };
    }
    let sums = found.iter().map(|(path, file)| FileSum { path: path.clone(), sha256: file.sha256.clone() }).collect();
    if known.as_ref().is_none_or(|receipt| receipt.files != found) {
        let source = known.map_or_else(|| "found in place".to_owned(), |receipt| receipt.source);
        // Without a new receipt the next start hashes again, and nothing else.
        let _ = write_receipt(folder, manifest, &source, found);
    }
    Presence::Intact(sums)
}

fn inspect_file(
    path: &Path,
    file: &ManifestFile,
    receipt: Option<&ReceiptFile>,
) -> std::result::Result<ReceiptFile, String> {
    let now = stat(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "it is missing".to_owned(),
        _ => error.to_string(),
    })?;
    if !now.is_file {
        return Err("it is no file".into());
    }
    if let Some(bytes) = file.bytes.or(receipt.map(|receipt| receipt.bytes))
        && now.bytes != bytes
    {
        return Err(format!("it has {} bytes instead of {bytes}", now.bytes));
    }
    // What came first is what a file without a sum in the manifest must stay.
    let expected = file.sha256.as_ref().or(receipt.map(|receipt| &receipt.sha256));
    let untouched = receipt.filter(|receipt| {
        receipt.bytes == now.bytes && receipt.modified == now.modified && expected == Some(&receipt.sha256)
    });
    let sha256 = match untouched {
        Some(receipt) => receipt.sha256.clone(),
        None => sha256::hash_file(path).map_err(|error| error.to_string())?,
    };
    if let Some(expected) = expected
        && *expected != sha256
    {
        return Err(differs(&sha256, expected));
    }
    if path.extension().is_some_and(|end| end == "safetensors") {
        check_header(path, now.bytes)?;
    }
    Ok(ReceiptFile { bytes: now.bytes, modified: now.modified, sha256 })
}

/// The words for a wrong sum, the same for every source.
pub(super) fn differs(found: &str, expected: &str) -> String {
    format!("its SHA-256 is {found} instead of {expected}")
}

/// Reads the header of a safetensors file and holds it against the file's size; no tensor is read.
pub(super) fn check_header(path: &Path, bytes: u64) -> std::result::Result<(), String> {
    let mut file = File::open(path).map_err(|error| error.to_string())?;
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(|_| "it is too short for a safetensors header".to_owned())?;
    let length = u64::from_le_bytes(length);
    if length > MAX_HEADER || length.saturating_add(8) > bytes {
        return Err("its safetensors header is broken".into());
    }
    let mut header = Vec::new();
    file.take(length).read_to_end(&mut header).map_err(|error| error.to_string())?;
    let metadata: Metadata =
        serde_json::from_slice(&header).map_err(|error| format!("its safetensors header is broken: {error}"))?;
    let expected = (metadata.data_len() as u64).saturating_add(8 + length);
    if expected == bytes { Ok(()) } else { Err(format!("its header speaks of {expected} bytes, it has {bytes}")) }
}

fn read_receipt(folder: &Path) -> Option<Receipt> {
    let text = std::fs::read(folder.join(RECEIPT)).ok()?;
    serde_json::from_slice(&text).ok().filter(|receipt: &Receipt| receipt.format == 1)
}

/// Sums as recorded at the last check, for files whose sum the manifest does not know.
pub(super) fn recorded_sum(folder: &Path, path: &str) -> Option<String> {
    read_receipt(folder)?.files.remove(path).map(|file| file.sha256)
}

/// Writes a receipt whole or not at all.
pub(super) fn write_receipt(
    folder: &Path,
    manifest: &Manifest,
    source: &str,
    files: BTreeMap<String, ReceiptFile>,
) -> io::Result<()> {
    let receipt = Receipt {
        format: 1,
        model: manifest.name.clone(),
        repository: manifest.hub.repository.clone(),
        revision: manifest.hub.revision.clone(),
        source: source.to_owned(),
        files,
    };
    replace(&folder.join(RECEIPT), &serde_json::to_vec_pretty(&receipt)?)
}

/// Puts new bytes in a file's place; a reader sees the old ones or the new ones, and threads that
/// do so at once do not write to one file.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    files::replace_by(path, &format!("-{count}"), |new| std::fs::write(new, bytes))
}

/// Makes the next start hash every file. The sums stay: for some files they are all that is known.
pub(super) fn distrust_times(folder: &Path, manifest: &Manifest) -> io::Result<()> {
    let Some(mut receipt) = read_receipt(folder) else { return Ok(()) };
    for file in receipt.files.values_mut() {
        file.modified = -1;
    }
    write_receipt(folder, manifest, &receipt.source, receipt.files)
}

/// The manifest with the sums that were recorded where it knows none: trust is for the first use
/// only.
pub(super) fn with_recorded_sums(folder: &Path, manifest: &Manifest) -> Manifest {
    let mut manifest = manifest.clone();
    for file in manifest.files.iter_mut().filter(|file| file.sha256.is_none()) {
        file.sha256 = recorded_sum(folder, &file.path);
    }
    manifest
}

/// A word that no other process or thread has: process, time, count.
pub(super) fn unique() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    format!("{}-{now:x}-{count}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One f32 tensor of four numbers, with its offsets ending where asked.
    fn safetensors(end: u64, data: usize) -> Vec<u8> {
        let header = format!(r#"{{"w":{{"dtype":"F32","shape":[4],"data_offsets":[0,{end}]}}}}"#);
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header.as_bytes());
        bytes.resize(bytes.len() + data, 0);
        bytes
    }

    fn header_of(bytes: &[u8]) -> std::result::Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        std::fs::write(&path, bytes).unwrap();
        check_header(&path, bytes.len() as u64)
    }

    #[test]
    fn headers() {
        assert_eq!(header_of(&safetensors(16, 16)), Ok(()));
        assert!(header_of(&safetensors(16, 12)).unwrap_err().contains("speaks of"));
        assert!(header_of(&safetensors(16, 17)).unwrap_err().contains("speaks of"));
        assert!(header_of(b"short").unwrap_err().contains("too short"));
        assert!(header_of(&[0xff; 64]).unwrap_err().contains("broken"));
        assert!(header_of(&[&9_u64.to_le_bytes()[..], b"not json!"].concat()).unwrap_err().contains("broken"));
    }
}
