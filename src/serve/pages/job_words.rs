//! What a job tells, in words: its state, how far it is, what came of it, and what helps.
//!
//! In: a job as programs get it. Out: words for its page.

use serde_json::Value;

use super::super::jobs::State;
use super::job::text;

/// What was left out is listed so far.
const LISTED: usize = 30;

/// What was left out.
pub(super) struct Left {
    /// Each with where it is from, and why.
    pub(super) listed: Vec<(String, String)>,
    /// How many there are beyond.
    pub(super) more: u64,
}

/// A state, in words.
pub(super) fn state(state: State) -> &'static str {
    match state {
        State::Waiting => "Waiting",
        State::Running => "Under way",
        State::Done => "Done",
        State::Partial => "Done in part",
        State::Failed => "Failed",
        State::Cancelled => "Ended",
    }
}

/// A moment, in this machine's time and to the minute.
pub(super) fn moment(told: &Value) -> String {
    let time = told.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let local = time.map(|time| time.to_zoned(jiff::tz::TimeZone::system()));
    local.map_or_else(String::new, |local| local.strftime("%Y-%m-%d %H:%M").to_string())
}

/// How far a job is.
pub(super) fn progress(told: &Value) -> String {
    match &*text(&told["event"]) {
        "done" => format!("{}: {}", work(&text(&told["work"])), text(&told["done"])),
        "fetching_model" => "The model is on its way".to_owned(),
        "harvested" => {
            let harvest = &told["harvest"];
            format!("{}: {} records", text(&harvest["category"]), text(&harvest["records"]))
        }
        _ => String::new(),
    }
}

fn work(name: &str) -> &'static str {
    match name {
        "reading" => "Reading",
        "taking_over" => "Taking vectors over",
        "indexing" => "Making the index",
        "comparing" => "Comparing papers",
        "grouping" | "naming" => "Finding topics",
        "drawing" => "Drawing the map",
        _ => "Embedding",
    }
}

/// What is known of a category, in words.
pub(super) fn category_state(state: &str) -> &'static str {
    match state {
        "new" => "new papers have come",
        "up_to_date" => "up to date",
        "nothing_announced" => "nothing announced",
        "stale" => "papers are due, and arXiv does not have them yet",
        _ => "failed",
    }
}

/// The numbers and words of an answer. Those of papers have names; of others the keys do.
pub(super) fn facts(kind: &str, answer: &Value) -> Vec<(&'static str, String)> {
    const PAPERS: [(&str, &str); 6] = [
        ("day", "Announcement of"),
        ("added", "New papers"),
        ("updated", "Changed papers"),
        ("unchanged", "Papers that were here"),
        ("embedded", "Embedded"),
        ("papers", "Papers"),
    ];
    let told = |key: &str| answer[key].is_u64() || answer[key].is_string();
    // What did not happen need not be said of these.
    let none = |key: &str| matches!(key, "updated" | "unchanged") && answer[key] == 0;
    let known = PAPERS.iter().filter(|(key, _)| told(key) && !none(key));
    let mut facts: Vec<_> = known.map(|(key, name)| (*name, text(&answer[*key]))).collect();
    if kind == "findTopics" {
        let levels = answer["levels"].as_array().into_iter().flatten();
        let counted = levels.map(|level| match &level["topics"] {
            Value::Array(topics) => format!("{} {}s", topics.len(), text(&level["name"])),
            count => format!("{} {}s", text(count), text(&level["name"])),
        });
        let told = counted.collect::<Vec<_>>().join(", ");
        facts.extend((!told.is_empty()).then_some(("Found", told)));
    }
    facts
}

/// What an answer says was left out: entries of files, papers that could not be asked for, and
/// those that arXiv does not have.
pub(super) fn left_out(answer: &Value) -> Left {
    let list = |key: &str| answer[key].as_array().map(Vec::as_slice).unwrap_or_default();
    let entry = |row: &Value| match row["line"].as_u64() {
        Some(line) if line > 0 => (format!("{}, line {line}", text(&row["file"])), text(&row["reason"])),
        _ => (text(&row["file"]), text(&row["reason"])),
    };
    let mut listed: Vec<(String, String)> = list("skipped").iter().map(entry).collect();
    listed.extend(list("failed").iter().map(|row| (text(&row["id"]), text(&row["reason"]))));
    listed.extend(list("absent").iter().map(|id| (text(id), "arXiv has no such paper".to_owned())));
    let beyond = listed.len().saturating_sub(LISTED) as u64;
    listed.truncate(LISTED);
    Left { listed, more: beyond + answer["skipped_unlisted"].as_u64().unwrap_or(0) }
}

/// What helps; empty where nothing has to.
pub(super) fn advice(code: &str, answer: &Value) -> &'static str {
    match code {
        "" if answer["outcome"] == "incomplete" => {
            "Something is missing or uncertain. What has come stays; fetch again later, which catches up."
        }
        "" => "",
        "fetch-too-many-requests" => {
            "arXiv wants fewer requests, of whoever makes them. What has come stays; fetch again in a quarter of an hour, \
             which goes on from there."
        }
        "fetch-failed" | "fetch-refused" => {
            "What has come stays. arXiv may be overloaded, or out of this machine's reach: fetch again in a quarter of an \
             hour, which goes on from there."
        }
        "fetch-offline" => "Start the server without --offline, and unset RELATA_OFFLINE.",
        "nothing-to-fetch" => "Name categories, such as cs.LG.",
        "not-a-category" => "Categories look like cs.LG, archives like math; arxiv.org/category_taxonomy lists them.",
        "model-unavailable" | "model-absent" => {
            "The papers are stored. They are embedded once the model is here: see whether this machine reaches \
             huggingface.co, or fetch the model with `relata model fetch`."
        }
        "library-full" => "Free some space and do it again; what was stored stays.",
        "library-busy" => "Another program writes the library. Wait for it to end, and do it again.",
        "library-read-only" => "See that you may write the library's file and folder.",
        "nothing-usable" => "See that the file is one of papers; the guide lists the formats that are read.",
        _ => "What was stored stays.",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_left_out_is_listed_with_its_place_and_reason() {
        let skipped: Vec<Value> =
            (1..=40).map(|line| json!({"file": "a.md", "line": line, "reason": "no id"})).collect();
        let left = left_out(&json!({"skipped": skipped, "skipped_unlisted": 5}));
        assert_eq!((left.listed.len(), left.more), (LISTED, 15));
        assert_eq!(left.listed[0], ("a.md, line 1".to_owned(), "no id".to_owned()));
        let left = left_out(&json!({"failed": [{"id": "2602.00001", "reason": "cut off"}], "absent": ["2602.00002"]}));
        assert_eq!(left.listed[1], ("2602.00002".to_owned(), "arXiv has no such paper".to_owned()));
        assert_eq!((left.listed.len(), left.more), (2, 0));
    }

    #[test]
    fn facts_are_named_and_others_left_out() {
        let fetched = json!({"added": 3, "updated": 0, "requests": 9, "day": null, "embedded": 3, "outcome": "new"});
        assert_eq!(facts("fetch", &fetched), [("New papers", "3".to_owned()), ("Embedded", "3".to_owned())]);
        let found =
            json!({"papers": 3, "levels": [{"name": "field", "topics": 2}, {"name": "topic", "topics": [1, 2, 3]}]});
        assert_eq!(
            facts("findTopics", &found),
            [("Papers", "3".to_owned()), ("Found", "2 fields, 3 topics".to_owned())]
        );
        assert_eq!(advice("", &json!({"outcome": "new"})), "");
        assert!(advice("", &json!({"outcome": "incomplete"})).contains("fetch again later"));
    }
}
