//! Which model, which files it consists of, and where they are.
//!
//! In: a [`Choice`] (a known name or a folder) and [`Settings`]. Out: an [`Identity`], which the
//! vectors in a library are bound to and which costs no look at the weights, or a [`ModelFolder`],
//! fetched if need be, from which the embedder loads. A model's identity is the SHA-256 of the
//! files that decide its vectors, so the same files are the same model wherever they lie. Reading
//! configuration, tokenizer and weights is the embedder's business.

mod cache;
mod fetch;
mod folder;
mod hf_cache;
mod hub;
mod manifest;
mod progress;
mod pypi;
mod settings;
mod sha256;
mod stage;
mod turn;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

pub use crate::error::{Attempt, Unavailable};
pub use manifest::{DEFAULT_MODEL, Hub, Manifest, ManifestFile, Mirror, Pooling};
pub use progress::Progress;
pub use settings::Settings;
pub use sha256::FileSum;

use crate::error::{Error, ModelError, Result};
use cache::Presence;

/// Which model is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A known model by its name or alias.
    Name(String),
    /// A model folder in sentence-transformers' layout.
    Dir(PathBuf),
}

impl Choice {
    /// Reads what `--model` or `RELATA_MODEL` says; nothing, or an empty text, is the default
    /// model.
    ///
    /// A name that is compiled in comes first, so a folder of the same name is written `./NAME`.
    /// Then a folder that exists, or a text that can only be a path; everything else is a name,
    /// known or not.
    pub fn parse(text: Option<&str>) -> Choice {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Choice::Name(DEFAULT_MODEL.to_owned()) };
        let known = Manifest::built_in().is_ok_and(|all| all.iter().any(|manifest| manifest.answers_to(text)));
        let path = Path::new(text);
        let only_path = path.is_absolute() || text.starts_with(['.', '~']) || text.ends_with(['/', '\\']);
        if !known && (only_path || path.is_dir()) {
            Choice::Dir(path.to_owned())
        } else {
            Choice::Name(text.to_owned())
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Choice::Name(name) => f.write_str(name),
            Choice::Dir(path) => path.display().fmt(f),
        }
    }
}

/// What a model is, without its weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The manifest's name, also for a folder with the same files; otherwise the folder's own.
    pub name: String,
    /// The files that decide the vectors, sorted by path.
    pub files: Vec<FileSum>,
    /// Length of its vectors, where a manifest tells; a folder of the user's own tells only when
    /// loaded.
    pub dimension: Option<u32>,
    /// Tokens of a text that it sees, where a manifest tells.
    pub token_limit: Option<u32>,
    /// Languages that it reads, by ISO 639-1 code; empty where nothing is known.
    pub languages: Vec<String>,
    /// Text put before texts of a role (`query`, `passage`) where the model's own files name none,
    /// as a manifest tells.
    pub prompts: BTreeMap<String, String>,
}

impl Identity {
    /// Whether the model was trained on the language of a text, as far as its script tells. A model
    /// of which nothing is known is trusted to read everything.
    pub fn reads(&self, text: &str) -> bool {
        let language = crate::reader::language(text);
        self.languages.is_empty() || self.languages.iter().any(|own| own == language)
    }
}

/// A model on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFolder {
    /// As in [`Identity`].
    pub name: String,
    /// Absolute path of the folder that holds the files.
    pub root: PathBuf,
    /// The files that decide the vectors, sorted by path, the same as in [`Identity`].
    pub files: Vec<FileSum>,
}

/// A known model, for `relata model list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Other names for it.
    pub aliases: Vec<String>,
    /// One line about it.
    pub description: String,
    /// Its repository on the hub.
    pub repository: String,
    /// The pinned revision.
    pub revision: String,
    /// Length of its vectors.
    pub dimension: u32,
    /// Tokens of a text that it sees.
    pub token_limit: u32,
    /// SPDX identifier of the weights' licence.
    pub licence: String,
    /// Bytes of all its files, where known.
    pub bytes: Option<u64>,
    /// Whether it is the one that is taken when none is named.
    pub default: bool,
    /// Its folder, if it is in Relata's cache and intact.
    pub present: Option<PathBuf>,
}

/// One file's outcome in `relata model verify`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Path inside the model folder, with `/`.
    pub file: String,
    /// What its SHA-256 should be; `None` in a folder that no manifest describes.
    pub expected: Option<String>,
    /// What it is; `None` if the file cannot be read.
    pub found: Option<String>,
    /// Whether the file is there and nothing speaks against it.
    pub ok: bool,
}

/// Whether a choice names a model that can be: a known name, or a folder, which may not be there
/// yet.
///
/// # Errors
/// [`ModelError::Unknown`].
pub fn check(choice: &Choice, settings: &Settings) -> Result<()> {
    match choice {
        Choice::Name(name) => known(name, settings).map(drop),
        Choice::Dir(_) => Ok(()),
    }
}

/// Tells which files with which sums a model consists of.
///
/// A known model is told from its manifest alone. A folder is hashed once; its sums are kept in the
/// cache.
///
/// # Errors
/// [`ModelError::Unknown`], [`ModelError::Folder`], or [`ModelError::Absent`] for a model whose
/// manifest leaves a sum to its first fetch, which has not been yet.
pub fn identify(choice: &Choice, settings: &Settings) -> Result<Identity> {
    match choice {
        Choice::Name(name) => {
            let manifest = known(name, settings)?;
            identity(manifest, known_sums(manifest, settings)?)
        }
        Choice::Dir(root) => {
            let files = folder::sums(root, Some(&settings.cache))?;
            match same_model(&files, settings) {
                Some(manifest) => identity(manifest, files),
                None => Ok(Identity {
                    name: folder_name(root),
                    files,
                    dimension: None,
                    token_limit: None,
                    languages: Vec::new(),
                    prompts: BTreeMap::new(),
                }),
            }
        }
    }
}

/// Finds a model, and fetches a known one that is missing or damaged. Downloads are told to
/// `progress`.
///
/// # Errors
/// As [`identify`]; [`ModelError::Unavailable`] with all that was tried, [`ModelError::Cache`] if
/// there is no room.
pub fn locate(choice: &Choice, settings: &Settings, progress: &mut dyn FnMut(Progress)) -> Result<ModelFolder> {
    match choice {
        Choice::Name(name) => {
            let manifest = known(name, settings)?;
            let (root, mut files) = fetch::locate(manifest, settings, progress)?;
            files.retain(|file| folder::decides_vectors(&file.path));
            Ok(ModelFolder { name: manifest.name.clone(), root, files })
        }
        Choice::Dir(root) => {
            let Identity { name, files, .. } = identify(choice, settings)?;
            let root = std::path::absolute(root).map_err(Error::io(root))?;
            Ok(ModelFolder { name, root, files })
        }
    }
}

/// The known models, sorted by name, and which of them are in the cache.
pub fn list(settings: &Settings) -> Vec<Listed> {
    let mut all: Vec<Listed> = settings
        .manifests
        .iter()
        .map(|manifest| {
            let place = cache::folder(&settings.cache, manifest);
            let intact = matches!(cache::inspect(&place, manifest), Presence::Intact(_));
            Listed {
                name: manifest.name.clone(),
                aliases: manifest.aliases.clone(),
                description: manifest.description.clone(),
                repository: manifest.hub.repository.clone(),
                revision: manifest.hub.revision.clone(),
                dimension: manifest.dimension,
                token_limit: manifest.token_limit,
                licence: manifest.licence.clone(),
                bytes: manifest.files.iter().map(|file| file.bytes).sum(),
                default: manifest.name == DEFAULT_MODEL,
                present: intact.then_some(place),
            }
        })
        .collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// The first known model by name that reads the language of a text.
pub fn that_reads(text: &str, settings: &Settings) -> Option<String> {
    let language = crate::reader::language(text);
    let reads = |languages: &[String]| languages.is_empty() || languages.iter().any(|own| own == language);
    let names = settings.manifests.iter().filter(|manifest| reads(&manifest.languages)).map(|manifest| &manifest.name);
    names.min().cloned()
}

/// Where a model is, without fetching it.
///
/// # Errors
/// [`ModelError::Absent`] where it is not in the cache or not intact; otherwise as [`identify`].
pub fn path(choice: &Choice, settings: &Settings) -> Result<PathBuf> {
    match choice {
        Choice::Name(name) => {
            let manifest = known(name, settings)?;
            let place = cache::folder(&settings.cache, manifest);
            match cache::inspect(&place, manifest) {
                Presence::Intact(_) => Ok(place),
                _ => Err(absent(manifest, settings)),
            }
        }
        Choice::Dir(_) => locate(choice, settings, &mut |_| {}).map(|folder| folder.root),
    }
}

/// Hashes every file of a model on this machine, in the order of their paths.
///
/// After a bad file no receipt vouches for the model any more: the next start finds the damage and
/// fetches it again.
///
/// # Errors
/// [`ModelError::Absent`], or as [`identify`]; a wrong, unreadable or missing file is no error but
/// an outcome.
pub fn verify(choice: &Choice, settings: &Settings) -> Result<Vec<Verified>> {
    let manifest = match choice {
        Choice::Name(name) => known(name, settings)?,
        Choice::Dir(root) => {
            let files = folder::sums(root, None)?;
            let known = same_model(&files, settings).is_some();
            let verified = |FileSum { path, sha256 }| Verified {
                file: path,
                expected: known.then(|| sha256.clone()),
                found: Some(sha256),
                ok: true,
            };
            return Ok(files.into_iter().map(verified).collect());
        }
    };
    let place = cache::folder(&settings.cache, manifest);
    if !place.is_dir() {
        return Err(absent(manifest, settings));
    }
    let outcomes: Vec<Verified> = manifest
        .files
        .iter()
        .map(|file| {
            let expected = file.sha256.clone().or_else(|| cache::recorded_sum(&place, &file.path));
            let found = sha256::hash_file(&place.join(&file.path)).ok();
            let ok = found.is_some() && (expected.is_none() || expected == found);
            Verified { file: file.path.clone(), expected, found, ok }
        })
        .collect();
    if outcomes.iter().any(|outcome| !outcome.ok) {
        cache::distrust_times(&place, manifest).map_err(|source| ModelError::Cache { path: place, source })?;
    }
    Ok(outcomes)
}

fn known<'a>(name: &str, settings: &'a Settings) -> Result<&'a Manifest> {
    settings.manifests.iter().find(|manifest| manifest.answers_to(name)).ok_or_else(|| {
        Error::from(ModelError::Unknown {
            name: name.to_owned(),
            known: settings.manifests.iter().map(|manifest| manifest.name.as_str()).collect::<Vec<_>>().join(", "),
        })
    })
}

fn identity(manifest: &Manifest, files: Vec<FileSum>) -> Result<Identity> {
    let Manifest { name, dimension, token_limit, .. } = manifest;
    Ok(Identity {
        name: name.clone(),
        files,
        dimension: Some(*dimension),
        token_limit: Some(*token_limit),
        languages: manifest.languages.clone(),
        prompts: manifest.prompts.clone(),
    })
}

/// The sums of a known model's deciding files: the manifest's, or what its first fetch recorded.
fn known_sums(manifest: &Manifest, settings: &Settings) -> Result<Vec<FileSum>> {
    let place = cache::folder(&settings.cache, manifest);
    let deciding = manifest.files.iter().filter(|file| folder::decides_vectors(&file.path));
    deciding
        .map(|file| {
            let sum = file.sha256.clone().or_else(|| cache::recorded_sum(&place, &file.path));
            let sha256 = sum.ok_or_else(|| absent(manifest, settings))?;
            Ok(FileSum { path: file.path.clone(), sha256 })
        })
        .collect()
}

/// The known model that consists of just these files.
fn same_model<'a>(files: &[FileSum], settings: &'a Settings) -> Option<&'a Manifest> {
    settings.manifests.iter().find(|manifest| known_sums(manifest, settings).is_ok_and(|sums| sums == files))
}

fn absent(manifest: &Manifest, settings: &Settings) -> Error {
    Error::from(ModelError::Absent { name: manifest.name.clone(), path: cache::folder(&settings.cache, manifest) })
}

fn folder_name(root: &Path) -> String {
    let real = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    real.file_name().map_or_else(|| real.display().to_string(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_folders_are_told_apart() {
        let name = |text: &str| Choice::Name(text.to_owned());
        assert_eq!(Choice::parse(None), name("all-MiniLM-L6-v2"));
        assert_eq!(Choice::parse(Some("")), name("all-MiniLM-L6-v2"));
        assert_eq!(
            Choice::parse(Some("sentence-transformers/all-minilm-l6-v2")),
            name("sentence-transformers/all-minilm-l6-v2")
        );
        assert_eq!(Choice::parse(Some("unheard-of")), name("unheard-of"));
        assert_eq!(Choice::parse(Some("owner/unheard-of")), name("owner/unheard-of"));
        for path in ["./all-MiniLM-L6-v2", "../m", "/opt/m", "m/"] {
            assert_eq!(Choice::parse(Some(path)), Choice::Dir(path.into()));
        }
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().to_str().unwrap();
        assert_eq!(Choice::parse(Some(text)), Choice::Dir(text.into()));
    }

    #[test]
    fn the_default_model_is_known_without_a_look_at_the_disk() {
        let home = Path::new("/nowhere");
        let settings = Settings::from_vars(|_| None, Some(home.join("cache")), Some(home.to_owned())).unwrap();
        let found = identify(&Choice::parse(None), &settings).unwrap();
        assert_eq!((found.dimension, found.token_limit), (Some(384), Some(256)));
        let paths: Vec<&str> = found.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "1_Pooling/config.json",
                "config.json",
                "config_sentence_transformers.json",
                "model.safetensors",
                "modules.json",
                "sentence_bert_config.json",
                "tokenizer.json",
                "tokenizer_config.json",
            ]
        );
        assert!(found.files[3].sha256.starts_with("53aa5117"));
    }
}
