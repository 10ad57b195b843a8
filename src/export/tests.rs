//! What is written is read again: by the readers of digests, and by those of references.

use std::collections::BTreeMap;
use std::fs;

use super::*;
use crate::library::Library;
use crate::paper::{Entry, Metadata};
use crate::reader::{Reading, read_from};
use crate::references;
use crate::{ArxivId, Precedence, SourceKind};

/// Two papers with all that makes forms stumble.
pub(super) fn papers() -> Vec<Paper> {
    let mut library = Library::in_memory().expect("a library");
    let precedence = Precedence { version: 2, date: None, kind: SourceKind::EnhancedJsonl };
    let id = |text: &str| ArxivId::parse(text).expect("an id").0;
    let facet = |facet: Facet, text: &str| (("en".to_owned(), facet), text.to_owned());
    let first = Entry {
        metadata: Metadata {
            title: Some("Slow & steady: 5% of {ice} <moves>, $x_1^2$ \"or\" [not]".to_owned()),
            abstract_text: Some("We measure glaciers; \"A & B\" moved 5%. They are <slow>.".to_owned()),
            authors: vec!["Ada de la Cruz".to_owned(), "Ice and Snow Group".to_owned(), "Łukasz Ž".to_owned()],
            published: Some("2026-02-10".parse().expect("a date")),
            comment: Some("12 pages".to_owned()),
            doi: Some("10.1000/xyz123".to_owned()),
            license: Some("http://creativecommons.org/licenses/by/4.0/".to_owned()),
            ..Metadata::default()
        },
        categories: vec!["cs.LG".to_owned(), "physics.ao-ph".to_owned()],
        summaries: BTreeMap::from([
            facet(Facet::Tldr, "Ice moves slowly in this work."),
            facet(Facet::Motivation, "Nobody looked at the ice before."),
            facet(Facet::Method, "We look at it with a camera."),
            facet(Facet::Result, "It moves five percent of the time."),
            facet(Facet::Conclusion, "More cameras are needed for this."),
        ]),
        ..Entry::new(id("2602.10611"), precedence, 1)
    };
    let second = Entry {
        metadata: Metadata {
            title: Some("An old { one".to_owned()),
            authors: vec!["X. Y. Zhang".to_owned()],
            ..Metadata::default()
        },
        categories: vec!["hep-th".to_owned()],
        ..Entry::new(id("hep-th/9901001"), precedence, 1)
    };
    library.merge(&[first, second]).expect("merged");
    ["2602.10611", "hep-th/9901001"].map(|text| library.paper(&id(text)).expect("read").expect("there")).to_vec()
}

fn written(form: Form, papers: &[Paper]) -> String {
    let why = |paper: &Paper| format!("like 2601.00001; shares ice & snow in {}", paper.id);
    let chosen: Vec<Chosen<'_>> = papers
        .iter()
        .map(|paper| Chosen { paper, score: Some(12.5), matched: Some(81.25), text: None, why: why(paper) })
        .collect();
    let mut out = Vec::new();
    let heading = Heading { title: "New papers for New & near".to_owned(), command: "today", name: "New & near" };
    write(form, &heading, &chosen, &mut out).expect("written");
    String::from_utf8(out).expect("UTF-8")
}

fn entries(name: &str, text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let report = read_from(name.as_ref(), text.as_bytes(), &mut |reading| {
        match reading {
            Reading::Entry(entry) => entries.push(*entry),
            Reading::Skipped(skipped) => panic!("{skipped:?}"),
        }
        Ok(())
    });
    assert_eq!(report.expect("read").notes, Vec::<String>::new());
    entries
}

#[test]
fn digests_are_read_again() {
    let papers = papers();
    for (form, name) in [(Form::Markdown, "2026-02-11.md"), (Form::Jsonl, "2026-02-11_AI_enhanced_English.jsonl")] {
        let text = written(form, &papers);
        let read = entries(name, &text);
        assert_eq!(read.len(), 2, "{text}");
        for (entry, paper) in read.iter().zip(&papers) {
            assert_eq!(entry.id, paper.id);
            assert_eq!(entry.title, paper.title, "{text}");
            assert_eq!(entry.abstract_text, paper.abstract_text);
            // In a digest's line of authors, "and" stands between two.
            let names = |authors: &[String]| match form {
                Form::Markdown => authors.join(", ").replace(" and ", ", "),
                _ => authors.join(", "),
            };
            assert_eq!(names(&entry.authors), names(&paper.authors));
            assert_eq!(entry.categories.first(), paper.categories.first());
            assert_eq!(entry.summaries, paper.summaries, "{text}");
        }
        if form == Form::Jsonl {
            assert_eq!(read[0].categories, papers[0].categories);
            assert_eq!(read[0].comment, papers[0].comment);
            assert_eq!(read[0].license, papers[0].license);
            let line: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
            let why = "like 2601.00001; shares ice & snow in 2602.10611";
            assert_eq!(line["relata"], serde_json::json!({ "rank": 1, "score": 12.5, "why": why, "match": 81.3 }));
        }
    }
}

#[test]
fn references_are_read_again() {
    let papers = papers();
    let folder = tempfile::TempDir::new().expect("a folder");
    for (form, name) in [(Form::Bibtex, "new.bib"), (Form::Ris, "new.ris"), (Form::Csv, "new.csv")] {
        let text = written(form, &papers);
        let path = folder.path().join(name);
        fs::write(&path, &text).expect("written");
        let read: Vec<_> =
            references::read(&path).expect("read").entries.into_iter().map(|read| read.expect("an entry")).collect();
        assert_eq!(read.len(), 2, "{text}");
        for (reference, paper) in read.iter().zip(&papers) {
            assert_eq!(reference.ids.iter().collect::<Vec<_>>(), [&paper.id], "{text}");
            assert_eq!(reference.doi, paper.doi, "{text}");
        }
    }
}

#[test]
fn bibtex_and_ris_keep_names_and_braces_in_order() {
    let papers = papers();
    let bibtex = written(Form::Bibtex, &papers);
    assert!(bibtex.contains(r#"title = {Slow \& steady: 5\% of {ice} <moves>, $x_1^2$ "or" [not]},"#), "{bibtex}");
    assert!(bibtex.contains("author = {Ada de la Cruz and {Ice and Snow Group} and Łukasz Ž},"), "{bibtex}");
    assert!(bibtex.contains("title = {An old  one},"), "a brace that nothing closes is left out: {bibtex}");
    assert!(!bibtex.contains("abstract = {},"));
    let license = "  copyright = {http://creativecommons.org/licenses/by/4.0/},\n";
    assert_eq!(bibtex.matches("copyright").count(), 1);
    assert!(bibtex.contains(license), "{bibtex}");
    let ris = written(Form::Ris, &papers);
    assert!(ris.contains("AU  - Cruz, Ada de la\nAU  - Group, Ice and Snow\n"), "{ris}");
    assert!(ris.contains("PY  - 2026\nDA  - 2026/02/10\n"), "{ris}");
    assert!(ris.contains("PY  - 1999\nDA  - 1999/01//\nUR  - "), "no day where none was told: {ris}");
    assert!(bibtex.contains("year = {1999},"), "{bibtex}");
}

#[test]
fn the_feed_is_well_formed_and_the_same_every_time() {
    let papers = papers();
    let feed = written(Form::Atom, &papers);
    assert_eq!(feed, written(Form::Atom, &papers));
    let mut reader = quick_xml::Reader::from_str(&feed);
    let mut names = Vec::new();
    loop {
        match reader.read_event().expect("well-formed") {
            quick_xml::events::Event::Start(tag) => {
                names.push(tag.name().as_ref().to_owned());
            }
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(names.iter().filter(|name| *name == "entry").count(), 2);
    assert_eq!(feed.matches("<rights>http://creativecommons.org/licenses/by/4.0/</rights>").count(), 1, "{feed}");
    // RFC 4287: feed and entries have exactly one id, title and updated each.
    for needed in ["id", "title", "updated"] {
        assert_eq!(names.iter().filter(|name| *name == needed).count(), 3, "{needed}");
    }
    assert!(feed.contains("<title>New papers for New &amp; near</title>") && feed.contains("&lt;moves&gt;"), "{feed}");
    assert!(feed.contains("<updated>2026-02-10T00:00:00Z</updated>"), "{feed}");
}

#[test]
fn what_would_break_an_entry_is_left_out() {
    let mut paper = papers().remove(0);
    let mut title = |text: &str| {
        paper.title = Some(text.to_owned());
        let bibtex = written(Form::Bibtex, std::slice::from_ref(&paper));
        let line = bibtex.lines().find(|line| line.starts_with("  title")).expect("a title");
        line.strip_prefix("  title = {").and_then(|line| line.strip_suffix("},")).expect("one line").to_owned()
    };
    assert_eq!(title(r"Ends in \"), "Ends in ");
    assert_eq!(title(r"Ends in \\"), r"Ends in \\");
    assert_eq!(title(r"The set \{ of 5%"), r"The set  of 5\%");
    assert_eq!(title(r"The sets \{1\} and {2}"), r"The sets \{1\} and {2}");
    assert_eq!(title("Two\nlines"), "Two lines");
    paper.doi = Some("10.1000/a}b".to_owned());
    paper.authors = vec!["And Ulus".to_owned(), "Ice AND Snow".to_owned(), "Sandy Anders".to_owned()];
    let bibtex = written(Form::Bibtex, std::slice::from_ref(&paper));
    assert!(bibtex.contains("doi = {10.1000/ab},"), "{bibtex}");
    assert!(bibtex.contains("author = {{And Ulus} and {Ice AND Snow} and Sandy Anders},"), "{bibtex}");
}

#[test]
fn a_feed_holds_only_what_xml_has_a_place_for_and_is_known_by_its_profile() {
    let mut paper = papers().remove(1);
    paper.title = Some("Ice\u{fffe} and\u{1} snow\u{ffff}".to_owned());
    paper.updated = Some("2026-03-01".parse().expect("a date"));
    let feed = written(Form::Atom, &[papers().remove(0), paper]);
    assert!(feed.contains("<title>Ice and snow</title>"), "{feed}");
    assert!(feed.contains("<id>urn:relata:today:New%20%26%20near</id>"), "{feed}");
    let updated: Vec<&str> = feed.lines().filter(|line| line.contains("<updated>")).map(str::trim).collect();
    let on = |day: &str| format!("<updated>{day}T00:00:00Z</updated>");
    assert_eq!(updated, [on("2026-03-01"), on("2026-02-10"), on("2026-03-01")]);
    assert_eq!(feed.matches("<published>").count(), 1, "only where it is known");
}

#[test]
fn where_only_a_month_is_known_no_form_tells_a_day() {
    let mut papers = papers();
    papers[0].metadata.published = "2026-02".parse().ok();
    papers[0].date = "2026-02".parse().expect("a month");
    let bibtex = written(Form::Bibtex, &papers);
    assert!(bibtex.contains("year = {2026},") && bibtex.contains("year = {1999},"), "{bibtex}");
    assert!(!bibtex.contains("2026-02") && !bibtex.contains("day ="), "{bibtex}");
    let ris = written(Form::Ris, &papers);
    let dates: Vec<&str> = ris.lines().filter(|line| line.starts_with("DA") || line.starts_with("PY")).collect();
    assert_eq!(dates, ["PY  - 2026", "DA  - 2026/02//", "PY  - 1999", "DA  - 1999/01//"]);
    let table = written(Form::Csv, &papers);
    let mut rows = csv::Reader::from_reader(table.as_bytes());
    let dates: Vec<String> = rows.records().map(|row| row.expect("a row")[4].to_owned()).collect();
    assert_eq!(dates, ["2026-02", "1999-01"]);
    let feed = written(Form::Atom, &papers);
    assert!(!feed.contains("<published>"), "{feed}");
    // A feed must name a time of change.
    assert_eq!(feed.matches("<updated>2026-02-01T00:00:00Z</updated>").count(), 2, "{feed}");
    let page = written(Form::Html, &papers);
    assert!(page.contains("2026-02") && !page.contains("2026-02-"), "{page}");
}

#[test]
fn a_page_shows_texts_as_they_are_and_leads_nowhere_but_to_arxiv() {
    let mut papers = papers();
    let hostile = "<script>alert(1)</script> & \"quoted\" javascript:alert(1)";
    papers[0].title = Some(hostile.to_owned());
    papers[0].authors = vec!["<img src=x onerror=alert(1)>".to_owned()];
    papers[0].categories = vec!["<b>".to_owned()];
    let chosen = [
        Chosen {
            paper: &papers[0],
            score: Some(1.0),
            matched: Some(87.4),
            text: Some("<i>\u{51b0}\u{5ddd}</i>"),
            why: "like <a>".to_owned(),
        },
        Chosen { paper: &papers[1], score: Some(1.0), matched: None, text: None, why: String::new() },
    ];
    let heading = Heading { title: "Papers for <me>".to_owned(), command: "today", name: "me" };
    let mut out = Vec::new();
    write(Form::Html, &heading, &chosen, &mut out).expect("written");
    let page = String::from_utf8(out).expect("UTF-8");
    assert!(page.starts_with("<!doctype html>\n<html lang=\"en\">") && page.ends_with("</html>\n"), "{page}");
    assert!(page.contains("&#60;script&#62;alert(1)&#60;/script&#62; &#38; &#34;quoted&#34;"), "{page}");
    for raw in ["<script", "<img", "<b>.", "<i>", "<a>", "<me>"] {
        assert!(!page.contains(raw), "{raw}: {page}");
    }
    let links: Vec<&str> = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(links, ["https://arxiv.org/abs/2602.10611", "https://arxiv.org/abs/hep-th/9901001"]);
    assert!(!page.contains("src=\"") && !page.contains("url("), "nothing is loaded: {page}");
    assert!(page.contains("<b>87</b>") && page.contains("<time datetime=\"2026-02-10\">2026-02-10</time>"), "{page}");
    assert_eq!(page.matches("<article>").count(), 2);
    assert!(page.contains("title=\"unknown\"") && page.contains(" lang=\"zh\""), "{page}");
    let mut none = Vec::new();
    write(Form::Html, &heading, &[], &mut none).expect("written");
    assert!(String::from_utf8(none).expect("UTF-8").contains("There is no paper to show."));
}

/// The first paper read, with two tags and a note; the second as it is.
fn annotated() -> Vec<Paper> {
    let mut papers = papers();
    papers[0].annotations = Annotations {
        note: Some("See <figure 3> & \"section 4\".".to_owned()),
        tags: vec!["Sea ice".to_owned(), "to <cite>".to_owned()],
        read: true,
    };
    papers
}

#[test]
fn what_the_user_says_of_a_paper_stands_in_every_form() {
    let papers = annotated();
    let page = written(Form::Html, &papers);
    let own = "read \u{b7} tags Sea ice, to &#60;cite&#62; \u{b7} note See &#60;figure 3&#62; &#38; \
               &#34;section 4&#34;.";
    assert!(page.contains(&format!("<p class=\"own\">{own}</p>")), "{page}");
    assert_eq!(page.matches("class=\"own\"").count(), 1, "{page}");

    let feed = written(Form::Atom, &papers);
    assert!(feed.contains("<category term=\"Sea ice\" scheme=\"urn:relata:tag\"/>"), "{feed}");
    assert!(feed.contains("<category term=\"to &lt;cite&gt;\" scheme=\"urn:relata:tag\"/>"), "{feed}");
    let own = "2602.10611\n\nread \u{b7} tags Sea ice, to &lt;cite&gt; \u{b7} note See &lt;figure 3&gt; &amp; ";
    assert!(feed.contains(own), "{feed}");

    let digest = written(Form::Markdown, &papers);
    for line in ["Read by me: yes", "Tags: Sea ice, to ", "My note: See "] {
        assert_eq!(digest.lines().filter(|own| own.starts_with(line)).count(), 1, "{line}: {digest}");
    }
    let lines = written(Form::Jsonl, &papers);
    let line: serde_json::Value = serde_json::from_str(lines.lines().next().expect("a line")).expect("JSON");
    let (read, tags) = (&line["relata"]["read"], &line["relata"]["tags"]);
    assert_eq!((read, tags), (&serde_json::json!(true), &serde_json::json!(["Sea ice", "to <cite>"])));
    let bibtex = written(Form::Bibtex, &papers);
    assert_eq!(bibtex.matches("  readstatus = {read},\n").count(), 1, "{bibtex}");
    let heading = Heading { title: String::new(), command: "search", name: "" };
    let found = Chosen { paper: &papers[0], score: None, matched: None, text: None, why: String::new() };
    let mut out = Vec::new();
    write(Form::Bibtex, &heading, &[found], &mut out).expect("written");
    let bibtex = String::from_utf8(out).expect("UTF-8");
    assert!(bibtex.contains("  annote = {See <figure 3> \\& \"section 4\".},\n"), "{bibtex}");
    assert_eq!(written(Form::Ris, &papers).matches("\nN1  - read\n").count(), 1);
    let table = written(Form::Csv, &papers);
    let rows: Vec<Vec<String>> = csv::Reader::from_reader(table.as_bytes())
        .records()
        .map(|row| row.expect("a row").iter().skip(11).map(str::to_owned).collect())
        .collect();
    assert_eq!(rows, [["Sea ice; to <cite>", "See <figure 3> & \"section 4\".", "yes"], ["", "", ""]]);
    // A mail goes to others.
    let mail = written(Form::Eml, &papers);
    assert!(!mail.contains("Sea ice") && !mail.contains("figure 3"), "{mail}");
}

#[test]
fn a_digest_with_notes_reads_as_one_without() {
    let read = |form: Form, name: &str, papers: &[Paper]| {
        // Lines of notes move those that come after them.
        let read = entries(name, &written(form, papers)).into_iter();
        read.map(|entry| Entry { line: 0, ..entry }).collect::<Vec<_>>()
    };
    for (form, name) in [(Form::Markdown, "2026-02-11.md"), (Form::Jsonl, "2026-02-11_AI_enhanced_English.jsonl")] {
        assert_eq!(read(form, name, &annotated()), read(form, name, &papers()));
    }
}
