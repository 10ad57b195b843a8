//! The library from outside: merging in any order, storing and reading back, filters, keywords,
//! several connections, and files that are not as they should be.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use jiff::civil::{Date, date};
use proptest::prelude::*;
use relata::error::LibraryError;
use relata::library::{Filter, FingerprintText, Library, Matching, NewVector, Outcome, PaperRow, Tokens, dot, terms};
use relata::{ArxivId, Entry, Error, Facet, Listing, Metadata, PartialDate, Precedence, SourceKind};
use rusqlite::Connection;
use tempfile::TempDir;

fn id(text: &str) -> ArxivId {
    ArxivId::parse(text).unwrap().0
}

fn precedence(version: u32) -> Precedence {
    Precedence { version, date: Some(date(2026, 2, 12)), kind: SourceKind::RawJsonl }
}

fn entry(arxiv_id: &str, title: &str, abstract_text: &str) -> Entry {
    Entry {
        metadata: Metadata {
            title: Some(title.to_owned()),
            abstract_text: Some(abstract_text.to_owned()),
            ..Metadata::default()
        },
        ..Entry::new(id(arxiv_id), precedence(1), 1)
    }
}

fn fingerprint(digest: &str, dimension: usize) -> FingerprintText {
    FingerprintText { digest: digest.to_owned(), model: "invented".into(), description: "for tests".into(), dimension }
}

/// Stores the same vector for every paper without one; gives their ids.
fn embed_missing(library: &mut Library, digest: &str, vector: &[f32]) -> Vec<String> {
    let number = library.ensure_fingerprint(&fingerprint(digest, vector.len())).unwrap();
    let missing = library.next_missing(number, None, 1000).unwrap();
    let new: Vec<NewVector<'_>> = missing
        .iter()
        .map(|paper| NewVector {
            row: paper.row,
            passage_hash: paper.passage_hash,
            vector,
            tokens: Tokens { embedded: 7, cut: 2 },
        })
        .collect();
    assert_eq!(library.store_vectors(number, &new).unwrap().stored, missing.len());
    missing.into_iter().map(|paper| paper.id.to_string()).collect()
}

fn dump(library: &Library) -> String {
    let mut out = Vec::new();
    library.dump(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn file() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("papers.db");
    (folder, path)
}

/// An error's text, its folder taken out.
fn text_of(error: &Error, folder: &Path) -> String {
    error.to_string().replace(&folder.display().to_string(), "DIR")
}

// --- merging ---

#[test]
fn a_second_source_fills_gaps_and_never_erases() {
    let mut library = Library::in_memory().unwrap();
    let mut digest = entry("2602.10611", "A title", "Cut abst");
    digest.precedence = Precedence { version: 0, date: Some(date(2026, 2, 12)), kind: SourceKind::Markdown };
    digest.categories = vec!["cs.LG".into()];
    digest.listing = Some(Listing { file: "2026-02-12.md".into(), date: Some(date(2026, 2, 12)) });
    digest.summaries.insert(("zh".into(), Facet::Tldr), "一句话".into());
    let mut snapshot = entry("2602.10611", "A title", "The whole abstract");
    snapshot.precedence.version = 2;
    snapshot.categories = vec!["cs.LG".into(), "stat.ML".into(), "cs.AI".into()];
    snapshot.authors = vec!["Ada Novak".into()];
    snapshot.published = Some(date(2026, 2, 10).into());
    assert_eq!(library.merge(&[digest.clone()]).unwrap(), [Outcome::Added]);
    assert_eq!(library.merge(&[snapshot.clone(), digest.clone()]).unwrap(), [Outcome::Updated, Outcome::Unchanged]);
    assert_eq!(library.merge(&[snapshot]).unwrap(), [Outcome::Unchanged]);

    let paper = library.paper(&id("2602.10611")).unwrap().unwrap();
    assert_eq!(paper.version, Some(2));
    assert_eq!(paper.abstract_text.as_deref(), Some("The whole abstract"));
    assert_eq!(paper.categories, ["cs.LG", "cs.AI", "stat.ML"]);
    assert_eq!(paper.authors, ["Ada Novak"]);
    assert_eq!(paper.date, date(2026, 2, 10).into());
    assert_eq!(paper.summaries[&("zh".to_owned(), Facet::Tldr)], "一句话");
    assert_eq!(paper.listings, [digest.listing.unwrap()]);
    insta::assert_snapshot!(dump(&library), @"
    2602.10611 v2 2026-02-10 [cs.LG cs.AI stat.ML] from 2 2026-02-12 raw_jsonl: title abstract authors published primary_category
      title: A title
      abstract: The whole abstract
      authors: Ada Novak
      published: 2026-02-10
      tldr zh (0 2026-02-12 markdown): 一句话
      listed 2026-02-12 in 2026-02-12.md
    ");
}

#[test]
fn the_date_is_the_best_there_is() {
    let mut library = Library::in_memory().unwrap();
    let mut found = |change: &dyn Fn(&mut Entry)| {
        let mut paper = Entry::new(id("2602.10611"), precedence(1), 1);
        change(&mut paper);
        library.merge(&[paper]).unwrap();
        library.paper(&id("2602.10611")).unwrap().unwrap().date.to_string()
    };
    let day = |day| Some(PartialDate::Day(date(2026, 2, day)));
    let listed = |day| move |paper: &mut Entry| paper.listing = Some(Listing { file: "d.md".into(), date: Some(day) });
    assert_eq!(found(&|_| ()), "2026-02", "the id tells a month and no day");
    assert_eq!(found(&|paper| paper.updated = Some(date(2026, 6, 1).into())), "2026-06-01");
    assert_eq!(found(&listed(date(2026, 2, 17))), "2026-02-17");
    assert_eq!(found(&listed(date(2026, 2, 14))), "2026-02-14");
    assert_eq!(found(&|paper| paper.published = PartialDate::month(2026, 2)), "2026-02");
    assert_eq!(found(&|paper| paper.published = day(15)), "2026-02-15");
    let later = |paper: &mut Entry| {
        paper.precedence = precedence(2);
        paper.published = PartialDate::month(2026, 2);
    };
    assert_eq!(found(&later), "2026-02-15", "a month says less, whatever its source");
    let later = |paper: &mut Entry| {
        paper.precedence = precedence(2);
        paper.published = day(12);
    };
    assert_eq!(found(&later), "2026-02-12");
}

#[test]
fn a_month_passes_where_one_of_its_days_may() {
    let mut library = Library::in_memory().unwrap();
    let mut dated = |name: &str, published: Option<PartialDate>| {
        let mut paper = entry(name, "Ice", "Ice melts.");
        paper.published = published;
        library.merge(&[paper]).unwrap();
    };
    dated("2601.00001", None);
    dated("2602.00001", None);
    dated("2602.00002", Some(date(2026, 2, 13).into()));
    dated("2603.00001", PartialDate::month(2026, 3));
    let found = |since: Option<Date>, until: Option<Date>| {
        let set = library.matching(&Filter { since, until, ..Filter::default() }).unwrap();
        let papers = library.papers_by_rows(set.only().unwrap().rows()).unwrap();
        papers.iter().map(|paper| paper.id.to_string()).collect::<Vec<_>>().join(" ")
    };
    let day = |month, day| Some(date(2026, month, day));
    assert_eq!(found(day(2, 10), None), "2602.00001 2602.00002 2603.00001");
    assert_eq!(found(day(2, 14), None), "2602.00001 2603.00001");
    assert_eq!(found(day(2, 28), day(2, 28)), "2602.00001");
    assert_eq!(found(day(3, 1), None), "2603.00001");
    assert_eq!(found(day(4, 1), None), "");
    assert_eq!(found(None, day(2, 1)), "2601.00001 2602.00001");
    assert_eq!(found(None, day(1, 31)), "2601.00001");
    assert_eq!(found(None, Some(date(2025, 12, 31))), "");
    assert_eq!(found(day(1, 1), day(3, 31)), "2601.00001 2602.00001 2602.00002 2603.00001");
    let all = library.matching(&Filter::default().until(date(2026, 12, 31))).unwrap();
    let newest = library.papers_by_rows(&library.newest(&all, 9).unwrap()).unwrap();
    let newest: Vec<String> = newest.iter().map(|paper| paper.date.to_string()).collect();
    assert_eq!(newest, ["2026-03", "2026-02-13", "2026-02", "2026-01"]);
    let ends = library.dates().unwrap().unwrap();
    assert_eq!((ends.0.to_string(), ends.1.to_string()), ("2026-01".to_owned(), "2026-03".to_owned()));
    assert_eq!(library.latest(date(2026, 2, 12)).unwrap(), PartialDate::month(2026, 2));
    assert_eq!(library.latest(date(2026, 2, 13)).unwrap(), Some(date(2026, 2, 13).into()));
    assert_eq!(library.of_date("2026-02".parse().unwrap()).unwrap().len(), 1);
    assert_eq!(library.check().unwrap(), []);
}

fn any_date() -> impl Strategy<Value = Date> {
    (2020i16..2023, 1i8..4).prop_map(|(year, day)| date(year, 1, day))
}

fn any_partial_date() -> impl Strategy<Value = PartialDate> {
    (any_date(), proptest::bool::ANY)
        .prop_map(|(day, known)| if known { day.into() } else { PartialDate::month(day.year(), 1).unwrap() })
}

fn any_text() -> impl Strategy<Value = Option<String>> {
    proptest::option::of(
        proptest::sample::select(vec!["a", "b graph", "é", "图神经", "zz \\alpha"]).prop_map(str::to_owned),
    )
}

fn any_precedence() -> impl Strategy<Value = Precedence> {
    let kind = proptest::sample::select(vec![SourceKind::Markdown, SourceKind::RawJsonl, SourceKind::Snapshot]);
    (0u32..3, proptest::option::of(any_date()), kind).prop_map(|(version, date, kind)| Precedence {
        version,
        date,
        kind,
    })
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let ids = vec!["2602.00001", "2602.00002", "hep-th/9901001"];
    let some = |words: Vec<&'static str>, most| {
        proptest::collection::vec(proptest::sample::select(words).prop_map(str::to_owned), 0..most)
    };
    let texts = (any_text(), any_text(), any_text(), any_text(), any_text(), any_text());
    let lists = (some(vec!["Ada Novak", "Béla Ó Cuinn"], 3), some(vec!["cs.LG", "cs.AI", "math.CO"], 4));
    let some_date = || proptest::option::of(any_partial_date());
    let days = (some_date(), some_date(), proptest::option::of(any_date()));
    (proptest::sample::select(ids), any_precedence(), texts, lists, days, any_text(), any_text()).prop_map(
        |(name, precedence, texts, (authors, categories), (published, updated, listed), link, tldr)| Entry {
            metadata: Metadata {
                title: texts.0,
                abstract_text: texts.1,
                comment: texts.2,
                doi: texts.3,
                journal: texts.4,
                withdrawal: texts.5.clone().filter(|_| updated.is_none()),
                license: texts.5,
                authors,
                published,
                updated,
            },
            categories,
            links: link.map(|link| ("code".to_owned(), link)).into_iter().collect(),
            summaries: tldr.map(|text| (("zh".to_owned(), Facet::Tldr), text)).into_iter().collect(),
            listing: listed.map(|date| Listing { file: format!("{date}.md"), date: Some(date) }),
            ..Entry::new(id(name), precedence, 1)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Neither the order of entries, nor their batches, nor repetition shows in the content.
    #[test]
    fn content_depends_on_the_set_of_entries_alone(
        (entries, shuffled) in proptest::collection::vec(any_entry(), 1..10)
            .prop_flat_map(|entries| (Just(entries.clone()), Just(entries).prop_shuffle())),
        batch in 1usize..5,
        again in 0usize..10,
    ) {
        let mut one = Library::in_memory().unwrap();
        one.merge(&entries).unwrap();
        let mut other = Library::in_memory().unwrap();
        for batch in shuffled.chunks(batch) {
            other.merge(batch).unwrap();
        }
        let repeated = other.merge(&shuffled[..again.min(shuffled.len())]).unwrap();
        prop_assert!(repeated.iter().all(|&outcome| outcome == Outcome::Unchanged));
        prop_assert_eq!(dump(&one), dump(&other));
        let withdrawn = |library: &Library| {
            let rows = library.withdrawn().unwrap();
            rows.rows().iter().map(|row| library.id_of(*row).unwrap()).collect::<BTreeSet<_>>()
        };
        prop_assert_eq!(withdrawn(&one), withdrawn(&other));
        prop_assert_eq!(one.check().unwrap(), []);
        prop_assert_eq!(other.check().unwrap(), []);
    }

    /// What a paper's only source says is what comes out.
    #[test]
    fn a_single_entry_comes_back(entry in any_entry()) {
        let mut library = Library::in_memory().unwrap();
        library.merge(std::slice::from_ref(&entry)).unwrap();
        let paper = library.paper(&entry.id).unwrap().unwrap();
        prop_assert_eq!(&paper.id, &entry.id);
        prop_assert_eq!(paper.version.unwrap_or(0), entry.precedence.version);
        prop_assert_eq!(paper.metadata, entry.metadata);
        prop_assert_eq!(paper.categories.first(), entry.categories.first());
        prop_assert_eq!(paper.categories.iter().collect::<BTreeSet<_>>(), entry.categories.iter().collect());
        prop_assert_eq!((paper.links, paper.summaries), (entry.links, entry.summaries));
        prop_assert_eq!(paper.listings, entry.listing.into_iter().collect::<Vec<_>>());
    }

    /// The filter in SQL passes what a walk over all papers passes.
    #[test]
    fn filters_agree_with_a_walk(
        entries in proptest::collection::vec(any_entry(), 1..12),
        category in proptest::option::of(proptest::sample::select(vec!["cs.LG", "CS", "math.*", "c"])),
        since in proptest::option::of(any_date()),
        until in proptest::option::of(any_date()),
        author in proptest::option::of(proptest::sample::select(vec!["novak ADA", "bela", "a novak", "ada cuinn", "?"])),
        exclude in proptest::option::of(proptest::sample::select(vec!["graph", "A", "E", "神经", "神图", "!"])),
        withdrawn in proptest::bool::ANY,
    ) {
        let mut library = Library::in_memory().unwrap();
        library.merge(&entries).unwrap();
        let list = |text: Option<&str>| text.map(str::to_owned).into_iter().collect::<Vec<String>>();
        let filter = Filter { categories: list(category), since, until, authors: list(author), exclude: list(exclude), withdrawn, ..Filter::default() };
        let ids: BTreeSet<&ArxivId> = entries.iter().map(|entry| &entry.id).collect();
        // One day, or all of a month.
        let days = |date: PartialDate| {
            let text = date.to_string();
            (1..=31).filter_map(move |day| if text.len() == 7 { format!("{text}-{day:02}").parse().ok() } else { text.parse::<Date>().ok() })
        };
        let passes = |paper: &relata::library::Paper| {
            let of_category = |wanted: &str| {
                let archive = wanted.trim_end_matches(".*").to_lowercase();
                paper.categories.iter().map(|have| have.to_lowercase())
                    .any(|have| have == archive || have.starts_with(&format!("{archive}.")))
            };
            let by = |name: &str| {
                let words = terms(name);
                !words.is_empty() && paper.authors.iter().any(|author| words.iter().all(|word| {
                    terms(author).iter().any(|have| have == word || word.len() == 1 && have.starts_with(word.as_str()))
                }))
            };
            let holds = |text: &str| {
                let words = terms(text);
                [&paper.title, &paper.abstract_text].into_iter().flatten().any(|field| {
                    !words.is_empty() && terms(field).windows(words.len()).any(|run| run == words)
                })
            };
            category.is_none_or(of_category)
                && since.is_none_or(|since| days(paper.date).any(|day| day >= since))
                && until.is_none_or(|until| days(paper.date).any(|day| day <= until))
                && author.is_none_or(by)
                && !exclude.is_some_and(holds)
                && (withdrawn || !paper.withdrawn)
        };
        let set = library.matching(&filter).unwrap();
        let any_withdrawn = !library.withdrawn().unwrap().is_empty();
        prop_assert_eq!(set == Matching::All, filter.is_empty() && (withdrawn || !any_withdrawn));
        for paper in ids.iter().map(|id| library.paper(id).unwrap().unwrap()) {
            let inside = set.contains(paper.row);
            prop_assert_eq!(inside, passes(&paper), "{:?} {:?}", paper, filter);
        }
    }

    /// Nothing typed is taken for FTS5's query language.
    #[test]
    fn no_query_is_an_error(text in "(\\PC|[\"'*():^{}+\\-\0]|AND|OR|NOT|NEAR| |图|한){0,20}") {
        let mut library = Library::in_memory().unwrap();
        library.merge(&[entry("2602.00001", "and or not near", "图 title : text")]).unwrap();
        library.keyword_scores(&text, &Matching::All, 5).unwrap();
        library.matching(&Filter { authors: vec![text.clone()], exclude: vec![text.clone()], categories: vec![text.clone()], ..Filter::default() }).unwrap();
        library.document_frequency(&[text.as_str()]).unwrap();
        library.closest(&text, 3).unwrap();
    }
}

#[test]
fn a_category_is_found_by_either_of_its_names() {
    let mut library = Library::in_memory().unwrap();
    let pairs = [
        ("cs.IT", "math.IT"),
        ("cs.NA", "math.NA"),
        ("cs.SY", "eess.SY"),
        ("econ.GN", "q-fin.EC"),
        ("math-ph", "math.MP"),
        ("math.ST", "stat.TH"),
    ];
    for (number, (one, other)) in pairs.iter().enumerate() {
        for (at, name) in [one, other].into_iter().enumerate() {
            let mut paper = entry(&format!("2602.1{number}00{at}"), "Channels", "About channels.");
            paper.categories = vec![(*name).to_owned()];
            library.merge(&[paper]).unwrap();
        }
    }
    for name in pairs.iter().flat_map(|(one, other)| [one, other]) {
        for asked in [(*name).to_owned(), name.to_lowercase()] {
            let filter = Filter { categories: vec![asked], ..Filter::default() };
            assert_eq!(library.matching(&filter).unwrap().only().unwrap().len(), 2, "{name}");
        }
    }
    let stored = library.paper(&id("2602.12001")).unwrap().unwrap();
    assert_eq!(stored.categories, ["eess.SY"]);
}

// --- keywords ---

fn found(library: &Library, query: &str) -> Vec<String> {
    let scores = library.keyword_scores(query, &Matching::All, 10).unwrap();
    let rows: Vec<PaperRow> = scores.iter().map(|(row, _)| *row).collect();
    library.papers_by_rows(&rows).unwrap().into_iter().map(|paper| paper.id.to_string()).collect()
}

#[test]
fn keywords_find_words_in_every_field_and_script() {
    let mut library = Library::in_memory().unwrap();
    let mut chinese = entry("2602.00001", "Sparse graphs", "About trees.");
    chinese.summaries.insert(("zh".into(), Facet::Tldr), "提出一种图神经网络推荐方法".into());
    let mut japanese = entry("2602.00002", "Speech", "About trees.");
    japanese.summaries.insert(("ja".into(), Facet::TitleTranslation), "音声データの解析".into());
    let mut named = entry("2602.00003", "Primes", "About trees.");
    named.authors = vec![r#"Kurt G\"odel"#.into(), "Paul Erdős".into()];
    library.merge(&[chinese, japanese, named, entry("2602.00004", "Others", "On forests and graphs.")]).unwrap();
    assert_eq!(found(&library, "神经网络"), ["2602.00001"]);
    assert_eq!(found(&library, "神经网络的训练"), ["2602.00001"]);
    assert_eq!(found(&library, "データ"), ["2602.00002"]);
    assert_eq!(found(&library, "Gödel"), ["2602.00003"]);
    assert_eq!(found(&library, "ERDOS"), ["2602.00003"]);
    assert_eq!(found(&library, "\"graphs\" NOT (trees)"), ["2602.00001", "2602.00004"]);
    assert_eq!(found(&library, "经神"), Vec::<String>::new());
    assert_eq!(found(&library, " \0 \"*"), Vec::<String>::new());
    assert_eq!(library.document_frequency(&["trees", "graphs", "nothing"]).unwrap(), [3, 2, 0]);
}

#[test]
fn equal_scores_are_ordered_by_id_and_filters_come_first() {
    let mut library = Library::in_memory().unwrap();
    for number in [5, 3, 9, 1, 7] {
        library.merge(&[entry(&format!("2602.{number:05}"), "Same words", "Exactly.")]).unwrap();
    }
    library.merge(&(10..30).map(|n| entry(&format!("2602.{n:05}"), "Else", "Nothing.")).collect::<Vec<_>>()).unwrap();
    assert_eq!(found(&library, "same"), ["2602.00001", "2602.00003", "2602.00005", "2602.00007", "2602.00009"]);
    let two = library.keyword_scores("same", &Matching::All, 2).unwrap();
    assert_eq!(two[0].0, library.row_of(&id("2602.00001")).unwrap().unwrap());
    assert!(two[0].1 == two[1].1 && two[0].1 > 0.0);
    let nine = relata::library::PaperSet::new(vec![library.row_of(&id("2602.00009")).unwrap().unwrap()]);
    let within = library.keyword_scores("same", &Matching::Only(nine.clone()), 2).unwrap();
    assert_eq!(within.iter().map(|(row, _)| *row).collect::<Vec<_>>(), nine.rows());
}

#[test]
fn the_closest_ids_come_with_titles() {
    let mut library = Library::in_memory().unwrap();
    let ids = ["2602.10611", "2602.10612", "2602.20611", "hep-th/9901001"];
    library.merge(&ids.map(|id| entry(id, &format!("On {id}"), ""))).unwrap();
    let closest = |text| -> Vec<String> {
        library.closest(text, 2).unwrap().into_iter().map(|(id, title)| format!("{id} {title}")).collect()
    };
    assert_eq!(closest("2602.01611"), ["2602.10611 On 2602.10611", "2602.10612 On 2602.10612"]);
    assert_eq!(closest("https://arxiv.org/abs/hep-th/9901002v3")[0], "hep-th/9901001 On hep-th/9901001");
    assert_eq!(closest("").len(), 2);
}

// --- vectors ---

#[test]
fn only_new_and_changed_texts_are_missing() {
    let mut library = Library::in_memory().unwrap();
    let untitled = Entry::new(id("2602.00009"), precedence(1), 1);
    library.merge(&[entry("2602.00001", "One", "First."), entry("2602.00002", "Two", "Second."), untitled]).unwrap();
    assert_eq!(embed_missing(&mut library, "first", &[0.6, 0.8]), ["2602.00001", "2602.00002"]);
    let number = library.fingerprint("first").unwrap().unwrap();
    assert_eq!(library.missing(number).unwrap(), 0);
    let row = library.row_of(&id("2602.00001")).unwrap().unwrap();
    assert_eq!(library.vector(number, row).unwrap(), Some(vec![0.6, 0.8]));
    assert_eq!(library.tokens(number, row).unwrap(), Some(Tokens { embedded: 7, cut: 2 }));

    // A new comment changes no passage; a new abstract does; a known text under a new id brings its
    // vector along.
    let mut commented = entry("2602.00002", "Two", "Second.");
    commented.comment = Some("5 pages".into());
    let mut changed = entry("2602.00001", "One", "First, revised.");
    changed.precedence.version = 2;
    library.merge(&[commented, changed, entry("2602.00003", "Two", "Second.")]).unwrap();
    assert_eq!(library.missing(number).unwrap(), 1);
    assert_eq!(library.vector(number, row).unwrap(), None);
    let missing = library.next_missing(number, None, 10).unwrap();
    assert_eq!(missing[0].passage, "One\nFirst, revised.");
    assert_eq!(embed_missing(&mut library, "first", &[1.0, 0.0]), ["2602.00001"]);
    assert_eq!(embed_missing(&mut library, "second", &[1.0, 0.0, 0.0]).len(), 3);
    assert_eq!(library.check().unwrap(), []);

    library.remove(&[id("2602.00001"), id("2602.00099")]).unwrap();
    assert_eq!(library.check().unwrap(), []);
    let info = library.info().unwrap();
    assert_eq!((info.papers, info.passages), (3, 2));
    assert_eq!(info.fingerprints.iter().map(|stored| stored.vectors).collect::<Vec<_>>(), [2, 2]);
}

#[test]
fn a_vector_of_an_outdated_text_is_dropped() {
    let mut library = Library::in_memory().unwrap();
    library.merge(&[entry("2602.00001", "One", "First."), entry("2602.00002", "Two", "Second.")]).unwrap();
    let number = library.ensure_fingerprint(&fingerprint("first", 2)).unwrap();
    let missing = library.next_missing(number, None, 10).unwrap();
    assert_eq!(library.next_missing(number, Some(missing[0].row), 10).unwrap(), missing[1..]);
    assert_eq!(library.next_missing(number, None, 1).unwrap(), missing[..1]);
    let mut changed = entry("2602.00001", "One", "Changed meanwhile.");
    changed.precedence.version = 2;
    library.merge(&[changed]).unwrap();
    library.remove(&[id("2602.00002")]).unwrap();
    let new = missing.iter().map(|paper| NewVector {
        row: paper.row,
        passage_hash: paper.passage_hash,
        vector: &[1.0, 0.0],
        tokens: Tokens::default(),
    });
    let count = library.store_vectors(number, &new.collect::<Vec<_>>()).unwrap();
    assert_eq!((count.stored, count.dropped), (0, 2));
    assert_eq!(library.missing(number).unwrap(), 1);
}

#[test]
fn vectors_that_are_none_are_refused() {
    let mut library = Library::in_memory().unwrap();
    library.merge(&[entry("2602.00001", "One", "First.")]).unwrap();
    let number = library.ensure_fingerprint(&fingerprint("first", 2)).unwrap();
    let paper = library.next_missing(number, None, 1).unwrap().remove(0);
    let mut refusal = |vector: &[f32]| {
        let new = NewVector { row: paper.row, passage_hash: paper.passage_hash, vector, tokens: Tokens::default() };
        library.store_vectors(number, &[new]).unwrap_err().to_string()
    };
    let start = "a vector was refused by the library :memory:: ";
    assert_eq!(refusal(&[1.0]), format!("{start}it has 1 elements instead of 2"));
    assert_eq!(refusal(&[1.0, 1.0]), format!("{start}its length is 1.414214 instead of 1"));
    assert_eq!(refusal(&[f32::NAN, 1.0]), format!("{start}it has an element that is not finite"));
    let other = library.ensure_fingerprint(&fingerprint("first", 3)).unwrap_err().to_string();
    assert_eq!(other, format!("{start}its fingerprint is known with dimension 2, not 3"));
    assert_eq!(library.missing(number).unwrap(), 1);
}

#[test]
fn every_way_to_scan_sees_every_vector_in_order() {
    let (_folder, path) = file();
    let mut library = Library::open(&path).unwrap();
    let entries: Vec<Entry> = (1..=50).map(|n| entry(&format!("2602.{n:05}"), &format!("Title {n}"), "")).collect();
    library.merge(&entries).unwrap();
    embed_missing(&mut library, "other", &[1.0, 0.0, 0.0]);
    embed_missing(&mut library, "first", &[0.6, 0.8]);
    let number = library.fingerprint("first").unwrap().unwrap();
    let mut all = Vec::new();
    library.scan(number, &mut |row, vector| all.push((row, dot(vector, &[1.0, 1.0])))).unwrap();
    assert_eq!(all.len(), 50);
    assert!(all.is_sorted_by_key(|(row, _)| *row));
    assert!(all.iter().all(|(_, score)| (score - 1.4).abs() < 1e-6));
    for parts in [1, 2, 3, 64] {
        let states = vec![Vec::new(); parts];
        let found =
            library.scan_parallel(number, states, |seen, row, vector| seen.push((row, dot(vector, &[1.0, 1.0]))));
        assert_eq!(found.unwrap().concat(), all, "{parts} parts");
    }
}

#[test]
fn the_dot_product_is_that_of_the_numbers() {
    for length in [0, 1, 15, 16, 17, 384] {
        let one: Vec<f32> = (0..length).map(|n| (n % 7) as f32 - 3.0).collect();
        let other: Vec<f32> = (0..length).map(|n| (n % 5) as f32).collect();
        let bytes: Vec<u8> = one.iter().flat_map(|value| value.to_le_bytes()).collect();
        // Small whole numbers: exact in any order of adding.
        assert_eq!(dot(&bytes, &other), one.iter().zip(&other).map(|(a, b)| a * b).sum::<f32>());
    }
    assert!(dot(&[0; 8], &[1.0]).is_nan());
}

// --- several at once ---

#[test]
fn two_connections_add_at_once_and_a_third_reads() {
    let (_folder, path) = file();
    let batches = |month: u32| {
        (0..20).map(move |batch| {
            (0..20)
                .map(|n| entry(&format!("26{month:02}.{:05}", batch * 20 + n + 1), &format!("Title {n}"), "Text."))
                .collect::<Vec<_>>()
        })
    };
    let writing = AtomicBool::new(true);
    thread::scope(|scope| {
        // Both also make the file, at the same moment.
        let writers: Vec<_> = [1, 2]
            .map(|month| {
                let path = &path;
                scope.spawn(move || {
                    let mut library = Library::open(path).unwrap();
                    batches(month).for_each(|batch| assert_eq!(library.merge(&batch).unwrap(), [Outcome::Added; 20]));
                })
            })
            .into();
        let reader = scope.spawn(|| {
            let (mut seen, mut looks) = (0, 0);
            while writing.load(Ordering::Relaxed) || looks == 0 {
                match Library::open_read_only(&path) {
                    Ok(library) => {
                        let papers = library.info().unwrap().papers;
                        assert!(papers >= seen && papers % 20 == 0, "{papers} after {seen}");
                        (seen, looks) = (papers, looks + 1);
                    }
                    Err(Error::Library(LibraryError::Missing { .. })) => {}
                    Err(other) => panic!("{other}"),
                }
            }
            looks
        });
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        writing.store(false, Ordering::Relaxed);
        assert!(reader.join().unwrap() > 0);
    });
    let library = Library::open_read_only(&path).unwrap();
    assert_eq!(library.info().unwrap().papers, 800);
    assert_eq!(library.check().unwrap(), []);
}

#[test]
fn a_reader_goes_on_during_a_write() {
    let (_folder, path) = file();
    let mut library = Library::open(&path).unwrap();
    library.merge(&[entry("2602.00001", "One", "First.")]).unwrap();
    let writer = Connection::open(&path).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE; UPDATE stored_papers SET comment = 'half-written'").unwrap();
    let reader = Library::open_read_only(&path).unwrap();
    let paper = reader.paper(&id("2602.00001")).unwrap().unwrap();
    assert_eq!((paper.title.as_deref(), &paper.comment), (Some("One"), &None));
}

// --- files that are not as they should be ---

#[test]
fn folders_are_made_and_info_tells_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/papers.db");
    let mut library = Library::open(&path).unwrap();
    assert!(library.is_empty().unwrap());
    assert!(library.notes().is_empty());
    let mut one = entry("2602.00001", "One", "First.");
    one.categories = vec!["cs.LG".into(), "cs.AI".into()];
    let mut two = entry("2512.00002", "Two", "Second.");
    two.categories = vec!["cs.LG".into()];
    library.merge(&[one, two]).unwrap();
    let info = library.info().unwrap();
    assert_eq!((info.papers, info.passages, info.fingerprints.len()), (2, 2, 0));
    assert_eq!(info.dates, PartialDate::month(2025, 12).zip(PartialDate::month(2026, 2)));
    assert_eq!(info.categories, [("cs.LG".to_owned(), 2), ("cs.AI".to_owned(), 1)]);
    assert!(info.bytes >= fs::metadata(&path).unwrap().len());
    drop(library);
    assert_eq!(Library::open_read_only(&path).unwrap().info().unwrap().papers, 2);
}

#[test]
fn what_is_no_library_of_ours_is_refused_by_name_and_left_alone() {
    let (folder, path) = file();
    let refusals = |path: &Path| {
        let before = fs::read(path).unwrap();
        let texts = [Library::open(path), Library::open_read_only(path)]
            .map(|opened| text_of(&opened.unwrap_err(), folder.path()));
        assert_eq!(fs::read(path).unwrap(), before, "{texts:?}");
        assert_eq!(texts[0], texts[1]);
        texts[0].clone()
    };
    let missing = Library::open_read_only(&path).unwrap_err();
    insta::assert_snapshot!(text_of(&missing, folder.path()), @"there is no library at DIR/papers.db yet");

    fs::write(&path, "just a text file, long enough to be looked at".repeat(50)).unwrap();
    insta::assert_snapshot!(refusals(&path), @"DIR/papers.db is not a Relata library, and was left as it is");

    fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE bookmarks (url)").unwrap();
    insta::assert_snapshot!(refusals(&path), @"DIR/papers.db is not a Relata library, and was left as it is");

    fs::remove_file(&path).unwrap();
    drop(Library::open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    insta::assert_snapshot!(refusals(&path), @"the library DIR/papers.db has schema version 99, but this relata knows only up to 23");

    let opened = Library::open(folder.path()).unwrap_err();
    assert!(matches!(opened, Error::Library(LibraryError::Unopened { .. })), "{opened}");
}

#[test]
fn a_cut_file_is_told_to_be_damaged() {
    let (folder, path) = file();
    let mut library = Library::open(&path).unwrap();
    let entries: Vec<Entry> =
        (1..=200).map(|n| entry(&format!("2602.{n:05}"), "Title", &"word ".repeat(300))).collect();
    library.merge(&entries).unwrap();
    drop(library);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let fault = Library::open(&path).unwrap_err();
    insta::assert_snapshot!(text_of(&fault, folder.path()), @"the library DIR/papers.db is damaged (database disk image is malformed)");
    assert!(matches!(Library::open_read_only(&path).unwrap_err(), Error::Library(LibraryError::Damaged { .. })));
    // Looking at it has not made it worse.
    assert_eq!(fs::read(&path).unwrap(), whole[..whole.len() / 2]);
}

#[test]
fn a_file_without_write_permission_is_read_and_not_written() {
    let (folder, path) = file();
    drop(Library::open(&path).unwrap());
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    if fs::OpenOptions::new().write(true).open(&path).is_ok() {
        // The superuser may write anyway: then so may the library.
        assert!(Library::open(&path).is_ok());
        return;
    }
    let fault = Library::open(&path).unwrap_err();
    insta::assert_snapshot!(text_of(&fault, folder.path()), @"the library DIR/papers.db cannot be written: the file or its folder is read-only");
    assert!(Library::open_read_only(&path).unwrap().is_empty().unwrap());
}

#[test]
fn check_finds_what_was_tampered_with() {
    let (_folder, path) = file();
    let mut library = Library::open(&path).unwrap();
    let titles = ["One", "Two", "Three", "Four", "Five", "Six"];
    let entries: Vec<Entry> =
        (1..).zip(titles).map(|(n, title)| entry(&format!("2602.{n:05}"), title, "Text.")).collect();
    library.merge(&entries).unwrap();
    embed_missing(&mut library, "first", &[0.6, 0.8]);
    assert_eq!(library.check().unwrap(), []);
    let other = Connection::open(&path).unwrap();
    other
        .execute_batch(
            "UPDATE stored_embeddings SET vector = x'0000' WHERE paper = 1;
             UPDATE stored_embeddings SET vector = x'0000c07f0000803f' WHERE paper = 2; -- NaN, 1
             UPDATE stored_embeddings SET vector = x'0000803f0000803f' WHERE paper = 3; -- 1, 1
             UPDATE stored_papers SET title = 'Swapped' WHERE row = 4;
             UPDATE stored_embeddings SET passage = zeroblob(32) WHERE paper = 5;
             DELETE FROM keywords WHERE rowid = 6;
             UPDATE counts SET value = 7 WHERE name = 'papers'",
        )
        .unwrap();
    let problems: Vec<String> = library.check().unwrap().into_iter().map(|problem| problem.to_string()).collect();
    insta::assert_snapshot!(problems.join("\n"), @"
    2602.00004: its text is not the one it was stored with
    the vector of 2602.00001: it has 2 bytes instead of 8
    the vector of 2602.00002: it has an element that is not finite
    the vector of 2602.00003: its length is 1.414214 instead of 1
    the vector of 2602.00005: it is of another text than the stored one
    2602.00006: not in the keyword index
    7 papers are counted where there are 6
    ");
}

#[test]
fn nothing_but_ids_decides_where_a_paper_goes() {
    let mut library = Library::in_memory().unwrap();
    let by_id = |library: &Library| -> BTreeMap<String, String> {
        ["2602.00001", "2602.00002"]
            .map(|name| {
                (
                    name.to_owned(),
                    library.paper(&id(name)).unwrap().map_or(String::new(), |p| p.metadata.title.unwrap()),
                )
            })
            .into()
    };
    library.merge(&[entry("2602.00001", "Same", "Same."), entry("2602.00002", "Same", "Same.")]).unwrap();
    assert_eq!(library.remove(&[id("2602.00001"), id("2602.00001")]).unwrap(), [true, false]);
    assert_eq!(by_id(&library), [("2602.00001".into(), String::new()), ("2602.00002".into(), "Same".into())].into());
    assert_eq!(library.merge(&[entry("2602.00001", "Back", "Same.")]).unwrap(), [Outcome::Added]);
    assert_eq!(found(&library, "back"), ["2602.00001"]);
}

/// Whoever comes while another is making the library must find either no library yet or the whole
/// of it.
#[test]
fn a_library_that_is_just_being_made_is_nobodys_foreign_file() {
    for round in 0..150 {
        let (_folder, path) = file();
        std::thread::scope(|scope| {
            let makers: Vec<_> = (0..4).map(|_| scope.spawn(|| Library::open(&path).map(|_| ()))).collect();
            for maker in makers {
                let outcome = maker.join().unwrap();
                assert!(outcome.is_ok(), "round {round}: {}", outcome.unwrap_err());
            }
        });
    }
}
