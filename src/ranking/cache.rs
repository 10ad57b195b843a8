//! What was learned, kept in a file beside the library: `library.db.learned`.
//!
//! The file is derived: without it, or where it does not fit any more, it is made anew, and where
//! it cannot be written, every command learns for itself. Format: safetensors, with what it belongs
//! to in the header, and the CRC-32 of all of it after it. It is mapped: an answer needs some
//! hundred words of tens of thousands. A file that is damaged, of another library or model, made
//! with other stop-words, or from a time when the library was a quarter smaller or larger is told
//! apart from one that serves. So an answer depends on what the library held when that was last
//! learned, and says nothing wrong.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytemuck::Pod;
use memmap2::Mmap;
use safetensors::tensor::{Dtype, Metadata, SafeTensors, serialize};

use super::background::Background;
use super::vocabulary::Vocabulary;
use super::whitening::Whitening;
use super::{Backgrounds, Learned, NOTHING, Spreads};
use crate::error::{Error, Result};
use crate::files::replace;
use crate::kernels::InstructionSet;
use crate::library::derived::{Column, Tensor, map};
use crate::library::{FingerprintNumber, Library};
use crate::paper::ArxivId;
use crate::text::stop_words::StopWords;

/// Changes whenever what is learned, or how it is written, does. Numbers in it are as in memory.
const VERSION: &str = if cfg!(target_endian = "little") { "5 little-endian" } else { "5 big-endian" };

/// Papers whose presence tells that a file belongs to this library.
const PROBES: usize = 8;

/// What a library teaches, and whether it came from the cache.
pub(crate) struct Loaded {
    /// What was learned.
    pub learned: Learned,
    /// A kept file that did not serve although it should have, or one that could not be written:
    /// what and why.
    pub note: Option<String>,
}

impl Learned {
    /// With fewer papers than this, learning again is quicker than reading a file.
    pub(crate) const WORTH_KEEPING: u64 = 500;

    /// What a library teaches under a fingerprint: read from the cache if that still fits,
    /// otherwise learned now and cached.
    ///
    /// # Errors
    /// What the library reports. The state of the cache is never an error.
    pub(crate) fn of(library: &Library, fingerprint: FingerprintNumber) -> Result<Loaded> {
        let Some(path) = path(library) else {
            return Ok(Loaded { learned: Learned::learn(library, fingerprint)?, note: None });
        };
        let damage = match read(&path, library, fingerprint, StopWords::built_in()) {
            Ok(Some(learned)) => return Ok(Loaded { learned, note: None }),
            Ok(None) => None,
            Err(CacheError::Library(error)) => return Err(error),
            Err(CacheError::Damaged(why)) => Some(format!("{} is damaged ({why})", path.display())),
        };
        let learned = Learned::learn(library, fingerprint)?;
        let (kept, done) = if learned.counted >= Learned::WORTH_KEEPING {
            (write(&path, &learned, library, fingerprint, StopWords::built_in()), "made anew")
        } else {
            // A library that small keeps none.
            let removed = if damage.is_some() { fs::remove_file(&path) } else { Ok(()) };
            (removed.map_err(Error::io(&path)), "removed")
        };
        let note = match (kept, damage) {
            (Ok(()), damage) => damage.map(|damage| format!("{damage}; {done}")),
            (Err(fault), damage) => Some(format!(
                "{}what was learned from the library could not be kept, so that every command does it again: {fault}",
                damage.map(|damage| format!("{damage}; ")).unwrap_or_default()
            )),
        };
        Ok(Loaded { learned, note })
    }
}

impl Learned {
    /// Removes what is kept of a library, which is learned anew when it is needed. Says whether
    /// there was anything.
    pub(crate) fn forget(library: &Library) -> bool {
        path(library).is_some_and(|path| fs::remove_file(path).is_ok())
    }
}

/// The version of a file that was made with these stop-words: they decide which words are counted.
fn version(stop_words: &StopWords) -> String {
    format!("{VERSION}, stop-words {}", stop_words.sum())
}

/// `None` for a library that lies in no file.
fn path(library: &Library) -> Option<PathBuf> {
    library.path().file_name().filter(|_| library.is_file())?;
    let mut path = library.path().as_os_str().to_owned();
    path.push(".learned");
    Some(PathBuf::from(path))
}

/// Why a cache could not be read.
enum CacheError {
    Library(Error),
    Damaged(String),
}

fn damaged(why: impl ToString) -> CacheError {
    CacheError::Damaged(why.to_string())
}

/// `None` where there is no file, or one that was right for what the library was.
fn read(
    path: &Path,
    library: &Library,
    fingerprint: FingerprintNumber,
    stop_words: &StopWords,
) -> std::result::Result<Option<Learned>, CacheError> {
    let map = match File::open(path).and_then(|file| map(&file)) {
        Ok(map) => Arc::new(map),
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(fault) => return Err(damaged(fault)),
    };
    let Some((bytes, sum)) = map.split_last_chunk::<4>() else { return Err(damaged("it is cut")) };
    // The sum is half of what opening costs; nothing that is made of the file meanwhile trusts it.
    std::thread::scope(|scope| {
        let hash = scope.spawn(|| crc32fast::hash(bytes));
        let fitting = fitting(&map, bytes, library, fingerprint, stop_words);
        if hash.join().ok() != Some(u32::from_le_bytes(*sum)) {
            return Err(damaged("its checksum does not fit"));
        }
        fitting
    })
}

/// What stands in a file, if it is of this library as it is.
fn fitting(
    map: &Arc<Mmap>,
    bytes: &[u8],
    library: &Library,
    fingerprint: FingerprintNumber,
    stop_words: &StopWords,
) -> std::result::Result<Option<Learned>, CacheError> {
    let (header, metadata) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    let facts = metadata.metadata().clone().unwrap_or_default();
    let fact = |name: &str| facts.get(name).cloned().ok_or_else(|| damaged(format!("its header lacks {name}")));
    if fact("version")? != version(stop_words) {
        return Ok(None);
    }
    let digest = library.digest(fingerprint).map_err(CacheError::Library)?;
    let now = library.vectors(fingerprint).map_err(CacheError::Library)?;
    let then: u64 = fact("papers")?.parse().map_err(damaged)?;
    if fact("fingerprint")? != digest || now.abs_diff(then) > then / 4 {
        return Ok(None);
    }
    let probes: Vec<String> = fact("probes")?.split_whitespace().map(str::to_owned).collect();
    let mut present = 0;
    for id in probes.iter().filter_map(|probe| ArxivId::parse(probe)) {
        present += usize::from(library.row_of(&id.0).map_err(CacheError::Library)?.is_some());
    }
    if present * 2 < probes.len() {
        return Ok(None);
    }
    let set = InstructionSet::choose().map_err(|refused| CacheError::Library(refused.into()))?;
    let tensors = Tensors { map, metadata: &metadata, begin: header + 8, set };
    let learned = tensors.learned(then, fact("sampled")?.parse().map_err(damaged)?)?;
    Ok((learned.dimension() == library.dimension(fingerprint).map_err(CacheError::Library)?).then_some(learned))
}

struct Tensors<'a> {
    map: &'a Arc<Mmap>,
    metadata: &'a Metadata,
    /// Where in the file the first tensor begins.
    begin: usize,
    set: InstructionSet,
}

impl Tensors<'_> {
    fn learned(&self, counted: u64, papers: u64) -> std::result::Result<Learned, CacheError> {
        let whitening = |name: &str| {
            let mean: Column<f32> = self.numbers(&format!("{name}.mean"))?;
            let map: Column<f32> = self.numbers(&format!("{name}.map"))?;
            if map.len() != mean.len() * mean.len() {
                return Err(damaged(format!("{name} is no square")));
            }
            Ok(Whitening::new(mean, map, self.set))
        };
        let vocabulary = |name: &str| {
            let ids: Column<u64> = self.numbers(&format!("{name}.ids"))?;
            let numbers: Column<u32> = self.numbers(&format!("{name}.numbers"))?;
            if ids.len() != numbers.len() || !ids.is_sorted() {
                return Err(damaged(format!("{name} is out of order")));
            }
            Ok(Vocabulary { ids, numbers })
        };
        let background = |name: &str, dimension: usize| {
            let background = Background {
                mean: self.numbers(&format!("{name}.background.mean"))?,
                variances: self.numbers(&format!("{name}.background.variances"))?,
                directions: self.numbers(&format!("{name}.background.directions"))?,
            };
            let sizes = (background.mean.len(), background.variances.len(), background.directions.len());
            if sizes != (dimension, dimension, dimension * dimension) {
                return Err(damaged(format!("the background of {name} is cut")));
            }
            Ok(background)
        };
        // Names in the file are older than those of the fields.
        let (vectors, cooccurrence_whitening) = (whitening("meaning")?, whitening("associated")?);
        let words = vocabulary("words")?;
        let rows: Column<u32> = self.numbers("rows")?;
        let cooccurrences: Column<i8> = self.numbers("associations")?;
        let scales: Column<f32> = self.numbers("scales")?;
        let spreads: Column<f32> = self.numbers("spreads")?;
        let &[spread, cooccurrence_spread, words_spread, phrases_spread] = &*spreads else {
            return Err(damaged("it lacks a spread"));
        };
        if papers == 0
            || cooccurrence_whitening.mean.len() != vectors.mean.len()
            || !spreads.iter().all(|x| x.is_normal())
        {
            return Err(damaged("its numbers make no sense"));
        }
        if Some(cooccurrences.len()) != scales.len().checked_mul(vectors.mean.len()) {
            return Err(damaged("it lacks an association"));
        }
        if rows.len() != words.ids.len() || rows.iter().any(|row| *row != NOTHING && *row as usize >= scales.len()) {
            return Err(damaged("it names rows that are not there"));
        }
        Ok(Learned {
            counted,
            papers,
            backgrounds: Backgrounds {
                whitened: background("meaning", vectors.mean.len())?,
                cooccurrence: background("associated", vectors.mean.len())?,
            },
            whitening: vectors,
            cooccurrence_whitening,
            words,
            phrases: vocabulary("phrases")?,
            authors: vocabulary("authors")?,
            rows,
            cooccurrences,
            scales,
            spreads: Spreads {
                whitened: spread,
                cooccurrence: cooccurrence_spread,
                words: words_spread,
                phrases: phrases_spread,
            },
            set: self.set,
        })
    }

    fn numbers<T: Pod>(&self, name: &str) -> std::result::Result<Column<T>, CacheError> {
        let tensor = self.metadata.info(name).ok_or_else(|| damaged(format!("it lacks {name}")))?;
        let (from, to) = tensor.data_offsets;
        Column::mapped(self.map, self.begin + from..self.begin + to).ok_or_else(|| damaged(format!("{name} is cut")))
    }
}

fn write(
    path: &Path,
    learned: &Learned,
    library: &Library,
    fingerprint: FingerprintNumber,
    stop_words: &StopWords,
) -> Result<()> {
    let Spreads { whitened, cooccurrence, words, phrases } = learned.spreads;
    let spreads = [whitened, cooccurrence, words, phrases];
    let mut tensors: Vec<(String, Tensor<'_>)> = Vec::new();
    for (name, whitening) in [("meaning", &learned.whitening), ("associated", &learned.cooccurrence_whitening)] {
        tensors.push((format!("{name}.mean"), Tensor::of(Dtype::F32, 1, &whitening.mean)));
        tensors.push((format!("{name}.map"), Tensor::of(Dtype::F32, 1, &whitening.map)));
    }
    let backgrounds = &learned.backgrounds;
    for (name, background) in [("meaning", &backgrounds.whitened), ("associated", &backgrounds.cooccurrence)] {
        tensors.push((format!("{name}.background.mean"), Tensor::of(Dtype::F32, 1, &background.mean)));
        tensors.push((format!("{name}.background.variances"), Tensor::of(Dtype::F32, 1, &background.variances)));
        tensors.push((format!("{name}.background.directions"), Tensor::of(Dtype::F32, 1, &background.directions)));
    }
    let vocabularies = [("words", &learned.words), ("phrases", &learned.phrases), ("authors", &learned.authors)];
    for (name, vocabulary) in vocabularies {
        tensors.push((format!("{name}.ids"), Tensor::of(Dtype::U64, 1, &vocabulary.ids)));
        tensors.push((format!("{name}.numbers"), Tensor::of(Dtype::U32, 1, &vocabulary.numbers)));
    }
    tensors.push(("rows".to_owned(), Tensor::of(Dtype::U32, 1, &learned.rows)));
    tensors.push(("scales".to_owned(), Tensor::of(Dtype::F32, 1, &learned.scales)));
    tensors.push(("spreads".to_owned(), Tensor::of(Dtype::F32, 1, &spreads)));
    tensors.push(("associations".to_owned(), Tensor::of(Dtype::I8, 1, &learned.cooccurrences)));

    let probes: Vec<String> = library
        .sample(PROBES)?
        .iter()
        .filter_map(|row| library.id_of(*row).transpose())
        .map(|id| id.map(|id| id.to_string()))
        .collect::<Result<_>>()?;
    let facts = HashMap::from([
        ("version".to_owned(), version(stop_words)),
        ("fingerprint".to_owned(), library.digest(fingerprint)?),
        ("papers".to_owned(), learned.counted.to_string()),
        ("sampled".to_owned(), learned.papers.to_string()),
        ("probes".to_owned(), probes.join(" ")),
    ]);
    let named = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor));
    let mut bytes = serialize(named, Some(facts)).map_err(|fault| Error::io(path)(std::io::Error::other(fault)))?;
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    replace(path, |beside| fs::write(beside, bytes)).map_err(Error::io(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::{FingerprintText, NewVector};
    use crate::paper::{Entry, Precedence, SourceKind};

    /// A library of twelve papers with vectors.
    fn library(path: &Path) -> (Library, FingerprintNumber) {
        let mut library = Library::open(path).expect("a library");
        let entries: Vec<Entry> = (0..12)
            .map(|n| {
                let id = ArxivId::parse(&format!("2602.{n:05}")).expect("an id").0;
                let precedence = Precedence { version: 1, date: None, kind: SourceKind::RawJsonl };
                let mut entry = Entry::new(id, precedence, n + 1);
                entry.title = Some(format!("Glacier model {n}"));
                entry.abstract_text = Some(format!("Ice of valley{n} flows."));
                entry
            })
            .collect();
        library.merge(&entries).expect("merged");
        let (digest, model, description) = ("d".to_owned(), "m".to_owned(), "x".to_owned());
        let fingerprint = library.ensure_fingerprint(&FingerprintText { digest, model, description, dimension: 2 });
        let fingerprint = fingerprint.expect("a number");
        let missing = library.next_missing(fingerprint, None, 20).expect("read");
        let angle = |at: usize| (at as f32 / 12.0).sin_cos();
        let vectors: Vec<[f32; 2]> = (0..missing.len()).map(|at| [angle(at).0, angle(at).1]).collect();
        let new: Vec<NewVector<'_>> = (missing.iter().zip(&vectors))
            .map(|(paper, vector)| NewVector {
                row: paper.row,
                passage_hash: paper.passage_hash,
                vector,
                tokens: crate::library::Tokens::default(),
            })
            .collect();
        library.store_vectors(fingerprint, &new).expect("stored");
        (library, fingerprint)
    }

    #[test]
    fn what_was_counted_by_other_stop_words_is_stale() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let (library, fingerprint) = library(&folder.path().join("library.db"));
        let kept = path(&library).expect("a path");
        let learned = Learned::learn(&library, fingerprint).expect("learned");
        let own = StopWords::read("[function]\nof the\n[within phrases]\nmodel");
        write(&kept, &learned, &library, fingerprint, &own).expect("written");
        let papers = |list: &'static str| match read(&kept, &library, fingerprint, &StopWords::read(list)) {
            Ok(found) => found.map(|learned| learned.counted),
            Err(_) => panic!("the file is not damaged"),
        };
        assert_eq!(papers("# The same words.\n[function]\nthe of"), Some(12));
        assert_eq!(papers("[function]\nof the model"), None, "one more word");
        assert_eq!(papers("[function]\nof"), None, "one less");
        assert_eq!(papers(""), None);

        // What Relata asks for is of its own list.
        let fresh = Learned::of(&library, fingerprint).expect("learned");
        assert!(fresh.note.is_none(), "a stale file is nothing to report");
        // A file that says something else than the library shows whether it was read.
        let marked = Learned { counted: 11, ..learned };
        write(&kept, &marked, &library, fingerprint, &own).expect("written");
        assert_eq!(Learned::of(&library, fingerprint).expect("learned").learned.counted, 12);
        write(&kept, &marked, &library, fingerprint, StopWords::built_in()).expect("written");
        assert_eq!(Learned::of(&library, fingerprint).expect("read").learned.counted, 11);
    }
}
