//! The time, and waiting for it: a value that is passed in, so that tests do not wait.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::error::Result;

/// Longest sleep between two looks at whether the work was cancelled.
const TICK: Duration = Duration::from_millis(200);

/// What tells the time.
pub trait Clock: Send + Sync {
    /// The time.
    fn now(&self) -> Timestamp;

    /// Returns when `time` has passed.
    fn sleep(&self, time: Duration);
}

/// The clock of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

/// Waits until `until` has come.
///
/// # Errors
/// What `check` returns, at once.
pub(super) fn wait(clock: &dyn Clock, until: Timestamp, check: &dyn Fn() -> Result<()>) -> Result<()> {
    loop {
        check()?;
        let left = time_until(clock.now(), until);
        if left.is_zero() {
            return Ok(());
        }
        clock.sleep(left.min(TICK));
    }
}

/// From `now` to `then`; nothing where that has passed.
pub(super) fn time_until(now: Timestamp, then: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(now)).unwrap_or_default()
}

/// A time later than another.
pub(super) fn after(then: Timestamp, time: Duration) -> Timestamp {
    let time = SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
    then.checked_add(time).unwrap_or(Timestamp::MAX)
}
