//! How well the roles of sentences are told: arXiv has abstracts with labels (`Methods: ...`);
//! without them, are the roles found again?
//!
//! `cargo run --release --example facet_roles -- PAPERS.jsonl.gz`: for each half of these abstracts
//! by the last bit of SHA-256 of their ids (0: words and numbers were chosen on it; 1: reported),
//! the share of sentences whose role is found, and precision, recall and F1 by role.

use std::collections::BTreeMap;

use relata::facets::{ROLES, Sentence, roles};
use relata::reader::{Reading, read};
use sha2::{Digest, Sha256};

fn main() -> relata::Result<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "../shared/data/arxiv-100k.jsonl.gz".into());
    // [half][true role][found role]
    let mut counts = [[[0usize; 4]; 4]; 2];
    let mut abstracts = [0usize; 2];
    let place: BTreeMap<_, _> = ROLES.iter().enumerate().map(|(at, role)| (*role, at)).collect();
    read(path.as_ref(), &mut |reading| {
        let Reading::Entry(entry) = reading else { return Ok(()) };
        let Some(text) = &entry.abstract_text else { return Ok(()) };
        let told = roles(text);
        let labelled = |role| told.iter().any(|s: &Sentence<'_>| s.labelled && s.role == role);
        // Labelled from the first sentence on, with a method and a result among the labels.
        if !told.iter().all(|s| s.labelled) || ROLES.iter().filter(|role| labelled(**role)).count() < 3 {
            return Ok(());
        }
        let half = usize::from(Sha256::digest(entry.id.as_str())[31] & 1);
        let bare: Vec<&str> = told.iter().map(|s| s.text).collect();
        let bare = bare.join(" ");
        let found = roles(&bare);
        if found.len() != told.len() || found.iter().any(|s| s.labelled) {
            return Ok(());
        }
        abstracts[half] += 1;
        for (is, found) in told.iter().zip(&found) {
            counts[half][place[&is.role]][place[&found.role]] += 1;
        }
        Ok(())
    })?;
    for (half, counts) in counts.iter().enumerate() {
        let all: usize = counts.iter().flatten().sum();
        let right: usize = (0..4).map(|role| counts[role][role]).sum();
        println!("half {half}: {} abstracts, {all} sentences, {:.3} right", abstracts[half], right as f64 / all as f64);
        for (at, role) in ROLES.iter().enumerate() {
            let own: usize = counts[at].iter().sum();
            let found: usize = counts.iter().map(|row| row[at]).sum();
            let (recall, precision) = (counts[at][at] as f64 / own as f64, counts[at][at] as f64 / found as f64);
            let f1 = 2.0 * recall * precision / (recall + precision);
            println!(
                "  {:<11} {own:>4} sentences, precision {precision:.3}, recall {recall:.3}, F1 {f1:.3}",
                role.name()
            );
        }
    }
    Ok(())
}
