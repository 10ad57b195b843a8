//! How many of the best answers by a facet are among the candidates: against comparing the facet of every paper of a library.
//!
//!     cargo run --release --example facet_candidates -- LIBRARY FACET [QUERIES]
//!
//! Asks with papers of the library, chosen by a hash of their ids, for ten answers with the default number of embedded candidates and with twice as many, and prints
//! for each the share of the ten best of all. The first question embeds the facet of every paper (a minute for ten thousand)
//! and stores it in the library.

use anyhow::Context;
use ndarray::Array2;
use relata::ArxivId;
use relata::embed::{EmbedderOptions, LazyEmbedder};
use relata::facets::ROLES;
use relata::library::Library;
use relata::model::{Choice, Settings};
use relata::paper::Facet;
use relata::ranking::Learned;
use relata::recommend::{Query, Through, recommend_by_facet};
use relata::service::facet_vectors;

const K: usize = 10;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, facet, rest @ ..] = arguments.as_slice() else { anyhow::bail!("usage: LIBRARY FACET [QUERIES]") };
    let facet = Facet::from_name(facet).filter(|facet| ROLES.contains(facet)).context("no such facet")?;
    let queries: usize = rest.first().map_or(Ok(100), |count| count.parse())?;
    let mut library = Library::open(path.as_ref())?;
    let embedder = LazyEmbedder::new(Choice::parse(None), Settings::from_env()?, EmbedderOptions::default())?;
    let number = library.fingerprint(embedder.fingerprint().digest())?.context("no vectors of the default model")?;
    let learned = Learned::of(&library, number)?.learned;
    let all = usize::try_from(library.len()?)?;
    let identity = embedder.identity().clone();
    let ids: Vec<ArxivId> = library
        .sample(queries)?
        .into_iter()
        .filter_map(|row| library.id_of(row).transpose())
        .collect::<relata::Result<_>>()?;
    let depths = [K, 1000];
    let mut shares = [0.0; 2];
    let mut asked = 0;
    for id in ids {
        let mut first = |k: usize| -> anyhow::Result<Vec<ArxivId>> {
            let query = Query { like: vec![id.clone()], k, ..Query::default() };
            let mut embed = |library: &mut Library, texts: &[_]| {
                facet_vectors(&embedder, library, (number, facet), texts, &mut |_| (), &mut |_| Ok(()))
            };
            let through = Through { facet, reads: &|text| identity.reads(text), embed: &mut embed };
            match recommend_by_facet(&mut library, (number, None), &learned, &query, &Array2::zeros((0, 0)), through) {
                Ok(found) => Ok(found.answers.into_iter().take(K).map(|answer| answer.paper.id).collect()),
                Err(error) => Err(error.into()),
            }
        };
        let best = first(all)?;
        if best.is_empty() {
            continue;
        }
        asked += 1;
        for (share, depth) in shares.iter_mut().zip(depths) {
            let found = first(depth)?;
            *share += best.iter().filter(|id| found.contains(id)).count() as f64 / best.len() as f64;
        }
    }
    print!("{}: {asked} queries;", facet.name());
    for (share, candidates) in shares.iter().zip([250, 1000]) {
        print!(" {candidates} embedded {:.3};", share / asked as f64);
    }
    println!();
    Ok(())
}
