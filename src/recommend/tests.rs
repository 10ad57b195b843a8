//! What must hold of every ranking.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::{FacetEmbedder, Known, Query, QueryVectors, rank, recommend, summary};
use crate::error::{Error, Result};
use crate::facets::FacetText;
use crate::library::{FingerprintNumber, FingerprintText, Library, NewVector, PaperRow, PaperSet, PaperText, Tokens};
use crate::neighbours::SearchContext;
use crate::paper::ArxivId;
use crate::paper::{Entry, Facet, Metadata, Precedence, SourceKind};
use crate::ranking::Learned;

const PAPERS: usize = 90;
const DIMENSION: usize = 16;

fn id(number: usize) -> ArxivId {
    ArxivId::parse(&format!("2601.{:05}", number + 1)).expect("an id").0
}

/// Papers of six topics: words, authors and vectors of one topic resemble each other.
fn library() -> (Library, FingerprintNumber, Known) {
    let mut library = Library::in_memory().expect("a library");
    let topics = ["glacier drift", "token merging", "bridge sway", "enzyme folding", "galaxy spin", "auction design"];
    let entries: Vec<Entry> = (0..PAPERS)
        .map(|number| {
            let topic = topics[number % topics.len()];
            let precedence = Precedence { version: 1, date: None, kind: SourceKind::RawJsonl };
            Entry {
                metadata: Metadata {
                    title: Some(format!("{topic} observed, part {number}")),
                    abstract_text: Some(format!(
                        "We measure {topic} with instrument {} in season {}.",
                        number % 7,
                        number % 4
                    )),
                    authors: vec![format!("Ada Example{}", number % 11), format!("Bo Muster{}", number % 5)],
                    ..Metadata::default()
                },
                ..Entry::new(id(number), precedence, 1)
            }
        })
        .collect();
    library.merge(&entries).expect("merged");
    let text = FingerprintText {
        digest: "tests".into(),
        model: "invented".into(),
        description: "for tests".into(),
        dimension: DIMENSION,
    };
    let fingerprint = library.ensure_fingerprint(&text).expect("a number");
    let mut random = fastrand::Rng::with_seed(7);
    let missing = library.next_missing(fingerprint, None, PAPERS).expect("missing");
    let vectors: Vec<Vec<f32>> = missing
        .iter()
        .map(|paper| {
            let number = (0..PAPERS).find(|number| id(*number) == paper.id).expect("a number");
            let mut vector: Vec<f32> = (0..DIMENSION).map(|_| random.f32() * 0.6 - 0.3).collect();
            vector[number % topics.len()] += 1.0;
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
            vector.iter().map(|x| x / length).collect()
        })
        .collect();
    let new: Vec<NewVector<'_>> = missing
        .iter()
        .zip(&vectors)
        .map(|(paper, vector)| NewVector {
            row: paper.row,
            passage_hash: paper.passage_hash,
            vector,
            tokens: Tokens { embedded: 9, cut: 0 },
        })
        .collect();
    assert_eq!(library.store_vectors(fingerprint, &new).expect("stored").stored, PAPERS);
    let learned = Known::from(Learned::of(&library, fingerprint).expect("learned").learned);
    (library, fingerprint, learned)
}

fn scores(world: &(Library, FingerprintNumber, Known), query: &Query) -> BTreeMap<ArxivId, u32> {
    let context = SearchContext { library: &world.0, fingerprint: world.1, index: None };
    let ranking = rank(&context, &world.2, query, QueryVectors::default()).expect("ranked");
    ranking.ranked.into_iter().map(|found| (found.id, found.score.to_bits())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// The score of a paper depends on the question and the paper alone: not on the filter, the
    /// number of answers, the pool or the order in which papers are named.
    #[test]
    fn a_score_depends_on_the_question_and_the_paper_alone(
        liked in prop::collection::btree_set(0..PAPERS, 1..7),
        disliked in prop::collection::btree_set(0..PAPERS, 0..3),
        among in prop::collection::btree_set(0..PAPERS, 1..40),
        k in 1usize..12,
    ) {
        let world = library();
        let like: Vec<ArxivId> = liked.iter().map(|number| id(*number)).collect();
        let unlike: Vec<ArxivId> = disliked.difference(&liked).map(|number| id(*number)).collect();
        let whole = Query { like, unlike, k: PAPERS, ..Query::default() };
        let all = scores(&world, &whole);
        prop_assert_eq!(all.len(), PAPERS - whole.like.len() - whole.unlike.len());

        let rows = among.iter().filter_map(|number| world.0.row_of(&id(*number)).expect("read")).collect();
        let few = scores(&world, &Query { among: Some(PaperSet::new(rows)), k, ..whole.clone() });
        let admitted = all.keys().filter(|own| among.iter().any(|number| id(*number) == **own)).count();
        prop_assert_eq!(few.len(), admitted.min(k));
        for (own, score) in &few {
            prop_assert_eq!(Some(score), all.get(own), "{} among few", own);
        }
    }
}

/// On a day without anything on the topic no paper stands out: none is compared with itself.
#[test]
fn a_quiet_day_has_no_match() {
    let world = library();
    // The liked paper is on glaciers; the day has papers on the other five topics.
    let day: Vec<usize> = (30..PAPERS).filter(|number| number % 6 != 0).collect();
    let rows = day.iter().filter_map(|number| world.0.row_of(&id(*number)).expect("read")).collect();
    let query = Query { like: vec![id(0)], k: 100, among: Some(PaperSet::new(rows)), ..Query::default() };
    let context = SearchContext { library: &world.0, fingerprint: world.1, index: None };
    let matched = |query: &Query| {
        let ranking = rank(&context, &world.2, query, QueryVectors::default()).expect("ranked");
        ranking.ranked.iter().map(|found| found.matched).fold(0.0, f32::max)
    };
    assert!(matched(&query) < matched(&Query { among: None, ..query.clone() }) - 20.0);
    let limit = matched(&query) + 1.0;
    let ranking =
        rank(&context, &world.2, &Query { at_least: limit, ..query }, QueryVectors::default()).expect("ranked");
    assert!(ranking.ranked.is_empty(), "nothing is above the floor");
}

/// An interest that counts half gets half as many answers for each of its papers, and one that is
/// muted none.
#[test]
fn weights_of_interests_decide_their_shares() {
    let world = library();
    let context = SearchContext { library: &world.0, fingerprint: world.1, index: None };
    let topic = |paper: &ArxivId| (0..PAPERS).find(|number| id(*number) == *paper).expect("a number") % 6;
    let like: Vec<ArxivId> = (0..6).flat_map(|turn| [id(turn * 6), id(turn * 6 + 1)]).collect();
    let weighted = |weight: Option<f32>| Query {
        like_weights: like
            .iter()
            .filter(|own| topic(own) == 0)
            .filter_map(|own| Some((own.clone(), weight?)))
            .collect(),
        like: like.clone(),
        k: 12,
        as_chosen: true,
        ..Query::default()
    };
    let answers = |weight: Option<f32>| {
        let ranking = rank(&context, &world.2, &weighted(weight), QueryVectors::default()).expect("ranked");
        [0, 1].map(|wanted| ranking.ranked.iter().filter(|found| topic(&found.id) == wanted).count())
    };
    assert_eq!([None, Some(0.5), Some(2.0)].map(answers), [[6, 6], [4, 8], [8, 4]]);
    assert_eq!(answers(Some(0.0))[0], 0, "only nine papers of the other topic are left, and none of this one comes");
    assert_eq!(scores(&world, &weighted(Some(1.0))), scores(&world, &weighted(None)));

    let groups = |weight| summary::groups(&context, &world.2, &weighted(weight)).expect("interests");
    let told = |weight| groups(weight).iter().map(|group| (group.share, group.weight)).collect::<Vec<_>>();
    assert_eq!(told(None), [(0.5, 1.0), (0.5, 1.0)]);
    assert_eq!(told(Some(0.0)), [(0.0, 0.0), (1.0, 1.0)]);
    assert_eq!(told(Some(3.0)), [(0.75, 3.0), (0.25, 1.0)]);
    // What is liked later, and falls into a muted interest, is muted with it.
    let mut later = weighted(Some(0.0));
    later.like.push(id(36));
    let muted = summary::groups(&context, &world.2, &later).expect("interests");
    assert_eq!((muted[0].members.len(), muted[0].weight), (7, 0.0));

    let mut nothing = weighted(None);
    nothing.like_weights = like.iter().map(|own| (own.clone(), 0.0)).collect();
    assert_eq!(scores(&world, &nothing).len(), 0, "all is muted");
}

/// Gives every paper of one half the same vector for its facet, and reads no other language.
struct Halves;

impl FacetEmbedder for Halves {
    fn reads(&self, text: &str) -> bool {
        text.is_ascii()
    }

    fn embed(&mut self, _library: &Library, _facet: Facet, texts: &[FacetText]) -> Result<Vec<Vec<f32>>> {
        let vector = |text: &FacetText| {
            let number = text.title.rsplit(' ').next().and_then(|word| word.parse::<usize>().ok()).expect("a number");
            let mut vector = vec![0.0; DIMENSION];
            vector[number % 2] = 1.0;
            vector
        };
        Ok(texts.iter().map(vector).collect())
    }
}

#[test]
fn a_facet_is_compared_beside_the_whole_by_what_embeds_it() {
    let fixture = library();
    let context = SearchContext { library: &fixture.0, fingerprint: fixture.1, index: None };
    let whole = Query { like: vec![id(0)], k: 20, ..Query::default() };
    let query = Query { facet: Some(Facet::Method), ..whole.clone() };
    let missing = recommend(&context, &fixture.2, &query, QueryVectors::default());
    assert!(matches!(missing, Err(Error::Internal(_))));

    let vectors = QueryVectors { facets: Some(&mut Halves), ..QueryVectors::default() };
    let found = recommend(&context, &fixture.2, &query, vectors).expect("ranked");
    let compared = found.facet.expect("what was compared");
    assert_eq!((compared.liked.len(), compared.silent.len(), compared.papers), (1, 0, PAPERS - 1));
    assert!(found.answers.iter().all(|answer| answer.facet.is_some() && answer.parts.authors == 0.0));
    // Papers of the liked paper's half share its vector, those of the other half are orthogonal to
    // it.
    for answer in &found.answers {
        let number = (0..PAPERS).find(|number| id(*number) == answer.paper.id).expect("a number");
        assert_eq!(answer.cosine, if number % 2 == 0 { 1.0 } else { 0.0 }, "{}", answer.paper.id);
    }
    let answers = recommend(&context, &fixture.2, &whole, QueryVectors::default()).expect("ranked");
    assert!(answers.facet.is_none() && answers.answers.iter().any(|answer| answer.parts.authors > 0.0));
}

/// A question of many likes is answered from what was made of others, to the same bits: whatever
/// was asked before, and with papers and views that come and go.
#[test]
fn what_is_remembered_of_liked_papers_changes_no_answer() {
    let world = library();
    let context = SearchContext { library: &world.0, fingerprint: world.1, index: None };
    let ask = |known: &Known, likes: &[usize], counted: Option<usize>| {
        let like: Vec<ArxivId> = likes.iter().map(|number| id(*number)).collect();
        let emphasis = counted.map(|number| (id(number), 0.25)).into_iter().collect();
        let query = Query { like, emphasis, k: 40, as_chosen: true, ..Query::default() };
        let answers = recommend(&context, known, &query, QueryVectors::default()).expect("ranked").answers;
        let bits = |answer: &super::Answer| {
            (answer.paper.id.clone(), answer.score.to_bits(), answer.matched.to_bits(), format!("{:?}", answer.because))
        };
        answers.iter().map(bits).collect::<Vec<_>>()
    };
    let anew = || Known::from(Learned::of(&world.0, world.1).expect("learned").learned);
    let many: Vec<usize> = (0..30).collect();
    let one_more: Vec<usize> = (0..31).collect();
    let others: Vec<usize> = (40..75).collect();
    let questions: [(&[usize], Option<usize>); 6] =
        [(&many, None), (&one_more, None), (&many, None), (&many, Some(3)), (&others, None), (&one_more, Some(7))];
    for (likes, counted) in questions {
        let expected = ask(&anew(), likes, counted);
        assert_eq!(expected.len(), 40);
        assert_eq!(ask(&world.2, likes, counted), expected);
    }
    assert_ne!(
        ask(&world.2, &many, None),
        ask(&world.2, &many, Some(3)),
        "how much a like counts is part of the question"
    );
}

#[test]
fn views_of_a_question_are_kept_however_much_it_likes() {
    let (_, _, known) = library();
    let paper = |number: i64| PaperText {
        row: PaperRow(number),
        id: id(0),
        title: format!("glacier drift {number}"),
        abstract_text: String::new(),
        authors: Vec::new(),
        vector: vec![0.25; DIMENSION],
    };
    let mut papers: Vec<PaperText> = (1..=4200).map(paper).collect();
    let first = known.features_of_liked(&papers);
    papers.push(paper(4201));
    for _ in 0..2 {
        let again = known.features_of_liked(&papers);
        assert_eq!(again.len(), 4201);
        assert!(first.iter().zip(&again).all(|(before, now)| Arc::ptr_eq(before, now)));
    }
    // Another text in the same row has views of its own.
    papers[0].title = "token merging".to_owned();
    let changed = known.features_of_liked(&papers);
    assert_ne!(changed[0], first[0]);
    assert!(Arc::ptr_eq(&changed[1], &first[1]));
}
