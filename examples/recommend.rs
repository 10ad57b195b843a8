//! The papers that are related to one paper.
//!
//!     cargo run --release --example recommend -- [ID [LIBRARY]]
//!
//! Without a library, the sample digest answers, as it does for the program on a fresh install.

use std::path::Path;

use ndarray::Array2;
use relata::ArxivId;
use relata::embed::{EmbedderOptions, LazyEmbedder};
use relata::library::Library;
use relata::model::{Choice, Settings};
use relata::neighbours::SearchContext;
use relata::ranking::Learned;
use relata::recommend::{Query, recommend};
use relata::service::{catch_up, sample};

fn main() -> relata::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let text = arguments.next().unwrap_or_else(|| "2602.10611".to_owned());
    // Ids are read in any form that people paste: with a version, as a link, old-style.
    let (id, _version) = ArxivId::parse(&text).expect("an arXiv id");

    let settings = Settings::from_env()?;
    let mut library = match arguments.next() {
        Some(path) => Library::open(Path::new(&path))?,
        None => sample::open(&settings.cache)?,
    };

    // Embeds what has no vector yet. The model is loaded, and fetched, only if there is something
    // to embed.
    let embedder = LazyEmbedder::new(Choice::parse(None), settings, EmbedderOptions::default())?;
    let fingerprint = catch_up(&embedder, &mut library, true, &mut |_| (), &mut |_| Ok(()))?;

    // What the library teaches about its words, authors and vectors: what papers are compared by.
    let learned = Learned::of(&library, fingerprint)?.learned;

    let query = Query { like: vec![id], k: 5, ..Query::default() };
    // Without an index, every paper is looked at.
    let context = SearchContext { library: &library, fingerprint, index: None };
    let no_texts = Array2::zeros((0, 0));
    for answer in recommend(&context, &learned, &query, &no_texts)? {
        let title = answer.paper.title.as_deref().unwrap_or_default();
        println!("{:3.0}  {}  {title}", answer.matched, answer.paper.id);
        println!("     shares {}", answer.terms.join(", "));
    }
    Ok(())
}
