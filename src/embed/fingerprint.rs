//! What made a vector, in one hash: vectors of different fingerprints are never compared.

use std::fmt;

use sha2::{Digest, Sha256};

use super::options::{EmbedderOptions, Long, Precision};
use crate::model::FileSum;
use crate::passage::RECIPE;

/// Hash of everything that decides the numbers in a vector: the sums of all files of the model that
/// matter (weights, tokenizer, configuration of encoder, pooling, token limit and prompts), the
/// passage recipe and the precision.
///
/// It is made of sums alone, so that a question by paper id needs no model on disk. The price: a
/// model folder whose configuration was edited without effect counts as another model.
///
/// The device, the engine, the batch and the number of threads are not in it: they move a value by
/// less than 1e-6. Nor is `f16`, which moves one by 2e-4 at most, a cosine by 4e-7
/// (docs/benchmarks.md): what a card embedded in `f16` can be asked on a laptop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    digest: String,
    description: String,
}

impl Fingerprint {
    /// Fingerprint of the files that decide a model's vectors, and of those options that do:
    /// precision, what becomes of long texts, and the prompt before passages that the files
    /// themselves do not name.
    pub fn new(model: &str, files: &[FileSum], options: &EmbedderOptions) -> Fingerprint {
        let mut files: Vec<&FileSum> = files.iter().collect();
        files.sort();
        let mut canonical = format!("relata-fingerprint 1\npassage {RECIPE}\n");
        for file in &files {
            // A path is escaped, so that none can pass for another line.
            canonical.push_str(&format!("file {} {}\n", file.sha256.to_ascii_lowercase(), file.path.escape_default()));
        }
        if let Some(prompt) = options.prompts.get("passage").filter(|prompt| !prompt.is_empty()) {
            canonical.push_str(&format!("prompt {}\n", prompt.escape_default()));
        }
        let mut note = match options.precision {
            Precision::F32 | Precision::F16 => String::new(),
            // Attention has been in 16-bit integers since 2.
            Precision::Int8 => {
                canonical.push_str("precision int8/3\n");
                ", int8".to_owned()
            }
            Precision::Bf16 => {
                canonical.push_str("precision bf16\n");
                ", bf16".to_owned()
            }
        };
        if options.long == Long::Window {
            canonical.push_str("long window 256\n");
            note.push_str(", windows");
        }
        let weights = files.iter().find(|file| file.path == "model.safetensors").map_or("", |file| &file.sha256);
        let description = format!("{model}, weights {}{note}, {RECIPE}", weights.get(..8).unwrap_or(weights));
        let digest = Sha256::digest(canonical.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        Fingerprint { digest, description }
    }

    /// What a [description](Fingerprint::description) says: the model's name, the precision and
    /// what becomes of long texts. `None` where it says something else.
    pub fn read_description(description: &str) -> Option<(&str, Precision, Long)> {
        let (model, rest) = description.rsplit_once(", weights ")?;
        let (mut precision, mut long) = (Precision::F32, Long::Truncate);
        let mut notes = rest.split(", ").skip(1).peekable();
        while let Some(note) = notes.next() {
            match note {
                "int8" => precision = Precision::Int8,
                "bf16" => precision = Precision::Bf16,
                "windows" => long = Long::Window,
                // The recipe of passages stands last.
                _ if notes.peek().is_none() => {}
                _ => return None,
            }
        }
        Some((model, precision, long))
    }

    /// 64 lower-case hex digits.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// One line for humans, e.g. `all-MiniLM-L6-v2, weights 53aa5117, title-abstract/1`.
    pub fn description(&self) -> &str {
        &self.description
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, sha256: &str) -> FileSum {
        FileSum { path: path.into(), sha256: sha256.into() }
    }

    #[test]
    fn only_what_decides_a_vector_changes_the_fingerprint() {
        let files = [file("config.json", "aa"), file("model.safetensors", "0123456789")];
        let with = |precision| EmbedderOptions { precision, ..EmbedderOptions::default() };
        let of = |files: &[FileSum], precision| Fingerprint::new("some-model", files, &with(precision));
        let one = of(&files, Precision::F32);
        let mut turned = files.clone();
        turned.reverse();
        assert_eq!(one.digest(), Fingerprint::new("the same, renamed", &turned, &with(Precision::F32)).digest());
        assert_eq!(one.description(), "some-model, weights 01234567, title-abstract/1");
        let other = [files[0].clone(), file("model.safetensors", "0123456780")];
        let int8 = of(&files, Precision::Int8);
        assert_ne!(one.digest(), int8.digest());
        assert_eq!(int8.description(), "some-model, weights 01234567, int8, title-abstract/1");
        assert_ne!(one.digest(), of(&other, Precision::F32).digest());
        assert_eq!(one.digest(), of(&files, Precision::F16).digest());
        let bf16 = of(&files, Precision::Bf16);
        let prompts = [("passage".to_owned(), "passage: ".to_owned())].into();
        let prompted = EmbedderOptions { prompts, ..EmbedderOptions::default() };
        assert_ne!(one.digest(), Fingerprint::new("some-model", &files, &prompted).digest());
        let windows = EmbedderOptions { long: Long::Window, ..EmbedderOptions::default() };
        let windows = Fingerprint::new("some-model", &files, &windows);
        assert_ne!(one.digest(), windows.digest());
        assert_eq!(windows.description(), "some-model, weights 01234567, windows, title-abstract/1");
        assert!(bf16.digest() != one.digest() && bf16.digest() != int8.digest());
    }

    #[test]
    fn a_description_says_how_vectors_were_made() {
        for precision in [Precision::F32, Precision::Int8, Precision::Bf16] {
            for long in [Long::Truncate, Long::Window] {
                let options = EmbedderOptions { precision, long, ..EmbedderOptions::default() };
                let made = Fingerprint::new("a, weights b", &[file("model.safetensors", "0123456789")], &options);
                assert_eq!(
                    Fingerprint::read_description(made.description()),
                    Some(("a, weights b", precision, long)),
                    "{}",
                    made.description()
                );
            }
        }
        let told = Fingerprint::read_description;
        assert_eq!(told("m, weights 1, title-abstract/1"), Some(("m", Precision::F32, Long::Truncate)));
        assert_eq!(told("m, weights 1, int4, title-abstract/1"), None);
        assert_eq!(told("for tests"), None);
    }
}
