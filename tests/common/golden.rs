//! The golden vectors of `tests/golden`: what sentence-transformers answers for the texts of
//! `texts.json`.

use std::path::{Path, PathBuf};

use ndarray::Array2;
use relata::embed::Embeddings;
use safetensors::SafeTensors;
use serde_json::Value;

/// The committed models, by name.
pub(crate) fn tiny_model(name: &str) -> PathBuf {
    here("models").join(name)
}

/// The texts, in the order of the rows of every golden file.
pub(crate) fn texts() -> Vec<String> {
    let rows: Vec<Value> = serde_json::from_slice(&std::fs::read(here("golden/texts.json")).unwrap()).unwrap();
    let text = |row: &Value| match row.get("text") {
        Some(text) => text.as_str().unwrap().to_owned(),
        None => {
            let repeat = &row["repeat"];
            repeat["unit"].as_str().unwrap().repeat(repeat["times"].as_u64().unwrap() as usize)
        }
    };
    rows.iter().map(text).collect()
}

/// Vectors, tokens and cut tokens of a model; `prompt` is empty or e.g. `_query`.
pub(crate) fn golden(model: &str, prompt: &str) -> Embeddings {
    let bytes = std::fs::read(here("golden").join(format!("{model}.safetensors"))).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let words = |name: &str| {
        let tensor = file.tensor(&format!("{name}{prompt}")).unwrap();
        let words: Vec<[u8; 4]> = tensor.data().chunks_exact(4).map(|b| b.try_into().unwrap()).collect();
        (tensor.shape().to_vec(), words)
    };
    let (shape, values) = words("vectors");
    let values = values.into_iter().map(f32::from_le_bytes).collect();
    Embeddings {
        vectors: Array2::from_shape_vec((shape[0], shape[1]), values).unwrap(),
        tokens: words("tokens").1.into_iter().map(u32::from_le_bytes).collect(),
        cut: words("cut").1.into_iter().map(u32::from_le_bytes).collect(),
    }
}

fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}
