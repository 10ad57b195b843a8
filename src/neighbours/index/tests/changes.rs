//! What comes and goes after an index was made.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

#[test]
fn changes_are_seen_at_once_and_taken_in_without_a_new_build() {
    let mut made = Made::with(Shape::Clustered, 3000);
    made.keep();
    let query = made.vectors[&77].clone();
    // 77 goes, 78 becomes what 77 was, 3001 comes.
    made.remove(&[77]);
    made.put(BTreeMap::from([(78, query.clone()), (3001, query.clone())]));
    let index = made.ready();
    assert_eq!(index.changed().len(), 4, "a row for each, and the old one of 78");
    let first = |index: &Index, made: &Made| -> BTreeSet<String> {
        made.nearest(Some(index), &query, 2, &Admitted::default()).into_iter().map(|found| found.0).collect()
    };
    let expected = BTreeSet::from(["2601.00078".to_owned(), "2601.03001".to_owned()]);
    assert_eq!(first(&index, &made), expected);
    assert_eq!(made.keep(), Kept::Good, "so few are no reason to write the file again");

    // Enough changes, in an order of their own: what is taken in answers as a fresh build does.
    for round in 0..4 {
        let numbers: Vec<u32> = (0..200).map(|_| made.random.u32(100..3000)).collect();
        made.remove(&numbers);
        let vectors = (0..150).map(|n| (4000 + round * 150 + n, made.vector(Shape::Clustered))).collect();
        made.put(vectors);
    }
    assert!(made.recall(Shape::Clustered, 10, None) >= 0.995, "before the index is renewed");
    assert_eq!(made.keep(), Kept::Built, "more than an eighth");
    assert_eq!(first(&made.ready(), &made), expected);
    made.is_like_a_fresh_build();

    // Twice as many: cells are made anew.
    let vectors = (6000..10_000).map(|n| (n, made.vector(Shape::Random))).collect();
    made.put(vectors);
    assert_eq!(made.keep(), Kept::Built);
    assert!(made.recall(Shape::Random, 10, None) >= 0.995);
}

#[test]
fn some_hundred_changes_go_into_a_delta_and_leave_the_rest_as_it_is() {
    let mut made = Made::with(Shape::Clustered, 9000);
    made.keep();
    let base = fs::read(made.file()).expect("a file");
    let delta = delta_of(&made.file());
    made.change(1..300, 10_001..10_300);
    assert_eq!(made.keep(), Kept::Extended);
    assert!(fs::read(made.file()).expect("a file") == base && delta.exists());
    made.is_like_a_fresh_build();

    // Some of what the delta holds changes again, and some of it goes.
    made.change(10_001..10_050, 10_100..10_150);
    assert!(!made.ready().changed().is_empty());
    assert_eq!(made.keep(), Kept::Good);
    assert!(made.recall(Shape::Clustered, 10, None) >= 0.995, "before they are taken in");
    made.change(300..600, 10_400..10_500);
    assert_eq!(made.keep(), Kept::Extended);
    assert!(fs::read(made.file()).expect("a file") == base);
    made.is_like_a_fresh_build();

    let vector = made.vectors[&700].clone();
    made.remove(&(600..1110).collect::<Vec<u32>>());
    assert_eq!(made.keep(), Kept::Built, "an eighth has changed by now");
    assert!(!delta.exists());
    made.is_like_a_fresh_build();
    let gone = made.library.row_of(&id(700)).expect("read");
    let nearest = made.nearest(Some(&made.ready()), &vector, 3, &Admitted::default());
    assert!(gone.is_none() && nearest.iter().all(|(id, _)| id != "2601.00700"), "{nearest:?}");
}

#[test]
fn a_field_that_is_new_is_found_before_cells_are_made_for_it() {
    let mut made = Made::with(Shape::Clustered, 9000);
    made.keep();
    let field = |made: &mut Made| {
        let noise = made.vector(Shape::Random);
        unit(noise.iter().enumerate().map(|(at, x)| x + [0.2, -0.2][at % 2]).collect::<Vec<f32>>())
    };
    let vectors = (10_001..10_900).map(|number| (number, field(&mut made))).collect();
    made.put(vectors);
    assert_eq!(made.keep(), Kept::Extended);
    let index = made.ready();
    assert_eq!(index.changed(), []);
    for k in [10, 100] {
        let mut found = 0;
        for _ in 0..50 {
            let query = field(&mut made);
            let names = |index| {
                let nearest = made.nearest(index, &query, k, &Admitted::default());
                nearest.into_iter().take(k).map(|found| found.0).collect::<BTreeSet<String>>()
            };
            found += names(Some(&index)).intersection(&names(None)).count();
        }
        assert!(found as f64 >= 0.995 * 50.0 * k as f64, "{found} of {}", 50 * k);
    }
    // Papers that went leave no gap that a build would have to fill.
    made.remove(&(1..1500).collect::<Vec<u32>>());
    let refreshed = Index::keep_from(&mut made.library, made.fingerprint, 1, None).expect("kept");
    assert_eq!(refreshed, Kept::Extended, "more than an eighth has changed, and nothing new was asked for");
    made.is_like_a_fresh_build();
}

#[test]
fn a_delta_may_hold_nothing_but_what_is_outdated() {
    let mut made = Made::with(Shape::Clustered, 9000);
    made.keep();
    made.remove(&(600..1110).collect::<Vec<u32>>());
    assert_eq!(made.keep(), Kept::Extended);
    assert_eq!(made.ready().held().expect("sound").len(), 8490);
    made.is_like_a_fresh_build();
}

#[test]
fn to_refresh_an_index_makes_none() {
    let mut made = Made::with(Shape::Clustered, 6000);
    let refresh = |made: &mut Made| Index::keep_from(&mut made.library, made.fingerprint, 1, None).expect("kept");
    assert_eq!(refresh(&mut made), Kept::Needless);
    assert!(!made.file().exists());
    made.keep();
    made.change(1..300, 10_001..10_300);
    assert_eq!(refresh(&mut made), Kept::Extended);
    made.is_like_a_fresh_build();
    // So few are left that cells are to be made anew.
    made.remove(&(300..4000).collect::<Vec<u32>>());
    assert_eq!(refresh(&mut made), Kept::Good);
    assert_eq!(made.ready().changed().len(), 3700);
    assert_eq!(made.keep(), Kept::Built);
    made.is_like_a_fresh_build();
}

#[test]
fn an_index_that_is_no_longer_needed_goes_with_its_files() {
    let mut made = Made::with(Shape::Clustered, 6000);
    made.keep();
    made.change(1..300, 10_001..10_300);
    assert_eq!(made.keep(), Kept::Extended);
    let kept = Index::keep_from(
        &mut made.library,
        made.fingerprint,
        7000,
        Some(Make { memory: Index::MEMORY, coded: &|_| (), check: &|| Ok(()) }),
    )
    .expect("kept");
    assert_eq!(kept, Kept::Needless);
    assert!(matches!(made.open(), State::Absent));
    assert!(!made.file().exists() && !delta_of(&made.file()).exists());
    made.change(300..310, 10_301..10_310);
    assert_eq!(made.library.changed_since(made.fingerprint, 0).expect("read"), []);
    assert_eq!(made.keep(), Kept::Built);
    made.is_like_a_fresh_build();
}

#[test]
fn of_two_builds_at_once_the_one_that_ends_first_stays() {
    let mut made = Made::with(Shape::Clustered, 1000);
    let (path, fingerprint, vector) = (made.path.clone(), made.fingerprint, made.vector(Shape::Clustered));
    let other = OnceLock::new();
    // While the first codes its papers, another process adds one and makes an index.
    let meanwhile = |_| {
        other.get_or_init(|| {
            let mut other = Made {
                _folder: tempfile::TempDir::new().expect("a folder"),
                path: path.clone(),
                library: Library::open(&path).expect("the library"),
                fingerprint,
                random: fastrand::Rng::with_seed(9),
                vectors: BTreeMap::new(),
            };
            other.put(BTreeMap::from([(2000, vector.clone())]));
            other.keep()
        });
    };
    let kept = Index::keep_from(
        &mut made.library,
        fingerprint,
        1,
        Some(Make { memory: Index::MEMORY, coded: &meanwhile, check: &|| Ok(()) }),
    )
    .expect("kept");
    assert_eq!((kept, other.get()), (Kept::Good, Some(&Kept::Built)));
    let index = made.ready();
    assert_eq!((index.held().expect("sound").len(), index.changed()), (1001, [].as_slice()));
    let nearest = made.nearest(Some(&index), &vector, 1, &Admitted::default());
    assert_eq!(nearest[0].0, "2601.02000");
    let files = fs::read_dir(made.path.parent().expect("a folder")).expect("read").flatten();
    let indexes = files.filter(|entry| entry.file_name().to_string_lossy().contains(".index-")).count();
    assert_eq!(indexes, 1, "nothing is left beside it");
}
