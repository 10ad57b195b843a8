//! The topics of a library as a page in one file, which works offline.
//!
//!     cargo run --release --example topics_to_html -- topics.html [LIBRARY]
//!
//! LIBRARY is `library.db` where nothing is said. While a library has no papers, or is not there,
//! the page is about the sample digest.

use std::path::PathBuf;

use relata::model::Settings;
use relata::service::{FindTopics, Options, Relata};

fn main() -> relata::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let output = PathBuf::from(arguments.next().as_deref().unwrap_or("topics.html"));
    let library = arguments.next().unwrap_or_else(|| "library.db".to_owned());
    let relata = Relata::new(Options::new(library, Settings::from_env()?));

    // From scratch: the same papers then have the same topics in every library. Without it, topics
    // keep their numbers as papers come.
    let found = relata.topics(&FindTopics::new().fresh(true))?;
    for level in found.answer().levels {
        let names: Vec<&str> = level.topics.iter().map(|topic| topic.name.as_str()).collect();
        println!("{}: {}", level.name, names.join("; "));
    }
    relata.write_topics_page(&found, &output)?;
    println!("wrote {}", output.display());
    Ok(())
}
