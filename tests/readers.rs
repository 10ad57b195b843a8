//! Golden tests of the readers: files of every irregularity that real digests show, and what is
//! read from them.
//!
//! The files below `tests/data` are invented; each is named after the template it imitates.

#[path = "readers/feed_properties.rs"]
mod feed_properties;
#[path = "readers/feeds.rs"]
mod feeds;
#[path = "readers/forms.rs"]
mod forms;
#[path = "readers/json.rs"]
mod json;

use std::fmt::Write as _;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};

use relata::paper::Field;
use relata::reader::{self, Format, Reading, Report};
use relata::{Entry, Error, Result};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(data(name)).unwrap()
}

fn collect(name: &str, input: impl Read) -> Result<(Vec<Reading>, Report)> {
    let mut found = Vec::new();
    let report = reader::read_from(Path::new(name), input, &mut |reading| {
        found.push(reading);
        Ok(())
    })?;
    Ok((found, report))
}

/// Everything that was read from a file, one line a field.
fn shown(name: &str) -> String {
    show(name, &bytes(name))
}

fn show(name: &str, content: &[u8]) -> String {
    let (found, report) = collect(name, content).unwrap();
    let mut out = String::new();
    for reading in &found {
        match reading {
            Reading::Entry(entry) => out += &show_entry(entry, name),
            Reading::Skipped(skipped) => writeln!(out, "{skipped}").unwrap(),
        }
    }
    writeln!(out, "{}: {} entries, {} skipped", report.format, report.entries, report.skipped).unwrap();
    for note in &report.notes {
        writeln!(out, "note: {note}").unwrap();
    }
    out
}

fn show_entry(entry: &Entry, name: &str) -> String {
    let mut out = String::new();
    let precedence = entry.precedence;
    let date = precedence.date.map_or("-".to_owned(), |date| date.to_string());
    writeln!(out, "{}: {} v{} {date} {}", entry.line, entry.id, precedence.version, precedence.kind.name()).unwrap();
    let mut field = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            writeln!(out, "  {name}: {value}").unwrap();
        }
    };
    let own = |own: Field| (own.name(), entry.metadata.get(own).map(|value| value.joined(" | ")));
    let first = [Field::Title, Field::Authors];
    let categories = (!entry.categories.is_empty()).then(|| entry.categories.join(" "));
    let fields = first.map(own).into_iter().chain([("categories", categories)]);
    for (name, value) in fields.chain(Field::ALL.iter().filter(|field| !first.contains(field)).map(|field| own(*field)))
    {
        field(name, value);
    }
    for (kind, link) in &entry.links {
        field(kind, Some(link.clone()));
    }
    for ((language, facet), text) in &entry.summaries {
        field(&format!("{language} {}", facet.name()), Some(text.clone()));
    }
    match &entry.listing {
        // Mostly the file itself and the day of the source: only what differs is shown.
        Some(listing) if listing.file == name && listing.date == precedence.date => {}
        Some(listing) => field("listing", Some(format!("{} {:?}", listing.file, listing.date))),
        None => field("listing", Some("none".to_owned())),
    }
    out
}

#[track_caller]
fn assert_shown(shown: &str, expected: &str) {
    assert_eq!(shown.trim(), expected.trim(), "\n--- what was read:\n{shown}");
}

#[test]
fn golden_digest() {
    assert_shown(
        &shown("digest-2026-03-02.md"),
        r#"
13: 2603.00011 v0 2026-03-02 markdown
  title: Tidal Sets [Early Draft]: Learning $\ell_1$ Shorelines in $O(n)$ (and Beyond)
  authors: Ada Quill | Bo O'Finn | Cy Marsh
  categories: cs.LG
  abstract: Purpose: Shorelines move, and models of them rarely do. We study sets that follow the tide. Methods: We collect 412 shorelines and fit a sparse encoder to each. Result: The error falls by a third. Conclusion: Tides can be learned online. A second paragraph with [brackets], *emphasis* and a list: - one ## not a section https://code.example/tides
  zh tldr: 提出一种在线学习潮汐集合的方法。
  zh motivation: 现有方法忽略了 shoreline 的几何结构。
  zh method: 1. 构建稀疏图。 2. 在图上求解 $\min_x \|x\|_1$。
48: 2603.00012 v3 2026-03-02 markdown
  title: Peat Bogs as Memory
  authors: Dee Fallow | Eli O'Moor
  categories: cs.LG stat.ML cs.NE
  abstract: Bogs remember. Long <think> traces do not.
  zh conclusion: 泥炭可以存储信息。
74: 2603.00013 v0 2026-03-02 markdown
  title: A Title Without a Number
  authors: Fay Reed | Gus Sedge | Hal Rush
  categories: cs.LG
  en tldr: Reeds count.
  zh abstract_translation: 芦苇会数数。
91: 2603.00012 v0 2026-03-02 markdown
  title: Peat Bogs as Memory
  authors: Dee Fallow | Eli O'Moor
  categories: stat.ML
digest-2026-03-02.md:100: "https://arxiv.org/abs/2024.01001" is not an arXiv id ("A Paper That Nobody Numbered")
digest-2026-03-02.md:105: no arXiv id ("A Heading Without a Link")
110: math/0309136 v2 2026-03-02 markdown
  title: An Old Classic on Dunes
  authors: Kim Dune | Lu Sand
  categories: eess.SP
  abstract: Dunes are knots.
digest: 5 entries, 2 skipped
note: the table of contents states 9 papers, found 5 and skipped 2
"#,
    );
}

#[test]
fn golden_digest_marked() {
    assert_shown(
        &shown("digest-marked.md"),
        r#"
12: 2603.00021 v0 2026-03-03 markdown
  title: Slow Chips for Fast Rivers
  authors: Ada Quill | Bo O'Finn
  categories: cs.AR
  comment: 12 pages, to appear at RiverConf 2026
  zh tldr: 慢芯片也能处理急流。
  zh motivation: 急流的数据太快。
  zh summary: 本文提出慢芯片。
  zh keywords: 河流, RTL, 时序
  zh title_translation: 面向急流的慢芯片
  zh abstract_translation: 标题：面向急流的慢芯片 摘要：河流很快，芯片很慢。 方法：我们等待。
50: 2603.00022 v1 2026-03-03 markdown
  title: Gravel Caches
  authors: Cy Marsh
  categories: cs.AR
71: 2603.00023 v0 2026-03-03 markdown
  title: Rules of Frost
  authors: Dee Fallow
  categories: nlin.CG
  zh tldr: 霜遵循规则 110。
digest: 3 entries, 0 skipped
"#,
    );
}

#[test]
fn golden_digest_h2() {
    assert_shown(
        &shown("digest-h2-2026-03-04.md"),
        r#"
14: 2603.00031 v0 2026-03-04 markdown
  title: Ferry Timetables as Policy
  authors: Ada Quill
  categories: cs.CY
  zh tldr: 轮渡时刻表就是政策。
  zh motivation: 时刻表决定谁能上班。
  zh conclusion: 应当公开时刻表。
  zh summary: 本文分析轮渡时刻表。
  zh abstract_translation: 我们研究轮渡时刻表。
digest: 1 entries, 0 skipped
note: the headline states 2 papers, found 1 and skipped 0
"#,
    );
}

#[test]
fn golden_digest_early() {
    assert_shown(
        &shown("digest-early-2025-03-05.md"),
        r#"
1: 2503.00041 v0 2025-03-05 markdown
  title: Kelp in Motion
  authors: Ada Quill | Bo O'Finn
  abstract: Kelp moves with the swell.
9: 2503.00042 v0 2025-03-05 markdown
  title: Kelp at Rest
  authors: Cy Marsh
  abstract: Kelp rests at slack water.
  zh tldr: 描述静止的海带。
  zh method: 观察。
digest: 2 entries, 0 skipped
"#,
    );
}

#[test]
fn golden_digest_topics() {
    assert_shown(
        &shown("digest-topics-2026-03-06.md"),
        r#"
21: 2603.00051 v0 2026-03-06 markdown
  title: A Lake Model
  authors: Ada Quill
  categories: cs.AI cs.CL
  abstract: Lakes are worlds.
  zh tldr: 一个湖泊模型。
46: 2603.00052 v0 2026-03-06 markdown
  title: A River Model
  authors: Bo O'Finn
  zh tldr: 一个河流模型。
55: 2603.00053 v0 2026-03-06 markdown
  title: A Raft
  authors: Cy Marsh
  categories: cs.RO
digest: 3 entries, 0 skipped
"#,
    );
}

#[test]
fn golden_digest_unbalanced() {
    assert_shown(
        &shown("digest-unbalanced-2026-03-07.md"),
        r#"
3: cmp-lg/9412001 v0 2026-03-07 markdown
  title: No End to Details
  authors: Ada Quill
  categories: cs.CL
  abstract: This one never closes its details.
  zh method: 我们不结束。
12: 2603.00062 v0 2026-03-07 markdown
  title: Too Many Ends
  authors: Bo O'Finn
  categories: cs.CL
  abstract: Twice opened, once closed.
  en tldr: It closes what it never opened.
  zh result: 达到 $ ilde{O}( oot d)$，即 $ rac$。
29: 2603.00063 v0 2026-03-07 markdown
  title: Cut Off in the Middle
  authors: Cy Marsh
  categories: cs.CL
  abstract: It stops he
digest: 3 entries, 0 skipped
note: the last entry, line 29, ends inside <details>: the file may be cut off
"#,
    );
}

#[test]
fn golden_digest_unlinked() {
    assert_shown(
        &shown("digest-unlinked.md"),
        r#"
digest-unlinked.md:11: no arXiv id ("Moss on Stones")
21: 2603.00072 v0 - markdown
  title: Lichen on Bark
  authors: Bo O'Finn | Cy Marsh
  categories: q-bio.PE
  abstract: Lichen grows. [3] is no paper but a line of the abstract.
  en tldr: Lichen spreads.
  zh abstract_translation: 地衣生长。
digest: 1 entries, 1 skipped
"#,
    );
}

#[test]
fn golden_list_export() {
    assert_shown(
        &shown("list-export.md"),
        r#"
9: 2603.00081 v0 2026-03-10 markdown
  title: Herons at Dusk
  authors: Ada Quill | Bo O'Finn
  categories: cs.CV
  zh tldr: 黄昏时的苍鹭。
list-export.md:17: "2024.01002" is not an arXiv id ("Herons at Dawn")
28: 2603.00083 v0 2026-03-09 markdown
  title: Herons at Noon
  categories: cs.AI
list: 2 entries, 1 skipped
note: the list of sections states 4 papers, found 2 and skipped 1
"#,
    );
}

#[test]
fn golden_list_radar() {
    assert_shown(
        &shown("list-radar.md"),
        r#"
11: 2603.00091 v2 2026-03-11 markdown
  title: Reeds and Rushes: A Field Guide
  authors: Ada Quill | Bo O'Finn
  categories: q-bio.PE
  en tldr: Reeds grow where rushes do not.
26: 2603.00092 v1 2026-03-11 markdown
  title: Sedges [and More] (a Survey)
  categories: cs.RO
list-radar.md:27: "http://blog.example/2" is not an arXiv id ("A Blog Post")
29: 2603.00093 v0 2026-03-11 markdown
  title: A Linked Heading in a List
list: 3 entries, 1 skipped
"#,
    );
}

#[test]
fn golden_page() {
    assert_shown(
        &shown("page.md"),
        r#"
1: 2403.00101 v0 2026-03-12 markdown
  title: Salt Marsh Spectra
  authors: Ada Quill | Bo O'Finn
  categories: eess.IV cs.LG
  abstract: Salt marshes have spectra. We measure them. A second paragraph: with a colon.
  published: 2024-03-26
  updated: 2026-03-12
  listing: none
page: 1 entries, 0 skipped
"#,
    );
}

#[test]
fn golden_crawled() {
    assert_shown(
        &shown("crawled-2026-03-13.jsonl"),
        r#"
1: 2603.00111 v0 2026-03-13 raw_jsonl
  title: Codes for Canals
  authors: Ada Quill | Bo O'Finn
  categories: cs.IT math.CO
  abstract: Canals carry codes. We count them.
2: 2603.00112 v2 2026-03-13 raw_jsonl
  title: Locks
  authors: Cy Marsh
  categories: cs.CV
  abstract: Locks open.
  published: 2026-03-01
  updated: 2026-03-12
  comment: ICLW 2026
3: 2603.00113 v1 2026-03-13 raw_jsonl
  title: Sluices
  authors: Dee Fallow
  categories: eess.SP
  abstract: Sluices close.
  comment: 13 Pages
4: 2603.00111 v0 2026-03-13 raw_jsonl
  title: Codes for Canals
  authors: Ada Quill | Bo O'Finn
  categories: cs.IT
  abstract: Canals carry codes.
crawled-2026-03-13.jsonl:5: no valid JSON: EOF while parsing a string at column 37
crawled-2026-03-13.jsonl:6: no arXiv id ("No Identifier")
7: 2603.00115 v0 2026-03-13 raw_jsonl
  title: A Number for an Identifier
crawled-2026-03-13.jsonl:9: no JSON object
10: 2603.00116 v0 2026-03-13 raw_jsonl
  title: 7
  authors: Eli
  categories: cs.LG cs.AI
  comment: a
JSON lines: 6 entries, 3 skipped
"#,
    );
}

#[test]
fn golden_enhanced() {
    assert_shown(
        &shown("enhanced.jsonl"),
        r#"
1: 2603.00121 v0 2026-03-01 enhanced_jsonl
  title: Otters
  authors: Ada Quill
  categories: cs.CL
  abstract: Otters talk.
  published: 2026-03-01
  code: https://code.example/otters
  en motivation: Otters are rarely asked.
  zh tldr: 水獭会说话。
  zh conclusion: 水獭值得倾听。
  zh summary: 本文研究水獭。
  zh keywords: 水獭, LLM
  zh title_translation: 水獭
  zh abstract_translation: 水獭交谈。
  listing: enhanced.jsonl None
2: 2603.00122 v1 - enhanced_jsonl
  title: Beavers
  authors: Bo O'Finn
  categories: cs.RO
  abstract: Beavers build.
  zh tldr: 建造水坝。
  zh summary: 海狸的工程。
  zh abstract_translation: 海狸建造。
3: 2603.00123 v0 - raw_jsonl
  title: Voles
  authors: Cy Marsh
  abstract: Voles dig.
JSON lines: 3 entries, 0 skipped
"#,
    );
}

#[test]
fn golden_recommended() {
    assert_shown(
        &shown("recommended.jsonl"),
        r#"
1: 2603.00131 v0 2026-03-14 enhanced_jsonl
  title: Newts
  categories: cs.CV
2: 2603.00132 v0 2026-03-14 enhanced_jsonl
  title: Frogs
  authors: Dee Fallow
  categories: cs.LG
  zh tldr: 青蛙的跳跃。
3: 2603.00133 v1 2026-03-15 enhanced_jsonl
  title: Toads
  authors: Eli Moor
  categories: q-bio.QM
  abstract: Toads wait.
  published: 2026-03-13
  updated: 2026-03-13
  comment: 5 figures
4: 2603.00134 v1 2026-03-15 enhanced_jsonl
  title: Tadpoles
  authors: Eli Moor
  categories: q-bio.QM
  abstract: Tadpoles swim.
  en tldr: Tadpoles swim.
JSON lines: 4 entries, 0 skipped
"#,
    );
}

#[test]
fn golden_snapshot() {
    assert_shown(
        &shown("snapshot.jsonl"),
        r#"
1: 0704.0141 v2 2008-11-26 snapshot
  title: Estuaries and their exponents
  authors: A. Quíll | B. O'Finn Jr | C. Marsh
  categories: hep-ph nlin.SI
  abstract: A fully differential calculation of estuaries is presented.
  published: 2007-04-02
  updated: 2007-07-24
  comment: 37 pages, 15 figures; published version
  doi: 10.1103/Tides.76.013009
  journal: J. Tides D76:013009,2007
  listing: none
2: hep-th/9205142 v0 1992-05-14 snapshot
  title: Reflections
  authors: P. Reed | R. Sedge | C. Rush
  categories: hep-th solv-int
  abstract: To a pond a reflection is added.
  updated: 1992-05-14
  doi: 10.1063/1.142
  listing: none
3: 2603.00143 v0 2026-03-16 snapshot
  title: Deltas
  authors: Jo Silt
  categories: physics.geo-ph
  abstract: Deltas fan out.
  updated: 2026-03-16
  license: http://creativecommons.org/licenses/by/4.0/
  listing: none
JSON lines: 3 entries, 0 skipped
"#,
    );
}

#[test]
fn golden_keyed() {
    assert_shown(
        &shown("keyed.json"),
        r#"
2: 2603.00151 v0 2026-03-17 raw_jsonl
  title: Wells
  authors: Ada Quill | Bo O'Finn
  categories: physics.chem-ph cs.LG
  abstract: Wells are deep.
  published: 2026-03-01
  updated: 2026-03-17
  listing: none
keyed.json:18: "not-an-id" is not an arXiv id ("Nothing")
keyed.json:19: no valid JSON: expected ident at column 66
20: 2603.00153 v0 2026-03-17 raw_jsonl
  title: Fountains
  updated: 2026-03-17
  listing: none
JSON object: 2 entries, 2 skipped
"#,
    );
}

#[test]
fn digests_without_papers_are_valid() {
    assert_shown(&shown("digest-empty-2026-03-08.md"), "digest: 0 entries, 0 skipped");
    assert_shown(&shown("digest-nothing.md"), "digest: 0 entries, 0 skipped");
    assert_shown(&show("2026-03-08.jsonl", b"\n\n"), "empty: 0 entries, 0 skipped");
}

#[test]
fn files_without_papers_are_refused_by_name() {
    let refused = |name: &str, content: &[u8]| collect(name, content).unwrap_err().to_string();
    let accepted = "Relata reads digests and lists in Markdown, JSON, CSV and TSV of papers, arXiv's feeds, OAI-PMH pages, e-mails, saved pages and metadata snapshot, each also packed";
    for (name, content, looks_like) in [
        ("readme.md", bytes("readme.md"), "Markdown without any paper"),
        ("digest.md", b"%PDF-1.7 ...".to_vec(), "a PDF"),
        ("digest.jsonl", b"{\"name\": \"relata\"}\n".to_vec(), "JSON without papers"),
        ("-", b"hello".to_vec(), "plain text"),
        (
            "blog.html",
            b"<!DOCTYPE html><p>I read <a href=\"https://arxiv.org/abs/2602.10611\">this</a>.</p>".to_vec(),
            "an HTML page without papers",
        ),
    ] {
        assert_eq!(refused(name, &content), format!("{name}: this looks like {looks_like}. {accepted}"));
    }
    assert!(matches!(reader::read(Path::new("no/such/file"), &mut |_| Ok(())), Err(Error::Io { .. })));
}

/// Byte-order marks, Windows line ends and gzip change nothing of what is read.
#[test]
fn packing_and_line_ends_do_not_matter() {
    for name in [
        "digest-2026-03-02.md",
        "digest-marked.md",
        "list-radar.md",
        "page.md",
        "crawled-2026-03-13.jsonl",
        "keyed.json",
    ] {
        let plain = bytes(name);
        let expected = show(name, &plain);
        assert_eq!(
            show(name, &[b"\xef\xbb\xbf", plain.as_slice()].concat()),
            expected,
            "{name} with a byte-order mark"
        );
        let text = String::from_utf8(plain.clone()).unwrap();
        assert_eq!(show(name, text.replace('\n', "\r\n").as_bytes()), expected, "{name} with CRLF");
        assert_eq!(show(name, &gzip(&plain)), expected, "{name} as gzip");
        let (first, second) = plain.split_at(plain.len() / 2);
        assert_eq!(show(name, &[gzip(first), gzip(second)].concat()), expected, "{name} as gzip of two members");
    }
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_broken_gzip_file_gives_what_stood_before() {
    let lines: String = (0..20_000)
        .map(|n| format!("{{\"id\": \"2603.{n:05}\", \"title\": \"Paper {}\"}}\n", n * 7919 % 10_007))
        .collect();
    let packed = gzip(lines.as_bytes());
    for (content, expected) in [
        (packed[..packed.len() / 2].to_vec(), "the gzip file is cut off; what comes after is lost"),
        (
            [&packed[..packed.len() / 2], &[0xff; 64], &packed[packed.len() / 2 + 64..]].concat(),
            "the gzip file is damaged (corrupt deflate stream); what comes after is lost",
        ),
    ] {
        let (found, report) = collect("papers.jsonl.gz", content.as_slice()).unwrap();
        assert!(report.entries > 1_000 && report.entries < 20_000, "{report:?}");
        assert_eq!(report.skipped, 1);
        let Some(Reading::Skipped(last)) = found.last() else { panic!("the damage is not reported") };
        assert_eq!((last.file.as_str(), last.line), ("papers.jsonl.gz", report.entries + 1));
        assert_eq!(last.reason, expected);
    }
    // An entry of a digest that the break cut in two is not given as if it were whole.
    let digest: String = (0..4_000).map(|n| entry(n, &format!("text {}", n * 7919 % 10_007))).collect();
    let packed = gzip(digest.as_bytes());
    let (found, report) = collect("digest.md.gz", &packed[..packed.len() / 2]).unwrap();
    assert!(report.entries > 100);
    for reading in &found[..found.len() - 1] {
        let Reading::Entry(entry) = reading else { panic!("{reading:?}") };
        assert!(entry.abstract_text.as_deref().unwrap().ends_with(" end"), "{entry:?}");
    }
}

fn entry(number: usize, text: &str) -> String {
    format!(
        "### [{number}] [Paper {number}](https://arxiv.org/abs/2603.{number:05})\n*A. Quill*\n\n<details>\nAbstract: {text} end\n\n</details>\n\n"
    )
}

/// An endless input that is made while it is read.
struct Made<F: FnMut(u64) -> Option<Vec<u8>>> {
    make: F,
    part: u64,
    rest: io::Cursor<Vec<u8>>,
}

fn made<F: FnMut(u64) -> Option<Vec<u8>>>(make: F) -> Made<F> {
    Made { make, part: 0, rest: io::Cursor::default() }
}

impl<F: FnMut(u64) -> Option<Vec<u8>>> Read for Made<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.rest.read(buffer)? {
                0 => match (self.make)(self.part) {
                    Some(next) => {
                        self.part += 1;
                        self.rest = io::Cursor::new(next);
                    }
                    None => return Ok(0),
                },
                read => return Ok(read),
            }
        }
    }
}

/// The heap that reading takes is bounded by the longest line that is accepted, not by the input.
#[test]
fn a_line_of_100_mb_is_skipped_and_the_next_one_read() {
    let good = b"{\"id\": \"2603.00001\", \"title\": \"After\"}\n".to_vec();
    let input = made(|part| match part {
        0 => Some(b"{\"id\": \"2603.00000\", \"title\": \"".to_vec()),
        1..=100 => Some(vec![b'x'; 1 << 20]),
        101 => Some(b"\"}\n".to_vec()),
        102 => Some(good.clone()),
        _ => None,
    });
    let (found, report) = collect("papers.jsonl", input).unwrap();
    assert_eq!((report.entries, report.skipped), (1, 1));
    let [Reading::Skipped(skipped), Reading::Entry(entry)] = found.as_slice() else { panic!("{report:?}") };
    assert_eq!(skipped.to_string(), "papers.jsonl:1: the line is longer than 4194304 bytes");
    assert_eq!((entry.line, entry.id.as_str()), (2, "2603.00001"));
}

#[test]
fn a_digest_entry_of_100_mb_is_skipped_and_the_next_one_read() {
    let long_line = |part| match part {
        0 => Some(b"### [1] [Long](https://arxiv.org/abs/2603.00001)\n*A*\n\nAbstract: ".to_vec()),
        1..=100 => Some(vec![b'x'; 1 << 20]),
        101 => Some(format!("\n\n{}", entry(2, "short")).into_bytes()),
        _ => None,
    };
    let many_lines = |part| match part {
        0 => Some(b"### [1] [Long](https://arxiv.org/abs/2603.00001)\n*A*\n\nAbstract: ".to_vec()),
        1..=100 => Some(b"0123456789abcde\n".repeat(1 << 16)),
        101 => Some(entry(2, "short").into_bytes()),
        _ => None,
    };
    for (found, reason) in [
        (collect("d.md", made(long_line)).unwrap().0, "d.md:4: the line is longer than 4194304 bytes"),
        (collect("d.md", made(many_lines)).unwrap().0, "d.md:1: the entry is longer than 1048576 bytes"),
    ] {
        let [Reading::Skipped(skipped), Reading::Entry(entry)] = found.as_slice() else { panic!("{}", found.len()) };
        assert_eq!(skipped.to_string(), reason);
        assert_eq!(entry.id.as_str(), "2603.00002");
    }
}

#[test]
fn an_entry_of_endless_fields_is_skipped_in_linear_time() {
    let digest = format!("{}{}{}", entry(1, "x"), "> **Method:**\n".repeat(500_000), entry(2, "x"));
    let (found, _) = collect("d.md", digest.as_bytes()).unwrap();
    let [Reading::Skipped(skipped), Reading::Entry(_)] = found.as_slice() else { panic!("{}", found.len()) };
    assert_eq!(skipped.to_string(), "d.md:1: the entry has more than 256 fields");
    let list = format!("### 1. A\n{}### 2. B\n- **ID:** 2603.00002\n", "- **ID:** 2603.00001\n".repeat(500_000));
    let (found, _) = collect("l.md", list.as_bytes()).unwrap();
    let [Reading::Skipped(skipped), Reading::Entry(_)] = found.as_slice() else { panic!("{}", found.len()) };
    assert_eq!(skipped.to_string(), "l.md:1: the entry has more than 256 fields");
    let totals = format!("{}{}", "## Total Papers Today: 7\n".repeat(500_000), entry(1, "x"));
    assert_eq!(collect("d.md", totals.as_bytes()).unwrap().1.notes.len(), 1);
}

#[test]
fn a_hard_wrapped_list_of_authors_is_one_list() {
    let digest = "### [1] [A](https://arxiv.org/abs/2603.00001)\n*Ada Quill,\nBo O'Finn,\nCy Marsh*\nMain category: cs.LG\n\nTL;DR: x\n";
    let (found, report) = collect("-", digest.as_bytes()).unwrap();
    let [Reading::Entry(entry)] = found.as_slice() else { panic!("{report:?}") };
    assert_eq!(entry.authors, ["Ada Quill", "Bo O'Finn", "Cy Marsh"]);
    assert_eq!(entry.categories, ["cs.LG"]);
    assert_eq!(entry.listing.as_ref().map(|listing| (listing.file.as_str(), listing.date)), Some(("-", None)));
}

#[test]
fn a_million_authors_are_skipped() {
    let names = "\"A. Quill\",".repeat(1_000_000);
    let short = "A. Quill,".repeat(20_000);
    let lines = format!(
        "{{\"id\": \"2603.00001\", \"title\": \"Many\", \"authors\": [{names}\"B\"]}}\n\
         {{\"id\": \"2603.00002\", \"title\": \"Fewer\", \"authors\": \"{short}\"}}\n\
         {{\"id\": \"2603.00003\", \"title\": \"Few\", \"authors\": [\"A. Quill\"]}}\n"
    );
    let (found, _) = collect("papers.jsonl", lines.as_bytes()).unwrap();
    let [Reading::Skipped(first), Reading::Skipped(second), Reading::Entry(third)] = found.as_slice() else { panic!() };
    assert_eq!(first.to_string(), "papers.jsonl:1: the line is longer than 4194304 bytes");
    assert_eq!(second.to_string(), "papers.jsonl:2: more than 10000 authors");
    assert_eq!(third.authors, ["A. Quill"]);
    let digest = format!(
        "### [1] [Many](https://arxiv.org/abs/2603.00001)\n*{}*\n\n{}",
        "A. Q,".repeat(1_000_000),
        entry(2, "x")
    );
    let (found, _) = collect("d.md", digest.as_bytes()).unwrap();
    let [Reading::Skipped(first), Reading::Entry(_)] = found.as_slice() else { panic!() };
    assert_eq!(first.line, 2, "{first}");
}

#[test]
fn a_keyed_object_of_any_size_is_read_one_paper_at_a_time() {
    let input = made(|part| match part {
        0 => Some(b"{\"2603.00000\": {\"title\": \"".to_vec()),
        1..=50 => Some(vec![b'x'; 1 << 20]),
        51 => Some(b"\"}".to_vec()),
        52..=1051 => Some(format!(",\n\"2603.{part:05}\": {{\"title\": \"A }} in {{ a \\\" text\"}}").into_bytes()),
        1052 => Some(b"}".to_vec()),
        _ => None,
    });
    let (found, report) = collect("papers.json", input).unwrap();
    assert_eq!((report.format, report.entries, report.skipped), (Format::KeyedJson, 1000, 1));
    let Some(Reading::Skipped(skipped)) = found.first() else { panic!() };
    assert_eq!(skipped.to_string(), "papers.json:1: the entry is longer than 4194304 bytes");
}

#[test]
fn terminal_escapes_and_paths_never_come_through() {
    let digest = "### [1] [\u{1b}[31mRed\u{1b}[0m \u{202e}Reeds\u{7}](https://arxiv.org/abs/2603.00001)\n\
                  *Ada\u{1b}]0;x\u{7} Quill*\n\nTL;DR: a\u{0}b\u{9b}2Jc\n\n\
                  ### [2] [Up \u{1b}[2J](https://arxiv.org/abs/../../2603.00002)\n\n\
                  ### [3] [Down](../2603.00003)\n";
    let expected = "1: 2603.00001 v0 - markdown\n  title: Red Reeds\n  authors: Ada Quill\n  en tldr: abc\n\
                    d.md:6: \"https://arxiv.org/abs/../../2603.00002\" is not an arXiv id (\"Up\")\n\
                    d.md:8: \"../2603.00003\" is not an arXiv id (\"Down\")\n\
                    digest: 1 entries, 2 skipped\n";
    assert_eq!(show("d.md", digest.as_bytes()), expected);
}

#[test]
fn text_that_is_not_utf8_is_named() {
    let digest = [entry(1, "caf\u{e9}").as_bytes(), b"### [2] [Caf\xe9](https://arxiv.org/abs/2603.00002)\n"].concat();
    let (found, report) = collect("d.md", digest.as_slice()).unwrap();
    assert_eq!(report.notes, ["line 9 is not UTF-8; what could not be read is shown as U+FFFD"]);
    let [_, Reading::Entry(second)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(second.title.as_deref(), Some("Caf\u{fffd}"));
    let lines = b"{\"id\": \"2603.00001\", \"title\": \"Caf\xe9\"}\n{\"id\": \"2603.00002\", \"title\": \"B\"}\n";
    let (found, _) = collect("p.jsonl", lines.as_slice()).unwrap();
    let [Reading::Entry(first), Reading::Entry(_)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(first.title.as_deref(), Some("Café"));
}

/// What the sink returns ends the reading at once and comes back as it is.
#[test]
fn the_sink_can_stop() {
    let mut given = 0;
    let result = reader::read(&data("digest-2026-03-02.md"), &mut |_| {
        given += 1;
        Err(Error::io("library")(io::Error::other("full")))
    });
    assert_eq!(result.unwrap_err().to_string(), "library: full");
    assert_eq!(given, 1);
}

/// The sample digest that comes with the program, whole and in order.
#[test]
fn the_sample_digest_is_read_whole() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/sample-digest-2026-02-14.md");
    let mut entries = Vec::new();
    let report = reader::read(&sample, &mut |reading| {
        match reading {
            Reading::Entry(entry) => entries.push(entry),
            Reading::Skipped(skipped) => panic!("{skipped}"),
        }
        Ok(())
    })
    .unwrap();
    assert_eq!((report.format, report.entries, report.notes.len()), (Format::Digest, 7, 0));
    for entry in &entries {
        assert!(entry.abstract_text.as_ref().is_some_and(|text| text.len() > 500), "{}", entry.id);
        assert_eq!((entry.categories.len(), entry.summaries.len()), (1, 5), "{}", entry.id);
        assert!(entry.summaries.keys().all(|(language, _)| language == "zh"), "{}", entry.id);
    }
    let ids: Vec<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(ids[..2], ["2602.10158", "2602.11097"]);
    assert_eq!(entries[1].authors, ["David A. Barajas-Solano"]);
}
