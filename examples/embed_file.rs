//! The vectors of the lines of a text file, as JSON lines on standard output.
//!
//!     cargo run --release --example embed_file -- TEXTS.txt [MODEL]
//!
//! MODEL is a known name or a sentence-transformers folder. `relata embed --lines` does the same
//! for files of any size, and can resume.

use relata::embed::{Embedder, EmbedderOptions, Role};
use relata::model::{Choice, Progress, Settings, locate};
use serde_json::json;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or_else(|| anyhow::anyhow!("usage: embed_file TEXTS.txt [MODEL]"))?;
    let model = arguments.next();
    let file = std::fs::read_to_string(path)?;
    let texts: Vec<&str> = file.lines().filter(|line| !line.trim().is_empty()).collect();

    // Finds the model on this machine or fetches it; its SHA-256 is checked whatever the source.
    let mut tell = |progress| {
        if let Progress::Begin { what, .. } = progress {
            eprintln!("fetching {what}");
        }
    };
    let choice = Choice::parse(model.as_deref());
    let folder = locate(&choice, &Settings::from_env()?, &mut tell)?;
    let embedder = Embedder::load(&folder.root, &EmbedderOptions::default())?;

    // Texts that are to be found are passages; questions are queries. Some models use another
    // prompt for each.
    let embedded = embedder.embed(&texts, Role::Passage)?;
    for (text, vector) in texts.iter().zip(embedded.vectors.outer_iter()) {
        println!("{}", json!({ "text": text, "vector": vector.to_vec() }));
    }
    // The vectors have unit length, so a dot product is a cosine.
    if let [first, second, ..] = &*embedded.vectors.outer_iter().collect::<Vec<_>>() {
        eprintln!("cosine of the first two: {:.3}", first.dot(second));
    }
    Ok(())
}
