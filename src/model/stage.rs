//! A private folder in the cache in which one fetch gathers and checks its files, before one rename
//! makes them the model.
//!
//! In: a reader per file of the manifest. Out: the model folder in its place, with a receipt. Each
//! fetch has a folder of its own, so two processes never write the same file; who comes second
//! finds the other's model good and keeps it. A killed process leaves its folder behind, with a
//! lock that nobody holds, and the next fetch clears it away.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::cache::{self, Presence, ReceiptFile};
use super::manifest::{Manifest, ManifestFile};
use super::sha256::{FileSum, copy_hashed, stat};
use crate::error::{Error, ModelError, Result};
use crate::files;
use crate::lock::FileLock;

/// How the folders of running fetches begin.
const PREFIX: &str = ".fetch-";

/// The file that a fetch keeps locked in its folder.
const LOCK: &str = "lock";

/// Where there are no locks: no fetch runs that long. At 91 MB that would be 1 kB/s.
const LEFT_BEHIND: Duration = Duration::from_secs(24 * 60 * 60);

/// Bytes of a file whose size the manifest does not tell, at most.
pub(super) const MAX_FILE: u64 = 16 << 30;

/// A fetch's own folder; gone when dropped.
pub(super) struct Stage {
    root: PathBuf,
    /// Counts the sources tried. Each has a folder of its own, so what an abandoned download still
    /// writes is nobody's.
    round: u32,
    written: BTreeMap<String, ReceiptFile>,
    _lock: Option<FileLock>,
}

impl Stage {
    /// Makes the folder, and clears away what killed processes have left.
    pub(super) fn new(cache: &Path) -> Result<Stage> {
        let models = cache::models(cache);
        let root = models.join(format!("{PREFIX}{}", cache::unique()));
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::from(ModelError::Cache { path, source })
        };
        std::fs::create_dir_all(&models).map_err(at(&models))?;
        clear_left_behind(&models);
        let lock = locked(&root).map_err(at(&root))?;
        let stage = Stage { root, round: 0, written: BTreeMap::new(), _lock: lock };
        stage.make_folders().map_err(at(&stage.root))?;
        Ok(stage)
    }

    fn make_folders(&self) -> std::io::Result<()> {
        std::fs::create_dir_all(self.model())?;
        std::fs::create_dir_all(self.scratch())
    }

    fn room(&self) -> PathBuf {
        self.root.join(self.round.to_string())
    }

    fn model(&self) -> PathBuf {
        self.room().join("model")
    }

    /// Room for what a source needs besides the files themselves.
    pub(super) fn scratch(&self) -> PathBuf {
        self.room().join("scratch")
    }

    /// Forgets what a failed source has brought.
    pub(super) fn clear(&mut self) -> Result<()> {
        self.written.clear();
        // Best effort: what stays goes with the stage.
        let _ = std::fs::remove_dir_all(self.room());
        self.round += 1;
        self.make_folders().map_err(|source| Error::from(ModelError::Cache { path: self.root.clone(), source }))
    }

    /// Takes one file in, if its size and SHA-256 are the manifest's; says what differs otherwise.
    pub(super) fn write(&mut self, file: &ManifestFile, from: &mut dyn Read) -> std::result::Result<(), String> {
        let named = |error: std::io::Error| format!("{}: {error}", file.path);
        let path = self.model().join(&file.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(named)?;
        }
        let mut out = File::create(&path).map_err(named)?;
        let limit = file.bytes.unwrap_or(MAX_FILE);
        let (bytes, sha256) = copy_hashed(from, &mut out, limit).map_err(named)?;
        if bytes > limit {
            return Err(format!("{}: it has more than {limit} bytes", file.path));
        }
        if file.bytes.is_some_and(|expected| bytes != expected) {
            return Err(format!("{}: it has {bytes} bytes instead of {limit}", file.path));
        }
        if let Some(expected) = &file.sha256
            && *expected != sha256
        {
            return Err(format!("{}: {}", file.path, cache::differs(&sha256, expected)));
        }
        // The receipt must not outlive the bytes it vouches for.
        out.sync_all().map_err(named)?;
        drop(out);
        let modified = stat(&path).map_err(named)?.modified;
        self.written.insert(file.path.clone(), ReceiptFile { bytes, modified, sha256 });
        Ok(())
    }

    /// Makes the gathered files the model at `target`, unless another process was first with good
    /// ones.
    pub(super) fn install(self, manifest: &Manifest, target: &Path, source: &str) -> Result<Vec<FileSum>> {
        let at = |source| Error::from(ModelError::Cache { path: target.to_owned(), source });
        let sums = self
            .written
            .iter()
            .map(|(path, file)| FileSum { path: path.clone(), sha256: file.sha256.clone() })
            .collect();
        cache::write_receipt(&self.model(), manifest, source, self.written.clone()).map_err(at)?;
        for path in self.written.keys() {
            // The names in the folder, as well as what they name.
            files::sync_folders_of(&self.model().join(path), &self.model());
        }
        if let Some(parent) = target.parent() {
            files::create_folders(parent).map_err(at)?;
        }
        let mut tries = 0;
        loop {
            let Err(error) = files::put(&self.model(), target) else { return Ok(sums) };
            if let Presence::Intact(theirs) = cache::inspect(target, manifest) {
                return Ok(theirs);
            }
            // A damaged model is in the way. Another process may be replacing it too; each try
            // meets one at most.
            tries += 1;
            if tries > 3 {
                return Err(at(error));
            }
            if target.exists() {
                let aside = self.root.join(format!("replaced-{tries}"));
                match std::fs::rename(target, aside) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(at(error)),
                    _ => {}
                }
            }
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // What cannot be removed now, the next fetch removes.
        let _ = remove(&self.root);
    }
}

/// Makes the folder of a fetch and locks it; `None` where the file system has no locks.
fn locked(root: &Path) -> std::io::Result<Option<FileLock>> {
    loop {
        std::fs::create_dir_all(root)?;
        match File::create(root.join(LOCK)) {
            Ok(file) => return Ok(FileLock::try_new(file).ok()),
            // Another fetch has taken the empty folder for one that was left behind.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
}

/// Removes folders of fetches that no living process can still be at work in. Best effort: nothing
/// depends on it.
pub(super) fn clear_left_behind(models: &Path) {
    for entry in std::fs::read_dir(models).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        if ours && is_left_behind(&entry.path()) {
            let _ = remove(&entry.path());
        }
    }
}

/// Removes the folder of a fetch, its lock last: as long as anything is left, it can be told
/// whether somebody is at work in it.
fn remove(root: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(root)? {
        let path = entry?.path();
        match path.is_dir() {
            true => std::fs::remove_dir_all(path)?,
            false if path.ends_with(LOCK) => {}
            false => std::fs::remove_file(path)?,
        }
    }
    match std::fs::remove_file(root.join(LOCK)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => std::fs::remove_dir(root),
    }
}

/// Whether nobody holds the lock in the folder of a fetch. Without locks its age decides.
fn is_left_behind(folder: &Path) -> bool {
    let modified = std::fs::metadata(folder).and_then(|metadata| metadata.modified());
    let old = modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > LEFT_BEHIND));
    match File::options().write(true).open(folder.join(LOCK)).map(FileLock::try_new) {
        Ok(Ok(_)) => true,
        Ok(Err((_, TryLockError::WouldBlock))) => false,
        Ok(Err((_, TryLockError::Error(_)))) => old,
        // Made, and not locked yet: only an empty folder goes.
        Err(_) => old || std::fs::remove_dir(folder).is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [(&str, &[u8]); 3] = [
        ("config.json", b"{}"),
        // An empty safetensors file: a header of two bytes, and no tensor.
        ("model.safetensors", b"\x02\0\0\0\0\0\0\0{}"),
        ("tokenizer.json", b"[]"),
    ];

    fn manifest() -> Manifest {
        let mut text = String::from(
            "name = \"toy\"\ndescription = \"\"\nlicence = \"MIT\"\ndimension = 1\ntoken_limit = 1\npooling = \"cls\"\n\
             hub = { repository = \"nobody/toy\", revision = \"0\" }\n",
        );
        for (path, bytes) in FILES {
            let (count, sum) = copy_hashed(&mut &bytes[..], &mut std::io::sink(), u64::MAX).unwrap();
            text += &format!("[[file]]\npath = \"{path}\"\nbytes = {count}\nsha256 = \"{sum}\"\n");
        }
        Manifest::parse(&text).unwrap()
    }

    fn filled(cache: &Path, manifest: &Manifest) -> Stage {
        let mut stage = Stage::new(cache).unwrap();
        for (file, (_, bytes)) in manifest.files.iter().zip(FILES) {
            stage.write(file, &mut &bytes[..]).unwrap();
        }
        stage
    }

    fn source_of(target: &Path) -> String {
        let text = std::fs::read_to_string(target.join(cache::RECEIPT)).unwrap();
        serde_json::from_str::<cache::Receipt>(&text).unwrap().source
    }

    #[test]
    fn who_comes_second_keeps_a_good_model_and_replaces_a_bad_one() {
        let home = tempfile::tempdir().unwrap();
        let manifest = manifest();
        let target = cache::folder(home.path(), &manifest);
        // Both gather before either installs, as two processes may.
        let (first, second) = (filled(home.path(), &manifest), filled(home.path(), &manifest));
        let sums = first.install(&manifest, &target, "first").unwrap();
        assert_eq!(second.install(&manifest, &target, "second").unwrap(), sums);
        assert_eq!(source_of(&target), "first");

        std::fs::write(target.join("config.json"), "{").unwrap();
        filled(home.path(), &manifest).install(&manifest, &target, "third").unwrap();
        assert_eq!(source_of(&target), "third");
        assert_eq!(std::fs::read(target.join("config.json")).unwrap(), b"{}");
        let left: Vec<_> = std::fs::read_dir(cache::models(home.path())).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }

    #[test]
    fn what_a_killed_fetch_has_left_goes_and_what_a_living_one_has_stays() {
        let home = tempfile::tempdir().unwrap();
        let living = Stage::new(home.path()).unwrap();
        let models = cache::models(home.path());
        let left = models.join(".fetch-1-killed/0/model");
        std::fs::create_dir_all(&left).unwrap();
        std::fs::write(models.join(".fetch-1-killed").join(LOCK), "").unwrap();
        std::fs::create_dir(models.join(".fetch-2-killed-at-once")).unwrap();
        let foreign = models.join(".fetch-3-of-an-earlier-version/0");
        std::fs::create_dir_all(&foreign).unwrap();
        let second = Stage::new(home.path()).unwrap();
        assert!(living.scratch().is_dir() && second.scratch().is_dir() && foreign.is_dir());
        assert!(!models.join(".fetch-1-killed").exists() && !models.join(".fetch-2-killed-at-once").exists());
    }

    #[test]
    fn a_cleared_stage_has_nothing_of_the_source_before() {
        let home = tempfile::tempdir().unwrap();
        let mut stage = filled(home.path(), &manifest());
        let (model, scratch) = (stage.model(), stage.scratch());
        stage.clear().unwrap();
        assert!(!model.exists() && !scratch.exists() && stage.written.is_empty());
        assert!(stage.scratch().is_dir() && stage.model() != model);
    }
}
