//! Gives every paper of a library a made-up vector, so that answering can be timed without
//! embedding first.
//!
//!     relata --library /tmp/timing.db add --no-embed PAPERS.jsonl.gz
//!     cargo run --release --example fill_vectors -- /tmp/timing.db
//!     time relata --library /tmp/timing.db recommend --like ID
//!
//! The vectors are unit rows of a fixed pseudo-random sequence, stored under the fingerprint of the
//! default model. Never run it on a library that you want answers from.

use relata::embed::{EmbedderOptions, Fingerprint};
use relata::library::{FingerprintText, Library, NewVector, Tokens};
use relata::model::{Choice, Settings, identify};

fn main() -> anyhow::Result<()> {
    let path = std::env::args_os().nth(1).ok_or_else(|| anyhow::anyhow!("usage: fill_vectors LIBRARY"))?;
    let identity = identify(&Choice::parse(None), &Settings::from_env()?)?;
    let fingerprint = Fingerprint::new(&identity.name, &identity.files, &EmbedderOptions::default());
    let dimension = identity.dimension.unwrap_or(384) as usize;
    let mut library = Library::open(path.as_ref())?;
    let number = library.ensure_fingerprint(&FingerprintText {
        digest: fingerprint.digest().to_owned(),
        model: identity.name.clone(),
        description: fingerprint.description().to_owned(),
        dimension,
    })?;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        // Marsaglia's xorshift64; two bytes of it are a coordinate.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 48) as f32 / 65_536.0 - 0.5
    };
    let mut after = None;
    loop {
        let missing = library.next_missing(number, after, 2_000)?;
        let Some(last) = missing.last() else { return Ok(()) };
        after = Some(last.row);
        let rows: Vec<Vec<f32>> = missing
            .iter()
            .map(|_| {
                let row: Vec<f32> = (0..dimension).map(|_| next()).collect();
                let norm = row.iter().map(|x| x * x).sum::<f32>().sqrt();
                row.into_iter().map(|x| x / norm).collect()
            })
            .collect();
        let vectors: Vec<NewVector<'_>> = missing
            .iter()
            .zip(&rows)
            .map(|(paper, vector)| NewVector {
                row: paper.row,
                passage_hash: paper.passage_hash,
                vector,
                tokens: Tokens::default(),
            })
            .collect();
        library.store_vectors(number, &vectors)?;
    }
}
