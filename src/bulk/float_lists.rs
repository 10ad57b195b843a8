//! A column of lists of `float32` in Parquet, taken as it lies in the file.
//!
//! In: a file, or all of its bytes. Out: the elements of all rows, where each list has as many and
//! none is missing. Readers of Arrow put lists together level by level, which takes six times as
//! long as copying the pages (docs/design/clusters.md). What is not so plain is `None`, and for
//! those readers.
//!
//! A page has, before its values, for each value a repetition level: 0 where a list begins, and 1
//! within it. They lie there as runs ("RLE/bit-packed hybrid" in the specification of Parquet), so
//! that lists of one length are told by looking at runs. Values that are missing have a level and
//! no value, so where there are as many values as levels none is missing.

use std::fs::File;
use std::path::Path;

use bytes::Bytes;
use ndarray::Array2;
use parquet::basic::{Encoding, Type};
use parquet::column::page::Page;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{ChunkReader, FileReader, SerializedFileReader};

/// Bytes of an element.
const WIDE: usize = size_of::<f32>();

/// The vectors of a file, rows x dimension. `None` where they are not plain, and where the file
/// cannot be read.
pub fn float_lists_of_file(path: &Path, column: &str) -> Option<Array2<f32>> {
    float_lists(File::open(path).ok()?, column)
}

/// The vectors of a file whose bytes these are, as [`float_lists_of_file`].
pub fn float_lists_of_bytes(content: impl AsRef<[u8]> + Send + 'static, column: &str) -> Option<Array2<f32>> {
    of_bytes(Bytes::from_owner(content), column)
}

/// Compiled here, and not by each caller for its own bytes.
fn of_bytes(content: Bytes, column: &str) -> Option<Array2<f32>> {
    float_lists(content, column)
}

fn float_lists(content: impl ChunkReader + 'static, column: &str) -> Option<Array2<f32>> {
    let length = content.len();
    let reader = SerializedFileReader::new(content).ok()?;
    let Lists { leaf, rows, dimension, has_definitions } = Lists::of(reader.metadata(), column)?;
    // A file that claims more than it holds is not worth the memory.
    let count = rows.checked_mul(dimension).filter(|count| (*count as u64).saturating_mul(WIDE as u64) <= length)?;
    let mut elements = Vec::with_capacity(count);
    for group in 0..reader.num_row_groups() {
        let first = elements.len();
        for page in reader.get_row_group(group).ok()?.get_column_page_reader(leaf).ok()? {
            let page = Plain::of(page.ok()?, has_definitions)?;
            if elements.len() + page.values.len() / WIDE > count
                || !begin_every(dimension, elements.len() - first, &page.repetitions, page.count)
            {
                return None;
            }
            let values = page.values.chunks_exact(WIDE);
            elements.extend(values.map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])));
        }
        // A list ends with its group.
        if !(elements.len() - first).is_multiple_of(dimension) {
            return None;
        }
    }
    Array2::from_shape_vec((rows, dimension), elements).ok()
}

/// What the end of a file says of a column.
struct Lists {
    /// Its number among the columns of the file.
    leaf: usize,
    rows: usize,
    dimension: usize,
    /// Whether values may be missing, by the schema.
    has_definitions: bool,
}

impl Lists {
    fn of(metadata: &ParquetMetaData, column: &str) -> Option<Lists> {
        let schema = metadata.file_metadata().schema_descr();
        let is_own = |leaf: &usize| schema.column(*leaf).path().parts().first().is_some_and(|root| root == column);
        let mut leaves = (0..schema.num_columns()).filter(is_own);
        let leaf = leaves.next().filter(|_| leaves.next().is_none())?;
        let about = schema.column(leaf);
        if about.physical_type() != Type::FLOAT || about.max_rep_level() != 1 {
            return None;
        }
        let rows = usize::try_from(metadata.file_metadata().num_rows()).ok()?;
        let values = metadata.row_groups().iter().map(|group| usize::try_from(group.column(leaf).num_values()).ok());
        let values = values.sum::<Option<usize>>()?;
        let dimension = values.checked_div(rows).filter(|dimension| *dimension > 0 && dimension * rows == values)?;
        Some(Lists { leaf, rows, dimension, has_definitions: about.max_def_level() > 0 })
    }
}

/// A page with a value for each level.
struct Plain {
    repetitions: Bytes,
    values: Bytes,
    count: usize,
}

impl Plain {
    fn of(page: Page, has_definitions: bool) -> Option<Plain> {
        let (repetitions, values, count) = match page {
            Page::DataPage {
                buf,
                num_values,
                encoding: Encoding::PLAIN,
                def_level_encoding: Encoding::RLE,
                rep_level_encoding: Encoding::RLE,
                ..
            } => {
                let (repetitions, rest) = prefixed(&buf)?;
                let values = if has_definitions { prefixed(&rest)?.1 } else { rest };
                (repetitions, values, num_values)
            }
            Page::DataPageV2 {
                buf,
                num_values,
                encoding: Encoding::PLAIN,
                def_levels_byte_len,
                rep_levels_byte_len,
                ..
            } => {
                let repetitions = rep_levels_byte_len as usize;
                let levels = repetitions.checked_add(def_levels_byte_len as usize).filter(|end| *end <= buf.len())?;
                (buf.slice(..repetitions), buf.slice(levels..), num_values)
            }
            _ => return None,
        };
        let count = count as usize;
        (values.len() == count * WIDE).then_some(Plain { repetitions, values, count })
    }
}

/// What stands after its length in four bytes, and the rest.
fn prefixed(bytes: &Bytes) -> Option<(Bytes, Bytes)> {
    let length = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
    let end = length.checked_add(4).filter(|end| *end <= bytes.len())?;
    Some((bytes.slice(4..end), bytes.slice(end..)))
}

/// Whether, of so many repetition levels from the value numbered `first` on, exactly those of every
/// `dimension`th value are 0.
fn begin_every(dimension: usize, first: usize, levels: &[u8], count: usize) -> bool {
    let is_begin = |value: usize| (first + value).is_multiple_of(dimension);
    let (mut at, mut value) = (0, 0);
    while value < count {
        let Some((header, next)) = number(levels, at) else { return false };
        let run = (header >> 1) as usize;
        at = next;
        if header & 1 == 0 {
            let Some(level) = levels.get(at) else { return false };
            at += 1;
            let end = value.saturating_add(run).min(count);
            // Within a run all are 1, or there is one that is 0, unless each value is a list.
            let begins = (first + end).div_ceil(dimension) - (first + value).div_ceil(dimension);
            if run == 0 || *level > 1 || begins != if *level == 0 { end - value } else { 0 } {
                return false;
            }
            value = end;
        } else {
            // Eight levels a byte, the lowest bit first; the last byte may hold more than there
            // are.
            for _ in 0..run {
                let Some(bits) = levels.get(at) else { return value >= count };
                at += 1;
                let here = count.saturating_sub(value).min(8);
                if (0..here).any(|bit| (bits >> bit & 1 == 0) != is_begin(value + bit)) {
                    return false;
                }
                value += here;
            }
        }
    }
    true
}

/// A number in groups of seven bits, the lowest first, and where it ends.
fn number(bytes: &[u8], mut at: usize) -> Option<(u64, usize)> {
    let mut number = 0;
    for shift in (0..63).step_by(7) {
        let byte = *bytes.get(at)?;
        at += 1;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((number, at));
        }
    }
    None
}

#[cfg(test)]
mod tests;
