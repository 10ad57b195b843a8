//! Tables, other digests, mails, pages and archives: what is read from each, with inputs of this
//! project.

use std::io::Write as _;

use relata::reader::{self, Format, Reading};

use super::{collect, gzip, show};

const ONE: &str = r#"{"id": "2603.00001", "title": "Reeds", "summary": "Reeds bend."}"#;
const TWO: &str = r#"{"id": "2603.00002", "title": "Sedges", "summary": "Sedges stand."}"#;

/// The entries of an input, in short, then skips and notes.
fn told(name: &str, input: &[u8]) -> Vec<String> {
    let (found, report) = collect(name, input).unwrap();
    let day = |day: Option<relata::PartialDate>| day.map_or_else(String::new, |day| day.to_string());
    let lines = found.iter().map(|reading| match reading {
        Reading::Entry(one) => {
            let texts = [one.title.as_deref().unwrap_or("-"), one.abstract_text.as_deref().unwrap_or("-")];
            let fields = [texts[0], texts[1], &one.authors.join("; "), &one.categories.join(" "), &day(one.published)];
            format!("{} v{}|{}", one.id, one.precedence.version, fields.join("|").trim_end_matches('|'))
        }
        Reading::Skipped(skipped) => skipped.to_string(),
    });
    lines.chain(report.notes.iter().map(|note| format!("note: {note}"))).collect()
}

#[test]
fn tables_are_read_whatever_parts_their_fields() {
    let rows = [
        ["arXiv ID", "Title", "Authors", "Abstract", "Categories", "Published"],
        ["2603.00001", "Reeds, bent", "Ada Quill, Bo Finn", "Reeds bend.", "cs.LG stat.ML", "2026-03-02"],
        ["arXiv:2603.00002v2", "Sedges", "Cy Marsh", "", "cs.CV", "2 Mar 2026"],
        ["none", "Rushes", "", "", "", ""],
    ];
    let expected = [
        "2603.00001 v0|Reeds, bent|Reeds bend.|Ada Quill; Bo Finn|cs.LG stat.ML|2026-03-02",
        "2603.00002 v2|Sedges|-|Cy Marsh|cs.CV|2026-03-02",
        "p.csv:4: \"none\" is not an arXiv id (\"Rushes\")",
    ];
    for delimiter in [",", ";", "\t"] {
        let row = |row: &[&str; 6]| row.map(|cell| format!("\"{cell}\"")).join(delimiter);
        let table = rows.iter().map(row).collect::<Vec<_>>().join("\n");
        assert_eq!(told("p.csv", table.as_bytes()), expected, "{table}");
        assert_eq!(told("p.csv", format!("\u{feff}{}\r\n", table.replace('\n', "\r\n")).as_bytes()), expected);
    }
    assert_eq!(collect("p.csv", "id,title\n2603.00001,A\n".as_bytes()).unwrap().1.format, Format::Table);
}

#[test]
fn cells_may_hold_lines_lists_and_numbers() {
    let table = "id,title,authors,abstract,categories\n\
                 2603.0001,\"A \"\"quoted\"\" title\",\"['Ada Quill', 'Bo Finn']\",\"Two\nlines.\",\"['cs.LG', 'cs.AI']\"\n\
                 704.0001,B,\"[{'name': 'Cy Marsh'}]\",Text.,cs.CV\n";
    assert_eq!(
        told("p.csv", table.as_bytes()),
        [
            "2603.00010 v0|A \"quoted\" title|Two lines.|Ada Quill; Bo Finn|cs.LG cs.AI",
            "0704.0001 v0|B|Text.|Cy Marsh|cs.CV",
        ]
    );
    // A quote that is never closed costs no row.
    let stray = "id,title,abstract\n2603.00001,A 5\" disk,x\n2603.00002,B,y\n2603.00003,C,z\n";
    let found = told("p.csv", stray.as_bytes());
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(&found[1..], ["2603.00002 v0|B|y", "2603.00003 v0|C|z"]);
}

#[test]
fn numbered_headings_with_links_are_entries() {
    for heading in [
        "### 1. [Slow Reeds](https://arxiv.org/abs/2603.00001v2)",
        "### 1) **[Slow Reeds](https://arxiv.org/abs/2603.00001v2)**",
        "## [Slow Reeds](https://arxiv.org/abs/2603.00001v2)",
        "## 1. [Slow Reeds](http://arxiv.org/pdf/2603.00001v2)",
        "### 🔥 1. [Slow Reeds](https://arxiv.org/abs/2603.00001v2)",
        "#### [Slow Reeds](https://arxiv.org/abs/2603.00001v2)",
    ] {
        let digest = format!(
            "# Daily 2026-03-02\n\n{heading}\n\n**Authors:** Ada Quill, Bo Finn\n\n**Abstract:** Reeds bend.\n\n"
        );
        let found = told("d.md", digest.as_bytes());
        assert_eq!(found, ["2603.00001 v2|Slow Reeds|Reeds bend.|Ada Quill; Bo Finn"], "{heading}");
    }
}

#[test]
fn headings_with_the_link_below_are_entries() {
    let digest = "# Papers of the day\n\n## Slow Reeds\n**Link:** [https://arxiv.org/abs/2603.00001](https://arxiv.org/abs/2603.00001)\n\n\
        **Authors:** Ada Quill, Bo Finn\n\n**Abstract:** arXiv:2603.00001v3 Announce Type: new \nAbstract: Reeds bend\nin the wind.\n\n\
        ## About\nWe read https://arxiv.org every day.\n\n### 2. Sedges\n- **URL:** https://arxiv.org/abs/2603.00002\n- **Date:** 2026-03-02\n\n**Abstract:** Sedges stand.\n";
    assert_eq!(
        told("d.md", digest.as_bytes()),
        [
            "2603.00001 v3|Slow Reeds|Reeds bend in the wind.|Ada Quill; Bo Finn",
            "2603.00002 v0|Sedges|Sedges stand.|||2026-03-02"
        ]
    );
}

#[test]
fn tables_of_markdown_are_read_by_their_columns() {
    let daily = "## Updated on 2026.03.03\n\n|Publish Date|Title|Authors|PDF|Code|\n|---|---|---|---|---|\n\
        |**2026-03-02**|**Slow Reeds**|Ada Quill et.al.|[2603.00001](http://arxiv.org/abs/2603.00001)|null|\n\
        |**2026-03-02**|**Sedges**|Bo Finn et.al.|[2603.00002v1](http://arxiv.org/abs/2603.00002v1)|**[link](https://code.example/s)**|\n";
    let (found, report) = collect("d.md", daily.as_bytes()).unwrap();
    assert_eq!(
        told("d.md", daily.as_bytes()),
        ["2603.00001 v0|Slow Reeds|-|||2026-03-02", "2603.00002 v1|Sedges|-|||2026-03-02"]
    );
    assert_eq!(report.format, Format::Blocks);
    let [_, Reading::Entry(second)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(second.links.get("code").map(String::as_str), Some("https://code.example/s"));
    assert_eq!(second.listing.as_ref().and_then(|listing| listing.date), Some(jiff::civil::date(2026, 3, 3)));
    let details = "# Daily\n| **Title** | **Date** | **Abstract** | **Comment** |\n| --- | --- | --- | --- |\n\
        | **[Slow Reeds](https://arxiv.org/abs/2603.00001v1)** | 2026-03-02 | <details><summary>Show</summary><p>Reeds bend.</p></details> | <details><summary>4 pages</summary><p>4 pages</p></details> |\n";
    assert_eq!(told("d.md", details.as_bytes()), ["2603.00001 v1|Slow Reeds|Reeds bend.|||2026-03-02"]);
    let bare = "| 2026-03-02 | Slow Reeds | [link](https://arxiv.org/abs/2603.00001) |\n| - | - | [PDF](https://arxiv.org/abs/2603.00002) |\n";
    assert_eq!(
        told("d.md", bare.as_bytes()),
        ["2603.00001 v0|Slow Reeds|-|||2026-03-02", "d.md:2: 2603.00002 has no title here"]
    );
}

#[test]
fn items_of_lists_are_entries_and_talk_is_not() {
    let list = "# Reading list\n- [Slow Reeds](https://arxiv.org/abs/2603.00001)\n2. **Sedges** [[arXiv](https://arxiv.org/abs/2603.00002)] [[code](https://code.example)]\n* Rushes, [[pdf](https://arxiv.org/pdf/2603.00003.pdf)]\n";
    assert_eq!(
        told("r.md", list.as_bytes()),
        ["2603.00001 v0|Slow Reeds|-", "2603.00002 v0|Sedges|-", "2603.00003 v0|Rushes,|-"]
    );
}

#[test]
fn mails_of_arxiv_are_read() {
    let mail = "Submissions to:\nGeophysics\n received from  Mon 2 Mar 26 19:00:00 GMT  to  Tue 3 Mar 26 19:00:00 GMT\n------------\n\\\\\n\
        arXiv:2603.00001\nDate: Tue, 3 Mar 2026 08:00:00 GMT   (123kb)\n\nTitle: Slow Reeds\n  and Sedges\nAuthors: Ada Quill, Bo Finn\n\
        Categories: physics.geo-ph cs.LG\nComments: 4 pages\n\\\\\n  Reeds bend\n in the wind.\n\\\\ ( https://arxiv.org/abs/2603.00001 ,  123kb)\n\
        ------------------------------------------------------------------------------\n\\\\\narXiv:2602.00002\nreplaced with revised version Tue, 3 Mar 2026 09:00:00 GMT   (99kb)\n\n\
        Title: Rushes\nAuthors: Cy Marsh\nCategories: cs.CV\n\\\\ ( https://arxiv.org/abs/2602.00002 ,  99kb)\n%%%---%%%---\n";
    assert_eq!(
        told("mail.txt", mail.as_bytes()),
        [
            "2603.00001 v0|Slow Reeds and Sedges|Reeds bend in the wind.|Ada Quill; Bo Finn|physics.geo-ph cs.LG|2026-03-03",
            "2602.00002 v0|Rushes|-|Cy Marsh|cs.CV",
        ]
    );
}

#[test]
fn saved_pages_of_arxiv_are_read() {
    let listing = "<!DOCTYPE html><html><body><dl id=\"articles\">\n<dt><a name=\"item1\">[1]</a> <a href =\"/abs/2603.00001\" title=\"Abstract\">arXiv:2603.00001</a> [<a href=\"/pdf/2603.00001\">pdf</a>]</dt>\n\
        <dd><div class='meta'><div class='list-title mathjax'><span class='descriptor'>Title:</span>\n Slow Reeds &amp; Sedges</div><div class='list-authors'><a href=\"/a\">Ada Quill</a>, <a href=\"/b\">Bo Finn</a></div>\
        <div class='list-subjects'><span class='descriptor'>Subjects:</span> <span class=\"primary-subject\">Geophysics (physics.geo-ph)</span>; Machine Learning (cs.LG)</div><p class='mathjax'>Reeds bend.</p></div></dd></dl></body></html>";
    assert_eq!(
        told("l.html", listing.as_bytes()),
        ["2603.00001 v0|Slow Reeds & Sedges|Reeds bend.|Ada Quill; Bo Finn|physics.geo-ph cs.LG"]
    );
    let page = "<!DOCTYPE html>\n<html><head><meta name=\"citation_title\" content=\"Slow Reeds\" /><meta name=\"citation_author\" content=\"Quill, Ada\" />\
        <meta name=\"citation_date\" content=\"2026/03/02\" /><meta name=\"citation_arxiv_id\" content=\"2603.00001\" /><meta name=\"citation_abstract\" content=\"Reeds bend.\" /></head><body></body></html>";
    assert_eq!(told("a.html", page.as_bytes()), ["2603.00001 v0|Slow Reeds|Reeds bend.|Ada Quill||2026-03-02"]);
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append_data(&mut header, name, *content).unwrap();
    }
    archive.into_inner().unwrap()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in members {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn members_of_archives_are_read_each_by_itself() {
    let members: [(&str, &[u8]); 4] = [
        ("data/2026-03-02.jsonl", ONE.as_bytes()),
        ("data/.hidden", b"x"),
        ("notes.txt", b"hello"),
        ("data/two.csv", b"id,title,abstract\n2603.00002,Sedges,Sedges stand.\n"),
    ];
    let expected = [
        "2603.00001 v0|Reeds|Reeds bend.",
        "2603.00002 v0|Sedges|Sedges stand.",
        "note: notes.txt is left out: it looks like plain text",
    ];
    for archive in [tar(&members), gzip(&tar(&members)), zip(&members), tar(&[("inner.zip", &zip(&members))])] {
        let found = told("a", &archive);
        assert_eq!(&found[..2], &expected[..2]);
        assert!(found[2].ends_with("notes.txt is left out: it looks like plain text"), "{found:?}");
    }
    let (found, report) = collect("b.tar", tar(&members).as_slice()).unwrap();
    assert_eq!(report.format, Format::Archive);
    let Some(Reading::Entry(first)) = found.first() else { panic!() };
    let listing = first.listing.as_ref().map(|listing| (listing.file.as_str(), listing.date));
    assert_eq!(listing, Some(("2026-03-02.jsonl", Some(jiff::civil::date(2026, 3, 2)))));
    // As a file, and not through a pipe.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    std::fs::write(&path, zip(&members)).unwrap();
    let mut ids = Vec::new();
    reader::read(&path, &mut |reading| {
        if let Reading::Entry(entry) = reading {
            ids.push(entry.id.to_string());
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(ids, ["2603.00001", "2603.00002"]);
    // A broken archive gives what stood before.
    let cut = tar(&[("one.jsonl", ONE.as_bytes()), ("two.jsonl", TWO.repeat(100).as_bytes())]);
    let found = told("c.tar", &cut[..2048]);
    assert_eq!(found[0], "2603.00001 v0|Reeds|Reeds bend.");
    assert!(found.len() > 1, "{found:?}");
    let refused = collect("d.tar", tar(&[("a.txt", b"hello")]).as_slice()).unwrap_err().to_string();
    assert!(refused.starts_with("d.tar: this looks like a tar archive without papers"), "{refused}");
}

#[test]
fn every_packing_is_taken_off() {
    let plain = format!("{ONE}\n{TWO}\n");
    let expected = ["2603.00001 v0|Reeds|Reeds bend.", "2603.00002 v0|Sedges|Sedges stand."];
    let bzip2 = {
        let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        encoder.write_all(plain.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let zstandard = ruzstd::encoding::compress_to_vec(plain.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest);
    let padded = [gzip(plain.as_bytes()), vec![0; 1000]].concat();
    let members = [gzip(format!("{ONE}\n").as_bytes()), vec![0; 7], gzip(TWO.as_bytes())].concat();
    for packed in [bzip2, zstandard, padded, members, gzip(&gzip(plain.as_bytes())), super::bytes("two.jsonl.xz")] {
        assert_eq!(told("p", &packed), expected);
    }
    let followed = told("p", &[gzip(plain.as_bytes()), b"garbage".to_vec()].concat());
    assert_eq!(&followed[..2], expected);
    assert_eq!(followed[2..], ["note: bytes that are no gzip data follow the gzip data; they are left out"]);
    for order in [u16::to_le_bytes as fn(u16) -> [u8; 2], u16::to_be_bytes] {
        let bytes: Vec<u8> = plain.encode_utf16().flat_map(order).collect();
        assert_eq!(told("p", &bytes), expected);
        assert_eq!(told("p", &[order(0xfeff).to_vec(), bytes].concat()), expected);
    }
}

#[test]
fn what_unpacks_to_the_thousandfold_ends() {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(&vec![b'x'; 200 << 20]).unwrap();
    let bomb = bomb.finish().unwrap();
    let shown = show("b.gz", &[gzip(format!("{ONE}\n").as_bytes()), bomb].concat());
    assert!(shown.contains("it unpacks to more than 400 times its size"), "{shown}");
    assert!(shown.contains("Reeds"), "{shown}");
}

#[test]
fn addresses_are_told_from_files() {
    let address = std::path::PathBuf::from("https://arxiv.org/list/cs.LG/new");
    let refused = reader::files(&[address]).unwrap_err().to_string();
    assert!(refused.starts_with("https://arxiv.org/list/cs.LG/new is an address"), "{refused}");
    assert!(refused.contains("curl -L"), "{refused}");
}

#[test]
fn a_front_matter_tells_the_day_and_no_paper() {
    let bodies = [
        "### [1] [Reeds](https://arxiv.org/abs/2603.00001)\n*Ada Quill*\n\nMain category: cs.LG\n\nAbstract: Reeds bend.\n",
        "## Reeds\n\n**Link:** https://arxiv.org/abs/2603.00001\n\n**Abstract:** Reeds bend.\n",
        "- [Reeds](https://arxiv.org/abs/2603.00001)\n",
    ];
    let front = "layout: post\ndate: 2026-03-02 08:00:00 +0800\ntitle: \"### [9] [No paper](https://arxiv.org/abs/2603.00009)\"\n\
                 tags:\n- [Link](https://arxiv.org/abs/2603.00008)\n";
    for body in bodies {
        for fence in ["---", "+++"] {
            let front =
                if fence == "+++" { front.replace(": ", " = ").replace("tags:", "tags = [") } else { front.to_owned() };
            let page = format!("{fence}\n{front}{fence}\n\n{body}");
            let (found, report) = collect("index.md", page.as_bytes()).unwrap();
            let [Reading::Entry(entry)] = found.as_slice() else { panic!("{page}: {found:?}") };
            assert_eq!((entry.id.as_str(), entry.title.as_deref()), ("2603.00001", Some("Reeds")), "{page}");
            let listed = entry.listing.as_ref().and_then(|listing| listing.date);
            assert_eq!(listed, Some(jiff::civil::date(2026, 3, 2)), "{page}");
            assert_eq!(report.notes, Vec::<String>::new(), "{page}");
        }
    }
    // The name of a file tells its day better, and a page without papers is none.
    let (found, _) = collect("2026-03-05.md", format!("---\n{front}---\n{}", bodies[0]).as_bytes()).unwrap();
    let listed = |reading: &Reading| matches!(reading, Reading::Entry(one) if one.listing.as_ref().is_some_and(|l| l.date == Some(jiff::civil::date(2026, 3, 5))));
    assert!(found.iter().all(listed), "{found:?}");
    assert!(collect("index.md", format!("---\n{front}---\n\nNothing today.\n").as_bytes()).is_err());
}

#[test]
fn rows_of_tables_in_json_are_read_as_in_markdown() {
    let row = |day: &str, title: &str, id: &str| {
        format!("|**{day}**|**{title}**|Ada Quill et.al.|[{id}](http://arxiv.org/abs/{id})|null|\\n")
    };
    let page = format!(
        "{{\"Marsh Plants\": {{\"2603.00001\": \"{}\", \"2603.00002\": \"{}\"}},\n \"Birds\": {{\"2603.00003\": \"{}\"}}, \"None\": {{}}}}\n",
        row("2026-03-02", "Reeds \\u201cbent\\u201d", "2603.00001"),
        row("2026-03-01", "Sedges", "2603.00002v2"),
        row("2026-02-28", "Rails", "2603.00003"),
    );
    // "et.al." says that the list of authors is cut, so it is left to other sources.
    let expected = [
        "2603.00001 v0|Reeds \u{201c}bent\u{201d}|-|||2026-03-02",
        "2603.00002 v0|Sedges|-|||2026-03-01",
        "2603.00003 v0|Rails|-|||2026-02-28",
    ];
    assert_eq!(told("cv-arxiv-daily.json", page.as_bytes()), expected);
    let spaced = page.replace(", ", ",\n    ").replace(": {", ":\n  {\n    ");
    assert_eq!(told("cv-arxiv-daily.json", spaced.as_bytes()), expected, "{spaced}");
    // A row without a title is named, and the others are read.
    let broken = page.replace("**Sedges**", "****");
    assert_eq!(told("p.json", broken.as_bytes())[1], "p.json:1: 2603.00002 has no title here");
}

/// The day of each listing that an input gives, and the notes.
fn listed(path: &str, input: &[u8]) -> Vec<String> {
    let mut days = Vec::new();
    let report = reader::read_from(path.as_ref(), input, &mut |reading| {
        if let Reading::Entry(entry) = reading {
            let listing = entry.listing.expect("a listing");
            assert_eq!(listing.date, entry.precedence.date, "{path}");
            days.push(format!("{} {}", listing.file, listing.date.map_or("-".to_owned(), |day| day.to_string())));
        }
        Ok(())
    });
    days.into_iter().chain(report.expect("read").notes).collect()
}

#[test]
fn the_day_of_a_digest_stands_in_its_name_its_headline_or_its_folders() {
    for (path, expected) in [
        ("2026/03/02.jsonl", "02.jsonl 2026-03-02"),
        ("data/20260302.jsonl", "20260302.jsonl 2026-03-02"),
        ("2026-03-02/cs.LG.jsonl", "cs.LG.jsonl 2026-03-02"),
        ("2026-03/cs.LG.jsonl", "cs.LG.jsonl -"),
        ("2603.00001.jsonl", "2603.00001.jsonl -"),
        ("p.jsonl", "p.jsonl -"),
        ("-", "- -"),
    ] {
        assert_eq!(listed(path, ONE.as_bytes()), [expected], "{path}");
    }
    assert_eq!(
        listed("5/05-03-2026.jsonl", ONE.as_bytes()),
        ["05-03-2026.jsonl -", "the name could mean 2026-03-05 or 2026-05-03, so the day of the digest is not known"]
    );
    let digest = |headline: &str| {
        format!(
            "# {headline}\n\n### [1] [Reeds](https://arxiv.org/abs/2603.00001)\n*Ada Quill*\n\nMain category: cs.LG\n\nAbstract: Reeds bend.\n"
        )
    };
    let dated = digest("Papers of 2 March 2026");
    assert_eq!(listed("2026-03-09/d.md", dated.as_bytes()), ["d.md 2026-03-02"], "the digest knows better");
    assert_eq!(listed("2026-03-09/2026-03-03.md", dated.as_bytes()), ["2026-03-03.md 2026-03-03"]);
    assert_eq!(listed("2026-03-09/d.md", digest("Papers").as_bytes()), ["d.md 2026-03-09"]);
    let archive = tar(&[("2026/03/02.jsonl", ONE.as_bytes()), ("2026-03-04/a.jsonl", TWO.as_bytes())]);
    assert_eq!(listed("digests.tar", &archive), ["02.jsonl 2026-03-02", "a.jsonl 2026-03-04"]);
    let archive = zip(&[("a.jsonl", ONE.as_bytes())]);
    assert_eq!(listed("daily_2026-03-05.zip", &archive), ["a.jsonl 2026-03-05"]);
}
