//! What only the inside can reach: full disks, reading as immutable, tampering.

use super::*;
use crate::error::LibraryError;
use crate::paper::ArxivId;
use crate::paper::{Entry, Metadata, Precedence, SourceKind};

fn entry(id: &str, title: &str) -> Entry {
    let (id, _) = ArxivId::parse(id).unwrap();
    let precedence = Precedence { version: 1, date: None, kind: SourceKind::RawJsonl };
    Entry {
        metadata: Metadata { title: Some(title.to_owned()), ..Metadata::default() },
        ..Entry::new(id, precedence, 1)
    }
}

#[test]
fn a_full_disk_leaves_what_was_stored() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("papers.db");
    let mut library = Library::open(&path).unwrap();
    library.merge(&[entry("2601.00001", "Kept")]).unwrap();
    // SQLite reports a file that may not grow as it reports a disk without room.
    let pages: i64 = library.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    library.connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).unwrap();
    let many: Vec<Entry> = (1..2000).map(|n| entry(&format!("2602.{n:05}"), &"word ".repeat(200))).collect();
    let fault = library.merge(&many).unwrap_err();
    assert!(matches!(fault, Error::Library(LibraryError::Full { .. })), "{fault}");
    let text = fault.to_string().replace(&folder.path().display().to_string(), "");
    insta::assert_snapshot!(text, @"no room left to write the library /papers.db; what was stored before is untouched: free some space and run the same command again");
    let id = ArxivId::parse("2601.00001").unwrap().0;
    assert_eq!(library.paper(&id).unwrap().unwrap().title.as_deref(), Some("Kept"));
    assert_eq!(library.info().unwrap().papers, 1);
    assert_eq!(library.check().unwrap(), []);
}

#[test]
fn immutable_reading_needs_a_folded_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd ?#% name.db");
    let mut library = Library::open(&path).unwrap();
    library.merge(&[entry("2601.00001", "Kept")]).unwrap();
    let refused = Library::read_immutable(&path).unwrap_err();
    assert!(matches!(refused, Error::Library(LibraryError::Unfolded { .. })), "{refused}");
    drop(library);
    let (connection, kind, access) = Library::read_immutable(&path).unwrap();
    assert_eq!((kind, access), (Kind::Current, Access::Immutable));
    let title: String = connection.query_row("SELECT title FROM papers", [], |row| row.get(0)).unwrap();
    assert_eq!(title, "Kept");
}

#[test]
fn a_library_in_memory_works_like_a_file() {
    let mut library = Library::in_memory().unwrap();
    assert!(library.is_empty().unwrap());
    assert_eq!(library.merge(&[entry("2601.00001", "A title")]).unwrap(), [Outcome::Added]);
    assert!(!library.is_empty().unwrap());
    assert_eq!(library.check().unwrap(), []);
}
