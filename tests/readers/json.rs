//! JSON as people and programs write it: every arrangement, every key set, and what is said of what
//! cannot be used.

use relata::Entry;
use relata::reader::Reading;

use super::{collect, show};

/// What an input gives, one line an entry: id, version, title, abstract, authors, categories, days;
/// then skips and notes.
fn told(input: &[u8]) -> Vec<String> {
    let (found, report) = collect("p.json", input).unwrap();
    let day = |day: Option<relata::PartialDate>| day.map_or_else(String::new, |day| day.to_string());
    let entry = |entry: &Entry| {
        let texts = [entry.title.as_deref().unwrap_or("-"), entry.abstract_text.as_deref().unwrap_or("-")];
        let (authors, categories) = (entry.authors.join("; "), entry.categories.join(" "));
        let days = format!("{} {}", day(entry.published), day(entry.updated));
        let fields = [texts[0], texts[1], &authors, &categories, days.trim()].join("|");
        format!("{} v{}|{}", entry.id, entry.precedence.version, fields.trim_end_matches('|'))
    };
    let lines = found.iter().map(|reading| match reading {
        Reading::Entry(one) => entry(one),
        Reading::Skipped(skipped) => skipped.to_string(),
    });
    lines.chain(report.notes.iter().map(|note| format!("note: {note}"))).collect()
}

const ONE: &str = r#"{"id": "2603.00001", "title": "Reeds", "summary": "Reeds bend."}"#;
const TWO: &str = r#"{"id": "2603.00002", "title": "Sedges", "summary": "Sedges stand."}"#;
const BOTH: [&str; 2] = ["2603.00001 v0|Reeds|Reeds bend.", "2603.00002 v0|Sedges|Sedges stand."];

#[test]
fn every_arrangement_of_two_papers_gives_both() {
    let pretty = |json: &str| {
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        serde_json::to_string_pretty(&value).unwrap()
    };
    let list = format!("[{ONE}, {TWO}]");
    let python = list.replace('"', "'").replace("}, ", ", 'doi': None, 'new': True}, ");
    for input in [
        format!("{ONE}\n{TWO}\n"),
        format!("{ONE}{TWO}"),
        format!("{ONE} {TWO}\n"),
        format!("{ONE}, {TWO}"),
        format!("\u{1e}{ONE}\n\u{1e}{TWO}\n"),
        format!("{ONE}\r{TWO}\r"),
        format!("{}\n{}\n", pretty(ONE), pretty(TWO)),
        list.clone(),
        pretty(&list),
        format!("[\n{ONE},\n{TWO}\n]\n"),
        format!("[{ONE}]\n[{TWO}]\n"),
        format!("{{\"total\": 2, \"results\": {list}}}"),
        format!("{{\"meta\": {{\"title\": \"A query\"}}, \"data\": {list}, \"next\": null}}"),
        pretty(&format!("{{\"feed\": {{\"title\": \"ArXiv Query\", \"entry\": {list}}}}}")),
        format!("{{\"papers\": {{\"2026-03-01\": [{ONE}], \"2026-03-02\": [{TWO}]}}}}"),
        format!("{{\"papers\": [\n{ONE},\n{TWO}\n]}}"),
        format!("[{{\"paper\": {ONE}, \"upvotes\": 3}}, {{\"paper\": {TWO}, \"upvotes\": 1}}]"),
        format!(
            "{{\"hits\": {{\"hits\": [{{\"_id\": \"a\", \"_source\": {ONE}}}, {{\"_id\": \"b\", \"_source\": {TWO}}}]}}}}"
        ),
        format!("[{{\"id\": 1, \"payload\": {ONE}}}, {{\"id\": 2, \"payload\": {TWO}}}]"),
        python,
    ] {
        assert_eq!(told(input.as_bytes()), BOTH, "{input}");
    }
}

#[test]
fn other_spellings_of_json_are_read() {
    for (input, expected) in [
        (
            r#"{"id": "2603.00003", "title": "Nan", "summary": "Text.", "doi": NaN, "score": -Infinity}"#,
            "2603.00003 v0|-|Text.",
        ),
        (
            r#"{"id": "2603.00003", "title": "First", "title": "Second", "summary": "Text."}"#,
            "2603.00003 v0|Second|Text.",
        ),
        (
            r#"{"id": "2603.00003", "title": "Half \ud83d a face", "summary": "\ud83d\ude00 Text."}"#,
            "2603.00003 v0|Half \u{fffd} a face|\u{1f600} Text.",
        ),
        (
            "{\"id\": \"2603.00003\", \"title\": \"Two\nlines\", \"summary\": \"Text\tand tab.\"}",
            "2603.00003 v0|Two lines|Text and tab.",
        ),
        (
            r"{'id': '2603.00003', 'title': 'It\'s', 'summary': '\\alpha is $\beta$', 'authors': ('A. Quill', 'B. Finn',)}",
            "2603.00003 v0|It's|\\alpha is $eta$|A. Quill; B. Finn",
        ),
        ("{\"id\": 2603.0003, \"title\": \"A number\", \"summary\": \"Text.\",}", "2603.00030 v0|A number|Text."),
    ] {
        assert_eq!(told(input.as_bytes()), [expected], "{input}");
    }
}

#[test]
fn a_broken_object_costs_no_other() {
    let cut = r#"{"id": "2603.00009", "title": "Cut"#;
    let cut_list = r#"{"id": "2603.00009", "authors": ["A. Quill", "#;
    for broken in [
        cut,
        cut_list,
        "{\"id\": \"2603.00009\", \"title\": tru}",
        "{\"id\": \"2603.00009\"",
        "hello \"world",
        "{",
        "{]",
    ] {
        let found = told(format!("{ONE}\n{broken}\n{TWO}\n").as_bytes());
        assert_eq!(found.len(), 3, "{broken}: {found:?}");
        assert_eq!([&*found[0], &*found[2]], BOTH, "{broken}");
        assert!(found[1].starts_with("p.json:2: no "), "{broken}: {}", found[1]);
    }
    let found = told(format!("[\n{ONE},\n{cut},\n{TWO}\n]").as_bytes());
    assert_eq!([&*found[0], &*found[2]], BOTH, "{found:?}");
    let ended = told(format!("[{ONE},\n{TWO},\n{cut}").as_bytes());
    assert_eq!((&ended[..2], ended.len()), (&BOTH.map(str::to_owned)[..], 3), "{ended:?}");
    assert_eq!(
        told(format!("[{ONE}, {TWO}").as_bytes())[2],
        "p.json:1: no valid JSON: the array ends or breaks off here"
    );
}

#[test]
fn key_sets_of_services_are_read() {
    let expected = "2603.00004 v1|Marsh Maps|We map marshes.|Ada Quill; Bo Finn|cs.LG stat.ML|2026-03-02";
    for input in [
        // arxiv.py
        r#"{"entry_id": "http://arxiv.org/abs/2603.00004v1", "updated": null, "published": "2026-03-02 17:59:59+00:00", "title": "Marsh Maps", "authors": ["Ada Quill", "Bo Finn"], "summary": "We map\nmarshes.", "primary_category": "cs.LG", "categories": ["cs.LG", "stat.ML"], "links": [{"href": "http://arxiv.org/abs/2603.00004v1"}]}"#,
        // feedparser
        r#"{"id": "http://arxiv.org/abs/2603.00004v1", "guidislink": true, "published": "2026-03-02T17:59:59Z", "published_parsed": [2026, 3, 2, 17, 59, 59, 0, 61, 0], "title": "Marsh Maps", "summary": "We map marshes.", "authors": [{"name": "Ada Quill"}, {"name": "Bo Finn"}], "author": "Bo Finn", "arxiv_primary_category": {"term": "cs.LG"}, "tags": [{"term": "cs.LG"}, {"term": "stat.ML"}]}"#,
        // an Atom feed by xmltodict
        r##"{"feed": {"entry": [{"id": "http://arxiv.org/abs/2603.00004v1", "published": "2026-03-02T17:59:59Z", "title": {"#text": "Marsh Maps"}, "summary": "We map marshes.", "author": [{"name": "Ada Quill"}, {"name": "Bo Finn"}], "arxiv:primary_category": {"@term": "cs.LG"}, "category": [{"@term": "cs.LG"}, {"@term": "stat.ML"}]}]}}"##,
        // OpenAlex
        r#"{"results": [{"id": "https://openalex.org/W1", "doi": "https://doi.org/10.48550/arxiv.2603.00004", "version": 1, "title": "Marsh Maps", "abstract_inverted_index": {"map": [1], "We": [0], "marshes.": [2]}, "authorships": [{"author": {"display_name": "Ada Quill"}}, {"author": {"display_name": "Bo Finn"}}], "publication_date": "2026-03-02", "categories": "cs.LG, stat.ML"}]}"#,
        // DataCite
        r#"{"data": [{"id": "10.48550/arxiv.2603.00004", "type": "dois", "attributes": {"titles": [{"title": "Marsh Maps"}], "descriptions": [{"description": "", "text": "We map marshes."}], "version": "1", "creators": [{"name": "Quill, Ada", "givenName": "Ada", "familyName": "Quill"}, {"name": "Finn, Bo", "givenName": "Bo", "familyName": "Finn"}], "subjects": [{"subject": "Machine Learning (cs.LG)"}, {"subject": "stat.ML"}], "published": "2026-03-02"}}]}"#,
    ] {
        assert_eq!(told(input.as_bytes()), [expected], "{input}");
    }
    // Semantic Scholar
    assert_eq!(
        told(br#"{"total": 1, "data": [{"paperId": "0f1e", "externalIds": {"ArXiv": "2603.00005", "CorpusId": 7}, "title": "Fens", "abstract": "Fens sink.", "tldr": {"model": "m", "text": "They sink."}, "authors": [{"authorId": "1", "name": "Ada Quill"}], "publicationDate": "2026-03-02"}]}"#),
        ["2603.00005 v0|Fens|Fens sink.|Ada Quill||2026-03-02"]
    );
    // Hugging Face's daily papers
    assert_eq!(
        told(br#"[{"paper": {"id": "2603.00006", "authors": [{"_id": "x", "name": "Ada Quill", "hidden": false}], "publishedAt": "2026-03-02T00:00:00.000Z", "title": "Tarns", "summary": "Tarns freeze.", "upvotes": 5}, "publishedAt": "2026-03-03T00:00:00.000Z", "title": "Tarns", "submittedBy": {"name": "someone", "type": "user"}}]"#),
        ["2603.00006 v0|Tarns|Tarns freeze.|Ada Quill||2026-03-02"]
    );
}

#[test]
fn values_of_another_type_are_read_or_named() {
    assert_eq!(
        told(br#"{"id": "2603.00007", "title": ["Silt"], "summary": ["Silt settles."], "authors": {"name": "Ada Quill"}, "categories": "cs.LG;cs.AI", "published": 1772409600, "updated": [2026, 3, 4, 8, 0, 0, 2, 63, 0]}"#),
        ["2603.00007 v0|Silt|Silt settles.|Ada Quill|cs.LG cs.AI|2026-03-02 2026-03-04"]
    );
    assert_eq!(
        told(br#"{"id": "2603.00007", "title": {"x": 1}, "summary": true, "authors": [3], "categories": ["Water"], "published": "soon"}"#),
        [
            "2603.00007 v0|-|-",
            "note: line 1: 2603.00007: could not be used: \"title\" is an object, \"summary\" is true or false, \"authors\" is a list, \"categories\" is a list, \"published\" is \"soon\"",
        ]
    );
    assert_eq!(
        told(br#"{"id": "2603.00008", "title": "nan", "summary": "None", "categories": ["cs.LG"]}"#),
        [
            "2603.00008 v0|-|-||cs.LG",
            "note: line 1: 2603.00008 has neither title nor abstract (\"title\" is \"nan\", \"summary\" is \"None\")"
        ]
    );
    let many: String = (0..150).map(|n| format!("{{\"id\": \"2603.{n:05}\", \"title\": true}}\n")).collect();
    let found = told(many.as_bytes());
    assert_eq!((found.len(), &*found[250]), (251, "note: 50 more entries have such fields"));
}

#[test]
fn an_array_of_any_size_is_read_one_paper_at_a_time() {
    let input = super::made(|part| match part {
        0 => Some(b"[".to_vec()),
        1..=40 => Some(format!("{{\"id\": \"2603.{part:05}\", \"title\": \"{}\"}},", "x".repeat(1 << 20)).into_bytes()),
        41 => Some(b"{\"id\": \"2603.00041\", \"title\": \"Last\"}]\n".to_vec()),
        _ => None,
    });
    let (found, report) = collect("p.json", input).unwrap();
    assert_eq!((report.entries, report.skipped), (1, 40));
    let Some(Reading::Skipped(first)) = found.first() else { panic!() };
    assert_eq!(first.to_string(), "p.json:1: the title has 1048576 bytes, at most 4096 are accepted");
}

#[test]
fn lines_that_are_not_utf8_are_read_and_said() {
    let shown = show("p.jsonl", b"{\"id\": \"2603.00001\", \"title\": \"Caf\xe9s\"}\n");
    let note =
        "note: line 1 is not UTF-8: read as Windows-1252 (Latin-1); save the file as UTF-8 where that is wrong\n";
    assert_eq!(
        shown,
        format!("1: 2603.00001 v0 - raw_jsonl\n  title: Caf\u{e9}s\nJSON lines: 1 entries, 0 skipped\n{note}")
    );
}

#[test]
fn boilerplate_and_markup_are_no_text() {
    let found = told(
        "{\"id\": \"2603.00001\", \"title\": \"Title: Caf&eacute;s <i>in</i> re\u{ad}eds\", \"summary\": \"arXiv:2603.00001v4 Announce Type: new \\nAbstract: <p>Re\u{200b}eds &lt; 3\u{e0041} m.</p>\", \"authors\": [\"Andr&eacute; Quill\"], \"categories\": [\"cs.LG\"]}"
            .as_bytes(),
    );
    assert_eq!(found, ["2603.00001 v4|Cafés in reeds|Reeds < 3 m.|André Quill|cs.LG"]);
    let authors = told(r#"{"id": "2603.00001", "title": "A", "authors": "Andr&eacute; Quill, Bo Finn"}"#.as_bytes());
    assert_eq!(authors, ["2603.00001 v0|A|-|André Quill; Bo Finn"]);
}

#[test]
fn a_day_stands_under_many_keys_and_may_be_a_month() {
    let published = |fields: &str| {
        let json = format!(r#"{{"id": "2603.00009", "title": "Eyots", "summary": "Eyots shift.", {fields}}}"#);
        told(json.as_bytes()).concat().trim_start_matches("2603.00009 v0|Eyots|Eyots shift.").replace('|', "")
    };
    for fields in [
        r#""published_parsed": [2026, 3, 2, 17, 59, 59, 0, 61, 0]"#,
        r#""submitted_date": "2 March 2026""#,
        r#""date": "2026/03/02""#,
        r#""publicationDate": "2026-03-02""#,
        r#""publication_date": "02-Mar-2026""#,
        r#""created": 1772409600"#,
        r#""announced": "20260302""#,
        r#""published": "13.2.", "date": "2026-03-02""#,
    ] {
        assert!(published(fields).starts_with("2026-03-02"), "{fields}: {}", published(fields));
    }
    for fields in [r#""published": "2026-03""#, r#""announced": "March 2026""#, r#""publicationDate": [2026, 3]"#] {
        assert_eq!(published(fields), "2026-03", "{fields}");
    }
    assert_eq!(
        published(r#""published": "2026""#),
        "note: line 1: 2603.00009: could not be used: \"published\" is \"2026\"",
        "a year is no month"
    );
    let versions = |list: &str| {
        let json =
            format!(r#"{{"id": "2603.00009", "title": "Eyots", "abstract": "Eyots shift.", "versions": [{list}]}}"#);
        told(json.as_bytes()).concat()
    };
    let first = r#"{"version": "v1", "created": "Mon, 2 Mar 2026 08:00:00 GMT"}"#;
    let second = r#"{"version": "v2", "created": "Tue, 7 Apr 2026 08:00:00 GMT"}"#;
    let whole = "2603.00009 v2|Eyots|Eyots shift.|||2026-03-02 2026-04-07";
    assert_eq!(versions(&format!("{first}, {second}")), whole);
    assert_eq!(versions(second), "2603.00009 v2|Eyots|Eyots shift.|||2026-04-07", "no day of a first version");
}
