//! An allocator that counts, so that tests can bound the memory and the work of a call.
//!
//! In: a call. Out: the most bytes that it held at once and all that it asked for, on its own
//! thread ([`measure`]). Bytes that are asked for stand for work: they do not depend on how busy
//! the machine is.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the system has, with counters beside it.
struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

#[derive(Clone, Copy)]
struct Counters {
    live: i64,
    peak: i64,
    total: u64,
}

thread_local! {
    static COUNTERS: Cell<Counters> = const { Cell::new(Counters { live: 0, peak: 0, total: 0 }) };
}

fn count(bytes: i64) {
    // A thread that is ending has no counters any more.
    let _ = COUNTERS.try_with(|cell| {
        let mut counters = cell.get();
        counters.live += bytes;
        counters.peak = counters.peak.max(counters.live);
        counters.total += u64::try_from(bytes).unwrap_or(0);
        cell.set(counters);
    });
}

// SAFETY: all is done by the system's allocator under the caller's own promises; counting
// allocates nothing, since the counters need neither to be made nor to be dropped.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        // SAFETY: as the caller promises.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size as i64 - layout.size() as i64);
        // SAFETY: as the caller promises.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// What a call took, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// The most that it held at once, beyond what was held before.
    pub(crate) peak: u64,
    /// All that it asked for.
    pub(crate) total: u64,
}

/// Calls a function and says what it took on this thread.
pub(crate) fn measure<T>(call: impl FnOnce() -> T) -> (T, Usage) {
    let before = COUNTERS.with(|cell| {
        let now = cell.get();
        cell.set(Counters { peak: now.live, ..now });
        now
    });
    let value = call();
    let after = COUNTERS.with(Cell::get);
    let peak = u64::try_from(after.peak - before.live).unwrap_or(0);
    (value, Usage { peak, total: after.total - before.total })
}

/// Held by tests that use SQLite, whose memory is counted for all threads together.
static SQLITE: Mutex<()> = Mutex::new(());

/// Waits until no other test uses SQLite.
pub(crate) fn alone_in_sqlite() -> MutexGuard<'static, ()> {
    SQLITE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The most bytes that SQLite held at once during a call, beyond what it held before.
#[allow(unsafe_code)]
pub(crate) fn measure_sqlite(call: impl FnOnce()) -> u64 {
    // SAFETY: both functions only read and set counters of SQLite's own, under its own lock.
    let before = unsafe { rusqlite::ffi::sqlite3_memory_highwater(1).min(rusqlite::ffi::sqlite3_memory_used()) };
    call();
    // SAFETY: as above.
    let most = unsafe { rusqlite::ffi::sqlite3_memory_highwater(0) };
    u64::try_from(most - before).unwrap_or(0)
}

#[test]
fn what_a_call_takes_is_counted() {
    let ((), usage) = measure(|| {
        drop(vec![1_u8; 1000]);
        drop(vec![1_u8; 500]);
    });
    assert_eq!(usage, Usage { peak: 1000, total: 1500 });
    let (kept, usage) = measure(|| Vec::<u8>::with_capacity(300));
    assert_eq!((usage.peak, kept.capacity()), (300, 300));
}
