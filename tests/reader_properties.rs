//! Properties of the readers on input that nobody would write: no panic, nothing lost in silence,
//! clean text only.

use std::path::Path;

use proptest::prelude::*;
use relata::paper::{Field, ValueRef};
use relata::reader::{self, Reading, Report};
use relata::{Entry, Result, Skipped};

const FILES: [&str; 18] = [
    "arxiv-api.xml",
    "arxiv-daily.atom",
    "arxiv-daily.rss",
    "crawled-2026-03-13.jsonl",
    "digest-2026-03-02.md",
    "digest-early-2025-03-05.md",
    "digest-h2-2026-03-04.md",
    "digest-marked.md",
    "digest-topics-2026-03-06.md",
    "digest-unbalanced-2026-03-07.md",
    "digest-unlinked.md",
    "enhanced.jsonl",
    "keyed.json",
    "list-export.md",
    "list-radar.md",
    "oai-formats.xml",
    "oai-raw.xml",
    "snapshot.jsonl",
];

fn file(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)).unwrap()
}

fn read(content: &[u8]) -> Option<(Vec<Entry>, Vec<Skipped>, Report)> {
    let (mut entries, mut skipped) = (Vec::new(), Vec::new());
    let report: Result<Report> = reader::read_from(Path::new("some.file"), content, &mut |reading| {
        match reading {
            Reading::Entry(entry) => entries.push(*entry),
            Reading::Skipped(one) => skipped.push(one),
        }
        Ok(())
    });
    Some((entries, skipped, report.ok()?))
}

/// What holds for every input: counts are those of what was given, texts are clean and within
/// bounds.
fn check(content: &[u8]) -> std::result::Result<(), TestCaseError> {
    let Some((entries, skipped, report)) = read(content) else { return Ok(()) };
    prop_assert_eq!((report.entries, report.skipped), (entries.len() as u64, skipped.len() as u64));
    for one in &skipped {
        prop_assert!(is_clean(&one.reason) && one.reason.chars().count() <= 301, "{:?}", one);
        prop_assert!(one.line >= 1);
    }
    for entry in &entries {
        for &field in Field::ALL {
            let Some(value) = entry.metadata.get(field) else { continue };
            let texts = match value {
                ValueRef::Text(text) => vec![text],
                ValueRef::List(list) => list.iter().map(String::as_str).collect(),
                ValueRef::Day(_) => Vec::new(),
            };
            for text in texts {
                prop_assert!(is_clean(text) && !text.is_empty(), "{:?}", text);
                prop_assert!(text.len() <= field.most_bytes());
            }
        }
        for text in entry.categories.iter().chain(entry.links.values()).chain(entry.summaries.values()) {
            prop_assert!(is_clean(text) && !text.is_empty(), "{:?}", text);
            prop_assert!(text.len() <= 64 << 10);
        }
        prop_assert!(entry.links.values().all(|link| link.starts_with("http")));
        prop_assert!(entry.line >= 1);
    }
    Ok(())
}

fn is_clean(text: &str) -> bool {
    let unwanted = |c: char| {
        c.is_control()
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}' | '\u{200b}')
            || matches!(c, '\u{e0000}'..='\u{e0fff}' | '\u{fdd0}'..='\u{fdef}' | '\u{fffe}' | '\u{ffff}')
    };
    !text.chars().any(unwanted) && !text.contains("  ") && text.trim() == text
}

/// Pieces that mean something to one of the readers, so that random sequences of them reach deep.
const PIECES: [&str; 66] = [
    "\n",
    "\r\n",
    "\r",
    "\u{feff}",
    " ",
    "\t",
    "\u{1b}[2J",
    "\u{9b}",
    "\u{202e}",
    "### [1] [A Title](https://arxiv.org/abs/2603.00001)",
    "### [2] [](2603.00002v2)",
    "### [3] [T]([https://arxiv.org/abs/](https://arxiv.org/abs/)hep-th/9901001)",
    "### [4] No Link",
    "### Plain",
    "[5] Title",
    "# cs.LG [[Back]](#toc)",
    "## <div id='x'></div> topic [[Back]](#toc)",
    "## Method:",
    "<div id=toc></div>",
    "<details>",
    "</details>",
    "<summary>Abstract</summary>",
    "<summary>",
    "*A. Quill, B. Finn*",
    "*['A', \"B\\",
    " | **Main category: cs.AR**",
    "> *",
    "> **TL;DR:** ",
    "Abstract: ",
    "摘要翻译：",
    "Authors: A; B | Main Category: cs.LG | Paper Link",
    "- **ID:** 2603.00003",
    "- **[L](http://arxiv.org/abs/2603.00004v1)** (cs.RO, 3/10): x",
    "- [cs.LG](#cs.LG) [Total: 99999999999999999999]",
    "  - [cs.CV](#cs.CV) [Total: 18446744073709551615]",
    "---",
    "<think>",
    "</think>",
    "{\"id\": \"2603.00005\", \"title\": ",
    "\"authors\": [",
    "\"AI\": {\"tldr\": \"",
    "\"}",
    "}",
    "气$\\",
    "[",
    "]",
    "{'id': '2603.00006', ",
    "\"papers\": [",
    "None, NaN, ",
    "\\ud83d",
    "id,title,abstract",
    "sep=;",
    "2603.00007;\"Open",
    "|Title|PDF|",
    "|---|---|",
    "|**T**|[2603.00008](http://arxiv.org/abs/2603.00008)|",
    "## 1. [T](https://arxiv.org/abs/2603.00009)",
    "- [T](https://arxiv.org/abs/2603.00010)",
    "\\\\",
    "arXiv:2603.00011",
    "Title: T",
    "<!DOCTYPE html><dl><dt><a href=\"/abs/2603.00012\">",
    "<dd><div class='list-title'>",
    "<p class='mathjax'>&eacute;&#x110000;",
    "arXiv:2603.00013v2 Announce Type: new Abstract: ",
    "<sup>-3</sup><script>",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(content in prop::collection::vec(any::<u8>(), 0..2000)) {
        check(&content)?;
    }

    #[test]
    fn any_sequence_of_meaningful_pieces(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..60), digest in any::<bool>()) {
        let start = if digest { "<div id=toc></div>\n" } else { "" };
        check(format!("{start}{}", pieces.concat()).as_bytes())?;
        check(format!("{start}{}", pieces.join("\n")).as_bytes())?;
    }

    #[test]
    fn any_damage_to_a_valid_file(
        name in prop::sample::select(&FILES[..]),
        cut in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20),
        truncate in any::<bool>(),
    ) {
        let mut content = file(name);
        for (at, byte) in changes {
            let at = at.index(content.len());
            content[at] = byte;
        }
        if truncate {
            content.truncate(cut.index(content.len()));
        }
        check(&content)?;
    }

    /// Two files of one format, one after the other, give what both give, in order.
    #[test]
    fn lines_are_independent(first in prop::sample::select(&["crawled-2026-03-13.jsonl", "enhanced.jsonl", "snapshot.jsonl", "recommended.jsonl"][..]),
                             second in prop::sample::select(&["crawled-2026-03-13.jsonl", "enhanced.jsonl", "snapshot.jsonl", "recommended.jsonl"][..])) {
        let ids = |content: &[u8]| -> Vec<String> {
            read(content).unwrap().0.into_iter().map(|entry| entry.id.to_string()).collect()
        };
        let (one, other) = (file(first), file(second));
        let both = [one.as_slice(), other.as_slice()].concat();
        prop_assert_eq!(ids(&both), [ids(&one), ids(&other)].concat());
    }

    #[test]
    fn cleaned_text_is_clean_and_stays_so(text in "(?s).{0,200}") {
        let cleaned = reader::clean(&text);
        prop_assert!(is_clean(&cleaned), "{:?}", cleaned);
        prop_assert_eq!(reader::clean(&cleaned), cleaned);
    }

    /// Entries come out in the order and number in which they were written, whatever stands between
    /// them.
    #[test]
    fn every_heading_is_one_entry_or_one_skip(kinds in prop::collection::vec(0..4usize, 1..40)) {
        let mut digest = String::from("<div id=toc></div>\n\n");
        for (number, kind) in kinds.iter().enumerate() {
            digest += &match kind {
                0 => format!("### [{number}] [T](https://arxiv.org/abs/2603.{number:05})\n*A*\n\nTL;DR: x\n\n<details>\nAbstract: y\n\n</details>\n\n"),
                1 => format!("### [{number}] [T](https://arxiv.org/abs/2603.{number:05})\n<details>\nAbstract: never closed\n"),
                2 => format!("### [{number}] [T](https://arxiv.org/abs/2613.{number:05})\n"),
                _ => format!("### [{number}] T\n*A*\n</details>\n</details>\n"),
            };
        }
        let (entries, skipped, _) = read(digest.as_bytes()).unwrap();
        let given: Vec<String> = entries.iter().map(|entry| entry.id.to_string()).collect();
        let expected: Vec<String> = kinds.iter().enumerate().filter(|(_, kind)| **kind < 2).map(|(number, _)| format!("2603.{number:05}")).collect();
        prop_assert_eq!(given, expected);
        prop_assert_eq!(skipped.len(), kinds.iter().filter(|kind| **kind >= 2).count());
    }
}
