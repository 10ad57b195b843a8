//! The servers' now, which a test moves.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Says what time it is. Servers and client of a test share one.
pub(crate) type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A clock that stands still until it is moved.
#[derive(Clone)]
pub(crate) struct TestClock(Arc<Mutex<Timestamp>>);

impl TestClock {
    /// A clock at a moment such as `2026-03-03T12:00:00Z`.
    pub(crate) fn at(moment: &str) -> TestClock {
        TestClock(Arc::new(Mutex::new(moment.parse().expect("a timestamp"))))
    }

    /// The moment that it shows.
    pub(crate) fn now(&self) -> Timestamp {
        *self.0.lock().expect("no panic under the lock")
    }

    /// Moves it to a moment, earlier or later.
    pub(crate) fn set(&self, moment: &str) {
        *self.0.lock().expect("no panic under the lock") = moment.parse().expect("a timestamp");
    }

    /// Moves it on: what a client does instead of sleeping.
    pub(crate) fn advance(&self, by: Duration) {
        let by = SignedDuration::try_from(by).expect("a duration of less than the age of the universe");
        *self.0.lock().expect("no panic under the lock") += by;
    }

    /// The clock as a server takes it.
    pub(crate) fn clock(&self) -> Clock {
        let clock = self.clone();
        Arc::new(move || clock.now())
    }
}

/// The clock of the machine.
pub(crate) fn machine() -> Clock {
    Arc::new(Timestamp::now)
}
