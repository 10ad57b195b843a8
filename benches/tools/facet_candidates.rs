//! How many of the best answers by a facet are among the candidates: against comparing the facet of
//! every paper of a library.
//!
//!     cargo run --release --example facet_candidates -- LIBRARY FACET [QUERIES]
//!
//! Asks with papers of the library, spread over it, for ten answers with the default number of
//! embedded candidates and with four times as many, and prints for each the share of the ten best
//! of all. The first question embeds the facet of every paper (a minute for ten thousand) and
//! stores it in the library.

use anyhow::Context;
use relata::ArxivId;
use relata::facets::ROLES;
use relata::library::Library;
use relata::model::Settings;
use relata::paper::Facet;
use relata::service::{Options, Recommend, Relata};

const K: usize = 10;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, facet, rest @ ..] = arguments.as_slice() else { anyhow::bail!("usage: LIBRARY FACET [QUERIES]") };
    let facet = Facet::from_name(facet).filter(|facet| ROLES.contains(facet)).context("no such facet")?;
    let queries: usize = rest.first().map_or(Ok(100), |count| count.parse())?;
    let library = Library::open(path.as_ref())?;
    let all = usize::try_from(library.len()?)?;
    let sample = library.sample(queries)?.into_iter();
    let ids: Vec<ArxivId> = sample.filter_map(|row| library.id_of(row).transpose()).collect::<relata::Result<_>>()?;

    let relata = Relata::new(Options::new(path, Settings::from_env()?));
    let first = |id: &ArxivId, k: usize| -> relata::Result<Vec<ArxivId>> {
        let answer = relata.recommend(&Recommend::new().like([id.clone()]).facet(facet).k(k))?;
        Ok(answer.results.into_iter().take(K).map(|row| row.id).collect())
    };
    // Ten answers look at 250 candidates, a thousand at as many as that.
    let depths = [K, 1000];
    let mut shares = [0.0; 2];
    let mut asked = 0;
    for id in &ids {
        let best = first(id, all)?;
        if best.is_empty() {
            continue;
        }
        asked += 1;
        for (share, depth) in shares.iter_mut().zip(depths) {
            let found = first(id, depth)?;
            *share += best.iter().filter(|id| found.contains(id)).count() as f64 / best.len() as f64;
        }
    }
    print!("{}: {asked} queries;", facet.name());
    for (share, candidates) in shares.iter().zip([250, 1000]) {
        print!(" {candidates} embedded {:.3};", share / f64::from(asked));
    }
    println!();
    Ok(())
}
