//! A row as a line of JSON.

use serde::Serialize;

use super::input::Row;

/// The keys in their order.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    vector: &'a [f32],
}

/// Appends the line of one row. Each number is the shortest that reads back as the same `f32`.
pub(super) fn write(line: &mut Vec<u8>, row: &Row, vector: &[f32]) -> serde_json::Result<()> {
    serde_json::to_writer(&mut *line, &Line { id: &row.id, title: row.title.as_deref(), vector })?;
    line.push(b'\n');
    Ok(())
}
