//! Properties of files of references that nobody would write: no panic, nothing lost in silence,
//! bounded and clean output.

use std::path::Path;

use proptest::prelude::*;
use relata::references::{self, References};

/// A small file in each format.
const FILES: [&str; 15] = [
    "@string{js = \"J. Snow\"}\n@article{a, title = {Slow {\\\"o} \\textit{Glaciers}}, journal = js # 2,\n  eprint = {2601.00001}, archiveprefix = {arXiv},\n}\n@misc(b, title = \"Bridges\", xdata={c})\n@xdata{c, doi={10.1000/xyz.2}}\n",
    "TY  - JOUR\nTI  - Slow Glaciers\nUR  - https://arxiv.org/abs/2601.00001v2\nN1  - arXiv:2601.00001\nER  - \n\nTY  - JOUR\nT1  - Bridges\n",
    "PMID- 1\nTI  - Slow\n      Glaciers\nAID - 10.1000/xyz.2 [doi]\n\nPMID- 2\nTI  - Bridges\n",
    "%0 Journal Article\n%T Slow Glaciers\n%U https://arxiv.org/abs/2601.00001\n\n%0 Journal Article\n%T Bridges\n",
    "FN Web of Science\nPT J\nTI Slow\n   Glaciers\nDI 10.1000/xyz.2\nER\n\nEF\n",
    "Key,Title,Publication Title,Url\nA,\"Slow \"\"old\"\"\nGlaciers\",Ice,http://arxiv.org/abs/2601.00001\nB,Bridges,,\n",
    "sep=;\r\n\"Title\";\"DOI\"\r\n\"Slow Glaciers\";\"10.1000/xyz.2\"\r\n",
    "[{\"id\": \"a\", \"title\": \"Slow <i>Glaciers</i> &ouml;\", \"note\": \"arXiv:2601.00001\"}, {\"data\": {\"title\": \"Bridges\"}}]",
    "{\"config\": {}, \"items\": [{\"title\": \"Bridges\", \"attachments\": [{\"url\": \"http://arxiv.org/pdf/2601.00001\"}]}]}",
    "{\"profile\": \"x\", \"like\": [\"2601.00001\"], \"unlike\": [\"2601.00002\"]}",
    "references:\n- id: a\n  title: Slow Glaciers\n  author:\n  - {family: Moor}\n- id: b\n  title: |\n    Bridges\n",
    "<xml><records><record><titles><title><style>Slow</style> Glaciers &amp; Ice</title></titles><urls><url>arxiv.org/abs/2601.00001</url></urls></record></records></xml>",
    "<rdf:RDF><bib:Article rdf:about=\"http://arxiv.org/abs/2601.00001\"><z:itemType>x</z:itemType><dc:title>Slow</dc:title></bib:Article></rdf:RDF>",
    "# mine\n1. 2601.00001 on snow\n- [Bridges](https://arxiv.org/abs/2601.00002)\nhttps://doi.org/10.1000/xyz.2\nno id\n",
    "% Encoding: windows-1252\n@misc{a, title={Schr\u{f6}dinger}}\n",
];

fn read(bytes: &[u8]) -> Option<References> {
    references::read_bytes(Path::new("some.file"), bytes).ok()
}

fn is_clean(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

/// What holds for every input.
fn check(bytes: &[u8]) -> std::result::Result<(), TestCaseError> {
    let Some(read) = read(bytes) else { return Ok(()) };
    let lines = bytes.len() as u64 + 1;
    prop_assert!(!read.entries.is_empty());
    for entry in &read.entries {
        match entry {
            Ok(entry) => {
                prop_assert!((1..=lines).contains(&entry.line), "{:?}", entry);
                prop_assert!(is_clean(&entry.label) && entry.label.chars().count() <= 201, "{:?}", entry);
                prop_assert!(entry.title.as_deref().is_none_or(|title| is_clean(title) && !title.is_empty()));
                prop_assert!(entry.doi.as_deref().is_none_or(|doi| doi.starts_with("10.")));
            }
            Err(skipped) => {
                prop_assert!((1..=lines).contains(&skipped.line), "{:?}", skipped);
                prop_assert!(is_clean(&skipped.reason) && skipped.reason.chars().count() <= 400, "{:?}", skipped);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_files_are_read_without_panic(file in 0..FILES.len(), edits in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..5_u8, any::<u8>()), 1..8)) {
        let mut bytes = FILES[file].as_bytes().to_vec();
        for (at, until, kind, byte) in edits {
            let (at, until) = (at.index(bytes.len()), until.index(bytes.len()));
            let (from, to) = (at.min(until), at.max(until));
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, b"{}\"@,\n%<[:-\\$&;"[usize::from(byte) % 15]),
                2 => { bytes.drain(from..to.min(from + 40)); }
                3 => { let piece = bytes[from..to].to_vec(); bytes.splice(at..at, piece); }
                _ => bytes.truncate(at.max(1)),
            }
            if bytes.is_empty() {
                bytes.push(byte);
            }
        }
        check(&bytes)?;
    }

    #[test]
    fn texts_of_the_signs_of_all_formats_are_read_without_panic(text in "([@{}()\"=,#%\\\\\n\r \t$~&;:<>/-]|\\[|\\]|TY  - |TI  - |ER  - |PMID- |%0 |%T |title|Title,|DOI\n|@misc\\{a,|arXiv:2601.00001|---\n|- |<record>|<records>|</record>|\u{130}|é|\u{301}){0,60}") {
        check(text.as_bytes())?;
    }
}

/// How many entries a file has, and how many of them are named as broken.
fn counts(text: &str) -> (usize, usize) {
    let entries = read(text.as_bytes()).expect("a known format").entries;
    (entries.len(), entries.iter().filter(|entry| entry.is_err()).count())
}

#[test]
fn twice_the_file_has_twice_the_entries() {
    for (file, broken) in [
        ("@misc{a, title={Never closed\n", 1),
        ("@misc{a, title={One {too many}, url={x}}\n", 0),
        ("@misc(a, title=\"Never closed\n", 1),
        ("@misc{a, title={Snow}}\n", 0),
        ("TY  - JOUR\nTI  - Snow\n", 0),
        ("%0 Book\n%T Snow\n\n", 0),
        ("{\"title\": \"Snow\"}\n", 0),
        ("- title: Snow\n", 0),
        ("2601.00001\n", 0),
    ] {
        for times in [200, 400] {
            assert_eq!(counts(&file.repeat(times)), (times, broken * times), "{file}");
        }
    }
}
