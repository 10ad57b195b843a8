//! The index against the exact scan, on data of every shape; through changes (`changes`),
//! damaged in every part (`faults`), and from rows that were coded elsewhere (`sharded`).

mod changes;
mod faults;
mod sharded;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::library::{FingerprintText, NewVector, Tokens};
use crate::neighbours::{Admitted, SearchContext};
use crate::paper::{Entry, Metadata};
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
                metadata: Metadata { title: Some(format!("Paper {number} of {version:020}")), ..Metadata::default() },
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
        Index::keep_from(
            &mut self.library,
            self.fingerprint,
            1,
            Some(Make { memory: Index::MEMORY, coded: &|_| (), check: &|| Ok(()) }),
        )
        .expect("an index")
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
        let context = SearchContext { library: &self.library, fingerprint: self.fingerprint, index };
        let found = context.nearest(&[query.to_vec()], k, admitted).expect("neighbours").remove(0);
        found
            .into_iter()
            .map(|found| (self.library.id_of(found.key).expect("read").expect("an id").to_string(), found.score))
            .collect()
    }

    /// The share of the true neighbours that are found, of queries near the papers, by score: of
    /// equals any will do.
    fn recall(&mut self, shape: Shape, k: usize, within: Option<&PaperSetOf>) -> f64 {
        let index = self.ready();
        let set = within.map(|within| within(&self.library));
        let admitted = Admitted { within: set.as_ref(), ..Admitted::default() };
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

    /// The file of an index that is made now with so much memory.
    fn built(&self, name: &str, memory: u64) -> PathBuf {
        let path = self.path.with_file_name(name);
        let set = InstructionSet::choose().expect("a set");
        let source = LibraryVectors::new(&self.library, self.fingerprint).expect("vectors");
        build::build(&path, &source, &Building { set, change: 0, memory, coded: &|_| (), check: &|| Ok(()) })
            .expect("an index");
        path
    }

    /// Holds the papers of the library, and answers as an index does that is made of them now.
    fn is_like_a_fresh_build(&mut self) {
        let own = self.ready();
        assert_eq!(own.changed(), []);
        assert_eq!(own.check(&self.library, self.fingerprint).expect("checked"), None);
        assert_eq!(own.held().expect("sound").len(), self.vectors.len());
        assert!(self.recall(Shape::Clustered, 10, None) >= 0.995);
        let fresh = self.built("fresh", u64::MAX);
        let fresh = Mapped::open(&fresh, DIMENSION).expect("sound").expect("of this version");
        let queries: Vec<Vec<f32>> = (0..50).map(|_| self.vector(Shape::Clustered)).collect();
        let mut same = 0;
        for query in &queries {
            let search = |table: &Table<'_>| {
                let found = table
                    .search(own.set, &Query { vector: query.as_slice(), k: 10, everything: true }, &|_| true)
                    .expect("a sound table");
                found.into_iter().take(10).map(|found| found.key).collect::<BTreeSet<_>>()
            };
            let own = search(&own.table().expect("a table"));
            same += own.intersection(&search(&fresh.table(None).expect("a table"))).count();
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

#[test]
fn the_file_is_the_same_whatever_memory_there_is() {
    for shape in [Shape::Clustered, Shape::Duplicated, Shape::Constant] {
        let made = Made::with(shape, 3000);
        let whole = fs::read(made.built("whole", u64::MAX)).expect("a file");
        // In about nine portions, and each cell alone.
        for memory in [3000 * spill::row_memory(DIMENSION) / 8, 1] {
            assert_eq!(fs::read(made.built("parts", memory)).expect("a file"), whole, "{shape:?} in {memory} bytes");
        }
    }
    let none = Made::new(1);
    let path = none.built("none", 1);
    assert_eq!(Mapped::open(&path, DIMENSION).expect("sound").map(|file| file.facts.trained), Some(0));
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
    let limits = |k: usize| table.limits.by_score(k);
    assert!(limits(10).len() > 5 && limits(10).is_sorted_by(|a, b| a.0 >= b.0 && a.1 <= b.1), "{:?}", limits(10));
    assert_eq!((limits(1), limits(1000)), (limits(10), limits(100)));
    let further = |a: &[(f32, f32)], b: &[(f32, f32)]| a.iter().zip(b).all(|(a, b)| a.0 == b.0 && a.1 >= b.1 - 0.01);
    assert!(further(&limits(10), &limits(30)) && further(&limits(30), &limits(100)) && limits(10) != limits(100));

    let (near, far) = (made.vectors[&1].clone(), unit((0..DIMENSION).map(|at| [1.0, -1.0][at % 2]).collect()));
    let scanned = |query: &[f32]| {
        let counted = Counted { inner: &index.base, rows: AtomicUsize::new(0) };
        let segments = vec![segment::Segment { source: &counted, ..table.segments[0] }];
        let table = Table { segments, ..table.clone() };
        table.search(index.set, &Query { vector: query, k: 10, everything: false }, &|_| true).expect("found");
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

impl segment::Source for Counted<'_> {
    fn check(&self, segment: &segment::Segment<'_>, cell: usize) -> std::result::Result<(), Damage> {
        self.rows.fetch_add(segment.places(cell).len(), Ordering::Relaxed);
        self.inner.check(segment, cell)
    }

    fn row(&self, place: usize) -> std::result::Result<&[i8], Damage> {
        self.inner.row(place)
    }
}

#[test]
fn filters_get_all_that_they_keep() {
    let mut made = Made::with(Shape::Clustered, 9000);
    made.keep();
    // Half of all, and a quarter; the smaller sets are looked at row by row, so these pass through
    // the index.
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
        let admitted = Admitted { within: Some(&far), ..Admitted::default() };
        let exact = made.nearest(None, &query, 10, &admitted);
        let got = made.nearest(Some(&index), &query, 10, &admitted);
        assert_eq!(got.len(), 10);
        same += got.iter().filter(|found| exact.contains(found)).count();
    }
    assert!(same >= 398, "{same} of 400");
    let query = made.vectors[&1].clone();
    let none = crate::library::PaperSet::new(Vec::new());
    assert_eq!(made.nearest(Some(&index), &query, 10, &Admitted { within: Some(&none), ..Admitted::default() }), []);
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
    assert_eq!(Index::keep(&mut made.library, made.fingerprint, Index::MEMORY, &|_| ()).expect("kept"), Kept::Needless);
    assert!(!made.file().exists());
    // And one that has one all the same is right to the last paper.
    made.keep();
    let index = made.ready();
    let query = made.vectors[&3].clone();
    let exact = made.nearest(None, &query, 50, &Admitted::default());
    assert_eq!(made.nearest(Some(&index), &query, 50, &Admitted::default()), exact);
    assert_eq!(exact.len(), 50);
}
