//! The index against the exact scan: on data of every shape, through changes, and damaged in every part.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::library::{FingerprintText, NewVector, Tokens};
use crate::neighbours::{Admitted, Ground};
use crate::paper::Entry;
use crate::{ArxivId, Precedence, SourceKind};

const DIMENSION: usize = 24;

/// A library of papers with made vectors.
struct Made {
    _folder: tempfile::TempDir,
    path: PathBuf,
    library: Library,
    fingerprint: FingerprintNumber,
    random: fastrand::Rng,
    /// The vectors that it should have, by the papers' numbers.
    vectors: BTreeMap<u32, Vec<f32>>,
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    /// In all directions alike: no cell is better than another.
    Random,
    /// In forty heaps.
    Clustered,
    /// A hundred vectors, each many times.
    Duplicated,
    /// All the same.
    Constant,
    /// In two dimensions only, most in one direction.
    Flat,
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|x| *x /= length);
    vector
}

fn id(number: u32) -> ArxivId {
    ArxivId::parse(&format!("2601.{number:05}")).expect("an id").0
}

impl Made {
    fn new(seed: u64) -> Made {
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = folder.path().join("library.db");
        let mut library = Library::open(&path).expect("a library");
        let text = |text: &str| text.to_owned();
        let fingerprint = library
            .ensure_fingerprint(&FingerprintText {
                digest: text("made"),
                model: text("made"),
                description: text("made"),
                dimension: DIMENSION,
            })
            .expect("a fingerprint");
        let random = fastrand::Rng::with_seed(seed);
        Made { _folder: folder, path, library, fingerprint, random, vectors: BTreeMap::new() }
    }

    fn with(shape: Shape, count: u32) -> Made {
        let mut made = Made::new(count.into());
        let vectors = (1..=count).map(|number| (number, made.vector(shape))).collect();
        made.put(vectors);
        made
    }

    fn vector(&mut self, shape: Shape) -> Vec<f32> {
        let mut noise = || self.random.f32() + self.random.f32() + self.random.f32() - 1.5;
        let noise: Vec<f32> = (0..DIMENSION).map(|_| noise()).collect();
        let draw = self.random.usize(..);
        let heap = |count: usize, spread: f32| {
            let mut centre = fastrand::Rng::with_seed((draw % count) as u64);
            unit(noise.iter().map(|x| x * spread + centre.f32() - 0.5).collect())
        };
        match shape {
            Shape::Random => unit(noise),
            Shape::Clustered => heap(40, 0.3),
            Shape::Duplicated => heap(100, 0.0),
            Shape::Constant => heap(1, 0.0),
            Shape::Flat => {
                let angle = noise[0] * 0.2;
                let mut vector = vec![0.0; DIMENSION];
                (vector[0], vector[1]) = (angle.cos(), angle.sin());
                vector
            }
        }
    }

    /// Adds papers with these vectors, or gives papers that are there a new text and vector.
    fn put(&mut self, vectors: BTreeMap<u32, Vec<f32>>) {
        let version = self.random.u64(..);
        let precedence = Precedence { version: 1, date: None, kind: SourceKind::RawJsonl };
        let entries: Vec<Entry> = vectors
            .keys()
            .map(|number| Entry {
                title: Some(format!("Paper {number} of {version:020}")),
                ..Entry::new(id(*number), precedence, 1)
            })
            .collect();
        let _ = self.library.remove(&vectors.keys().map(|number| id(*number)).collect::<Vec<_>>()).expect("removed");
        self.library.merge(&entries).expect("merged");
        for missing in self.library.next_missing(self.fingerprint, None, 1 << 30).expect("missing") {
            let number: u32 = missing.id.as_str()[5..].parse().expect("a number");
            let new = NewVector {
                row: missing.row,
                passage_hash: missing.passage_hash,
                vector: &vectors[&number],
                tokens: Tokens::default(),
            };
            self.library.store_vectors(self.fingerprint, &[new]).expect("stored");
        }
        self.vectors.extend(vectors);
    }

    fn remove(&mut self, numbers: &[u32]) {
        let ids: Vec<ArxivId> = numbers.iter().map(|number| id(*number)).collect();
        self.library.remove(&ids).expect("removed");
        self.vectors.retain(|number, _| !numbers.contains(number));
    }

    fn keep(&mut self) -> Kept {
        Index::keep_from(&mut self.library, self.fingerprint, 1, &|_| ()).expect("an index")
    }

    fn file(&self) -> PathBuf {
        path(&self.library, self.fingerprint).expect("a path")
    }

    fn open(&self) -> State {
        Index::open(&self.library, self.fingerprint).expect("a library that can be read")
    }

    fn ready(&self) -> Index {
        match self.open() {
            State::Ready(index) => *index,
            other => panic!("{other:?}"),
        }
    }

    /// Numbers and scores of the nearest, by the index or without.
    fn nearest(&self, index: Option<&Index>, query: &[f32], k: usize, admitted: &Admitted<'_>) -> Vec<(String, f32)> {
        let ground = Ground { library: &self.library, fingerprint: self.fingerprint, index };
        let found = ground.nearest(&[query.to_vec()], k, admitted).expect("neighbours").remove(0);
        found
            .into_iter()
            .map(|found| (self.library.id_of(found.key).expect("read").expect("an id").to_string(), found.score))
            .collect()
    }

    /// The share of the true neighbours that are found, of queries near the papers, by score: of equals any will do.
    fn recall(&mut self, shape: Shape, k: usize, within: Option<&PaperSetOf>) -> f64 {
        let index = self.ready();
        let set = within.map(|within| within(&self.library));
        let admitted = Admitted { within: set.as_ref(), without: &[] };
        let (mut found, mut wanted) = (0, 0);
        for _ in 0..60 {
            let query = self.vector(shape);
            let exact = self.nearest(None, &query, k, &admitted);
            let got = self.nearest(Some(&index), &query, k, &admitted);
            let worst = exact.get(k - 1).or(exact.last()).map_or(f32::INFINITY, |found| found.1);
            assert!(got.len() >= exact.len().min(k), "{} of {}", got.len(), exact.len());
            assert!(got.is_sorted_by(|a, b| a.1 >= b.1));
            found += got[..k.min(got.len())].iter().filter(|(_, score)| *score >= worst).count();
            wanted += exact.len().min(k);
        }
        assert_eq!(index.damage(), None);
        found as f64 / f64::from(wanted as u32)
    }
}

impl Made {
    /// Holds the papers of the library, and answers as an index does that is made of them now.
    fn is_like_a_fresh_build(&mut self) {
        let own = self.ready();
        assert_eq!(own.changed(), []);
        assert_eq!(own.check(&self.library, self.fingerprint).expect("checked"), None);
        assert_eq!(own.held().expect("sound").len(), self.vectors.len());
        assert!(self.recall(Shape::Clustered, 10, None) >= 0.995);
        let fresh = build::build(&self.library, self.fingerprint, own.set, &|_| ()).expect("a table");
        let queries: Vec<Vec<f32>> = (0..50).map(|_| self.vector(Shape::Clustered)).collect();
        let mut same = 0;
        for query in &queries {
            let search = |table: &Table<'_>| {
                let found = table.search(own.set, (query.as_slice(), 10, true), &|_| true).expect("a sound table");
                found.into_iter().take(10).map(|found| found.key).collect::<BTreeSet<_>>()
            };
            let own = search(&own.table().expect("a table"));
            same += own.intersection(&search(&fresh.table())).count();
        }
        assert!(same >= 495, "{same} of 500");
    }

    /// So many papers are removed and so many others added.
    fn change(&mut self, removed: std::ops::Range<u32>, added: std::ops::Range<u32>) {
        self.remove(&removed.collect::<Vec<u32>>());
        let vectors = added.map(|number| (number, self.vector(Shape::Clustered))).collect();
        self.put(vectors);
    }
}

type PaperSetOf = dyn Fn(&Library) -> crate::library::PaperSet;

#[test]
fn neighbours_are_those_of_the_exact_scan_whatever_the_data() {
    for shape in [Shape::Random, Shape::Clustered, Shape::Duplicated, Shape::Constant, Shape::Flat] {
        let mut made = Made::with(shape, 3000);
        assert_eq!(made.keep(), Kept::Built);
        assert_eq!(made.keep(), Kept::Good);
        for (k, least) in [(1, 0.98), (10, 0.995), (100, 0.99), (2990, 0.99)] {
            let recall = made.recall(shape, k, None);
            assert!(recall >= least, "{shape:?}, k {k}: {recall}");
        }
    }
}

#[test]
fn a_clustered_library_is_not_scanned_whole() {
    let mut made = Made::with(Shape::Clustered, 3000);
    made.keep();
    let index = made.ready();
    let table = index.table().expect("a table");
    let limits = |k: usize| table.reach.limits(k);
    assert!(limits(10).len() > 5 && limits(10).is_sorted_by(|a, b| a.0 >= b.0 && a.1 <= b.1), "{:?}", limits(10));
    assert_eq!((limits(1), limits(1000)), (limits(10), limits(100)));
    let further = |a: &[(f32, f32)], b: &[(f32, f32)]| a.iter().zip(b).all(|(a, b)| a.0 == b.0 && a.1 >= b.1 - 0.01);
    assert!(further(&limits(10), &limits(30)) && further(&limits(30), &limits(100)) && limits(10) != limits(100));

    let (near, far) = (made.vectors[&1].clone(), unit((0..DIMENSION).map(|at| [1.0, -1.0][at % 2]).collect()));
    let scanned = |query: &[f32]| {
        let counted = Counted { inner: &index.base, rows: AtomicUsize::new(0) };
        let segments = vec![table::Segment { source: &counted, ..table.segments[0] }];
        let table = Table { segments, ..table.clone() };
        table.search(index.set, (query, 10, false), &|_| true).expect("found");
        counted.rows.load(Ordering::Relaxed)
    };
    assert!(scanned(&near) < 300, "{}", scanned(&near));
    assert!(scanned(&far) > 2 * scanned(&near), "what has nothing near it goes further: {}", scanned(&far));
}

/// Counts the rows that are scanned.
struct Counted<'a> {
    inner: &'a file::Mapped,
    rows: AtomicUsize,
}

impl table::Source for Counted<'_> {
    fn check(&self, segment: &table::Segment<'_>, cell: usize) -> std::result::Result<(), Damage> {
        self.rows.fetch_add(segment.places(cell).len(), Ordering::Relaxed);
        self.inner.check(segment, cell)
    }

    fn read(&self, place: usize, row: &mut [i8]) -> std::result::Result<(), Damage> {
        self.inner.read(place, row)
    }
}

#[test]
fn filters_get_all_that_they_keep() {
    let mut made = Made::with(Shape::Clustered, 9000);
    made.keep();
    // Half of all, and a quarter; the smaller sets are looked at row by row, so these pass through the index.
    for modulus in [2, 4] {
        let within = move |library: &Library| {
            let kept = (1..=9000).filter(|number| number % modulus == 0);
            crate::library::PaperSet::new(kept.filter_map(|n| library.row_of(&id(n)).expect("read")).collect())
        };
        for (k, least) in [(10, 0.995), (100, 0.99)] {
            let recall = made.recall(Shape::Clustered, k, Some(&within));
            assert!(recall >= least, "1 of {modulus}, k {k}: {recall}");
        }
    }
    // What a filter keeps lies elsewhere than the query: the papers that are least like it.
    let index = made.ready();
    let mut same = 0;
    for asked in 1..=40 {
        let query = made.vectors[&asked].clone();
        let product = |vector: &[f32]| vector.iter().zip(&query).map(|(a, b)| a * b).sum::<f32>();
        let mut by_distance: Vec<(f32, u32)> = made.vectors.iter().map(|(n, vector)| (product(vector), *n)).collect();
        by_distance.sort_by(|a, b| a.0.total_cmp(&b.0));
        let far = by_distance[..2500].iter().filter_map(|(_, n)| made.library.row_of(&id(*n)).expect("read"));
        let far = crate::library::PaperSet::new(far.collect());
        let admitted = Admitted { within: Some(&far), without: &[] };
        let exact = made.nearest(None, &query, 10, &admitted);
        let got = made.nearest(Some(&index), &query, 10, &admitted);
        assert_eq!(got.len(), 10);
        same += got.iter().filter(|found| exact.contains(found)).count();
    }
    assert!(same >= 398, "{same} of 400");
    let query = made.vectors[&1].clone();
    let none = crate::library::PaperSet::new(Vec::new());
    assert_eq!(made.nearest(Some(&index), &query, 10, &Admitted { within: Some(&none), without: &[] }), []);
}

#[test]
fn changes_are_seen_at_once_and_taken_in_without_a_new_build() {
    let mut made = Made::with(Shape::Clustered, 3000);
    made.keep();
    let query = made.vectors[&77].clone();
    // 77 goes, 78 becomes what 77 was, 3001 comes.
    made.remove(&[77]);
    made.put(BTreeMap::from([(78, query.clone()), (3001, query.clone())]));
    let index = made.ready();
    assert_eq!(index.changed().len(), 4, "a row for each, and the old one of 78");
    let first = |index: &Index, made: &Made| -> BTreeSet<String> {
        made.nearest(Some(index), &query, 2, &Admitted::default()).into_iter().map(|found| found.0).collect()
    };
    let expected = BTreeSet::from(["2601.00078".to_owned(), "2601.03001".to_owned()]);
    assert_eq!(first(&index, &made), expected);
    assert_eq!(made.keep(), Kept::Good, "so few are no reason to write the file again");

    // Enough changes, in an order of their own: what is taken in answers as a fresh build does.
    for round in 0..4 {
        let numbers: Vec<u32> = (0..200).map(|_| made.random.u32(100..3000)).collect();
        made.remove(&numbers);
        let vectors = (0..150).map(|n| (4000 + round * 150 + n, made.vector(Shape::Clustered))).collect();
        made.put(vectors);
    }
    assert!(made.recall(Shape::Clustered, 10, None) >= 0.995, "before the index is renewed");
    assert_eq!(made.keep(), Kept::Merged, "more than an eighth");
    assert_eq!(first(&made.ready(), &made), expected);
    made.is_like_a_fresh_build();

    // Twice as many: cells are made anew.
    let vectors = (6000..10_000).map(|n| (n, made.vector(Shape::Random))).collect();
    made.put(vectors);
    assert_eq!(made.keep(), Kept::Built);
    assert!(made.recall(Shape::Random, 10, None) >= 0.995);
}

#[test]
fn some_hundred_changes_go_into_a_delta_and_leave_the_rest_as_it_is() {
    let mut made = Made::with(Shape::Clustered, 9000);
    made.keep();
    let base = fs::read(made.file()).expect("a file");
    let delta = delta_of(&made.file());
    made.change(1..300, 10_001..10_300);
    assert_eq!(made.keep(), Kept::Extended);
    assert!(fs::read(made.file()).expect("a file") == base && delta.exists());
    made.is_like_a_fresh_build();

    // Some of what the delta holds changes again, and some of it goes.
    made.change(10_001..10_050, 10_100..10_150);
    assert!(!made.ready().changed().is_empty());
    assert_eq!(made.keep(), Kept::Good);
    assert!(made.recall(Shape::Clustered, 10, None) >= 0.995, "before they are taken in");
    made.change(300..600, 10_400..10_500);
    assert_eq!(made.keep(), Kept::Extended);
    assert!(fs::read(made.file()).expect("a file") == base);
    made.is_like_a_fresh_build();

    // Removed alone: a delta that holds little but what is outdated.
    let vector = made.vectors[&700].clone();
    made.remove(&(600..1110).collect::<Vec<u32>>());
    assert_eq!(made.keep(), Kept::Merged, "an eighth has changed by now");
    assert!(!delta.exists());
    made.is_like_a_fresh_build();
    let gone = made.library.row_of(&id(700)).expect("read");
    let nearest = made.nearest(Some(&made.ready()), &vector, 3, &Admitted::default());
    assert!(gone.is_none() && nearest.iter().all(|(id, _)| id != "2601.00700"), "{nearest:?}");
}

#[test]
fn a_delta_that_is_damaged_or_of_another_time_is_noticed() {
    let mut made = Made::with(Shape::Clustered, 9000);
    made.keep();
    made.change(1..300, 10_001..10_300);
    assert_eq!(made.keep(), Kept::Extended);
    let delta = delta_of(&made.file());
    let good = fs::read(&delta).expect("a file");
    let queries: Vec<Vec<f32>> = (0..12).map(|_| made.vector(Shape::Clustered)).collect();
    for part in 0..30 {
        let mut bad = good.clone();
        let at = part * (bad.len() - 1) / 29;
        bad[at] ^= 0x15;
        replace(&delta, &bad);
        let State::Ready(index) = made.open() else { continue };
        for query in &queries {
            let exact = made.nearest(None, query, 700, &Admitted::default());
            let got = made.nearest(Some(&index), query, 700, &Admitted::default());
            if let Some(what) = index.damage() {
                assert_eq!(got, exact, "damaged at {at}");
                assert!(what.contains("library.db.index-1.delta is damaged ("), "{what}");
            }
        }
        let told = index.check(&made.library, made.fingerprint).expect("checked").expect("damage");
        assert!(told.contains("library.db.index-1.delta is damaged ("), "{told}");
    }
    for length in [0, 5, 9, 1000, good.len() / 2, good.len() - 1] {
        replace(&delta, &good[..length]);
        assert!(matches!(made.open(), State::Damaged(_)), "cut to {length}");
    }
    assert_eq!(made.keep(), Kept::Built);
    assert!(!delta.exists());
    made.is_like_a_fresh_build();

    // One that was put back after the library has moved on, one of another file, and none.
    made.change(1000..1300, 11_000..11_300);
    assert_eq!(made.keep(), Kept::Extended);
    let old = fs::read(&delta).expect("a file");
    made.change(2000..2230, 12_000..12_280);
    assert_eq!(made.keep(), Kept::Extended);
    replace(&delta, &old);
    assert!(matches!(made.open(), State::Absent));
    replace(&delta, &good);
    assert!(matches!(made.open(), State::Absent));
    fs::remove_file(&delta).expect("removed");
    assert!(matches!(made.open(), State::Absent));
    assert_eq!(made.keep(), Kept::Built);
    made.is_like_a_fresh_build();
}

#[test]
fn an_index_that_is_absent_is_not_made_where_it_is_only_to_be_refreshed() {
    let mut made = Made::with(Shape::Clustered, 1000);
    assert_eq!(Index::refresh(&mut made.library, made.fingerprint).expect("kept"), Kept::Good);
    assert!(!made.file().exists());
}

#[test]
fn the_file_is_the_same_every_time() {
    let mut made = Made::with(Shape::Clustered, 2000);
    made.keep();
    let first = content(&made.file());
    let facts = made.ready().base.facts.clone();
    fs::remove_file(made.file()).expect("removed");
    assert!(matches!(made.open(), State::Absent));
    assert_eq!(made.keep(), Kept::Built);
    assert!(content(&made.file()) == first);
    assert_eq!(made.ready().base.facts, facts);
}

/// What a file holds behind its header, in which names come in any order.
fn content(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).expect("a file");
    let (header, _) = safetensors::SafeTensors::read_metadata(&bytes).expect("a header");
    bytes[header + 8..].to_vec()
}

#[test]
fn damage_is_noticed_wherever_it_is_and_answers_stay_right() {
    let mut made = Made::with(Shape::Clustered, 1500);
    made.keep();
    let good = fs::read(made.file()).expect("a file");
    let queries: Vec<Vec<f32>> = (0..12).map(|_| made.vector(Shape::Clustered)).collect();
    let mut noticed = 0;
    for part in 0..60 {
        let mut bad = good.clone();
        let at = part * (bad.len() - 1) / 59;
        bad[at] ^= 0x15;
        // Replaced, as only files that nobody has open may be written into.
        replace(&made.file(), &bad);
        let index = match made.open() {
            State::Damaged(what) => {
                assert!(what.contains("library.db.index-1 is damaged ("), "{what}");
                noticed += 1;
                continue;
            }
            State::Absent => {
                noticed += 1;
                continue;
            }
            State::Ready(index) => index,
        };
        for query in &queries {
            let exact = made.nearest(None, query, 700, &Admitted::default());
            let got = made.nearest(Some(&index), query, 700, &Admitted::default());
            if index.damage().is_some() {
                assert_eq!(got, exact, "damaged at {at}");
            }
        }
        noticed += usize::from(index.damage().is_some());
        // What no query came by is found where everything is checked.
        assert!(
            index
                .check(&made.library, made.fingerprint)
                .expect("checked")
                .is_some_and(|what| what.contains("is damaged (")),
            "damaged at {at}"
        );
    }
    assert!(noticed >= 40, "{noticed}");
    for length in [0, 5, 9, 1000, good.len() / 2, good.len() - 1] {
        replace(&made.file(), &good[..length]);
        assert!(matches!(made.open(), State::Damaged(_)), "cut to {length}");
    }
    let (header, _) = safetensors::SafeTensors::read_metadata(&good).expect("a header");
    assert_eq!(made.keep(), Kept::Built);
    assert!(content(&made.file()) == good[header + 8..], "repaired");
}

fn replace(path: &Path, bytes: &[u8]) {
    let beside = path.with_extension("new");
    fs::write(&beside, bytes).expect("a file");
    fs::rename(beside, path).expect("replaced");
}

#[test]
fn a_file_of_another_library_or_another_time_is_passed_over() {
    let mut one = Made::with(Shape::Clustered, 1000);
    let mut other = Made::with(Shape::Clustered, 1001);
    one.keep();
    other.keep();
    let own = fs::read(one.file()).expect("a file");
    let holds = content(&one.file());
    fs::copy(other.file(), one.file()).expect("copied");
    assert!(matches!(one.open(), State::Absent));
    assert_eq!(one.keep(), Kept::Built);
    assert!(content(&one.file()) == holds);
    // An old file put back after the library has moved on and forgotten what changed.
    let numbers: Vec<u32> = (1..=600).collect();
    one.remove(&numbers[..520]);
    assert_eq!(one.keep(), Kept::Built);
    replace(&one.file(), &own);
    assert!(matches!(one.open(), State::Absent));
}

#[test]
fn what_a_killed_build_leaves_is_removed_and_a_place_that_cannot_be_written_is_an_error() {
    let mut made = Made::with(Shape::Clustered, 1000);
    let left = made.path.with_file_name("library.db.index-1.4711");
    let others = made.path.with_file_name("library.db.index-1.backup");
    fs::write(&left, "half").expect("a file");
    fs::write(&others, "not ours").expect("a file");
    made.keep();
    assert!(!left.exists() && others.exists());

    fs::remove_file(made.file()).expect("removed");
    fs::create_dir(made.file()).expect("a folder in its place");
    let refused = Index::keep_from(&mut made.library, made.fingerprint, 1, &|_| ()).expect_err("no place");
    assert!(refused.to_string().contains("library.db.index-1"), "{refused}");
    let rest: Vec<_> = fs::read_dir(made.path.parent().expect("a folder")).expect("read").flatten().collect();
    assert!(rest.iter().all(|entry| !entry.file_name().to_string_lossy().contains(".index-1.1")), "{rest:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_the_index_that_there_was_serves_on() {
    let mut made = Made::with(Shape::Clustered, 6000);
    // What is written to this device finds no space.
    let full = |place: &Path| std::os::unix::fs::symlink("/dev/full", derived::beside(place)).expect("a link");
    let refused = |made: &mut Made| {
        let error = Index::keep_from(&mut made.library, made.fingerprint, 1, &|_| ()).expect_err("no space");
        assert!(error.to_string().contains("library.db.index-1"), "{error}");
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        assert!(source.contains("No space left on device"), "{source}");
        let files = fs::read_dir(made.path.parent().expect("a folder")).expect("read").flatten();
        let left = format!(".{}", std::process::id());
        assert!(files.into_iter().all(|entry| !entry.file_name().to_string_lossy().ends_with(&left)));
    };
    full(&made.file());
    refused(&mut made);
    assert!(matches!(made.open(), State::Absent));
    assert_eq!(made.keep(), Kept::Built);
    let base = fs::read(made.file()).expect("a file");
    made.change(1..300, 10_001..10_300);
    full(&delta_of(&made.file()));
    refused(&mut made);
    assert!(fs::read(made.file()).expect("a file") == base);
    assert!(!made.ready().changed().is_empty());
    assert!(made.recall(Shape::Clustered, 10, None) >= 0.995);
    assert_eq!(made.keep(), Kept::Extended);
    made.is_like_a_fresh_build();
}

#[test]
fn of_two_builds_at_once_the_one_that_ends_first_stays() {
    let mut made = Made::with(Shape::Clustered, 1000);
    let (path, fingerprint, vector) = (made.path.clone(), made.fingerprint, made.vector(Shape::Clustered));
    let other = OnceLock::new();
    // While the first codes its papers, another process adds one and makes an index.
    let meanwhile = |_| {
        other.get_or_init(|| {
            let mut other = Made {
                _folder: tempfile::TempDir::new().expect("a folder"),
                path: path.clone(),
                library: Library::open(&path).expect("the library"),
                fingerprint,
                random: fastrand::Rng::with_seed(9),
                vectors: BTreeMap::new(),
            };
            other.put(BTreeMap::from([(2000, vector.clone())]));
            other.keep()
        });
    };
    let kept = Index::keep_from(&mut made.library, fingerprint, 1, &meanwhile).expect("kept");
    assert_eq!((kept, other.get()), (Kept::Good, Some(&Kept::Built)));
    let index = made.ready();
    assert_eq!((index.held().expect("sound").len(), index.changed()), (1001, [].as_slice()));
    let nearest = made.nearest(Some(&index), &vector, 1, &Admitted::default());
    assert_eq!(nearest[0].0, "2601.02000");
    let files = fs::read_dir(made.path.parent().expect("a folder")).expect("read").flatten();
    let indexes = files.filter(|entry| entry.file_name().to_string_lossy().contains(".index-")).count();
    assert_eq!(indexes, 1, "nothing is left beside it");
}

#[test]
fn an_index_that_holds_other_papers_than_its_library_is_told() {
    let mut made = Made::with(Shape::Clustered, 1000);
    made.keep();
    made.remove(&[1, 2]);
    let vector = made.vector(Shape::Clustered);
    made.put(BTreeMap::from([(2000, vector)]));
    let told = |made: &Made| made.ready().check(&made.library, made.fingerprint).expect("checked");
    assert_eq!(told(&made), None);
    rusqlite::Connection::open(&made.path).and_then(|file| file.execute("DELETE FROM changes", [])).expect("forgotten");
    let what = told(&made).expect("a problem");
    assert!(what.contains("it holds 1000 papers where the library has 999"), "{what}");
}

#[cfg(unix)]
#[test]
fn who_may_read_the_library_may_read_its_index() {
    use std::os::unix::fs::PermissionsExt;

    let mut made = Made::with(Shape::Clustered, 1000);
    made.keep();
    let mode = |path: &Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode(&made.file()), mode(&made.path));
}

#[test]
fn small_libraries_need_none() {
    let mut made = Made::with(Shape::Clustered, 50);
    assert_eq!(Index::keep(&mut made.library, made.fingerprint, &|_| ()).expect("kept"), Kept::Needless);
    assert!(!made.file().exists());
    // And one that has one all the same is right to the last paper.
    made.keep();
    let index = made.ready();
    let query = made.vectors[&3].clone();
    let exact = made.nearest(None, &query, 50, &Admitted::default());
    assert_eq!(made.nearest(Some(&index), &query, 50, &Admitted::default()), exact);
    assert_eq!(exact.len(), 50);
}
