//! The topics of a library as a page in one file, which works offline.
//!
//!     cargo run --release --example topics_to_html -- topics.html [LIBRARY]
//!
//! Without a library, the page is about the sample digest.

use std::path::Path;

use relata::embed::{EmbedderOptions, LazyEmbedder};
use relata::error::Error;
use relata::library::Library;
use relata::model::{Choice, Settings};
use relata::service::{catch_up, sample};
use relata::topics::{Search, find, page};

fn main() -> relata::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let output = arguments.next().unwrap_or_else(|| "topics.html".to_owned());
    let settings = Settings::from_env()?;
    let mut library = match arguments.next() {
        Some(path) => Library::open(Path::new(&path))?,
        None => sample::open(&settings.cache)?,
    };
    let embedder = LazyEmbedder::new(Choice::parse(None), settings, EmbedderOptions::default())?;
    let fingerprint = catch_up(&embedder, &mut library, true, &mut |_| (), &mut |_| Ok(()))?;

    // Among all papers, from scratch: the same vectors always give the same topics.
    let topics = find(&library, Search::of(fingerprint), &|_| ())?;
    for level in &topics.levels {
        println!("{}: {}", level.name, level.topics.len());
    }
    let html = page(&library, &topics, None, "Topics of my library")?;
    std::fs::write(&output, html).map_err(Error::io(&output))?;
    println!("wrote {output}");
    Ok(())
}
