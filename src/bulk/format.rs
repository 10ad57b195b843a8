//! The forms in which vectors are written, and how they are told apart.
//!
//! In: the name of the output, or a form by name. Out: a [`Format`], and with it which files an
//! output consists of.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// A form of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// numpy's `.npy`: `f32`, rows x dimension, C order; the ids stand one a line in a file beside
    /// it.
    Npy,
    /// One JSON object a line: `id`, `title` where there is one, `vector`.
    #[serde(rename = "jsonl")]
    JsonLines,
    /// A `.safetensors` file with the tensor `vectors`, `f32`, rows x dimension; the ids stand
    /// beside it, as for `.npy`.
    Safetensors,
    /// Parquet: `id`, `title`, and `vector` as a fixed-size list of `f32`.
    Parquet,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 4] = [Format::Npy, Format::JsonLines, Format::Safetensors, Format::Parquet];

    /// Its name, which is also the extension of its files.
    pub fn name(self) -> &'static str {
        match self {
            Format::Npy => "npy",
            Format::JsonLines => "jsonl",
            Format::Safetensors => "safetensors",
            Format::Parquet => "parquet",
        }
    }

    /// The form that an output's extension names, upper and lower case being the same.
    pub fn of(path: &Path) -> Option<Format> {
        path.extension()?.to_str()?.parse().ok()
    }

    /// Whether this build can write it.
    pub fn is_built_in(self) -> bool {
        self != Format::Parquet || cfg!(feature = "parquet")
    }

    /// Whether the ids stand in a file of their own.
    pub fn has_ids_beside(self) -> bool {
        matches!(self, Format::Npy | Format::Safetensors)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Format, String> {
        let name = name.to_ascii_lowercase();
        let name = if name == "ndjson" { "jsonl" } else { name.as_str() };
        let known = Format::ALL.into_iter().find(|format| format.name() == name);
        known.ok_or_else(|| format!("known are {}", Format::ALL.map(Format::name).join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_tells_the_form() {
        let of = |name: &str| Format::of(name.as_ref());
        assert_eq!(of("a/b.npy"), Some(Format::Npy));
        assert_eq!(of("b.x.JSONL"), Some(Format::JsonLines));
        assert_eq!(of("b.ndjson"), Some(Format::JsonLines));
        assert_eq!(of("b.safetensors"), Some(Format::Safetensors));
        assert_eq!(of("b.parquet"), Some(Format::Parquet));
        for name in ["b.csv", "npy", ".npy", "b.npy.gz", "b."] {
            assert_eq!(of(name), None, "{name}");
        }
    }
}
