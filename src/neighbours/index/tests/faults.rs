//! Files that are damaged, of another time or library, or cannot be written.

use super::*;

#[test]
fn a_delta_that_is_damaged_or_of_another_time_is_noticed() {
    let mut made = Made::with(Shape::Clustered, 9000);
    made.keep();
    made.change(1..300, 10_001..10_300);
    assert_eq!(made.keep(), Kept::Extended);
    let delta = delta_of(&made.file());
    let good = fs::read(&delta).expect("a file");
    let queries: Vec<Vec<f32>> = (0..12).map(|_| made.vector(Shape::Clustered)).collect();
    let (mut opened, mut searched) = (0, 0);
    for part in 0..30 {
        let mut bad = good.clone();
        let at = part * (bad.len() - 1) / 29;
        bad[at] ^= 0x15;
        replace(&delta, &bad);
        let index = match made.open() {
            State::Ready(index) => index,
            State::Absent => continue,
            State::Damaged(what) => {
                assert!(what.contains("library.db.index-1.delta is damaged ("), "{what}");
                continue;
            }
        };
        opened += 1;
        for query in &queries {
            let exact = made.nearest(None, query, 700, &Admitted::default());
            let got = made.nearest(Some(&index), query, 700, &Admitted::default());
            if let Some(what) = index.damage() {
                assert_eq!(got, exact, "damaged at {at}");
                assert!(what.contains("library.db.index-1.delta is damaged ("), "{what}");
            }
        }
        searched += usize::from(index.damage().is_some());
        let told = index.check(&made.library, made.fingerprint).expect("checked").expect("damage");
        assert!(told.contains("library.db.index-1.delta is damaged ("), "{told}");
    }
    assert!(opened >= 15 && searched >= 10, "{opened} could be opened, and queries found the damage of {searched}");
    for length in [0, 5, 9, 1000, good.len() / 2, good.len() - 1] {
        replace(&delta, &good[..length]);
        assert!(matches!(made.open(), State::Damaged(_)), "cut to {length}");
    }
    assert_eq!(made.keep(), Kept::Built);
    assert!(!delta.exists());
    made.is_like_a_fresh_build();

    // One that was put back after the library has moved on, one of another file, and none.
    made.change(1000..1300, 11_000..11_300);
    assert_eq!(made.keep(), Kept::Extended);
    let old = fs::read(&delta).expect("a file");
    made.change(2000..2230, 12_000..12_280);
    assert_eq!(made.keep(), Kept::Extended);
    replace(&delta, &old);
    assert!(matches!(made.open(), State::Absent));
    replace(&delta, &good);
    assert!(matches!(made.open(), State::Absent));
    fs::remove_file(&delta).expect("removed");
    assert!(matches!(made.open(), State::Absent));
    assert_eq!(made.keep(), Kept::Built);
    made.is_like_a_fresh_build();
    // One that stands where the index should.
    made.change(3000..3300, 13_000..13_300);
    assert_eq!(made.keep(), Kept::Extended);
    fs::copy(&delta, made.file()).expect("copied");
    assert!(matches!(made.open(), State::Absent));
}

#[test]
fn what_is_damaged_is_not_taken_over_into_a_new_file() {
    for changes in [252, 1200] {
        let mut made = Made::with(Shape::Clustered, 9000);
        made.keep();
        made.change(1..300, 10_001..10_300);
        assert_eq!(made.keep(), Kept::Extended);
        // A few changes are written with what the delta held, many with what both did.
        let file = if changes < 300 { delta_of(&made.file()) } else { made.file() };
        let mut bad = fs::read(&file).expect("a file");
        // Among the codes, every one of which is checked.
        let at = bad.len() / 4;
        bad[at] ^= 0x15;
        replace(&file, &bad);
        made.change(1000..1000 + changes, 11_000..11_000 + changes);
        assert_eq!(made.keep(), Kept::Built, "{changes}");
        made.is_like_a_fresh_build();
    }
}

#[test]
fn damage_is_noticed_wherever_it_is_and_answers_stay_right() {
    let mut made = Made::with(Shape::Clustered, 1500);
    made.keep();
    let good = fs::read(made.file()).expect("a file");
    let queries: Vec<Vec<f32>> = (0..12).map(|_| made.vector(Shape::Clustered)).collect();
    let mut noticed = 0;
    for part in 0..60 {
        let mut bad = good.clone();
        let at = part * (bad.len() - 1) / 59;
        bad[at] ^= 0x15;
        // Replaced, as only files that nobody has open may be written into.
        replace(&made.file(), &bad);
        let index = match made.open() {
            State::Damaged(what) => {
                assert!(what.contains("library.db.index-1 is damaged ("), "{what}");
                noticed += 1;
                continue;
            }
            State::Absent => {
                noticed += 1;
                continue;
            }
            State::Ready(index) => index,
        };
        for query in &queries {
            let exact = made.nearest(None, query, 700, &Admitted::default());
            let got = made.nearest(Some(&index), query, 700, &Admitted::default());
            if index.damage().is_some() {
                assert_eq!(got, exact, "damaged at {at}");
            }
        }
        noticed += usize::from(index.damage().is_some());
        // What no query came by is found where everything is checked.
        assert!(
            index
                .check(&made.library, made.fingerprint)
                .expect("checked")
                .is_some_and(|what| what.contains("is damaged (")),
            "damaged at {at}"
        );
    }
    assert!(noticed >= 40, "{noticed}");
    for length in [0, 5, 9, 1000, good.len() / 2, good.len() - 1] {
        replace(&made.file(), &good[..length]);
        assert!(matches!(made.open(), State::Damaged(_)), "cut to {length}");
    }
    let (header, _) = safetensors::SafeTensors::read_metadata(&good).expect("a header");
    assert_eq!(made.keep(), Kept::Built);
    assert!(content(&made.file()) == good[header + 8..], "repaired");
}

fn replace(path: &Path, bytes: &[u8]) {
    let beside = path.with_extension("new");
    fs::write(&beside, bytes).expect("a file");
    fs::rename(beside, path).expect("replaced");
}

#[test]
fn a_file_of_another_library_or_another_time_is_passed_over() {
    let mut one = Made::with(Shape::Clustered, 1000);
    let mut other = Made::with(Shape::Clustered, 1001);
    one.keep();
    other.keep();
    let own = fs::read(one.file()).expect("a file");
    let holds = content(&one.file());
    fs::copy(other.file(), one.file()).expect("copied");
    assert!(matches!(one.open(), State::Absent));
    assert_eq!(one.keep(), Kept::Built);
    assert!(content(&one.file()) == holds);
    // An old file put back after the library has moved on and forgotten what changed.
    let numbers: Vec<u32> = (1..=600).collect();
    one.remove(&numbers[..520]);
    assert_eq!(one.keep(), Kept::Built);
    replace(&one.file(), &own);
    assert!(matches!(one.open(), State::Absent));
}

#[test]
fn what_a_killed_build_leaves_is_removed_and_a_place_that_cannot_be_written_is_an_error() {
    let mut made = Made::with(Shape::Clustered, 1000);
    let left = made.path.with_file_name("library.db.index-1.4711");
    let others = made.path.with_file_name("library.db.index-1.backup");
    fs::write(&left, "half").expect("a file");
    fs::write(&others, "not ours").expect("a file");
    made.keep();
    assert!(!left.exists() && others.exists());

    fs::remove_file(made.file()).expect("removed");
    fs::create_dir(made.file()).expect("a folder in its place");
    let refused = Index::keep_from(
        &mut made.library,
        made.fingerprint,
        1,
        Some(Make { memory: Index::MEMORY, coded: &|_| (), check: &|| Ok(()) }),
    )
    .expect_err("no place");
    assert!(refused.to_string().contains("library.db.index-1"), "{refused}");
    let rest: Vec<_> = fs::read_dir(made.path.parent().expect("a folder")).expect("read").flatten().collect();
    assert!(rest.iter().all(|entry| !entry.file_name().to_string_lossy().contains(".index-1.1")), "{rest:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_the_index_that_there_was_serves_on() {
    let mut made = Made::with(Shape::Clustered, 6000);
    // What is written to this device finds no space.
    let full = |place: &Path| std::os::unix::fs::symlink("/dev/full", crate::files::beside(place)).expect("a link");
    let refused = |made: &mut Made| {
        let error = Index::keep_from(
            &mut made.library,
            made.fingerprint,
            1,
            Some(Make { memory: Index::MEMORY, coded: &|_| (), check: &|| Ok(()) }),
        )
        .expect_err("no space");
        assert!(error.to_string().contains("library.db.index-1"), "{error}");
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        assert!(source.contains("No space left on device"), "{source}");
        let files = fs::read_dir(made.path.parent().expect("a folder")).expect("read").flatten();
        let left = format!(".{}", std::process::id());
        assert!(files.into_iter().all(|entry| !entry.file_name().to_string_lossy().ends_with(&left)));
    };
    full(&made.file());
    refused(&mut made);
    assert!(matches!(made.open(), State::Absent));
    assert_eq!(made.keep(), Kept::Built);
    let base = fs::read(made.file()).expect("a file");
    made.change(1..300, 10_001..10_300);
    full(&delta_of(&made.file()));
    refused(&mut made);
    assert!(fs::read(made.file()).expect("a file") == base);
    assert!(!made.ready().changed().is_empty());
    assert!(made.recall(Shape::Clustered, 10, None) >= 0.995);
    assert_eq!(made.keep(), Kept::Extended);
    made.is_like_a_fresh_build();
}

#[test]
fn an_index_that_holds_other_papers_than_its_library_is_told() {
    let mut made = Made::with(Shape::Clustered, 1000);
    made.keep();
    made.remove(&[1, 2]);
    let vector = made.vector(Shape::Clustered);
    made.put(BTreeMap::from([(2000, vector)]));
    let told = |made: &Made| made.ready().check(&made.library, made.fingerprint).expect("checked");
    assert_eq!(told(&made), None);
    rusqlite::Connection::open(&made.path).and_then(|file| file.execute("DELETE FROM changes", [])).expect("forgotten");
    let what = told(&made).expect("a problem");
    assert!(what.contains("it holds 1000 papers where the library has 999"), "{what}");
}
