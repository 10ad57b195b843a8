//! Properties of the readers of XML: papers that nobody wrote come back from every form as they do
//! from JSON, and what is cut or broken never gives a wrong one.
//!
//! The XML is written here, letter by letter, with whatever XML allows: other prefixes, comments,
//! CDATA, references to characters.

use proptest::prelude::*;
use relata::Entry;
use relata::paper::Field;
use relata::reader::{Record, Token, read_answer};
use serde_json::json;

use super::{bytes, collect};

/// What may stand in a text, hostile and not.
const PIECES: [&str; 30] = [
    "ice ",
    "bends ",
    "冰川 ",
    "Ångström ",
    "$x<y$ ",
    "&",
    "&amp;",
    "&lt;b>",
    "&#955; ",
    "&x;",
    "<script>alert(1)</script>",
    "</title>",
    "</entry>",
    "</record>",
    "<![CDATA[",
    "]]>",
    "<!-- ",
    "-->",
    "<?x",
    "\u{1b}[31m",
    "\u{1b}]0;t\u{7}",
    "\u{202e}",
    "\u{feff}",
    "\u{9b}2J",
    "\n",
    "\r\n ",
    "\t",
    "\"",
    "'",
    "👩‍🔬",
];

/// Names without what parts names.
const PEOPLE: [&str; 7] =
    ["Ada Quill", r#"J\"org M\'arsh"#, "Bo O'Finn", "冰 川", "C. {\\L}{\\o}", "A & B <Lab>", "É. Ü."];

#[derive(Clone, Debug)]
struct Paper {
    number: u32,
    version: u32,
    title: String,
    text: String,
    authors: Vec<&'static str>,
    categories: Vec<&'static str>,
    comment: String,
    journal: String,
    doi: String,
    license: String,
}

/// How a document is written.
#[derive(Clone, Debug)]
struct Style {
    prefix: &'static str,
    space: &'static str,
    bom: bool,
    comment: bool,
    /// By which of the ways of XML each text is written, in turn.
    ways: Vec<u8>,
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&PIECES[..]), 0..12).prop_map(|pieces| pieces.concat())
}

fn paper() -> impl Strategy<Value = Paper> {
    let people = prop::collection::vec(prop::sample::select(&PEOPLE[..]), 1..5);
    let categories =
        prop::sample::subsequence(vec!["cs.LG", "hep-th", "physics.ao-ph", "math.GT"], 1..4).prop_shuffle();
    (0..99_999u32, 1..12u32, [text(), text(), text(), text()], people, categories, "[a-z]{1,8}", text()).prop_map(
        |(number, version, [title, text, comment, journal], authors, categories, doi, license)| Paper {
            number,
            version,
            title: format!("On {title}"),
            text: format!("We see {text}"),
            authors,
            categories,
            comment: format!("8 pages {comment}"),
            journal: format!("J. {journal}"),
            doi: format!("10.5555/{doi}"),
            license: format!("http://licence.example/{license}"),
        },
    )
}

fn style() -> impl Strategy<Value = Style> {
    let space = prop::sample::select(&["", "\n", "\r\n  ", " <!-- <entry> --> ", "<?x y?>"][..]);
    let prefix = prop::sample::select(&["", "a:", "x-y:"][..]);
    (prefix, space, any::<bool>(), any::<bool>(), prop::collection::vec(0..5u8, 1..9))
        .prop_map(|(prefix, space, bom, comment, ways)| Style { prefix, space, bom, comment, ways })
}

/// Writes XML.
struct Writer<'s> {
    style: &'s Style,
    out: String,
    turn: usize,
}

impl Writer<'_> {
    fn new(style: &Style) -> Writer<'_> {
        let mut out = String::new();
        out += if style.bom { "\u{feff}" } else { "" };
        out += if style.comment { "<!-- arXiv, <feed> -->\n<!DOCTYPE x>" } else { "<?xml version='1.0'?>" };
        Writer { style, out, turn: 0 }
    }

    fn open(&mut self, name: &str, attributes: &str) {
        self.out += &format!("{}<{name}{attributes}>", self.style.space);
    }

    fn close(&mut self, name: &str) {
        self.out += &format!("{}</{name} >", self.style.space);
    }

    /// An element of the format itself.
    fn own(&mut self, name: &str, text: &str) {
        self.element(&format!("{}{name}", self.style.prefix), text);
    }

    fn element(&mut self, name: &str, text: &str) {
        self.open(name, "");
        let way = self.style.ways[self.turn % self.style.ways.len()];
        self.turn += 1;
        let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
        self.out += &match way {
            0 => escaped(text),
            1 => format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>")),
            2 => text.chars().map(|letter| format!("&#x{:x};", u32::from(letter))).collect(),
            3 => text.chars().map(|letter| format!("&#{};", u32::from(letter))).collect(),
            _ => {
                let half = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
                let (one, other) = text.split_at(half);
                format!("{}<!-- </x> -->{}", escaped(one), escaped(other))
            }
        };
        self.out += &format!("</{name}>");
    }
}

impl Paper {
    fn id(&self) -> String {
        format!("2603.{:05}", self.number)
    }

    /// A daily feed in Atom or RSS.
    fn listed(&self, xml: &mut Writer<'_>, atom: bool) {
        let p = xml.style.prefix;
        let (entry, id, text, day) = match atom {
            true => ("entry", "id", "summary", ("published", "2026-03-03T00:00:00-05:00")),
            false => ("item", "guid", "description", ("pubDate", "Tue, 03 Mar 2026 00:00:00 -0500")),
        };
        xml.open(&format!("{p}{entry}"), "");
        xml.own(id, &format!("oai:arXiv.org:{}v{}", self.id(), self.version));
        xml.own("title", &self.title);
        let announced = format!("arXiv:{}v{} Announce Type: new \nAbstract: {}", self.id(), self.version, self.text);
        xml.own(text, &announced);
        for category in &self.categories {
            match atom {
                true => xml.open(&format!("{p}category"), &format!(" scheme=\"a&amp;'>\" term='{category}' /")),
                false => xml.own("category", category),
            }
        }
        xml.own(day.0, day.1);
        xml.element("z:announce_type", "new");
        xml.element("z:rights", &self.license);
        xml.element("z:creator", &self.authors.join(", "));
        xml.element("z:journal_reference", &self.journal);
        xml.element("z:DOI", &self.doi);
        xml.close(&format!("{p}{entry}"));
    }

    fn answered(&self, xml: &mut Writer<'_>) {
        let p = xml.style.prefix;
        xml.open(&format!("{p}entry"), "");
        xml.own("id", &format!("http://arxiv.org/abs/{}v{}", self.id(), self.version));
        xml.own("title", &self.title);
        xml.own("summary", &self.text);
        for category in self.categories[1..].iter().chain(&self.categories[..1]) {
            xml.open(&format!("{p}category"), &format!(" term=\"{category}\"/"));
        }
        xml.open("z:primary_category", &format!(" term=\"{}\"/", self.categories[0]));
        for author in &self.authors {
            xml.open(&format!("{p}author"), "");
            xml.own("name", author);
            xml.element("z:affiliation", "Fen College");
            xml.close(&format!("{p}author"));
        }
        for (name, text) in [("comment", &self.comment), ("journal_ref", &self.journal), ("doi", &self.doi)] {
            xml.element(&format!("z:{name}"), text);
        }
        xml.close(&format!("{p}entry"));
    }

    fn recorded(&self, xml: &mut Writer<'_>) {
        let p = xml.style.prefix;
        xml.open(&format!("{p}record"), "");
        xml.open(&format!("{p}header"), "");
        xml.own("identifier", &format!("oai:arXiv.org:{}", self.id()));
        xml.own("datestamp", "2026-03-03");
        xml.close(&format!("{p}header"));
        xml.open(&format!("{p}metadata"), "");
        xml.open("z:arXivRaw", "");
        xml.element("z:id", &self.id());
        for version in 1..=self.version {
            xml.open("z:version", &format!(" version='v{version}'"));
            xml.element("z:date", "Mon, 2 Mar 2026 10:00:00 GMT");
            xml.close("z:version");
        }
        let (people, categories) = (self.authors.join(", "), self.categories.join(" "));
        for (name, text) in [
            ("title", &self.title),
            ("authors", &people),
            ("categories", &categories),
            ("comments", &self.comment),
            ("journal-ref", &self.journal),
            ("doi", &self.doi),
            ("license", &self.license),
            ("abstract", &self.text),
        ] {
            xml.element(&format!("z:{name}"), text);
        }
        xml.close("z:arXivRaw");
        xml.close(&format!("{p}metadata"));
        xml.close(&format!("{p}record"));
    }

    /// What is read of the same paper as JSON.
    fn as_json(&self) -> Entry {
        let record = json!({
            "id": format!("{}v{}", self.id(), self.version), "title": self.title, "abstract": self.text,
            "authors": self.authors, "categories": self.categories, "comment": self.comment,
            "journal-ref": self.journal, "doi": self.doi, "license": self.license,
        });
        let (mut found, _) = collect("x.jsonl", record.to_string().as_bytes()).expect("JSON");
        match found.pop() {
            Some(relata::reader::Reading::Entry(entry)) => *entry,
            other => panic!("{self:?}: {other:?}"),
        }
    }
}

/// The forms, and the fields that each has.
const FORMS: [(&str, &[Field]); 4] = [
    ("atom", &[Field::Title, Field::Abstract, Field::Authors, Field::Journal, Field::Doi, Field::License]),
    ("rss", &[Field::Title, Field::Abstract, Field::Authors, Field::Journal, Field::Doi, Field::License]),
    ("api", &[Field::Title, Field::Abstract, Field::Authors, Field::Journal, Field::Doi, Field::Comment]),
    (
        "oai",
        &[Field::Title, Field::Abstract, Field::Authors, Field::Journal, Field::Doi, Field::License, Field::Comment],
    ),
];

fn document(form: &str, papers: &[Paper], style: &Style) -> String {
    let mut xml = Writer::new(style);
    let p = style.prefix;
    let (outer, inner) = match form {
        "rss" => ("rss", Some("channel")),
        "oai" => ("OAI-PMH", Some("ListRecords")),
        _ => ("feed", None),
    };
    xml.open(&format!("{p}{outer}"), " xmlns='arXiv'");
    inner.iter().for_each(|inner| xml.open(&format!("{p}{inner}"), ""));
    xml.own("title", "arXiv");
    if form == "api" {
        xml.element("o:totalResults", &papers.len().to_string());
    }
    for paper in papers {
        match form {
            "api" => paper.answered(&mut xml),
            "oai" => paper.recorded(&mut xml),
            _ => paper.listed(&mut xml, form == "atom"),
        }
    }
    if form == "oai" {
        xml.own("resumptionToken", "a%26b&c");
    }
    inner.iter().for_each(|inner| xml.close(&format!("{p}{inner}")));
    xml.close(&format!("{p}{outer}"));
    xml.out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_form_says_what_json_says(papers in prop::collection::vec(paper(), 0..4), style in style()) {
        for (form, fields) in FORMS {
            let xml = document(form, &papers, &style);
            let answer = read_answer("x.xml", xml.as_bytes());
            prop_assert!(answer.complete && answer.skipped.is_empty() && answer.errors.is_empty(), "{} {:?}", xml, answer);
            prop_assert_eq!(answer.records.len(), papers.len(), "{}", xml);
            for (record, paper) in answer.records.iter().zip(&papers) {
                let expected = paper.as_json();
                prop_assert_eq!(&record.entry.id, &expected.id);
                prop_assert_eq!(record.entry.precedence.version, paper.version);
                prop_assert_eq!(&record.entry.categories, &expected.categories);
                for field in fields {
                    prop_assert_eq!(record.entry.metadata.get(*field), expected.metadata.get(*field), "{}", xml);
                }
            }
            if form == "oai" {
                prop_assert_eq!(answer.token, Some(Token::More("a%26b&c".to_owned())));
            }
        }
    }

    /// Whatever stands where, an answer says what a file says, and both end.
    #[test]
    fn any_sequence_of_tags(pieces in prop::collection::vec(prop::sample::select(&TAGS[..]), 0..80), root in 0..3usize) {
        let root = ["<feed>arxiv", "<OAI-PMH><ListRecords>arxiv", "<rss><channel>arxiv"][root];
        let xml = format!("{root}{}", pieces.concat());
        let answer = read_answer("x", xml.as_bytes());
        let (found, report) = collect("x", xml.as_bytes()).expect("a known format");
        let entries: Vec<_> = found.iter().filter(|one| matches!(one, relata::reader::Reading::Entry(_))).collect();
        prop_assert_eq!(entries.len(), answer.records.len());
        prop_assert_eq!(report.skipped as usize, answer.skipped.len() + answer.errors.len(), "{:?}", found);
        // No piece holds two papers' fields at once: what is read has its own id and title.
        for record in &answer.records {
            let id = record.entry.id.as_str();
            let title = record.entry.title.as_deref();
            prop_assert!(title.is_none_or(|title| title.contains(&id[id.len() - 1..])), "{} {:?}", xml, record);
        }
    }
}

/// Tags, whole records among them.
const TAGS: [&str; 24] = [
    "<entry><id>oai:arXiv.org:2603.00001v1</id><title>1</title></entry>",
    "<item><guid>oai:arXiv.org:2603.00002v1</guid><title>2</title></item>",
    "<record><header><identifier>oai:arXiv.org:2603.00003</identifier></header><metadata><arXivRaw><title>3</title></arXivRaw></metadata></record>",
    "<entry>",
    "</entry>",
    "<id>oai:arXiv.org:2603.00004v1</id><title>4</title>",
    "</feed>",
    "<feed>",
    "<x>",
    "</x>",
    "<x/>",
    "<x y='",
    "'>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "&",
    "&#0;",
    "&lol;",
    "<?x",
    "?>",
    "</record>",
    "<error code='x'>no</error>",
];

#[test]
fn what_is_cut_anywhere_gives_the_records_that_were_whole() {
    for name in super::feeds::NAMES {
        let content = bytes(name);
        let whole = read_answer(name, &content);
        let end = content.trim_ascii_end().len();
        for cut in 0..content.len() {
            let answer = read_answer(name, &content[..cut]);
            let read = answer.records.len();
            assert_eq!(answer.records[..], whole.records[..read], "{name} at {cut}");
            assert_eq!(answer.complete, cut >= end, "{name} at {cut}");
            assert!(answer.token.is_none() || answer.token == whole.token, "{name} at {cut}");
        }
    }
}

#[test]
fn two_answers_in_one_file_give_the_records_of_both() {
    for (one, other) in [(0, 3), (3, 4), (1, 0), (4, 2)] {
        let (one, other) = (bytes(super::feeds::NAMES[one]), bytes(super::feeds::NAMES[other]));
        let both = read_answer("x", &[one.as_slice(), other.as_slice()].concat()).records;
        let entries = |records: &[Record]| records.iter().map(|record| record.entry.id.to_string()).collect::<Vec<_>>();
        let parts = [read_answer("x", &one).records, read_answer("x", &other).records].concat();
        assert_eq!(entries(&both), entries(&parts));
    }
}
