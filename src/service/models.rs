//! Models: which are known, and which of them are on this machine.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use super::Relata;
use super::events::Event;
use crate::error::Result;
use crate::model::{self, Choice};

/// The known models.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Models {
    /// By name.
    pub models: Vec<ModelRow>,
}

/// A known model.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ModelRow {
    /// Its name.
    pub name: String,
    /// Its repository on the hub.
    pub repository: String,
    /// Length of its vectors.
    pub dimension: u32,
    /// Tokens of a text that it reads.
    pub token_limit: u32,
    /// SPDX identifier of the weights' licence.
    pub licence: String,
    /// Its folder, where it is in Relata's cache and intact.
    pub path: Option<PathBuf>,
}

/// The files of a model, each held against its sum.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct VerifiedModel {
    /// By path.
    pub files: Vec<VerifiedFile>,
}

/// A file of a model.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct VerifiedFile {
    /// Path inside the model's folder.
    pub file: String,
    /// What its SHA-256 should be; unknown in a folder of the user's own.
    pub expected: Option<String>,
    /// What it is; unknown where the file cannot be read.
    pub found: Option<String>,
    /// Whether the file is there and nothing speaks against it.
    pub ok: bool,
}

impl Relata {
    /// The known models.
    pub fn models(&self) -> Models {
        let row = |model: model::Listed| ModelRow {
            name: model.name,
            repository: model.repository,
            dimension: model.dimension,
            token_limit: model.token_limit,
            licence: model.licence,
            path: model.present,
        };
        Models { models: model::list(self.settings()).into_iter().map(row).collect() }
    }

    /// Finds or fetches a model, the handle's own where none is named; gives its folder.
    ///
    /// # Errors
    /// No source has the model, or its files are not what they should be.
    pub fn fetch_model(&self, name: Option<&str>) -> Result<PathBuf> {
        let fetch = &mut |progress| self.tell(Event::Fetching(progress));
        Ok(model::locate(&self.model_choice(name), self.settings(), fetch)?.root)
    }

    /// Holds every file of a model against its sum.
    ///
    /// # Errors
    /// The model is not on this machine.
    pub fn verify_model(&self, name: Option<&str>) -> Result<VerifiedModel> {
        let file = |file: model::Verified| VerifiedFile {
            file: file.file,
            expected: file.expected,
            found: file.found,
            ok: file.ok,
        };
        let files = model::verify(&self.model_choice(name), self.settings())?;
        Ok(VerifiedModel { files: files.into_iter().map(file).collect() })
    }

    /// The folder of a model.
    ///
    /// # Errors
    /// [`ModelError::Absent`](crate::error::ModelError::Absent) where it is not on this machine.
    pub fn model_path(&self, name: Option<&str>) -> Result<PathBuf> {
        model::path(&self.model_choice(name), self.settings())
    }

    /// The named model, else that of the handle's options, else the default.
    fn model_choice(&self, name: Option<&str>) -> Choice {
        Choice::parse(name.or(self.shared.options.model.as_deref()))
    }
}
