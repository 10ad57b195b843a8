//! The papers that are related to one paper.
//!
//!     cargo run --release --example recommend -- [ID [LIBRARY]]
//!
//! LIBRARY is `library.db` where nothing is said. While a library has no papers, or is not there,
//! the sample digest answers, as it does for the program on a fresh install.

use relata::ArxivId;
use relata::model::Settings;
use relata::service::{Options, Recommend, Relata};

fn main() -> relata::Result<()> {
    let mut arguments = std::env::args().skip(1);
    // Ids are read in any form that people paste: with a version, as a link, old-style.
    let id: ArxivId = arguments.next().as_deref().unwrap_or("2602.10611").parse()?;
    let library = arguments.next().unwrap_or_else(|| "library.db".to_owned());
    let relata = Relata::new(Options::new(library, Settings::from_env()?));

    // Papers without a vector are embedded first. The model is loaded, and fetched, only if there
    // is something to embed.
    let answer = relata.recommend(&Recommend::new().like([id]).k(5))?;
    for row in &answer.results {
        println!("{:3.0}  {}  {}", row.matched.unwrap_or_default(), row.id, row.title.as_deref().unwrap_or_default());
        println!("     shares {}", row.reason.terms.join(", "));
    }
    Ok(())
}
