//! Files that are replaced whole, and that a power cut leaves whole; paths as people write them.
//!
//! In: a path, and what writes a file. Out: the old file or the new one, never a mix: the new one
//! is written under a name of its own, synced, moved, and its folder synced. What a killed process
//! has left under such a name is removed by the next that replaces the same file.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

/// Between the name of a file and the number of the process that writes it.
const NEW: &str = ".new-";

/// A path that begins with a home which no shell has put in, `~`, `$HOME` or `${HOME}` (as in
/// `--library=~/papers.db`, or in a variable of a service), with the home put in; another as it is.
pub(crate) fn in_home(path: PathBuf, home: Option<&Path>) -> PathBuf {
    let mut parts = path.components();
    let first = parts.next().map(Component::as_os_str);
    let begins = ["~", "$HOME", "${HOME}"].iter().any(|&name| first == Some(name.as_ref()));
    match home.filter(|_| begins) {
        Some(home) => home.join(parts.as_path()),
        None => path,
    }
}

/// The name under which this process writes a file before it is moved to its place.
pub(crate) fn beside(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!("{NEW}{}", std::process::id()));
    PathBuf::from(beside)
}

/// Puts what `write` writes in the place of a file, whole or not at all.
pub(crate) fn replace(path: &Path, write: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    replace_by(path, "", write)
}

/// As [`replace`], by way of a file whose name has a mark, which begins with `-`: threads that
/// replace one file at once need different ones.
pub(crate) fn replace_by(path: &Path, mark: &str, write: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    tidy(path);
    let mut beside = beside(path).into_os_string();
    beside.push(mark);
    let beside = PathBuf::from(beside);
    let written = write(&beside).and_then(|()| put(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Moves a file, or a folder whose files are synced, to its place, so that a power cut leaves what
/// was there or all of what was moved.
pub(crate) fn put(from: &Path, to: &Path) -> io::Result<()> {
    if from.is_file() {
        sync(from)?;
    }
    fs::rename(from, to)?;
    sync_folder_of(to);
    Ok(())
}

/// Syncs what a file holds. A device, such as `/dev/full` behind a link, need not know how.
fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Syncs the names in the folder of a file. Not every file system knows how, and then its names
/// need no syncing.
pub(crate) fn sync_folder_of(path: &Path) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
}

/// Syncs the names in the folders above a file, up to one of them.
pub(crate) fn sync_folders_of(path: &Path, highest: &Path) {
    let mut path = path;
    while path != highest && path.starts_with(highest) {
        sync_folder_of(path);
        path = path.parent().unwrap_or(highest);
    }
}

/// Makes a folder and those above it, and syncs the names of all that it made: what is synced in
/// them later is not lost with one of their names.
pub(crate) fn create_folders(folder: &Path) -> io::Result<()> {
    let missing: Vec<&Path> =
        folder.ancestors().take_while(|above| !above.as_os_str().is_empty() && !above.exists()).collect();
    fs::create_dir_all(folder)?;
    missing.into_iter().for_each(sync_folder_of);
    Ok(())
}

/// Removes what processes that no longer live have left beside a file.
pub(crate) fn tidy(path: &Path) {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let begun = entry.file_name().as_encoded_bytes().strip_prefix(name.as_encoded_bytes()).map(<[u8]>::to_vec);
        let process = begun.as_deref().and_then(|rest| rest.strip_prefix(NEW.as_bytes()));
        let process = process.and_then(|rest| std::str::from_utf8(rest).ok()?.split('-').next()?.parse::<u32>().ok());
        if process.is_some_and(|process| !lives(process)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether the disk of a file has room for what a change of it takes at least. Asked only once
/// something has failed, by writing a little beside the file.
pub(crate) fn has_room(path: &Path) -> bool {
    tidy(path);
    let beside = beside(path);
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(&[0; 64 << 10])?;
        // Some file systems only look for room when they sync.
        file.sync_all()
    });
    let _ = fs::remove_file(&beside);
    let none = |error: io::Error| matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
    !written.is_err_and(none)
}

/// Whether a process is there. Where the platform does not say, a file that was written to within
/// the last day would be the only hint, so it counts as living and its file stays.
pub(crate) fn lives(process: u32) -> bool {
    process == std::process::id()
        || !Path::new("/proc/self").exists()
        || Path::new(&format!("/proc/{process}")).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_is_put_in_where_a_path_begins_with_it() {
        let at = |written: &str| in_home(PathBuf::from(written), Some(Path::new("/home/ada")));
        for written in ["~/papers.db", "$HOME/papers.db", "${HOME}/papers.db"] {
            assert_eq!(at(written), PathBuf::from("/home/ada/papers.db"), "{written}");
        }
        assert_eq!(at("~"), PathBuf::from("/home/ada"));
        for written in ["papers.db", "/a/~/b", "a~", "~ada/papers.db", "$HOMER/x", "-", ""] {
            assert_eq!(at(written), PathBuf::from(written));
        }
        assert_eq!(in_home(PathBuf::from("~/papers.db"), None), PathBuf::from("~/papers.db"));
    }

    #[test]
    fn folders_are_made_with_those_above_and_a_disk_with_room_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b/c");
        create_folders(&deep).unwrap();
        create_folders(&deep).unwrap();
        assert!(deep.is_dir());
        let path = deep.join("library.db");
        assert!(has_room(&path));
        assert_eq!(fs::read_dir(&deep).unwrap().count(), 0);
        // A folder that is not there is no full disk.
        assert!(has_room(&folder.path().join("none/library.db")));
    }

    #[test]
    fn a_file_is_replaced_whole_and_leftovers_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.html");
        let leftover = folder.path().join("page.html.new-4294967294");
        let marked = folder.path().join("page.html.new-4294967294-3");
        let others = [folder.path().join("page.html.2025"), folder.path().join("page.html.new-x")];
        for path in others.iter().chain([&leftover, &marked]) {
            fs::write(path, "x").unwrap();
        }
        replace(&path, |beside| fs::write(beside, "one")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        for left in [leftover, marked] {
            assert_eq!(left.exists(), !Path::new("/proc/self").exists());
        }
        assert!(others.iter().all(|other| other.exists()));
        let failed = replace(&path, |beside| fs::write(beside, "two").and(Err(io::Error::other("no"))));
        assert!(failed.is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        assert!(!beside(&path).exists());
    }
}
