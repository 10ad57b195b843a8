//! Every relative link leads to a file that is there, and to a heading that it has.

use std::path::{Component, Path, PathBuf};

use super::{assert_none, documents, markdown, root};

#[test]
fn links_lead_somewhere() {
    let mut faults = Vec::new();
    for document in documents() {
        for (number, target) in markdown::links(&document.text) {
            if let Err(fault) = follow(&document.name, &document.text, &target) {
                faults.push(format!("{}:{number}: ({target}) {fault}", document.name));
            }
        }
    }
    assert_none(&faults);
}

/// Follows a link of a document.
fn follow(name: &str, text: &str, target: &str) -> Result<(), String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return Ok(());
    }
    let (file, anchor) = target.split_once('#').map_or((target, None), |(file, anchor)| (file, Some(anchor)));
    let path = normal(&Path::new(name).parent().expect("a file has a folder").join(file));
    let path = if file.is_empty() { PathBuf::from(name) } else { path };
    if path.starts_with("..") || !root().join(&path).exists() {
        return Err(format!("leads to {}, which is not there", path.display()));
    }
    let Some(anchor) = anchor else { return Ok(()) };
    let there = if file.is_empty() {
        text.to_owned()
    } else {
        std::fs::read_to_string(root().join(&path)).map_err(|error| error.to_string())?
    };
    if markdown::anchors(&there).iter().any(|known| known == anchor) {
        Ok(())
    } else {
        Err(format!("{} has no heading #{anchor}", path.display()))
    }
}

/// A path without `.` and `..`, as far as these can be taken out.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if normal.parent().is_some() && !normal.ends_with("..") => {
                normal.pop();
            }
            part => normal.push(part),
        }
    }
    normal
}

#[test]
fn a_broken_link_is_found() {
    let text = "# A heading\n";
    assert_eq!(follow("docs/README.md", text, "#a-heading"), Ok(()));
    assert_eq!(follow("docs/README.md", text, "../README.md#two-commands"), Ok(()));
    assert_eq!(follow("docs/README.md", text, "https://example.org/nothing"), Ok(()));
    for broken in ["#another", "nothing.md", "../README.md#no-such-heading", "../../README.md"] {
        assert!(follow("docs/README.md", text, broken).is_err(), "{broken}");
    }
}
