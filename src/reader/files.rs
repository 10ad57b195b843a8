//! Which files a list of paths stands for.
//!
//! In: files, folders, `-`. Out: files in a fixed order, each once. Within folders hidden names are
//! left out, and so are links to folders, which may lead in circles; a path that was named is taken
//! as it is.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, ReadingError, Result};

/// The files behind `paths`: folders recursively and sorted by name, `-` (standard input) kept,
/// repeats dropped.
///
/// # Errors
/// [`Error::Io`] for a path that is not there or a folder that can't be listed.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            found.push(path.clone());
        } else if let Some(address) = path.to_str().filter(|text| is_address(text)) {
            return Err(ReadingError::Address { address: address.to_owned() }.into());
        } else if fs::metadata(path).map_err(Error::io(path))?.is_dir() {
            walk(path, &mut found)?;
        } else {
            found.push(path.clone());
        }
    }
    let mut seen = HashSet::new();
    found.retain(|path| seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.clone())));
    Ok(found)
}

/// Whether a path is an address on the network, and no file of that name is there.
fn is_address(text: &str) -> bool {
    let scheme = ["http://", "https://", "ftp://"].iter().any(|scheme| text.starts_with(scheme));
    scheme && !Path::new(text).exists()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let mut folders = vec![folder.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(&folder).map_err(Error::io(&folder))? {
            let item = item.map_err(Error::io(&folder))?;
            if item.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            let path = item.path();
            let kind = item.file_type().map_err(Error::io(&path))?;
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() || (kind.is_symlink() && fs::metadata(&path).is_ok_and(|target| target.is_file()))
            {
                files.push(path);
            }
        }
    }
    files.sort();
    found.append(&mut files);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_walked_in_order() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("b/c"))?;
        fs::create_dir(at(".git"))?;
        for name in ["z.md", "a.md", ".hidden", "b/c/d.jsonl", ".git/x.md"] {
            fs::write(at(name), "")?;
        }
        let given = [PathBuf::from("-"), folder.path().to_owned(), at("a.md"), at(".hidden")];
        let expected = [PathBuf::from("-"), at("a.md"), at("b/c/d.jsonl"), at("z.md"), at(".hidden")];
        assert_eq!(files(&given).map_err(std::io::Error::other)?, expected);
        assert!(matches!(files(&[at("missing")]), Err(Error::Io { path, .. }) if path == at("missing")));
        Ok(())
    }
}
