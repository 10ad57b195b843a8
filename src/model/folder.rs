//! A plain model folder in sentence-transformers' layout, as a user has it on disk.
//!
//! In: the folder. Out: the SHA-256 of every file that decides the vectors, which is what the model
//! *is*: the same files under another path are the same model, and a README changes nothing. Sums
//! are kept in the cache by path, size and time, so a second start does not hash the weights again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::cache;
use super::cache::check_header;
use super::manifest::is_pickled;
use super::sha256::{FileSum, Stat, hash_file, stat};
use crate::error::{Error, ModelError, Result};

/// A file that was changed so short a time ago (2 s, the coarsest clock of a file system in use)
/// may change again without its time showing it; its sum is not kept.
const FRESH: i64 = 2_000_000_000;

/// Whether a file of a model folder, by its path with `/`, decides the vectors: configuration,
/// tokenizer and weights of the folder itself and of its numbered modules (`1_Pooling/`).
pub(super) fn decides_vectors(path: &str) -> bool {
    let name = match path.split_once('/') {
        Some((module, name)) if is_module(module) => name,
        Some(_) => return false,
        None => path,
    };
    matches!(
        name,
        "config.json"
            | "modules.json"
            | "config_sentence_transformers.json"
            | "tokenizer.json"
            | "tokenizer_config.json"
            | "model.safetensors"
            | "model.safetensors.index.json"
    ) || (name.starts_with("sentence_") && name.ends_with("_config.json"))
        || is_shard(name)
}

/// `1_Pooling`: a number, an underscore, a name.
fn is_module(folder: &str) -> bool {
    folder.split_once('_').is_some_and(|(number, name)| {
        !name.is_empty() && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
    })
}

/// `model-00001-of-00003.safetensors`.
fn is_shard(name: &str) -> bool {
    let number = |text: &str| text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit());
    name.strip_prefix("model-")
        .and_then(|rest| rest.strip_suffix(".safetensors"))
        .and_then(|rest| rest.split_once("-of-"))
        .is_some_and(|(at, of)| number(at) && number(of))
}

/// Sums of the files that decide the vectors, sorted by path.
///
/// With `kept` as `None` every file is hashed; otherwise sums are looked up and kept in that cache
/// folder.
///
/// # Errors
/// [`ModelError::Folder`] where the folder is none, or has no configuration, tokenizer or
/// safetensors weights.
pub(super) fn sums(root: &Path, kept: Option<&Path>) -> Result<Vec<FileSum>> {
    let refused = |reason: &str| Error::from(ModelError::Folder { path: root.to_owned(), reason: reason.to_owned() });
    if !root.is_dir() {
        return Err(refused("there is no such folder"));
    }
    let (deciding, pickled) = scan(root)?;
    let has = |name: &str| deciding.keys().any(|path| path.rsplit('/').next() == Some(name));
    if !has("config.json") {
        return Err(refused("it holds no config.json, so it is no model folder"));
    }
    if !deciding.keys().any(|path| path.ends_with(".safetensors")) {
        return Err(match pickled {
            Some(file) => refused(&format!(
                "its weights are pickled ({file}), which Relata never opens, because loading them can run any code; \
                 save them as model.safetensors"
            )),
            None => refused("it holds no model.safetensors"),
        });
    }
    if !has("tokenizer.json") {
        return Err(refused("it holds no tokenizer.json; save the tokenizer with a current version of transformers"));
    }
    let real = root.canonicalize().map_err(Error::io(root))?;
    let mut book = kept.map(Book::open);
    let mut sums = Vec::with_capacity(deciding.len());
    for (path, now) in deciding {
        let file = real.join(&path);
        let known = book.as_ref().and_then(|book| book.find(&file, now));
        let sha256 = match known {
            Some(sum) => sum,
            None => {
                if let Some(reason) = too_long(&file, now.bytes) {
                    return Err(refused(&format!("{path} {reason}")));
                }
                let sum = hash_file(&file).map_err(Error::io(&file))?;
                if let Some(book) = &mut book {
                    book.keep(file, now, &sum);
                }
                sum
            }
        };
        sums.push(FileSum { path, sha256 });
    }
    if let Some(book) = book {
        book.close();
    }
    Ok(sums)
}

/// The largest file beside the weights; a tokenizer of 250,000 tokens has 17 MB.
const MOST_BYTES: u64 = 256 << 20;
/// Weights from this size on are held against their header before they are hashed, and none may be
/// larger than the second.
const LARGE: u64 = 1 << 30;
const LARGEST: u64 = 64 << 30;

/// Why a file is not hashed, if it is longer than it can be: to hash a sparse file of a hundred
/// gigabytes takes minutes.
fn too_long(file: &Path, bytes: u64) -> Option<String> {
    if file.extension().is_none_or(|extension| extension != "safetensors") {
        return (bytes > MOST_BYTES).then(|| format!("has {bytes} bytes, which no such file needs"));
    }
    match bytes {
        0..LARGE => None,
        LARGE..=LARGEST => check_header(file, bytes).err().map(|reason| format!("cannot be used: {reason}")),
        _ => Some(format!("has {bytes} bytes; at most {LARGEST} are read")),
    }
}

/// The deciding files with size and time, and the name of pickled weights if there are any.
fn scan(root: &Path) -> Result<(BTreeMap<String, Stat>, Option<String>)> {
    let mut deciding = BTreeMap::new();
    let mut pickled = None;
    let mut folders = vec![(root.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(Error::io(&folder))? {
            let entry = entry.map_err(Error::io(&folder))?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = entry.path();
            let inside = format!("{prefix}{name}");
            if prefix.is_empty() && is_module(&name) && path.is_dir() {
                folders.push((path, format!("{name}/")));
            } else if decides_vectors(&inside) {
                let now = stat(&path).map_err(Error::io(&path))?;
                if now.is_file {
                    deciding.insert(inside, now);
                }
            } else if is_pickled(&name) {
                // The smallest name, so that the message does not depend on the folder's order.
                pickled = Some(pickled.map_or(inside.clone(), |other: String| other.min(inside)));
            }
        }
    }
    Ok((deciding, pickled))
}

/// The sums kept in the cache folder. Never needed: where it cannot be read or written, files are
/// hashed again.
struct Book {
    path: PathBuf,
    pages: Pages,
    changed: bool,
}

#[derive(Default, Serialize, Deserialize)]
struct Pages {
    format: u32,
    files: BTreeMap<PathBuf, Page>,
}

#[derive(Serialize, Deserialize)]
struct Page {
    bytes: u64,
    /// Nanoseconds since 1970.
    modified: i64,
    sha256: String,
}

impl Book {
    fn open(cache: &Path) -> Book {
        let path = cache.join("folder-sums.json");
        let pages = std::fs::read(&path)
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .filter(|pages: &Pages| pages.format == 1)
            .unwrap_or_default();
        Book { path, pages, changed: false }
    }

    fn find(&self, file: &Path, now: Stat) -> Option<String> {
        let page = self.pages.files.get(file)?;
        (page.bytes == now.bytes && page.modified == now.modified).then(|| page.sha256.clone())
    }

    fn keep(&mut self, file: PathBuf, at: Stat, sha256: &str) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let settled = i64::try_from(now).unwrap_or(i64::MAX).saturating_sub(FRESH) > at.modified;
        if settled && file.to_str().is_some() {
            let page = Page { bytes: at.bytes, modified: at.modified, sha256: sha256.to_owned() };
            self.pages.files.insert(file, page);
            self.changed = true;
        }
    }

    fn close(mut self) {
        if !self.changed {
            return;
        }
        self.pages.format = 1;
        self.pages.files.retain(|file, _| file.exists());
        let Ok(text) = serde_json::to_vec_pretty(&self.pages) else { return };
        let made = self.path.parent().map(std::fs::create_dir_all);
        if matches!(made, Some(Ok(()))) {
            let _ = cache::replace(&self.path, &text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_too_long_is_not_hashed() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: u64| {
            let path = folder.path().join(name);
            std::fs::File::create(&path).unwrap().set_len(bytes).unwrap();
            path
        };
        std::fs::write(folder.path().join("config.json"), "{}").unwrap();
        file("tokenizer.json", 2);
        // Sparse files: they take no room.
        file("model.safetensors", 100 << 30);
        assert!(sums(folder.path(), None).unwrap_err().to_string().contains("at most"), "too long");
        file("model.safetensors", 2 << 30);
        assert!(sums(folder.path(), None).unwrap_err().to_string().contains("header"), "no such weights");
        file("model.safetensors", 2);
        file("tokenizer.json", 1 << 30);
        assert!(sums(folder.path(), None).unwrap_err().to_string().contains("tokenizer.json has 1073741824 bytes"));
    }

    #[test]
    fn which_files_decide() {
        for path in [
            "config.json",
            "modules.json",
            "sentence_bert_config.json",
            "sentence_xlm-roberta_config.json",
            "config_sentence_transformers.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "model.safetensors",
            "model-00001-of-00002.safetensors",
            "1_Pooling/config.json",
            "2_Dense/model.safetensors",
            "0_Transformer/tokenizer.json",
        ] {
            assert!(decides_vectors(path), "{path}");
        }
        for path in [
            "README.md",
            "vocab.txt",
            "onnx/config.json",
            "pytorch_model.bin",
            "model-quantised.safetensors",
            "1_Pooling/deeper/config.json",
            "_Pooling/config.json",
            "openvino/model.safetensors",
            "data_config.json",
        ] {
            assert!(!decides_vectors(path), "{path}");
        }
    }
}
