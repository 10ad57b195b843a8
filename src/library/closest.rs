//! The stored ids that look most like a mistyped one.
//!
//! In: an id or whatever was typed. Out: ids with titles, the nearest first by edit distance, then
//! by how much of the beginning is right, then by id. Walks all ids: some 20 ms at 100,000, and
//! only on the way to an error.

use super::faults::Faults;
use super::ids::parse_id;
use super::{Library, PaperRow};
use crate::error::Result;
use crate::paper::ArxivId;

/// Longer input is no id; what comes after this many characters is not compared.
const LONGEST: usize = 40;

impl Library {
    /// The `n` stored ids that look most like `text`, with their titles (empty where unknown).
    pub fn closest(&self, text: &str, n: usize) -> Result<Vec<(ArxivId, String)>> {
        let id = ArxivId::parse(text).map(|(id, _)| id.to_string());
        let typed: Vec<char> = id.as_deref().unwrap_or(text.trim()).chars().take(LONGEST).collect();
        let mut nearest = Vec::new();
        let mut statement = self.connection.prepare("SELECT id, row FROM papers").in_library(&self.path)?;
        let mut rows = statement.query([]).in_library(&self.path)?;
        while let Some(found) = rows.next().in_library(&self.path)? {
            let id = found.get_ref(0).and_then(|id| Ok(id.as_str()?)).in_library(&self.path)?;
            let stored: Vec<char> = id.chars().collect();
            let common = typed.iter().zip(&stored).take_while(|(one, other)| one == other).count();
            let row = PaperRow(found.get(1).in_library(&self.path)?);
            nearest.push((distance(&typed, &stored), LONGEST - common, id.to_owned(), row));
            // Kept short on the way, so that a million ids do not pile up.
            if nearest.len() >= 4 * n.max(64) {
                nearest.sort();
                nearest.truncate(n);
            }
        }
        nearest.sort();
        nearest.truncate(n);
        let titled = |(_, _, id, row): (usize, usize, String, PaperRow)| {
            let title: Option<String> =
                self.connection.query_row("SELECT title FROM papers WHERE row = ?1", [row.0], |found| found.get(0))?;
            Ok((parse_id(&id)?, title.unwrap_or_default()))
        };
        nearest.into_iter().map(titled).collect::<rusqlite::Result<_>>().in_library(&self.path)
    }
}

/// How far apart two names are, whatever their case.
pub(super) fn difference(one: &str, other: &str) -> usize {
    let folded = |name: &str| name.to_lowercase().chars().take(LONGEST).collect::<Vec<_>>();
    distance(&folded(one), &folded(other))
}

/// Edit distance in which two swapped neighbours are one mistake (optimal string alignment).
fn distance(one: &[char], other: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for i in 1..=one.len() {
        let mut row = Vec::with_capacity(other.len() + 1);
        row.push(i);
        for j in 1..=other.len() {
            let changed = usize::from(one[i - 1] != other[j - 1]);
            let mut best = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + changed);
            if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn mistakes_are_counted() {
        let of =
            |one: &str, other: &str| distance(&one.chars().collect::<Vec<_>>(), &other.chars().collect::<Vec<_>>());
        assert_eq!(of("2602.10611", "2602.10611"), 0);
        assert_eq!(of("2602.10611", "2602.01611"), 1);
        assert_eq!(of("2602.10611", "2602.1061"), 1);
        assert_eq!(of("", "abc"), 3);
        assert_eq!(of("kitten", "sitting"), 3);
    }
}
