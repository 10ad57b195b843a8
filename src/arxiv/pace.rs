//! One request at a time, and a pause between two, across all processes of the user.
//!
//! In: a folder and the name of a server. Out: a [`Turn`], which is the right to make one request.
//! The lock and the times are one file: `last`, when the latest request to any of the server's
//! interfaces ended, and for each interface until when it wants none. A file that cannot be
//! understood counts as one of a request that has just ended.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::client::Interface;
use super::clock::{Clock, after, time_until, wait};
use crate::error::{Error, Result};
use crate::lock::{FileLock, Holder, TELL_AFTER, holder};

/// How often a waiting request looks whether the one before has ended.
const TICK: Duration = Duration::from_millis(20);
/// Longest rest that a file is believed: its clock may have been wrong.
const LONGEST_REST: Duration = Duration::from_secs(3600);

/// The times of requests to one server.
pub(super) struct Pace {
    file: PathBuf,
    interface: Interface,
}

/// Why a turn does not come.
pub(super) enum NoTurn {
    /// The interface wants no request for longer than the caller will wait.
    Resting(Timestamp),
    /// The file cannot be used, or the work was cancelled.
    Failed(Error),
}

impl From<Error> for NoTurn {
    fn from(error: Error) -> NoTurn {
        NoTurn::Failed(error)
    }
}

/// The right to make one request. Dropped without [`Turn::end`], it counts as a request that ended
/// when the turn began.
pub(super) struct Turn {
    lock: FileLock,
    rests: BTreeMap<String, Timestamp>,
    interface: Interface,
    path: PathBuf,
}

struct Times {
    last: Timestamp,
    rests: BTreeMap<String, Timestamp>,
}

/// What somebody waits for.
pub(super) enum Waits {
    /// Another process, which makes a request.
    For(Option<Holder>),
    /// The end of a rest that the interface wants.
    Rest(Timestamp),
}

impl Pace {
    pub(super) fn new(folder: &Path, server: &str, interface: Interface) -> Pace {
        let name: String =
            server.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
        Pace { file: folder.join(format!("{name}.pace")), interface }
    }

    /// Waits for the turn: for other requests to end, for the pause after the last one, and for the
    /// end of a rest, where that is not longer than `patience`.
    pub(super) fn turn(
        &self,
        clock: &dyn Clock,
        pause: Duration,
        patience: Duration,
        check: &dyn Fn() -> Result<()>,
        tell: &dyn Fn(Waits),
    ) -> std::result::Result<Turn, NoTurn> {
        let lock = self.lock(check, tell)?;
        let now = clock.now();
        let Times { last, rests } = read(lock.file(), now);
        // A clock that was set back would make this wait for hours.
        let last = last.min(now);
        let rest = rests.get(self.interface.name()).copied().unwrap_or(last).min(after(now, LONGEST_REST));
        if time_until(now, rest) > pause {
            if time_until(now, rest) > patience {
                return Err(NoTurn::Resting(rest));
            }
            tell(Waits::Rest(rest));
        }
        wait(clock, after(last, pause).max(rest), check)?;
        let turn = Turn { lock, rests, interface: self.interface, path: self.file.clone() };
        // Whoever is killed meanwhile has made its request.
        turn.write(clock.now())?;
        Ok(turn)
    }

    fn lock(&self, check: &dyn Fn() -> Result<()>, tell: &dyn Fn(Waits)) -> Result<FileLock> {
        let open = || File::options().read(true).write(true).create(true).truncate(false).open(&self.file);
        let failed = || Error::io(&self.file);
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder).map_err(Error::io(folder))?;
        }
        let mut file = open().map_err(failed())?;
        let mut waited = Duration::ZERO;
        loop {
            file = match FileLock::try_new(file) {
                Ok(lock) => return Ok(lock),
                Err((_, TryLockError::Error(source))) => return Err(failed()(source)),
                Err((file, TryLockError::WouldBlock)) => file,
            };
            check()?;
            std::thread::sleep(TICK);
            waited += TICK;
            if waited == TELL_AFTER {
                tell(Waits::For(holder(&[&self.file])));
            }
        }
    }
}

impl Turn {
    /// Notes that the request has ended, and until when the interface wants no other.
    pub(super) fn end(mut self, now: Timestamp, rest: Option<Timestamp>) -> Result<()> {
        let name = self.interface.name().to_owned();
        self.rests.retain(|_, until| *until > now);
        self.rests.extend(rest.map(|rest| (name, rest)));
        self.write(now)
    }

    fn write(&self, last: Timestamp) -> Result<()> {
        let mut file = self.lock.file();
        let mut text = format!("last {last}\n");
        for (interface, until) in &self.rests {
            text.push_str(&format!("{interface} {until}\n"));
        }
        let written = file.rewind().and_then(|()| file.set_len(0)).and_then(|()| file.write_all(text.as_bytes()));
        written.map_err(Error::io(&self.path))
    }
}

fn read(mut file: &File, now: Timestamp) -> Times {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.take(1024).read_to_string(&mut text));
    let mut rests: BTreeMap<String, Timestamp> = text
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(name, time)| Some((name.to_owned(), time.trim().parse().ok()?)))
        .collect();
    let last = rests.remove("last").unwrap_or(match read {
        Ok(0) => Timestamp::UNIX_EPOCH,
        _ => now,
    });
    Times { last, rests }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// A clock that waits by moving on.
    struct Virtual(Mutex<Timestamp>);

    impl Virtual {
        fn at(text: &str) -> Virtual {
            Virtual(Mutex::new(text.parse().unwrap()))
        }
    }

    impl Clock for Virtual {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }

        fn sleep(&self, time: Duration) {
            let mut now = self.0.lock().unwrap();
            *now = after(*now, time);
        }
    }

    const PAUSE: Duration = Duration::from_secs(3);

    fn turn(pace: &Pace, clock: &Virtual, patience: Duration) -> std::result::Result<Turn, NoTurn> {
        pace.turn(clock, PAUSE, patience, &|| Ok(()), &|_| ())
    }

    #[test]
    fn a_pause_lies_between_the_end_of_a_request_and_the_next_of_any_interface() {
        let folder = tempfile::tempdir().unwrap();
        let pace = |interface| Pace::new(folder.path(), "127.0.0.1:80", interface);
        let clock = Virtual::at("2026-02-12T10:00:00Z");
        let first = turn(&pace(Interface::Feed), &clock, Duration::MAX).ok().unwrap();
        assert_eq!(clock.now().to_string(), "2026-02-12T10:00:00Z", "the first waits for nobody");
        clock.sleep(Duration::from_secs(60));
        first.end(clock.now(), None).unwrap();
        drop(turn(&pace(Interface::Oai), &clock, Duration::MAX).ok().unwrap());
        assert_eq!(clock.now().to_string(), "2026-02-12T10:01:03Z");
        // One that was killed has made its request.
        drop(turn(&pace(Interface::Oai), &clock, Duration::MAX).ok().unwrap());
        assert_eq!(clock.now().to_string(), "2026-02-12T10:01:06Z");
        std::fs::write(folder.path().join("127.0.0.1-80.pace"), "garbled").unwrap();
        drop(turn(&pace(Interface::Oai), &clock, Duration::MAX).ok().unwrap());
        assert_eq!(clock.now().to_string(), "2026-02-12T10:01:09Z");
    }

    #[test]
    fn an_interface_that_wants_rest_gets_it_and_the_others_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let pace = |interface| Pace::new(folder.path(), "arxiv.org", interface);
        let clock = Virtual::at("2026-02-12T10:00:00Z");
        let rest = "2026-02-12T10:10:00Z".parse().unwrap();
        turn(&pace(Interface::Api), &clock, Duration::MAX).ok().unwrap().end(clock.now(), Some(rest)).unwrap();
        turn(&pace(Interface::Oai), &clock, Duration::ZERO).ok().unwrap().end(clock.now(), None).unwrap();
        assert_eq!(clock.now().to_string(), "2026-02-12T10:00:03Z");
        match turn(&pace(Interface::Api), &clock, Duration::from_secs(60)) {
            Err(NoTurn::Resting(until)) => assert_eq!(until, rest),
            _ => panic!("it is left alone"),
        }
        drop(turn(&pace(Interface::Api), &clock, Duration::MAX).ok().unwrap());
        assert_eq!(clock.now(), rest);
    }

    #[test]
    fn a_clock_that_was_wrong_does_not_stop_requests_for_long() {
        let folder = tempfile::tempdir().unwrap();
        let pace = Pace::new(folder.path(), "arxiv.org", Interface::Oai);
        std::fs::write(folder.path().join("arxiv.org.pace"), "last 2027-01-01T00:00:00Z\noai 2028-01-01T00:00:00Z\n")
            .unwrap();
        let clock = Virtual::at("2026-02-12T10:00:00Z");
        drop(turn(&pace, &clock, Duration::MAX).ok().unwrap());
        assert_eq!(clock.now().to_string(), "2026-02-12T11:00:00Z");
    }

    #[test]
    fn requests_of_threads_do_not_overlap() {
        let folder = tempfile::tempdir().unwrap();
        let spans = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let pace = Pace::new(folder.path(), "127.0.0.1:1", Interface::Oai);
                    let pause = Duration::from_millis(1);
                    let clock = super::super::clock::SystemClock;
                    for _ in 0..5 {
                        let turn = pace.turn(&clock, pause, Duration::MAX, &|| Ok(()), &|_| ()).ok().unwrap();
                        let began = clock.now();
                        std::thread::sleep(Duration::from_millis(1));
                        let ended = clock.now();
                        spans.lock().unwrap().push((began, ended));
                        turn.end(ended, None).unwrap();
                    }
                });
            }
        });
        let mut spans = spans.into_inner().unwrap();
        spans.sort();
        assert_eq!(spans.len(), 20);
        for pair in spans.windows(2) {
            assert!(time_until(pair[0].1, pair[1].0) >= Duration::from_millis(1), "{pair:?}");
        }
    }
}
