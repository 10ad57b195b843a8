//! Tests of what is compared of a paper, on sixty made-up papers of three fields.

use super::*;
use crate::ArxivId;
use crate::kernels::InstructionSet;
use crate::library::PaperRow;

/// Papers of three fields; vectors point to their field and a little elsewhere.
fn papers() -> Vec<PaperText> {
    let fields = ["glacier ice flow", "violin string sound", "enzyme protein folding"];
    (0..60)
        .map(|n| {
            let mut vector: Vec<f32> = (0..8).map(|at| ((n * 7 + at * 13) % 11) as f32 / 40.0).collect();
            vector[n % 3] += 1.0;
            to_unit(&mut vector);
            PaperText {
                row: PaperRow(n as i64 + 1),
                id: ArxivId::parse(&format!("2601.{n:05}")).expect("an id").0,
                title: format!("{} measured{n}", fields[n % 3]),
                abstract_text: format!("{} again and thing{}", fields[n % 3], n % 5),
                authors: vec![format!("Ada Example{}", n % 6), "Björn Muster".to_owned()],
                vector,
            }
        })
        .collect()
}

#[test]
fn a_paper_is_most_like_itself_and_its_field() {
    let papers = papers();
    let learned = Learned::from_papers(&papers, 8, InstructionSet::Portable);
    let features = learned.features(&papers);
    let weights = Weights::default();
    let compared = |a: usize, b: usize| learned.compare(&features[a], &features[b], &weights);
    let own = compared(0, 0);
    assert!((own.whitened_cosine * learned.spreads.whitened - 1.0).abs() < 1e-5);
    assert!((own.words * learned.spreads.words - weights.words).abs() < 1e-5);
    for other in 1..60 {
        assert!(own.sum() > compared(0, other).sum(), "{other}");
        assert_eq!(compared(0, other), compared(other, 0));
    }
    let field = |n: usize| compared(0, n).cooccurrence;
    let (same, others): (Vec<usize>, Vec<usize>) = (1..60).partition(|n| n % 3 == 0);
    let least = same.iter().map(|n| field(*n)).fold(f32::INFINITY, f32::min);
    let most = others.iter().map(|n| field(*n)).fold(f32::NEG_INFINITY, f32::max);
    assert!(least > most + 1.0, "{least} {most}");
    // Ten papers by the one, all by the other: ln(61 / 10.5) / ln 61 of 2, and nothing that counts.
    let shared = compared(0, 6).authors;
    let expected = 10.0 * ((61f32 / 10.5).ln() + (61f32 / 60.5).ln()) / 61f32.ln() / 2.0;
    assert!((shared - expected).abs() < 1e-4, "{shared} is not {expected}");
}

#[test]
fn the_nearest_text_shares_words_and_their_field() {
    let papers = papers();
    let learned = Learned::from_papers(&papers, 8, InstructionSet::Portable);
    let ice = &learned.features(&papers[..1])[0];
    let texts = ["A violin sound was heard.", "The flow of the ice is slow.", "Nobody folds a protein."];
    assert_eq!(learned.nearest_text(ice, &texts), Some(1));
    assert_eq!(learned.nearest_text(ice, &[texts[0], texts[2]]), None, "nothing in common");
    assert_eq!(learned.nearest_text(ice, &[]), None);
}

#[test]
fn what_is_fed_back_draws_nearer() {
    let papers = papers();
    let learned = Learned::from_papers(&papers, 8, InstructionSet::Portable);
    let features = learned.features(&papers);
    let moved = features[0].rocchio(&[&features[1], &features[4]], 0.5);
    let (before, after) = (
        learned.compare(&features[0], &features[7], &Weights::default()),
        learned.compare(&moved, &features[7], &Weights::default()),
    );
    assert!(after.whitened_cosine > before.whitened_cosine && after.words > before.words);
    assert!(after.cooccurrence > before.cooccurrence);
    assert_eq!(after.authors, before.authors);
    assert_eq!(features[0].rocchio(&[], 0.5), features[0]);
}

#[test]
fn words_of_the_title_count_twice_and_authors_by_their_initial() {
    let TermCounts { words, phrases } = TermCounts::of("Graphs", "A graph, and cuts.");
    let mut expected = vec![(hash("graph"), 3.0), (hash("cut"), 1.0)];
    expected.sort_unstable_by_key(|(id, _)| *id);
    assert_eq!(words, expected);
    assert_eq!(phrases, [(phrase(hash("graph"), hash("cut")), 1.0)]);
    let ids = |names: &[&str]| author_ids(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    assert_eq!(ids(&["Ada B. Lovelace", "A. Lovelace"]), ids(&["ada lovelace"]));
    assert_ne!(ids(&["Ada Lovelace"]), ids(&["Bob Lovelace"]));
    assert_eq!(ids(&["", "..."]), Vec::<u64>::new());
}
