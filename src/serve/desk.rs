//! Where requests are worked on: so many at once as the machine has use for, the rest wait in turn.
//!
//! In: work that blocks a thread. Out: its answer, or a problem where too many wait, where it takes
//! too long, or where it panics. Work whose client is gone is cancelled at its next step; until it
//! ends it counts as work, so that nobody starts more than the machine bears by hanging up.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::problem::Problem;
use crate::service::{CancelToken, Relata};

/// Work at once, work that waits, and how long both may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct DeskLimits {
    /// Requests that are worked on at once.
    pub(super) at_once: usize,
    /// Requests that wait for their turn.
    pub(super) waiting: usize,
    /// How long a request waits for its turn.
    pub(super) turn: Duration,
    /// How long a request is worked on.
    pub(super) work: Duration,
}

impl Default for DeskLimits {
    fn default() -> DeskLimits {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let (turn, work) = (Duration::from_secs(10), Duration::from_secs(60));
        DeskLimits { at_once: (2 * cores).max(4), waiting: 256, turn, work }
    }
}

/// A desk at which so many are served at once.
pub(super) struct Desk {
    limits: DeskLimits,
    seats: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// Counts one who waits, until it is dropped.
struct Waits<'a>(&'a AtomicUsize);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Cancels work where nobody waits for it any more.
struct Pull(CancelToken);

impl Drop for Pull {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Desk {
    pub(super) fn new(limits: DeskLimits) -> Desk {
        Desk { limits, seats: Arc::new(Semaphore::new(limits.at_once)), waiting: AtomicUsize::new(0) }
    }

    /// Requests that are worked on now.
    #[cfg(test)]
    fn busy(&self) -> usize {
        self.limits.at_once - self.seats.available_permits()
    }

    /// Does work with a handle that is cancelled once the caller drops this.
    ///
    /// # Errors
    /// The problem of the work; a problem where its turn does not come or its time is up.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        relata: &Relata,
        work: impl FnOnce(&Relata) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let seat = {
            let before = self.waiting.fetch_add(1, Ordering::Relaxed);
            let _waits = Waits(&self.waiting);
            if before >= self.limits.waiting {
                return Err(Problem::busy());
            }
            let seat = timeout(self.limits.turn, Arc::clone(&self.seats).acquire_owned()).await;
            // The desk is never closed.
            seat.map_err(|_| Problem::busy())?.map_err(|_| Problem::busy())?
        };
        let cancel = CancelToken::new();
        let _pull = Pull(cancel.clone());
        let relata = relata.cancelled_by(&cancel);
        let task = tokio::task::spawn_blocking(move || {
            let _seat = seat;
            work(&relata)
        });
        match timeout(self.limits.work, task).await {
            Ok(Ok(answer)) => answer,
            // The panic's message is on standard error.
            Ok(Err(_)) => Err(crate::Error::Internal("the work on a request panicked").into()),
            Err(_) => {
                let detail = format!("this took longer than {} seconds; ask for less", self.limits.work.as_secs());
                Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too-slow", detail))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::model::Settings;
    use crate::service::Options;

    fn relata(folder: &std::path::Path) -> Relata {
        let settings = Settings::from_vars(|_| None, Some(folder.join("cache")), None).expect("settings");
        Relata::new(Options::new(folder.join("library.db"), settings))
    }

    fn limits(work: Duration) -> DeskLimits {
        DeskLimits { at_once: 1, waiting: 1, turn: Duration::from_secs(60), work }
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
    }

    #[test]
    fn who_comes_when_all_seats_and_places_are_taken_is_sent_away() {
        let folder = tempfile::tempdir().expect("a folder");
        let relata = relata(folder.path());
        runtime().block_on(async {
            let desk = Arc::new(Desk::new(limits(Duration::from_secs(60))));
            let (go, wait) = mpsc::channel::<()>();
            let ask = |work: Box<dyn FnOnce() -> u8 + Send>| {
                let (desk, relata) = (Arc::clone(&desk), relata.clone());
                tokio::spawn(async move { desk.ask(&relata, move |_| Ok(work())).await })
            };
            let first = ask(Box::new(move || wait.recv().map_or(0, |()| 1)));
            while desk.busy() == 0 {
                tokio::task::yield_now().await;
            }
            let second = ask(Box::new(|| 2));
            while desk.waiting.load(Ordering::Relaxed) == 0 {
                tokio::task::yield_now().await;
            }
            let third = desk.ask(&relata, |_| Ok(3u8)).await.expect_err("sent away");
            assert_eq!((third.status(), third.code()), (StatusCode::TOO_MANY_REQUESTS, "busy"));
            go.send(()).expect("the first listens");
            assert_eq!(first.await.expect("the task").expect("an answer"), 1);
            assert_eq!(second.await.expect("the task").expect("an answer"), 2);
        });
    }

    #[test]
    fn work_whose_time_is_up_is_cancelled_and_a_panic_is_a_problem() {
        let folder = tempfile::tempdir().expect("a folder");
        let relata = relata(folder.path());
        runtime().block_on(async {
            let desk = Desk::new(limits(Duration::from_millis(20)));
            let (told, hear) = mpsc::channel();
            let slow = desk.ask(&relata, move |relata| {
                while !relata.is_cancelled() {
                    std::thread::yield_now();
                }
                told.send(()).expect("the test listens");
                Ok(())
            });
            assert_eq!(slow.await.expect_err("too slow").code(), "too-slow");
            hear.recv().expect("the work has seen that it was cancelled");
            let desk = Desk::new(limits(Duration::from_secs(60)));
            let panics = desk.ask(&relata, |_| -> Result<(), Problem> { panic!("on purpose") });
            assert_eq!(panics.await.expect_err("a problem").code(), "internal");
        });
    }
}
