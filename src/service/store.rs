//! One library as many threads use it: connections to read from, one writer at a time, and what was
//! learned from it.
//!
//! In: where the library lies. Out: connections, each with what was learned and the index of the
//! state that it sees. A connection that is given back is kept for the next who asks, so a library
//! must not be replaced by another file while a handle to it lives. What was learned belongs to a
//! generation of the library's content: whoever sees another content gets a generation of its own,
//! and with it what belongs to that, so an answer never mixes two states.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use super::events::Note;
use super::sample;
use crate::error::{Error, LibraryError, Result};
use crate::index::{Index, State};
use crate::library::{FingerprintNumber, Library, Snapshot, Watch};
use crate::ranking::Learned;
use crate::recommend::Known;

/// Connections that are kept open while nobody asks.
const IDLE: usize = 32;

/// How often a view is begun anew where somebody commits while it begins.
const TRIES: usize = 4;

/// Where the library of a [`Store`] comes from.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// A file.
    File(PathBuf),
    /// The sample digest, in this cache folder.
    Sample(PathBuf),
}

/// A library, or the sample, and what is shared of it.
pub(super) struct Store {
    place: Place,
    idle: Mutex<Vec<Pooled>>,
    writing: Mutex<()>,
    /// Tells one content from another for all connections alike, where the library is a file.
    watch: Mutex<Option<Watch>>,
    /// Without a watch: changes with every change of content that a connection has noticed, and is
    /// never the same for two contents.
    generation: AtomicU64,
    known: Slot<Known>,
    index: Slot<Option<Index>>,
    /// Whether what the library says of how it was opened has been told: that is the same for every
    /// connection.
    noted: AtomicBool,
}

/// What was made of one generation of a library. The latest replaces the one before; whoever still
/// uses that keeps it alive.
struct Slot<T>(Mutex<Option<Made<T>>>);

struct Made<T> {
    of: (FingerprintNumber, Generation),
    value: Arc<T>,
}

/// One content of a library. A later one is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Generation {
    /// Somebody committed while this was looked at: nothing else is known to be of it.
    Unknown,
    /// The number of a watch, or one of our own where there is none.
    Known(u64),
}

struct Pooled {
    library: Library,
    /// SQLite's number of the content that this connection saw last; `None` where it has not looked
    /// yet.
    version: Cell<Option<i64>>,
}

/// A connection in use. Given back when dropped.
pub(super) struct Connection<'a> {
    store: &'a Store,
    pooled: Option<Pooled>,
}

/// One state of a library, held until this is dropped.
pub(super) struct View<'a> {
    connection: &'a Connection<'a>,
    generation: Generation,
    _snapshot: Snapshot<'a>,
}

/// The right to write. What was written is a new generation once this is dropped.
pub(super) struct Writing<'a> {
    store: &'a Store,
    _permit: MutexGuard<'a, ()>,
}

impl Store {
    pub(super) fn new(place: Place) -> Store {
        Store {
            place,
            idle: Mutex::default(),
            writing: Mutex::default(),
            watch: Mutex::default(),
            generation: AtomicU64::new(0),
            known: Slot::default(),
            index: Slot::default(),
            noted: AtomicBool::new(false),
        }
    }

    /// A connection; makes the library where there is none.
    pub(super) fn open(&self, tell: &dyn Fn(Note)) -> Result<Connection<'_>> {
        if let Some(pooled) = self.take() {
            return Ok(pooled);
        }
        match &self.place {
            Place::File(path) => self.opened(Library::open(path)?, tell),
            Place::Sample(cache) => self.opened(sample::open(cache)?, tell),
        }
    }

    /// A connection, to read alone where the library may not be written; `None` where there is no
    /// library.
    ///
    /// # Errors
    /// A folder that may not be read is an error, not an absent library.
    pub(super) fn existing(&self, tell: &dyn Fn(Note)) -> Result<Option<Connection<'_>>> {
        let Place::File(path) = &self.place else { return self.open(tell).map(Some) };
        if !path.try_exists().map_err(Error::io(path))? {
            return Ok(None);
        }
        match self.open(tell) {
            // Where a log cannot be made beside it, SQLite says no more than that the file cannot
            // be opened.
            Err(Error::Library(
                LibraryError::ReadOnly { .. } | LibraryError::Unopened { .. } | LibraryError::Full { .. },
            )) if path.is_file() => self.opened(Library::open_read_only(path)?, tell).map(Some),
            opened => opened.map(Some),
        }
    }

    /// The library for removing from it where the disk has no room, see
    /// [`Library::open_without_room`]. Closes all connections that nobody uses.
    pub(super) fn without_room(&self) -> Result<Option<Library>> {
        lock(&self.idle).clear();
        match &self.place {
            Place::File(path) => Library::open_without_room(path).map(Some),
            Place::Sample(_) => Ok(None),
        }
    }

    fn take(&self) -> Option<Connection<'_>> {
        let pooled = lock(&self.idle).pop()?;
        Some(Connection { store: self, pooled: Some(pooled) })
    }

    fn opened(&self, library: Library, tell: &dyn Fn(Note)) -> Result<Connection<'_>> {
        if !library.notes().is_empty() && !self.noted.swap(true, Ordering::Relaxed) {
            library.notes().iter().for_each(|note| tell(Note::Opened(note.clone())));
        }
        Ok(Connection { store: self, pooled: Some(Pooled { library, version: Cell::new(None) }) })
    }

    /// Waits for the right to write.
    pub(super) fn write(&self) -> Writing<'_> {
        Writing { store: self, _permit: lock(&self.writing) }
    }

    /// The right to write, unless another thread has it.
    pub(super) fn try_write(&self) -> Option<Writing<'_>> {
        let permit = match self.writing.try_lock() {
            Ok(permit) => permit,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        Some(Writing { store: self, _permit: permit })
    }

    /// The index that was opened last, and whose vectors it is of. `None` where nobody has asked
    /// for one yet.
    pub(super) fn last_index(&self) -> Option<(FingerprintNumber, Arc<Option<Index>>)> {
        let made = lock(&self.index.0);
        made.as_ref().map(|made| (made.of.0, Arc::clone(&made.value)))
    }

    /// Forgets the index that was opened last, so that the next who asks opens it anew.
    pub(super) fn forget_index(&self) {
        *lock(&self.index.0) = None;
    }
}

impl<'a> Connection<'a> {
    /// Closes it instead of giving it back.
    pub(super) fn close(mut self) {
        self.pooled = None;
    }

    /// Holds the library as this connection sees it now.
    pub(super) fn view(&'a self) -> Result<View<'a>> {
        for _ in 0..TRIES {
            let before = self.store.watched(self)?;
            let snapshot = self.pinned_snapshot()?;
            let Some(before) = before else { return self.unwatched(snapshot) };
            // Reading it begins the snapshot.
            self.data_version()?;
            if self.store.watched(self)? == Some(before) {
                return Ok(View { connection: self, generation: Generation::Known(before), _snapshot: snapshot });
            }
        }
        Ok(View { connection: self, generation: Generation::Unknown, _snapshot: self.pinned_snapshot()? })
    }

    /// A view where nothing watches the library: each connection notices changes for itself.
    fn unwatched(&'a self, snapshot: Snapshot<'a>) -> Result<View<'a>> {
        // In this order: a generation that somebody has begun before this looks is of a content
        // that this sees, or sees changed.
        let before = self.store.generation.load(Ordering::SeqCst);
        let version = self.data_version()?;
        let seen = self.pooled.as_ref().and_then(|pooled| pooled.version.replace(Some(version)));
        let generation = if seen == Some(version) { before } else { self.store.next_generation() };
        Ok(View { connection: self, generation: Generation::Known(generation), _snapshot: snapshot })
    }
}

impl View<'_> {
    /// The number of this state's content.
    pub(super) fn generation(&self) -> u64 {
        match self.generation {
            Generation::Known(number) => number,
            // One that no other state has.
            Generation::Unknown => self.connection.store.next_generation() | 1 << 63,
        }
    }

    /// What the library teaches in this state.
    pub(super) fn known(&self, fingerprint: FingerprintNumber, tell: &dyn Fn(Note)) -> Result<Arc<Known>> {
        let mut note = None;
        let known = self.connection.store.known.get((fingerprint, self.generation), |before| {
            let fresh = Learned::of(self.connection, fingerprint)?;
            note = fresh.note;
            // A like teaches nothing of how papers are compared: what was made of them stays.
            let same = before.filter(|known| known.learned() == &fresh.learned);
            Ok(same.map_or_else(|| Arc::new(Known::from(fresh.learned)), Arc::clone))
        });
        // Once no lock is held.
        note.into_iter().for_each(|note| tell(Note::Learned(note)));
        known
    }

    /// The index of this state, where the library has one that serves.
    pub(super) fn index(&self, fingerprint: FingerprintNumber, tell: &dyn Fn(Note)) -> Result<Arc<Option<Index>>> {
        let mut damage = None;
        let index = self.connection.store.index.get((fingerprint, self.generation), |_| {
            Ok(Arc::new(match Index::open(self.connection, fingerprint)? {
                State::Ready(index) => Some(*index),
                State::Absent => None,
                State::Damaged(what) => {
                    damage = Some(what);
                    None
                }
            }))
        });
        damage.into_iter().for_each(|what| tell(Note::IndexUnreadable(what)));
        index
    }
}

impl<T> Slot<T> {
    /// `make` gets what was made of the generation before, if any.
    fn get(
        &self,
        of: (FingerprintNumber, Generation),
        make: impl FnOnce(Option<&Arc<T>>) -> Result<Arc<T>>,
    ) -> Result<Arc<T>> {
        if of.1 == Generation::Unknown {
            return make(None);
        }
        // Whoever comes while it is made waits: it is made once.
        let mut made = lock(&self.0);
        if let Some(made) = made.as_ref().filter(|made| made.of == of) {
            return Ok(Arc::clone(&made.value));
        }
        let value = make(made.as_ref().map(|made| &made.value))?;
        // A state from before the latest is used once and not kept.
        if made.as_ref().is_none_or(|latest| latest.of.1 <= of.1) {
            *made = Some(Made { of, value: Arc::clone(&value) });
        }
        Ok(value)
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Slot<T> {
        Slot(Mutex::new(None))
    }
}

impl Store {
    /// The number of the library's present content, which is the same as long as that is. `None`
    /// where nothing watches the library.
    pub(super) fn watched(&self, library: &Library) -> Result<Option<u64>> {
        let mut watch = lock(&self.watch);
        if watch.is_none() {
            *watch = library.watch()?;
        }
        let version = watch.as_ref().map(Watch::version).transpose()?;
        Ok(version.map(i64::cast_unsigned))
    }

    fn next_generation(&self) -> u64 {
        self.generation.fetch_add(1, Ordering::SeqCst) + 1
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.store.next_generation();
    }
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        let mut idle = lock(&self.store.idle);
        if let Some(pooled) = self.pooled.take().filter(|_| idle.len() < IDLE) {
            idle.push(pooled);
        }
    }
}

impl Deref for Connection<'_> {
    type Target = Library;

    fn deref(&self) -> &Library {
        match &self.pooled {
            Some(pooled) => &pooled.library,
            // Taken out in `drop` alone.
            None => unreachable!("a connection that was given back"),
        }
    }
}

impl DerefMut for Connection<'_> {
    fn deref_mut(&mut self) -> &mut Library {
        match &mut self.pooled {
            Some(pooled) => &mut pooled.library,
            None => unreachable!("a connection that was given back"),
        }
    }
}

/// A thread that panicked has left what the lock guards whole: it is replaced in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::{FingerprintText, NewVector, Tokens};
    use crate::paper::ArxivId;

    #[test]
    fn all_connections_agree_on_a_content() -> Result<()> {
        let cache = tempfile::TempDir::new().map_err(Error::io("a temporary folder"))?;
        let store = Store::new(Place::Sample(cache.path().to_owned()));
        let (first, mut second) = (store.open(&|_| ())?, store.open(&|_| ())?);
        let generation = |connection: &Connection<'_>| connection.view().map(|view| view.generation);
        let before = generation(&first)?;
        assert!(matches!(before, Generation::Known(_)));
        assert_eq!(generation(&second)?, before);
        let paper = ArxivId::parse("2602.10611").map(|(id, _)| id).expect("an id");
        second.set_note(&paper, "to be read")?;
        let after = generation(&first)?;
        assert!(after > before);
        // Also for the one that has written, and for one that has seen nothing yet.
        assert_eq!(generation(&second)?, after);
        assert_eq!(generation(&store.open(&|_| ())?)?, after);
        Ok(())
    }

    #[test]
    fn what_was_learned_stays_while_it_would_be_learned_again() -> Result<()> {
        let cache = tempfile::TempDir::new().map_err(Error::io("a temporary folder"))?;
        let store = Store::new(Place::Sample(cache.path().to_owned()));
        let mut connection = store.open(&|_| ())?;
        let invented = FingerprintText {
            digest: "tests".into(),
            model: "invented".into(),
            description: "for tests".into(),
            dimension: 8,
        };
        let fingerprint = connection.ensure_fingerprint(&invented)?;
        let known = |connection: &Connection<'_>| connection.view()?.known(fingerprint, &|_| ());
        let before = known(&connection)?;
        let paper = ArxivId::parse("2602.10611").map(|(id, _)| id).expect("an id");
        connection.set_note(&paper, "to be read")?;
        assert!(Arc::ptr_eq(&known(&connection)?, &before), "a note teaches nothing");
        let missing = connection.next_missing(fingerprint, None, 7)?;
        let vector = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        let tokens = Tokens { embedded: 9, cut: 0 };
        let new = missing.iter().map(|paper| NewVector {
            row: paper.row,
            passage_hash: paper.passage_hash,
            vector: &vector,
            tokens,
        });
        connection.store_vectors(fingerprint, &new.collect::<Vec<_>>())?;
        let after = known(&connection)?;
        assert!(!Arc::ptr_eq(&after, &before) && after.learned() != before.learned(), "papers do");
        Ok(())
    }
}
