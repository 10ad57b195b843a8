//! Hostile texts in every field, over every form: each is read by a parser of that form, which
//! finds the papers that were written, their texts, and nothing else.

use std::collections::BTreeMap;

use proptest::prelude::*;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::latex::tests::commands_stay;
use super::*;
use crate::library::{Annotations, Library};
use crate::paper::{Entry, Field, Metadata, Value};
use crate::reader::{Reading, read_from};
use crate::text::neutral::{is_obeyed, is_unseen, line, of_cell};
use crate::{ArxivId, Precedence, SourceKind, references};

const ID: &str = "2602.10611";

/// Texts of the kinds that took over outputs of other programs.
const HOSTILE: [&str; 24] = [
    "<script>document.title='x'</script>",
    "]]><script>x</script><![CDATA[",
    "</style><svg onload=x> </title></textarea>",
    "[click](javascript:x) and <a href=\"javascript:x\">y</a>",
    "![img](http://evil.example/x.png) ](http://evil.example) [a]: http://evil.example `code`",
    "ends in a bracket [",
    "ends in a backslash \\",
    "\\[display\\] and \\](http://evil.example)",
    "` [ ` ](http://evil.example)",
    "<http://evil.example> &lt;b&gt; &#x3c;b&#x3e; <!-- c --> </details>",
    "x\n# heading\n### [9] [other](http://evil.example)\n- list",
    "\u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}]8;;http://evil.example\u{1b}\\link \u{9b}31m",
    "\u{202e}reversed\u{202c} \u{2066}x\u{2069} \u{feff}\u{200b}\u{e0041}\u{fffe}\u{0}",
    "=cmd|'/C calc'!A0",
    " +1+1; =1+1",
    "'=HYPERLINK(\"http://evil.example\",\"x\")",
    "\t=1+1\r@SUM(1)",
    "x}\n@article{evil, title={owned}}\n",
    "{{{{{{ %} {% raw %} ${7*7}",
    "\\input{/etc/passwd} \\immediate\\write18{id} ^^5cinput x \\^^69nput",
    "x\nER  - \nTY  - JOUR\u{2028}ER  - \u{85}TY  - \u{b}\u{c}\u{1c}ER  - ",
    "a \" b ' c & d, \"e\"\nf,g",
    "costs $5 _and_ 100% #1 ~ ^",
    "\\href{javascript:x}{y} $\\input x$ \\csname input\\endcsname",
];

/// A paper of which all texts are the given one.
fn paper(text: &str) -> Paper {
    let mut library = Library::in_memory().expect("a library");
    let precedence = Precedence { version: 1, date: None, kind: SourceKind::EnhancedJsonl };
    let id = ArxivId::parse(ID).expect("an id").0;
    let metadata = Metadata { title: Some("x".to_owned()), ..Metadata::default() };
    library.merge(&[Entry { metadata, ..Entry::new(id.clone(), precedence, 1) }]).expect("merged");
    let facets = [Facet::Tldr, Facet::Motivation, Facet::Method, Facet::Result, Facet::Conclusion];
    let mut metadata = Metadata::default();
    for &field in Field::ALL {
        metadata.set(field, Value::Text(text.to_owned()));
        metadata.set(field, Value::List(vec![text.to_owned(), "Ada Lovelace".to_owned()]));
    }
    Paper {
        metadata,
        categories: vec![text.to_owned()],
        links: BTreeMap::from([("code".to_owned(), text.to_owned())]),
        annotations: Annotations { note: Some(text.to_owned()), tags: vec![text.to_owned()], read: true },
        summaries: facets.map(|facet| (("en".to_owned(), facet), text.to_owned())).into(),
        ..library.paper(&id).expect("read").expect("there")
    }
}

fn written(form: Form, text: &str) -> String {
    let paper = paper(text);
    let chosen =
        Chosen { paper: &paper, score: Some(-1.5), matched: Some(50.0), text: Some(text), why: text.to_owned() };
    let heading = Heading { title: text.to_owned(), command: "today", name: text };
    let mut out = Vec::new();
    write(form, &heading, &[chosen.clone(), chosen], &mut out).expect("written");
    String::from_utf8(out).expect("UTF-8")
}

fn holds(form: Form, text: &str) {
    let out = written(form, text);
    let bad = |c: char| c != '\n' && (is_obeyed(c) || is_unseen(c));
    assert_eq!(out.chars().find(|c| bad(*c)), None, "{form:?}: {out:?}");
    let title = line(text).into_owned();
    match form {
        Form::Text | Form::Json => assert_eq!(out, ""),
        Form::Markdown => markdown_holds(&title, &out),
        Form::Jsonl => {
            let lines: Vec<serde_json::Value> =
                out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
            assert_eq!(lines.len(), 2);
            assert!(lines.iter().all(|line| line["title"] == title.as_str() && line["id"] == ID), "{out}");
        }
        Form::Atom => atom_holds(&title, &out),
        Form::Bibtex => bibtex_holds(&out),
        Form::Ris => {
            for (tag, count) in [("TY  - ", 2), ("ER  - ", 2), ("UR  - ", 2)] {
                assert_eq!(out.lines().filter(|line| line.starts_with(tag)).count(), count, "{out}");
            }
            assert!(out.lines().all(|line| line.is_empty() || line.get(2..6) == Some("  - ")), "{out}");
        }
        Form::Csv => {
            let mut table = csv::Reader::from_reader(out.as_bytes());
            let header = table.headers().expect("a header").iter().collect::<Vec<_>>().join(" ");
            assert!(header.ends_with(" match tags note read"), "{header}");
            let rows: Vec<csv::StringRecord> = table.records().map(|row| row.expect("a row")).collect();
            assert_eq!(rows.len(), 2);
            for row in rows {
                assert_eq!((of_cell(&row[2]).as_ref(), &row[1]), (title.as_str(), ID));
                for cell in [2, 3, 5, 7, 9, 11, 12].map(|column| row[column].to_owned()) {
                    for part in cell.split(';').map(|part| part.trim_start_matches([' ', '"', '`'])) {
                        assert!(!part.starts_with(['=', '+', '-', '@']), "{cell}");
                    }
                }
            }
        }
        Form::Html => html_holds(&out),
        Form::Eml => eml_holds(&title, &out),
    }
}

/// By a CommonMark parser: headings, links and HTML are those of ours.
fn markdown_holds(title: &str, out: &str) {
    let mut headings = Vec::new();
    let mut heading = None;
    for event in Parser::new(out) {
        match event {
            Event::Start(Tag::Heading { level: pulldown_cmark::HeadingLevel::H3, .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => headings.extend(heading.take()),
            Event::Start(Tag::Link { dest_url, .. }) => {
                assert!(
                    dest_url.starts_with('#') || *dest_url == *format!("https://arxiv.org/abs/{ID}"),
                    "{dest_url}: {out}"
                );
            }
            Event::Start(Tag::Image { .. }) => panic!("an image: {out}"),
            Event::Html(html) | Event::InlineHtml(html) => {
                let tags: Vec<&str> = html.split('<').skip(1).filter_map(|tag| tag.split(['>', ' ']).next()).collect();
                let ours = ["div", "/div", "details", "summary", "/summary", "/details"];
                assert!(
                    tags.iter().all(|tag| ours.contains(tag)
                        || !tag.starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c))),
                    "{html}"
                );
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            _ => {}
        }
    }
    assert_eq!(headings.len(), 2, "{out}");
    let mut again = Vec::new();
    let read = read_from("2026-02-11.md".as_ref(), out.as_bytes(), &mut |reading| {
        if let Reading::Entry(entry) = reading {
            again.push((entry.id.to_string(), entry.metadata.title));
        }
        Ok(())
    });
    read.expect("read");
    // White space within brackets, or what was a failure text, is judged by readers.
    if title.chars().any(char::is_alphanumeric) && title.trim_matches(['*', ' ']) == title {
        assert_eq!(again, vec![(ID.to_owned(), Some(title.to_owned())); 2], "{out}");
    }
    // What emphasis, code and backslashes before punctuation are shown as differs from the text.
    if !title.contains(['*', '_', '`', '\\']) {
        assert_eq!(headings, [format!("[1] {title}"), format!("[2] {title}")], "{out}");
    }
}

fn atom_holds(title: &str, out: &str) {
    let mut reader = quick_xml::Reader::from_str(out);
    reader.config_mut().check_end_names = true;
    let (mut titles, mut inside) = (Vec::new(), None);
    loop {
        use quick_xml::events::Event;
        match reader.read_event().expect("well-formed") {
            Event::Start(tag) if tag.name().as_ref() == "title" => inside = Some(String::new()),
            Event::End(tag) if tag.name().as_ref() == "title" => titles.extend(inside.take()),
            Event::Start(tag) | Event::Empty(tag) => {
                let name = tag.name().as_ref().to_owned();
                let ours = [
                    "feed",
                    "id",
                    "title",
                    "updated",
                    "published",
                    "entry",
                    "link",
                    "author",
                    "name",
                    "category",
                    "rights",
                    "summary",
                ];
                assert!(ours.contains(&name.as_str()), "{name}: {out}");
            }
            Event::Text(text) => {
                if let Some(title) = &mut inside {
                    title.push_str(&text);
                }
            }
            Event::GeneralRef(name) => {
                if let Some(title) = &mut inside {
                    title.push_str(match &*name {
                        "lt" => "<",
                        "gt" => ">",
                        "amp" => "&",
                        "quot" => "\"",
                        "apos" => "'",
                        other => panic!("{other}"),
                    });
                }
            }
            Event::Eof => break,
            Event::CData(_) | Event::PI(_) | Event::DocType(_) | Event::Comment(_) => panic!("{out}"),
            _ => {}
        }
    }
    assert_eq!(titles, [title, title, title], "{out}");
    feed_holds(title, out);
}

/// By a feed parser of others: the feed and its entries with what RFC 4287 asks for, their texts as
/// text, links to arXiv alone, and no element of anybody else's.
fn feed_holds(title: &str, out: &str) {
    use atom_syndication::{Feed, TextType};
    let feed = Feed::read_from(out.as_bytes()).expect("a feed");
    assert_eq!((feed.title.value.as_str(), feed.title.r#type), (title, TextType::Text), "{out}");
    assert!(feed.id.starts_with("urn:relata:today:") && feed.extensions.is_empty(), "{out}");
    assert_eq!(feed.entries.len(), 2, "{out}");
    for entry in &feed.entries {
        assert_eq!((entry.title.value.as_str(), entry.title.r#type), (title, TextType::Text), "{out}");
        let url = format!("https://arxiv.org/abs/{ID}");
        assert_eq!(entry.id, url, "{out}");
        assert_eq!(entry.links.iter().map(|link| link.href.as_str()).collect::<Vec<_>>(), [url.as_str()], "{out}");
        let authors: Vec<&str> = entry.authors.iter().map(|author| author.name.as_str()).collect();
        assert_eq!(authors, [title, "Ada Lovelace"], "{out}");
        assert!(entry.updated.timestamp() > 0 && entry.extensions.is_empty() && entry.content.is_none(), "{out}");
        let tags = entry.categories.iter().filter(|tag| tag.scheme.as_deref() == Some("urn:relata:tag"));
        assert_eq!(tags.map(|tag| tag.term.as_str()).collect::<Vec<_>>(), [title], "{out}");
        let summary = entry.summary.as_ref().expect("a summary");
        let said = format!("{title}\n\nread \u{b7} tags {title} \u{b7} note {title}\n\n{title}");
        assert_eq!((summary.value.as_str(), summary.r#type), (said.as_str(), TextType::Text), "{out}");
    }
}

fn bibtex_holds(out: &str) {
    assert!(commands_stay(out), "{out}");
    assert!(!out.contains("^^"), "{out}");
    for line in out.lines().filter(|line| line.starts_with("  ")) {
        let value = line.split_once(" = {").and_then(|(_, value)| value.strip_suffix("},")).expect("a field");
        let mut depth = 0i32;
        assert!(
            value.chars().all(|c| {
                depth += i32::from(c == '{') - i32::from(c == '}');
                depth >= 0
            }) && depth == 0,
            "{line}"
        );
    }
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("new.bib");
    std::fs::write(&path, out).expect("written");
    let read: Vec<_> =
        references::read(&path).expect("read").entries.into_iter().map(|read| read.expect("an entry")).collect();
    assert_eq!(read.len(), 2, "{out}");
    assert!(read.iter().all(|entry| entry.ids.iter().any(|id| id.as_str() == ID)), "{out}");
}

/// By a parser of mails: no header but ours, the subject whole, and HTML that holds.
fn eml_holds(title: &str, out: &str) {
    let mail = mail_parser::MessageParser::default().parse(out.as_bytes()).expect("a mail");
    let mut names: Vec<&str> = mail.headers().iter().map(mail_parser::Header::name).collect();
    names.sort_unstable();
    let ours = "Auto-Submitted Content-Type Date From List-ID MIME-Version Message-ID Subject To";
    assert_eq!(names.join(" "), ours, "{out}");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(words(mail.subject().unwrap_or_default()), words(title), "{out}");
    assert_eq!((mail.text_body_count(), mail.html_body_count(), mail.attachment_count()), (1, 1, 0), "{out}");
    let html = mail.body_html(0).expect("HTML");
    let (_, body) = html.split_once("<body style=").expect("a body");
    html_holds(&format!("<body>{body}"));
}

fn html_holds(out: &str) {
    let body = &out[out.find("<body>").expect("a body")..];
    for tag in
        body.split('<').skip(1).map(|tag| tag.trim_start_matches('/').split(['>', ' ']).next().unwrap_or_default())
    {
        let ours = [
            "body", "main", "header", "h1", "p", "ol", "li", "article", "span", "b", "meter", "div", "h2", "a", "time",
            "html",
        ];
        assert!(ours.contains(&tag), "{tag}: {out}");
    }
    for address in out.split("href=\"").skip(1) {
        assert!(address.starts_with(&format!("https://arxiv.org/abs/{ID}\"")), "{out}");
    }
    assert!(!out.contains(" onload=\"") && !out.contains("src=\""), "{out}");
}

#[test]
fn no_hostile_text_takes_an_output_over() {
    for form in Form::ALL {
        for text in HOSTILE {
            holds(form, text);
            holds(form, &format!("An ordinary title, then {text} and more"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_mixture_of_special_characters_takes_an_output_over(
        text in "[a-b <>\\[\\]()!`\\\\&;:#*_{}$%^~@=+'\"/|\\-\n\r\t\u{1b}\u{202e}\u{2028}\u{200b}\u{1d49c}\u{51b0}]{1,24}"
    ) {
        prop_assume!(!line(&text).is_empty());
        for form in Form::ALL {
            holds(form, &text);
        }
    }
}
