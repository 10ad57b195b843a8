//! Texts of profiles: each once, and none beside its paper.

use super::*;
use crate::library::{FingerprintText, Opinion, Outcome};
use crate::paper::{Entry, Precedence, SourceKind};

fn id(text: &str) -> ArxivId {
    ArxivId::parse(text).expect("an id").0
}

fn day(text: &str) -> Date {
    text.parse().expect("a date")
}

fn text(title: &str) -> ProfileText {
    ProfileText {
        title: title.to_owned(),
        abstract_text: format!("On {title}."),
        source: "mine.bib".to_owned(),
        noted: day("2026-01-31"),
        ..ProfileText::default()
    }
}

fn with_id(title: &str, of: &str) -> ProfileText {
    ProfileText { ids: [id(of)].into(), ..text(title) }
}

fn with_doi(title: &str, doi: &str) -> ProfileText {
    ProfileText { doi: Some(doi.to_owned()), ..text(title) }
}

fn identified(texts: impl IntoIterator<Item = ProfileText>) -> Vec<ProfileText> {
    texts.into_iter().map(|text| text.identified().expect("a key")).collect()
}

fn entry(of: &str, title: Option<&str>, doi: Option<&str>) -> Entry {
    let mut entry = Entry::new(id(of), Precedence { version: 1, date: None, kind: SourceKind::RawJsonl }, 1);
    entry.title = title.map(str::to_owned);
    entry.doi = doi.map(str::to_owned);
    entry
}

#[test]
fn a_key_is_the_id_the_doi_or_the_letters_of_the_title() {
    let key = |text: ProfileText| text.identified().map(|text| text.key);
    let both = ProfileText { doi: Some("10.1/A".into()), ..with_id("Ice", "2601.00002") };
    assert_eq!(key(both).as_deref(), Some("2601.00002"));
    assert_eq!(key(with_doi("Ice", "10.1/AbC")).as_deref(), Some("doi:10.1/abc"));
    assert_eq!(key(text("Slow Ice: A Survey")).as_deref(), Some("title:slowiceasurvey"));
    assert_eq!(key(text("…")), None);
}

#[test]
fn a_text_that_comes_again_is_the_same_and_says_what_was_said_last() {
    let mut library = Library::in_memory().expect("a library");
    let first = ProfileText { abstract_text: String::new(), interest: Some(2), ..text("Slow ice") };
    let added = library.add_texts("me", &identified([first, text("Snow")])).expect("added");
    assert!(added.iter().all(|added| added.new));
    let again = ProfileText { noted: day("2026-02-02"), ..with_doi("Slow Ice.", "10.1/x") };
    let by_doi = with_doi("Slow ice, revised", "10.1/X");
    let added = library.add_texts("me", &identified([again, by_doi, text("Snow")])).expect("added");
    let known = |key: &str| AddedText { key: key.to_owned(), new: false };
    assert_eq!(added, [known("title:slowice"), known("title:slowice"), known("title:snow")]);
    let texts = library.profile_texts("me").expect("read");
    assert_eq!(texts.len(), 2);
    assert_eq!(
        (texts[0].title.as_str(), texts[0].abstract_text.as_str()),
        ("Slow ice, revised", "On Slow ice, revised.")
    );
    assert_eq!((texts[0].interest, texts[0].noted), (Some(2), day("2026-01-31")));
    assert_eq!(library.profile_texts("you").expect("read"), []);
    assert_eq!(library.check().expect("checked"), []);
}

#[test]
fn a_text_gives_way_to_its_paper_by_id_doi_and_title() {
    let mut library = Library::in_memory().expect("a library");
    library.set_opinions("you", &[(id("2601.00001"), Some(Opinion::Disliked))]).expect("noted");
    let pinned = ProfileText { interest: Some(4), ..with_id("Slow ice", "2601.00001") };
    let mine = identified([pinned, with_doi("Snow", "10.1/Snow"), text("On Rain"), text("Hail")]);
    library.add_texts("me", &mine).expect("added");
    library.add_texts("you", &identified([with_id("Slow ice", "2601.00001")])).expect("added");
    // An id alone says less than the text does.
    library.merge(&[entry("2601.00001", None, None)]).expect("merged");
    assert_eq!(library.profile_texts("me").expect("read").len(), 4);
    let papers = [
        entry("2601.00001", Some("Another title"), None),
        entry("2601.00002", Some("Other"), Some("10.1/SNOW")),
        entry("2601.00003", Some("On rain"), None),
        entry("2601.00004", Some("On snowfall"), None),
    ];
    let outcomes = library.merge(&papers).expect("merged");
    assert_eq!(outcomes, [Outcome::Updated, Outcome::Added, Outcome::Added, Outcome::Added]);
    let profile = library.profile("me").expect("read");
    assert_eq!(profile.like, [id("2601.00001"), id("2601.00002"), id("2601.00003")]);
    assert_eq!(profile.noted[&id("2601.00003")], day("2026-01-31"));
    assert_eq!(profile.interests, [(id("2601.00001"), 4)].into());
    let left: Vec<&str> = profile.texts.iter().map(|text| text.key.as_str()).collect();
    assert_eq!(left, ["title:hail"]);
    // What was said of the paper itself holds.
    let you = library.profile("you").expect("read");
    assert_eq!((you.like, you.unlike, you.texts), (vec![], vec![id("2601.00001")], vec![]));
    assert_eq!(library.check().expect("checked"), []);
}

#[test]
fn the_order_of_a_batch_does_not_decide_which_paper_a_text_gives_way_to() {
    let mine = identified([text("Slow ice"), with_doi("Snow", "10.1/snow"), with_id("Rain", "2601.00008")]);
    let papers = [
        entry("2601.00002", Some("Slow Ice"), None),
        entry("2601.00001", Some("Slow ice"), None),
        // A DOI says more than a title, and an id more than both.
        entry("2601.00003", Some("Snow"), None),
        entry("2601.00004", Some("On snowfall"), Some("10.1/SNOW")),
        entry("2601.00009", Some("Rain"), None),
        entry("2601.00008", Some("Rain, revised"), None),
    ];
    let mut backwards = papers.to_vec();
    backwards.reverse();
    for papers in [papers.to_vec(), backwards] {
        let mut library = Library::in_memory().expect("a library");
        library.add_texts("me", &mine).expect("added");
        library.merge(&papers).expect("merged");
        let profile = library.profile("me").expect("read");
        let liked = [id("2601.00001"), id("2601.00004"), id("2601.00008")];
        assert_eq!((profile.like, profile.texts), (liked.to_vec(), vec![]));
        assert_eq!(library.check().expect("checked"), []);
    }
}

#[test]
fn a_text_that_names_an_id_is_not_another_paper_of_its_title() {
    let mut library = Library::in_memory().expect("a library");
    library.add_texts("me", &identified([with_id("Slow ice", "2601.00001")])).expect("added");
    library.merge(&[entry("2601.00009", Some("Slow ice"), None)]).expect("merged");
    assert_eq!(library.profile("me").expect("read").like, []);
}

#[test]
fn vectors_go_with_the_last_profile_that_has_the_text() {
    let mut library = Library::in_memory().expect("a library");
    let fingerprint = FingerprintText { digest: "d".into(), model: "m".into(), description: "x".into(), dimension: 2 };
    let number = library.ensure_fingerprint(&fingerprint).expect("a number");
    let texts = identified([text("Slow ice"), text("Snow")]);
    library.add_texts("me", &texts).expect("added");
    library.add_texts("you", &texts[..1]).expect("added");
    let passages: Vec<String> = texts.iter().map(ProfileText::passage).collect();
    let new: Vec<(&str, &[f32])> = passages.iter().map(|passage| (passage.as_str(), [0.6, 0.8].as_slice())).collect();
    library.store_text_vectors(number, &new).expect("stored");
    let stored = |library: &Library| {
        let vectors = library.text_vectors(number, &passages).expect("read");
        vectors.into_iter().map(|vector| vector == Some(vec![0.6, 0.8])).collect::<Vec<_>>()
    };
    assert_eq!(stored(&library), [true, true]);
    let removed = library.remove_profile("me").expect("removed");
    assert_eq!((removed.papers, removed.texts), (0, 2));
    assert_eq!(stored(&library), [true, false]);
    assert_eq!(
        library.remove_texts("you", &["title:slowice".to_owned(), "title:none".to_owned()]).expect("removed"),
        1
    );
    assert_eq!(stored(&library), [false, false]);
    assert!(library.profiles().expect("read").is_empty());
    assert_eq!(library.check().expect("checked"), []);
}
