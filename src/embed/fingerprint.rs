//! What made a vector, in one hash: vectors of different fingerprints are never compared.

use std::fmt;
use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::folder::{Recipe, Role};
use super::passage::PASSAGE_RECIPE;
use super::pooling::Step;
use crate::{Error, Result};

/// Hash of everything that decides the numbers in a vector: weights, tokenizer, architecture, token limit,
/// lower-casing, prompts, pooling, dense modules, normalising and the passage recipe.
///
/// The device, the batch and the number of threads are not in it: they move a value by less than 1e-6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    hex: String,
    canonical: String,
    description: String,
}

impl Fingerprint {
    /// Takes the SHA-256 sums of a folder's files, as pairs of path (relative to the folder, with `/`) and lower-case
    /// hex, and how the folder makes vectors. Files that do not decide the numbers are passed over.
    ///
    /// # Errors
    ///
    /// [`Error::ModelFile`] where the sum of a file that decides is not among the pairs.
    pub fn new<P: AsRef<str>, S: AsRef<str>>(files: &[(P, S)], recipe: &Recipe) -> Result<Fingerprint> {
        let mut sums = Vec::new();
        for file in recipe.vector_files() {
            let sum = files.iter().find(|(path, _)| path.as_ref() == file).map(|(_, sum)| sum.as_ref());
            sums.push((file, sum.ok_or_else(|| no_sum(file))?.to_ascii_lowercase()));
        }
        let canonical = canonical(&sums, recipe);
        let weights = sums.first().map_or("", |(_, sum)| sum.get(..8).unwrap_or(sum));
        let description = format!(
            "{}, {} pooling, {} tokens, {PASSAGE_RECIPE}, weights {weights}",
            recipe.architecture.describe(),
            recipe.pooling_name(),
            recipe.token_limit(),
        );
        Ok(Fingerprint { hex: hex(&Sha256::digest(canonical.as_bytes())), canonical, description })
    }

    /// 64 lower-case hex digits: SHA-256 of [`canonical`](Fingerprint::canonical).
    pub fn hex(&self) -> &str {
        &self.hex
    }

    /// What is hashed: a line per ingredient.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// One line for humans, e.g. `BERT of 6 layers x 384, mean pooling, 256 tokens, title-abstract/1, weights 53aa5117`.
    pub fn description(&self) -> &str {
        &self.description
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex)
    }
}

fn canonical(sums: &[(&str, String)], recipe: &Recipe) -> String {
    // Names of files are left out: a file that moves within its folder is the same file.
    let mut text = String::from("relata-fingerprint 1\n");
    let mut line = |key: &str, value: &str| {
        // Writing to a string can't fail. Escaped, so that no value can pass for another line.
        let _ = writeln!(text, "{key} {}", value.escape_default());
    };
    for ((_, sum), key) in sums.iter().zip(["weights", "tokenizer"].into_iter().chain(std::iter::repeat("dense-weights"))) {
        line(key, sum);
    }
    line("architecture", &recipe.architecture.canonical());
    line("token-limit", &recipe.token_limit().to_string());
    line("cut", if recipe.cut_left { "left" } else { "right" });
    line("lower-case", if recipe.lower_case { "yes" } else { "no" });
    line("query-prompt", recipe.prompt(Role::Query));
    line("passage-prompt", recipe.prompt(Role::Passage));
    line("pooling", &recipe.pooling_name());
    for step in &recipe.steps {
        match step {
            Step::Normalise => line("step", "normalise"),
            Step::Dense(dense) => line(
                "step",
                &format!("dense {}x{} bias={} {:?}", dense.outputs, dense.inputs, dense.bias, dense.activation),
            ),
        }
    }
    line("passage", PASSAGE_RECIPE);
    text
}

fn no_sum(file: &str) -> Error {
    super::folder::damaged(std::path::Path::new(file), "has no known SHA-256, so its vectors can't be told apart".into())
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
