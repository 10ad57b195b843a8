//! The index beside a library: its file is changed, also so that its sum fits, and then searched.

use std::fs;
use std::path::Path;

use relata::Entry;
use relata::library::{FingerprintNumber, FingerprintText, Library, NewVector, Tokens};
use relata::neighbours::index::{Index, Kept, State};
use relata::neighbours::{Admitted, SearchContext};
use serde_json::Value;

use crate::allocator::alone_in_sqlite;
use crate::driver::{Bound, Target, fuzz};
use crate::random::Random;
use crate::{binary, corpus};

const INDEX: Target = Target {
    name: "index",
    runs: 120,
    peak: Bound { base: 64 << 20, per_byte: 8 },
    total: Bound { base: 256 << 20, per_byte: 64 },
};

/// Length of the vectors, and papers: fewer have no index.
const DIMENSION: usize = 8;
const PAPERS: usize = 20_000;

/// Tensors of which the header holds the sum, in the order in which they are summed.
const SUMMED: [&str; 7] = ["flips", "centres", "lengths", "steps", "outdated", "starts", "cell_sums"];

fn vector(random: &mut Random) -> Vec<f32> {
    let row: Vec<f32> = (0..DIMENSION).map(|_| random.below(2001) as f32 / 1000.0 - 1.0 + 1e-4).collect();
    let norm = row.iter().map(|x| x * x).sum::<f32>().sqrt();
    row.into_iter().map(|x| x / norm).collect()
}

fn library(path: &Path) -> (Library, FingerprintNumber) {
    let mut library = Library::open(path).expect("a library");
    let entries: Vec<Entry> = (0..PAPERS).map(|number| corpus::entry(number, &format!("Ice {number}"))).collect();
    library.merge(&entries).expect("merged");
    let text = FingerprintText {
        digest: "d".to_owned(),
        model: "m".to_owned(),
        description: "x".to_owned(),
        dimension: DIMENSION,
    };
    let fingerprint = library.ensure_fingerprint(&text).expect("a fingerprint");
    let mut random = Random::new(1);
    let mut after = None;
    loop {
        let missing = library.next_missing(fingerprint, after, 5000).expect("papers");
        let Some(last) = missing.last() else { break };
        after = Some(last.row);
        let rows: Vec<Vec<f32>> = missing.iter().map(|_| vector(&mut random)).collect();
        let new = missing.iter().zip(&rows).map(|(paper, vector)| {
            let (row, passage_hash) = (paper.row, paper.passage_hash);
            NewVector { row, passage_hash, vector, tokens: Tokens::default() }
        });
        library.store_vectors(fingerprint, &new.collect::<Vec<_>>()).expect("stored");
    }
    (library, fingerprint)
}

/// Where a tensor lies in a file, behind its header.
fn place(header: &Value, begin: usize, name: &str) -> Option<std::ops::Range<usize>> {
    let offsets = header.get(name)?.get("data_offsets")?.as_array()?;
    let at = |number: usize| offsets.get(number)?.as_u64().and_then(|offset| begin.checked_add(offset as usize));
    Some(at(0)?..at(1)?)
}

/// Puts the sum into the header that fits what it says and the small tensors.
fn summed(bytes: &mut [u8]) -> Option<()> {
    let length = u64::from_le_bytes(*bytes.first_chunk::<8>()?) as usize;
    let header: Value = serde_json::from_slice(bytes.get(8..length.checked_add(8)?)?).ok()?;
    let facts = header.get("__metadata__")?.as_object()?;
    let mut hasher = crc32fast::Hasher::new();
    let mut named: Vec<(&String, &str)> =
        facts.iter().map(|(name, value)| (name, value.as_str().unwrap_or_default())).collect();
    named.retain(|(name, _)| *name != "sum");
    named.sort_unstable();
    named.iter().for_each(|(name, value)| hasher.update(format!("{name}={value}\n").as_bytes()));
    for name in SUMMED {
        hasher.update(bytes.get(place(&header, length + 8, name)?)?);
    }
    let before = facts.get("sum")?.as_str()?.to_owned();
    let sum = format!("{:08x}", hasher.finalize());
    let at = bytes.windows(before.len()).position(|window| window == before.as_bytes())?;
    bytes.get_mut(at..at + 8)?.copy_from_slice(sum.as_bytes());
    Some(())
}

/// Changes a number in one of the small tensors, or in the header.
fn make(random: &mut Random, good: &[u8]) -> Vec<u8> {
    if random.one_in(4) {
        return binary::mutate(random, good);
    }
    let mut bytes = good.to_vec();
    let length = u64::from_le_bytes(*good.first_chunk::<8>().expect("a length")) as usize;
    let header: Value = serde_json::from_slice(&good[8..8 + length]).expect("a header");
    for _ in 0..random.length(4) {
        match place(&header, length + 8, random.pick::<&str>(&SUMMED)).filter(|range| !range.is_empty()) {
            Some(range) => binary::number(random, &mut bytes[range]),
            None => binary::number(random, &mut bytes[8..8 + length]),
        }
    }
    if !random.one_in(4) {
        summed(&mut bytes);
    }
    bytes
}

#[test]
fn an_index_is_searched_whatever_the_bytes() {
    let _alone = alone_in_sqlite();
    let folder = tempfile::tempdir().expect("a folder");
    let (mut library, fingerprint) = library(&folder.path().join("library.db"));
    assert_eq!(Index::keep(&mut library, fingerprint, Index::MEMORY, &|_| ()).expect("an index"), Kept::Built);
    let State::Ready(index) = Index::open(&library, fingerprint).expect("an index") else { panic!("no index") };
    let file = index.path().to_owned();
    drop(index);
    let good = fs::read(&file).expect("an index");
    let mut same = good.clone();
    assert!(summed(&mut same).is_some() && same == good, "the sum is computed as the program does");
    let queries: Vec<Vec<f32>> = (0..4).map(|number| vector(&mut Random::new(number))).collect();
    let nearest = |index: Option<&Index>| {
        let context = SearchContext { library: &library, fingerprint, index };
        context.nearest(&queries, 10, &Admitted::default()).map_err(|error| format!("damage is an error: {error}"))
    };
    let exact = nearest(None).expect("an answer");
    let check = |input: &[u8]| {
        let beside = folder.path().join("new");
        fs::write(&beside, input).and_then(|()| fs::rename(&beside, &file)).expect("written");
        match Index::open(&library, fingerprint).map_err(|error| format!("damage is an error: {error}"))? {
            State::Absent => Ok(()),
            State::Damaged(what) if what.contains("library.db.index-") => Ok(()),
            State::Damaged(what) => Err(format!("damage without its file: {what}")),
            State::Ready(index) => {
                let found = nearest(Some(&index))?;
                index.check(&library, fingerprint).map_err(|error| error.to_string())?;
                if index.damage().is_some() && found != exact {
                    Err("another answer than the exact one".to_owned())
                } else {
                    Ok(())
                }
            }
        }
    };
    fuzz(&INDEX, |random| make(random, &good), check);
}
