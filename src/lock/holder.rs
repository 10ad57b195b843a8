//! Which process holds a lock that somebody waits for.
//!
//! In: files on which there may be locks, of either kind that Linux has. Out: the process that
//! holds one, what it was started as and when, as far as `/proc` tells. Other systems, and
//! processes that this one may not see, tell nothing: then nobody is named.

use std::fmt;
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

/// The longest command that is told, in characters.
const LONGEST: usize = 120;

/// A process that holds a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// Its number.
    pub pid: u32,
    /// The command that it was started with; `None` where that cannot be seen.
    pub command: Option<String>,
    /// When it was started, to the second.
    pub since: Option<Timestamp>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {}", self.pid)?;
        match (&self.command, &self.since) {
            (Some(command), Some(since)) => write!(f, " ({command}, since {since})"),
            (Some(command), None) => write!(f, " ({command})"),
            (None, Some(since)) => write!(f, " (since {since})"),
            (None, None) => Ok(()),
        }
    }
}

/// The process, other than this one, that has locked one of these files to write; the first file
/// that is locked counts.
#[cfg(target_os = "linux")]
pub(crate) fn holder(files: &[&Path]) -> Option<Holder> {
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    let pid = files.iter().find_map(|file| holds(&locks, file))?;
    Some(Holder { pid, command: command(pid), since: since(pid) })
}

/// Nothing tells.
#[cfg(not(target_os = "linux"))]
pub(crate) fn holder(_: &[&Path]) -> Option<Holder> {
    None
}

/// A line of `/proc/locks`: `1: POSIX  ADVISORY  WRITE 4711 fe:00:1234 120 120`; what waits for a
/// lock has `->` after the number.
#[cfg(target_os = "linux")]
fn holds(locks: &str, file: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    let inode = std::fs::metadata(file).ok()?.ino().to_string();
    let real = file.canonicalize().ok()?;
    locks.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, _, _, "WRITE", pid, place, ..] = words[..] else { return None };
        let pid: u32 = pid.parse().ok().filter(|pid| *pid != std::process::id())?;
        // Devices have other numbers here than elsewhere on some file systems, so the inode counts,
        // and then that the process has this file open.
        (place.rsplit(':').next() == Some(inode.as_str()) && has_open(pid, &real)).then_some(pid)
    })
}

/// Whether a process has a file open, or does not let us see its files.
#[cfg(target_os = "linux")]
fn has_open(pid: u32, file: &Path) -> bool {
    let Ok(open) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return true };
    open.flatten().any(|entry| std::fs::read_link(entry.path()).is_ok_and(|target| target == file))
}

#[cfg(target_os = "linux")]
fn command(pid: u32) -> Option<String> {
    let words = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let text = String::from_utf8_lossy(&words);
    let text: String = text.trim_end_matches('\0').chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let short: String = text.chars().take(LONGEST).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    (!short.is_empty()).then(|| format!("{short}{more}"))
}

/// When a process was started: the 22nd field of its `stat`, in hundredths of a second since the
/// machine was.
#[cfg(target_os = "linux")]
fn since(pid: u32) -> Option<Timestamp> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in parentheses and may hold anything.
    let ticks: i64 = stat.rsplit(')').next()?.split_whitespace().nth(19)?.parse().ok()?;
    let machine = std::fs::read_to_string("/proc/stat").ok()?;
    let boot: i64 = machine.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Timestamp::from_second(boot.checked_add(ticks / 100)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_told() {
        let holder = |command: Option<&str>, since: Option<i64>| Holder {
            pid: 4711,
            command: command.map(str::to_owned),
            since: since.map(|second| Timestamp::from_second(second).expect("a time")),
        };
        assert_eq!(
            holder(Some("relata add a.md"), Some(0)).to_string(),
            "process 4711 (relata add a.md, since 1970-01-01T00:00:00Z)"
        );
        assert_eq!(holder(Some("relata"), None).to_string(), "process 4711 (relata)");
        assert_eq!(holder(None, None).to_string(), "process 4711");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_is_described_and_this_one_is_not_waited_for() {
        let own = std::process::id();
        assert!(command(own).is_some_and(|command| !command.is_empty()));
        let now = Timestamp::now();
        assert!(since(own).is_some_and(|since| since <= now && since > now - jiff::SignedDuration::from_hours(24)));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let file = std::fs::File::create(&path).unwrap();
        file.lock().unwrap();
        assert_eq!(holder(&[&path]), None);
        assert!(has_open(own, &path.canonicalize().unwrap()) && !has_open(own, Path::new("/no/such/file")));
    }
}
