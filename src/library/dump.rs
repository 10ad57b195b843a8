//! The whole content as text, one paper after the other by id: for tests, and for comparing two
//! libraries with `diff`.
//!
//! Row numbers are left out: they tell the order of adding, which is no content.

use std::io::{self, Write};

use super::faults::Faults;
use super::ids::parse_id;
use super::record::precedence_text;
use super::stored::load;
use super::{FingerprintNumber, Library, PaperRow};
use crate::error::{Error, Result};
use crate::paper::Field;

impl Library {
    /// Writes everything that was merged, provenance and vectors included.
    pub fn dump(&self, out: &mut impl Write) -> Result<()> {
        let _snapshot = self.snapshot()?;
        let papers = self.list("SELECT row, id, categories, date FROM papers ORDER BY id", |row| {
            Ok((PaperRow(row.get(0)?), parse_id(row.get_ref(1)?.as_str()?)?, row.get(2)?, row.get(3)?))
        })?;
        let fingerprints: Vec<(i64, String)> =
            self.list("SELECT number, digest FROM fingerprints ORDER BY digest", |row| Ok((row.get(0)?, row.get(1)?)))?;
        for (row, id, categories, date) in papers {
            let (categories, date): (String, String) = (categories, date);
            let record = load(&self.connection, row, &id).in_library(&self.path)?;
            let mut lines =
                vec![format!("{id} v{} {date} [{categories}] from {}", record.version, record.provenance())];
            for &field in Field::ALL {
                let value = record.metadata.get(field);
                lines.extend(value.map(|value| format!("  {}: {}", field.name(), value.joined("; "))));
            }
            for (kind, told) in &record.links {
                lines.push(format!("  link {kind} ({}): {}", precedence_text(&told.precedence), told.value));
            }
            for ((language, facet), told) in &record.summaries {
                let told_by = precedence_text(&told.precedence);
                lines.push(format!("  {} {language} ({told_by}): {}", facet.name(), told.value));
            }
            for listing in &record.listings {
                let date = listing.date.map_or("-".to_owned(), |date| date.to_string());
                lines.push(format!("  listed {date} in {}", listing.file));
            }
            for (number, digest) in &fingerprints {
                if let Some(vector) = self.vector(FingerprintNumber(*number), row)? {
                    lines.push(format!("  vector {digest}: {vector:?}"));
                }
            }
            write_lines(out, &lines).map_err(Error::io("the dump"))?;
        }
        Ok(())
    }
}

fn write_lines(out: &mut impl Write, lines: &[String]) -> io::Result<()> {
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))
}
