//! Every file that a document names is there.

use super::{assert_none, documents, markdown, root};

/// Folders whose files are named from the root.
const FOLDERS: [&str; 11] =
    ["src", "tests", "benches", "docs", "models", "data", "seeds", "examples", ".ci", ".github", ".cargo"];

#[test]
fn files_that_are_named_are_there() {
    let mut faults = Vec::new();
    // The changelog also speaks of files that were.
    for document in documents().iter().filter(|document| document.name != "CHANGELOG.md") {
        for (number, span) in markdown::spans(&document.text) {
            if !is_path(&span) || is_unpublished(&span) {
                continue;
            }
            // Documents beside the source also name modules by their folder.
            if !root().join(&span).exists() && !root().join("src").join(&span).exists() {
                faults.push(format!("{}:{number}: `{span}` is not there", document.name));
            }
        }
    }
    assert_none(&faults);
}

/// Whether a span names a file or folder of this repository.
fn is_path(span: &str) -> bool {
    let plain = span.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    let first = span.split('/').next().unwrap_or_default();
    plain && span.contains('/') && (FOLDERS.contains(&first) || span.ends_with(".rs"))
}

/// Whether a span names something that the published package lacks, and this is that package.
fn is_unpublished(span: &str) -> bool {
    let first = span.split('/').next().unwrap_or_default();
    first.starts_with('.') && !root().join(first).exists()
}
