//! What made a vector, in one hash: vectors of different fingerprints are never compared.

use std::fmt;
use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::folder::{BertNormaliser, Recipe};
use super::passage::PASSAGE_RECIPE;
use super::pooling::Step;
use super::prompts::Role;
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
    for ((_, sum), key) in
        sums.iter().zip(["weights", "tokenizer"].into_iter().chain(std::iter::repeat("dense-weights")))
    {
        line(key, sum);
    }
    line("architecture", &recipe.architecture.canonical());
    line("token-limit", &recipe.token_limit().to_string());
    line("cut", if recipe.cut_left { "left" } else { "right" });
    line("lower-case", if recipe.lower_case { "yes" } else { "no" });
    let normaliser = recipe.normaliser.map(|switches| {
        let BertNormaliser { lower_case, strip_accents, chinese } = switches;
        format!("lower-case={lower_case} strip-accents={strip_accents:?} chinese={chinese}")
    });
    line("normaliser", normaliser.as_deref().unwrap_or("own"));
    line("query-prompt", &format!("<{}>", recipe.prompt(Role::Query)));
    line("passage-prompt", &format!("<{}>", recipe.prompt(Role::Passage)));
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
    line("rows", "unit");
    line("passage", PASSAGE_RECIPE);
    text
}

fn no_sum(file: &str) -> Error {
    super::files::damaged(std::path::Path::new(file), "has no known SHA-256, so its vectors can't be told apart".into())
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn recipe(model: &str) -> Recipe {
        Recipe::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models").join(model)).unwrap()
    }

    fn sums() -> Vec<(&'static str, String)> {
        let files = ["README.md", "tokenizer.json", "2_Dense/model.safetensors", "model.safetensors"];
        files.into_iter().zip("0abc".chars()).map(|(file, digit)| (file, digit.to_string().repeat(64))).collect()
    }

    #[test]
    fn all_that_decides_the_numbers_is_hashed() {
        let fingerprint = Fingerprint::new(&sums(), &recipe("tiny-bert-dense")).unwrap();
        insta::assert_snapshot!(fingerprint.canonical(), @r"
        relata-fingerprint 1
        weights cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc
        tokenizer aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
        dense-weights bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
        architecture bert layers=2 hidden=32 heads=4 activation=Gelu epsilon=1e-12
        token-limit 48
        cut right
        lower-case no
        normaliser lower-case=true strip-accents=None chinese=true
        query-prompt <>
        passage-prompt <>
        pooling mean
        step dense 16x32 bias=true Tanh
        step normalise
        rows unit
        passage title-abstract/1
        ");
        insta::assert_snapshot!(fingerprint.description(), @"BERT of 2 layers x 32, mean pooling, 48 tokens, title-abstract/1, weights cccccccc");
        insta::assert_snapshot!(fingerprint, @"7424bfa81462e2c4b810fe84d6935918b0d214c029742ddf06f25a6da8f6c1e8");
    }

    #[test]
    fn each_ingredient_changes_it_and_nothing_else_does() {
        let base = recipe("tiny-bert");
        let hash = |recipe: &Recipe| Fingerprint::new(&sums(), recipe).unwrap().hex().to_owned();
        let mut hashes = vec![hash(&base)];
        for model in ["tiny-bert-cls", "tiny-bert-max", "tiny-bert-lasttoken", "tiny-bert-lower", "tiny-bert-prompts"] {
            hashes.push(hash(&recipe(model)));
        }
        hashes.push(hash(&Recipe { token_limit: 47, ..base.clone() }));
        hashes.push(hash(&Recipe { cut_left: true, ..base.clone() }));
        hashes.push(hash(&Recipe { normaliser: None, ..base.clone() }));
        for file in [1, 3] {
            let mut sums = sums();
            sums[file].1 = "f".repeat(64);
            hashes.push(Fingerprint::new(&sums, &base).unwrap().hex);
        }
        let count = hashes.len();
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), count);

        let mut other: Vec<(&str, String)> = sums().into_iter().rev().collect();
        other[3].1 = "f".repeat(64);
        other[0].1 = other[0].1.to_ascii_uppercase();
        assert_eq!(Fingerprint::new(&other, &base).unwrap().hex(), hash(&base));
    }

    #[test]
    fn a_file_without_a_sum_is_refused() {
        let error = Fingerprint::new(&sums()[..2], &recipe("tiny-bert")).unwrap_err();
        insta::assert_snapshot!(error, @"model.safetensors: has no known SHA-256, so its vectors can't be told apart");
    }
}
