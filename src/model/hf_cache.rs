//! The Hugging Face cache, which other tools of the same user may have filled.
//!
//! In: the manifest and the cache folder (`models--OWNER--NAME/snapshots/COMMIT/`, links into
//! `blobs/`). Out: the files copied into the stage. They are copied, not linked: 91 MB are cheap,
//! and other tools clear that cache as they please. The pinned revision is looked at first, then
//! any other: SHA-256 decides, and weights often outlive a README's commit.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::manifest::Manifest;
use super::sha256::stat;
use super::stage::Stage;
use crate::error::Result;

/// Copies a snapshot whose files are the manifest's; says why there is none otherwise.
pub(super) fn copy(
    manifest: &Manifest,
    hf_cache: &Path,
    stage: &mut Stage,
) -> Result<std::result::Result<PathBuf, String>> {
    let repository = format!("models--{}", manifest.hub.repository.replace('/', "--"));
    let snapshots = hf_cache.join(repository).join("snapshots");
    let mut revisions: Vec<String> = std::fs::read_dir(&snapshots)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|revision| *revision != manifest.hub.revision)
        .collect();
    revisions.sort();
    let mut failure = None;
    for revision in std::iter::once(&manifest.hub.revision).chain(&revisions) {
        let snapshot = snapshots.join(revision);
        if !snapshot.is_dir() {
            continue;
        }
        match copy_snapshot(manifest, &snapshot, stage) {
            Ok(()) => return Ok(Ok(snapshot)),
            // Of several, the pinned revision's reason says most.
            Err(reason) => failure = failure.or(Some(format!("snapshot {revision}: {reason}"))),
        }
        stage.clear()?;
    }
    Ok(Err(failure.unwrap_or_else(|| format!("no snapshot of {}", manifest.hub.repository))))
}

fn copy_snapshot(manifest: &Manifest, snapshot: &Path, stage: &mut Stage) -> std::result::Result<(), String> {
    // Sizes first, so that a wrong snapshot costs no hashing.
    for file in &manifest.files {
        let found = stat(&snapshot.join(&file.path)).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => format!("{} is not there", file.path),
            _ => format!("{}: {error}", file.path),
        })?;
        if let Some(bytes) = file.bytes.filter(|bytes| *bytes != found.bytes) {
            return Err(format!("{}: it has {} bytes instead of {bytes}", file.path, found.bytes));
        }
    }
    for file in &manifest.files {
        let path = snapshot.join(&file.path);
        let mut from = File::open(&path).map_err(|error| format!("{}: {error}", file.path))?;
        stage.write(file, &mut from)?;
    }
    Ok(())
}
