//! Keyword search: BM25 over titles, abstracts, authors and the digests' short texts.
//!
//! In: what a person typed. Out: papers with scores, and how many papers hold a word. Nothing typed
//! ever reaches FTS5's query language: the text is cut into folded words ([`words`](super::words)),
//! and only those are quoted into a query. Words are joined by OR, since BM25 ranks papers with
//! more and rarer words first anyway and a natural question is rarely wholly contained in an
//! abstract. A run of Chinese, Japanese or Korean becomes its overlapping pairs of characters:
//! single characters are too common to rank by, and the whole run, as one phrase, hardly ever
//! occurs.

use std::collections::BTreeSet;

use rusqlite::params;

use super::faults::Faults;
use super::words::{Word, words};
use super::{Library, Matching, PaperRow, PaperSet, limits};
use crate::error::Result;

/// Beyond this many different words or pairs in a query, the rarest are kept: each costs a walk
/// over its papers.
const MOST_PHRASES: usize = 48;

impl Library {
    /// The best papers for a text by BM25 (higher is better), at most `limit`, ties by id; only
    /// those `within`.
    ///
    /// Weights: a word in the title counts four times, in an author's name twice.
    pub fn keyword_scores(&self, query: &str, within: &Matching, limit: usize) -> Result<Vec<(PaperRow, f64)>> {
        let phrases = self.telling(phrases(&words(query)))?;
        if phrases.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let mut statement = self
            .connection
            .prepare_cached("SELECT rowid, bm25(keywords, 4.0, 1.0, 2.0, 1.0) FROM keywords WHERE keywords MATCH ?1")
            .in_library(&self.path)?;
        let found = statement
            .query_map([phrases.join(" OR ")], |row| Ok((PaperRow(row.get(0)?), -row.get::<_, f64>(1)?)))
            .and_then(Iterator::collect::<rusqlite::Result<Vec<(PaperRow, f64)>>>)
            .in_library(&self.path)?;
        let mut found: Vec<_> = found.into_iter().filter(|(row, _)| within.contains(*row)).collect();
        if found.len() > limit {
            // Everything that may belong to the best, ties included, and only then the ids that
            // break the ties.
            let (_, &mut (_, least), _) =
                found.select_nth_unstable_by(limit - 1, |one, other| other.1.total_cmp(&one.1));
            found.retain(|(_, score)| *score >= least);
        }
        let mut named = Vec::with_capacity(found.len());
        for (row, score) in found {
            named.push((self.id_of(row)?, row, score));
        }
        named.sort_by(|one, other| other.2.total_cmp(&one.2).then_with(|| one.0.cmp(&other.0)));
        Ok(named.into_iter().take(limit).map(|(_, row, score)| (row, score)).collect())
    }

    /// The papers that hold every word of a text, in any of the indexed fields; of Chinese,
    /// Japanese and Korean, every pair.
    pub fn holding(&self, text: &str) -> Result<PaperSet> {
        let phrases: Vec<String> = phrases(&words(text)).into_iter().collect();
        if phrases.is_empty() {
            return Ok(PaperSet::new(Vec::new()));
        }
        let mut statement = self
            .connection
            .prepare_cached("SELECT rowid FROM keywords WHERE keywords MATCH ?1")
            .in_library(&self.path)?;
        let rows = statement
            .query_map([phrases.join(" AND ")], |row| row.get(0).map(PaperRow))
            .and_then(Iterator::collect::<rusqlite::Result<Vec<PaperRow>>>)
            .in_library(&self.path)?;
        Ok(PaperSet::new(rows))
    }

    /// The best papers by BM25 that hold words with all of these beginnings, or where there is
    /// none, with any; at most `limit`, ties by id.
    pub(crate) fn with_stems(&self, stems: &[String], within: &Matching, limit: usize) -> Result<Vec<PaperRow>> {
        // Folded as the index is; a stem of several words or of none is asked for as a phrase or
        // not at all.
        let stems: Vec<String> = stems
            .iter()
            .map(|stem| words(stem).into_iter().map(|word| word.text).collect::<Vec<_>>())
            .filter(|words| !words.is_empty())
            .map(|words| format!("{}*", phrase(&words.iter().map(String::as_str).collect::<Vec<_>>())))
            .collect();
        for joint in [" AND ", " OR "] {
            if stems.is_empty() {
                break;
            }
            let mut statement = self
                .connection
                .prepare_cached(
                    "SELECT p.row FROM keywords JOIN papers p ON p.row = keywords.rowid WHERE keywords MATCH ?1 \
                     ORDER BY bm25(keywords, 4.0, 1.0, 2.0, 1.0), p.id",
                )
                .in_library(&self.path)?;
            let rows = statement
                .query_map([stems.join(joint)], |row| row.get(0).map(PaperRow))
                .and_then(Iterator::collect::<rusqlite::Result<Vec<PaperRow>>>)
                .in_library(&self.path)?;
            let kept = rows.into_iter().filter(|row| within.contains(*row));
            let kept: Vec<PaperRow> = kept.take(limit).collect();
            if !kept.is_empty() {
                return Ok(kept);
            }
        }
        Ok(Vec::new())
    }

    /// In how many papers each word occurs, in any of the indexed fields. Words as
    /// [`terms`](super::terms) gives them.
    pub fn document_frequency<T: AsRef<str>>(&self, terms: &[T]) -> Result<Vec<u64>> {
        let count = |term: &T| self.papers_with(&phrase(&[term.as_ref()]));
        terms.iter().map(count).collect()
    }

    /// Whether the title, the abstract or a digest's short text of any paper has a word. A word as
    /// [`terms`](super::terms) gives it.
    pub(crate) fn holds_in_text(&self, word: &str) -> Result<bool> {
        self.connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM keywords WHERE keywords MATCH ?1)")
            .and_then(|mut statement| {
                let query = format!("{{title abstract tldr}} : {}", phrase(&[word]));
                statement.query_row([query], |row| row.get(0))
            })
            .in_library(&self.path)
    }

    /// The phrases that can rank papers at all. BM25 gives one that most papers hold no weight, but
    /// it costs a walk over most papers all the same; unless nothing else is asked for, it is left
    /// out.
    fn telling(&self, phrases: BTreeSet<String>) -> Result<Vec<String>> {
        let papers = self.count("papers")?;
        let mut counted = Vec::with_capacity(phrases.len());
        for phrase in phrases {
            let count = self.papers_with(&phrase)?;
            if count > 0 {
                counted.push((count, phrase));
            }
        }
        counted.sort();
        let rare = counted.iter().filter(|(count, _)| *count <= papers / 2).count();
        counted.truncate(if rare > 0 { rare.min(MOST_PHRASES) } else { 1 });
        Ok(counted.into_iter().map(|(_, phrase)| phrase).collect())
    }

    fn papers_with(&self, phrase: &str) -> Result<u64> {
        self.connection
            .prepare_cached("SELECT count(*) FROM keywords WHERE keywords MATCH ?1")
            .and_then(|mut statement| statement.query_row(params![phrase], |row| row.get(0)))
            .in_library(&self.path)
    }
}

/// Quotes words into an FTS5 phrase. Words hold letters and digits only; the quotes keep `or` and
/// `near` words too.
pub(super) fn phrase(words: &[&str]) -> String {
    let quoted: String = words.join(" ").replace('"', "\"\"").replace('\0', " ");
    format!("\"{quoted}\"")
}

/// The phrases of a query: every word, and for Chinese, Japanese and Korean every pair of
/// neighbours; the first [`limits::QUERY_PHRASES`] different ones.
fn phrases(words: &[Word]) -> BTreeSet<String> {
    let joined = |at: usize| words.get(at).is_some_and(|word| word.joined);
    let mut phrases = BTreeSet::new();
    for (at, word) in words.iter().enumerate() {
        if phrases.len() == limits::QUERY_PHRASES {
            break;
        }
        if joined(at) {
            phrases.insert(phrase(&[&words[at - 1].text, &word.text]));
        } else if !(word.cjk && joined(at + 1)) {
            phrases.insert(phrase(&[&word.text]));
        }
    }
    phrases
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_words_and_pairs() {
        let of = |text| phrases(&words(text)).into_iter().collect::<Vec<_>>();
        assert_eq!(of("图神经 网 x"), ["\"x\"", "\"图 神\"", "\"神 经\"", "\"网\""]);
        assert_eq!(of("NEAR(a* OR \"b\") - title:c"), ["\"a\"", "\"b\"", "\"c\"", "\"near\"", "\"or\"", "\"title\""]);
        assert_eq!(of("\0\"'*"), Vec::<String>::new());
    }
}
