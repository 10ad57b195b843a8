//! arXiv ids within the fields of references.
//!
//! In: the text of a field. Out: the ids that stand in it as arXiv's. [`ArxivId`] says what is an
//! id; this module says where in a field one is looked for.

use crate::paper::ArxivId;

/// How much of a field is looked at for ids, in bytes.
const LONGEST_PLACE: usize = 4096;

/// A text that is an id and nothing else.
pub(super) fn own_id(text: &str) -> Option<ArxivId> {
    ArxivId::parse(text.trim()).map(|(id, _)| id)
}

/// The ids that stand in a text as arXiv's, and INSPIRE's `%%CITATION = HEP-TH/9901001;%%`. What
/// stands beyond the first 4 KiB of a field is not its own id.
pub(super) fn ids_in(text: &str) -> Vec<ArxivId> {
    let text = &text[..text.floor_char_boundary(LONGEST_PLACE)];
    let mut found: Vec<ArxivId> = ArxivId::find_in(text).into_iter().map(|(id, _)| id).collect();
    if let Some((_, cited)) = text.split_once("CITATION") {
        found.extend(cited.trim_start_matches([' ', '=']).split([';', '%', ' ']).next().and_then(own_id));
    }
    found
}

/// The id that a note begins with, words such as "Preprint, available at" apart.
pub(super) fn leading_id(note: &str) -> Option<ArxivId> {
    const BEFORE: [&str; 22] = [
        "preprint",
        "preprints",
        "e-print",
        "e-prints",
        "eprint",
        "eprints",
        "available",
        "at",
        "on",
        "in",
        "from",
        "as",
        "online",
        "manuscript",
        "unpublished",
        "submitted",
        "to",
        "also",
        "url",
        "technical",
        "report",
        "corr",
    ];
    let parts = [' ', ',', ';', '\t', '(', '[', '{', '\\'];
    let words: Vec<&str> = note.split(parts).filter(|word| !word.is_empty()).take(32).collect();
    for (at, word) in words.iter().enumerate() {
        let lower = word.trim_end_matches(['.', ':']).to_ascii_lowercase();
        if lower.contains("arxiv") {
            // The id is in this word or soon after: "arXiv preprint arXiv:2401.00001".
            let near = words[at..words.len().min(at + 3)].join(" ");
            if let Some(id) = ids_in(&near).into_iter().next() {
                return Some(id);
            }
        } else if !BEFORE.contains(&lower.as_str()) {
            break;
        }
    }
    None
}

/// The id in a bibcode of the Astrophysics Data System: `2026arXiv260100010H` is 2601.00010, and
/// `1999hep.th....1001C` is hep-th/9901001. The code stands by itself or ends a link to ADS.
pub(super) fn bibcode(text: &str) -> Option<ArxivId> {
    let code = match text.rsplit_once("/abs/") {
        Some((host, path)) if host.contains("adsabs") => path.split(['/', '?', '#']).next()?,
        Some(_) => return None,
        None => text,
    };
    if code.len() != 19 || !code.is_ascii() || !code.as_bytes()[..4].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let (year, place) = (&code[2..4], &code[4..18]);
    if let Some(digits) = place.strip_prefix("arXiv") {
        // Until 2014 ids had four digits after the point, and the point stands in the code.
        return own_id(digits).or_else(|| own_id(&format!("{}.{}", digits.get(..4)?, digits.get(4..)?)));
    }
    let (archive, number) = place.split_at(place.rfind('.')? + 1);
    let archive = archive.trim_end_matches('.').replace('.', "-");
    number.bytes().all(|byte| byte.is_ascii_digit()).then(|| own_id(&format!("{archive}/{year}{number:0>5}"))).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> String {
        ids_in(text).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ids_stand_in_texts_as_arxivs() {
        for text in [
            "arXiv:2602.00007",
            "arXiv: 2602.00007 [cs]",
            "arXiv preprint arXiv:2602.00007v3, 2026",
            "ArXiv abs/2602.00007",
            "see https://arxiv.org/abs/2602.00007.",
            "[PDF](https://arxiv.org/pdf/2602.00007v2)",
            "https://doi.org/10.48550/arXiv.2602.00007",
            "CoRR abs/2602.00007 (2026)",
            "corr/abs/2602.00007",
        ] {
            assert_eq!(found(text), "2602.00007", "{text}");
        }
        assert_eq!(found("pages 1234.5678 of 2602.00007"), "");
        // A letter that grows in lower case moves nothing.
        assert_eq!(found("\u{130}arXiv:2602.00007"), "2602.00007");
        assert_eq!(found("\u{130}arxiv"), "");
    }

    #[test]
    fn notes_begin_with_their_own_id_or_have_none() {
        for note in [
            "arXiv:2602.00007 [cs]",
            "Preprint at arXiv: 2602.00007",
            "available as \\url{https://arxiv.org/abs/2602.00007}",
        ] {
            assert_eq!(leading_id(note).map(|id| id.to_string()).as_deref(), Some("2602.00007"), "{note}");
        }
        for note in [
            "Comment on arXiv:2602.00007",
            "12 pages, see arXiv:2602.00007",
            "arXiv admin note: overlaps arXiv:2602.00007",
            "",
        ] {
            assert_eq!(leading_id(note), None, "{note}");
        }
    }

    #[test]
    fn bibcodes_hold_ids() {
        let id = |code| bibcode(code).map(|id| id.to_string());
        assert_eq!(id("https://ui.adsabs.harvard.edu/abs/2026arXiv260200007H").as_deref(), Some("2602.00007"));
        assert_eq!(id("2014arXiv1412.6980K").as_deref(), Some("1412.6980"));
        assert_eq!(id("1999hep.th....1001C").as_deref(), Some("hep-th/9901001"));
        assert_eq!(id("2003math......9136P").as_deref(), Some("math/0309136"));
        assert_eq!(id("2020ApJ...900..123K"), None);
        assert_eq!(id("https://example.org/abs/2026arXiv260200007H"), None);
    }
}
