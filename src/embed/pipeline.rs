//! Jobs in, results out in the order of the jobs, with several under way at once.
//!
//! One thread makes jobs (tokenises), one thread a worker does them (a stream of a GPU each), and
//! the caller's thread takes the results. At most two jobs a worker wait, so memory is bounded by
//! the workers and not by the input.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{channel, sync_channel};
use std::sync::{Mutex, PoisonError};

use crate::Result;

/// Jobs that wait for each worker.
const WAITING: usize = 2;

/// Runs every job that `produce` gives to its argument through `work`, and hands the results to
/// `deliver` in the order of the jobs, on the caller's thread. `work` gets the number of its
/// worker, below `workers`.
///
/// # Errors
///
/// The first of `work`'s or `deliver`'s in the order of the jobs, or `produce`'s after all jobs
/// before it. Everything before the error was delivered, nothing behind it is.
pub(super) fn run<Job: Send, Done: Send>(
    workers: usize,
    produce: impl FnOnce(&mut dyn FnMut(Job) -> bool) -> Result<()> + Send,
    work: impl Fn(usize, Job) -> Result<Done> + Sync,
    mut deliver: impl FnMut(Done) -> Result<()>,
) -> Result<()> {
    let stopped = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (give, jobs) = sync_channel::<(usize, Job)>(WAITING * workers);
        let (report, results) = channel::<(usize, Result<Done>)>();
        let producer = scope.spawn({
            let stopped = &stopped;
            move || {
                let mut number = 0;
                produce(&mut |job| {
                    number += 1;
                    !stopped.load(Ordering::Relaxed) && give.send((number - 1, job)).is_ok()
                })
            }
        });
        let jobs = std::sync::Arc::new(Mutex::new(jobs));
        for worker in 0..workers {
            let (jobs, report, work, stopped) = (jobs.clone(), report.clone(), &work, &stopped);
            scope.spawn(move || {
                loop {
                    let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok((number, job)) = next else { break };
                    // Once stopped, what still waits is taken and dropped, so that the producer is
                    // never stuck.
                    if !stopped.load(Ordering::Relaxed) && report.send((number, work(worker, job))).is_err() {
                        break;
                    }
                }
            });
        }
        drop((jobs, report));
        let mut early = BTreeMap::new();
        let mut next = 0;
        let mut outcome = Ok(());
        for (number, result) in results {
            early.insert(number, result);
            while outcome.is_ok()
                && let Some(result) = early.remove(&next)
            {
                next += 1;
                outcome = result.and_then(&mut deliver);
            }
            if outcome.is_err() {
                stopped.store(true, Ordering::Relaxed);
            }
        }
        let produced = producer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        outcome.and(produced)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    fn failing(what: &'static str) -> Error {
        Error::Internal(what)
    }

    fn doubled(workers: usize, jobs: usize, bad: Option<usize>, refused: Option<usize>) -> (Vec<usize>, Result<()>) {
        let mut seen = Vec::new();
        let outcome = run(
            workers,
            |give| {
                for job in 0..jobs {
                    if !give(job) {
                        break;
                    }
                }
                Ok(())
            },
            |worker, job| {
                assert!(worker < workers);
                // Later jobs are faster, so that results come out of turn.
                std::thread::sleep(std::time::Duration::from_micros(300 * (4 - job as u64 % 4)));
                if Some(job) == bad { Err(failing("work")) } else { Ok(job * 2) }
            },
            |done| {
                if Some(done / 2) == refused {
                    return Err(failing("deliver"));
                }
                seen.push(done);
                Ok(())
            },
        );
        (seen, outcome)
    }

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        for workers in [1, 2, 5] {
            let (seen, outcome) = doubled(workers, 200, None, None);
            assert_eq!(seen, (0..200).map(|job| job * 2).collect::<Vec<_>>());
            assert!(outcome.is_ok());
        }
        assert!(doubled(3, 0, None, None).0.is_empty());
    }

    #[test]
    fn an_error_stops_behind_what_was_before_it() {
        for (bad, refused, what) in
            [(Some(50), None, "work"), (None, Some(50), "deliver"), (Some(50), Some(70), "work")]
        {
            let (seen, outcome) = doubled(3, 100_000, bad, refused);
            assert_eq!(seen, (0..50).map(|job| job * 2).collect::<Vec<_>>());
            assert!(matches!(outcome, Err(Error::Internal(said)) if said == what));
        }
    }

    #[test]
    fn an_error_of_the_producer_comes_after_its_jobs() {
        let mut seen = Vec::new();
        let produce = |give: &mut dyn FnMut(usize) -> bool| {
            assert!((0..10).all(&mut *give));
            Err(failing("produce"))
        };
        let outcome = run(
            2,
            produce,
            |_, job| Ok(job),
            |done| {
                seen.push(done);
                Ok(())
            },
        );
        assert_eq!(seen, (0..10).collect::<Vec<_>>());
        assert!(matches!(outcome, Err(Error::Internal("produce"))));
    }
}
