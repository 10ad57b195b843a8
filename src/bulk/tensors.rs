//! The head of a `.safetensors` file with one tensor, `vectors`.
//!
//! In: rows, dimension, what made them. Out: the length and the JSON that such a file begins with,
//! padded with spaces (which the format allows) to a length that does not depend on the rows, so
//! that a place can be kept free for it. The ids are not in it: the format's readers take no head
//! above 100 MB, and millions of ids come near that.

use serde_json::{Value, json};

/// The head of a file of `rows` x `dimension` with some notes of what made it.
pub(super) fn head(rows: u64, dimension: usize, notes: &[(&str, &str)]) -> Vec<u8> {
    let most = json(u64::MAX, u64::MAX, dimension, notes).len().next_multiple_of(8);
    let bytes = rows.saturating_mul(dimension as u64).saturating_mul(size_of::<f32>() as u64);
    let mut head = (most as u64).to_le_bytes().to_vec();
    head.extend(format!("{:<most$}", json(rows, bytes, dimension, notes)).as_bytes());
    // Padding counts characters: what is not ASCII has more bytes than that.
    head.truncate(most + 8);
    head
}

fn json(rows: u64, bytes: u64, dimension: usize, notes: &[(&str, &str)]) -> String {
    let notes: serde_json::Map<String, Value> =
        notes.iter().map(|(name, note)| ((*name).to_owned(), json!(note))).collect();
    let tensor = json!({ "dtype": "F32", "shape": [rows, dimension], "data_offsets": [0, bytes] });
    json!({ "__metadata__": notes, "vectors": tensor }).to_string()
}

#[cfg(test)]
mod tests {
    use safetensors::SafeTensors;

    use super::head;

    #[test]
    fn the_head_is_read_back_and_has_one_length() -> Result<(), safetensors::SafeTensorError> {
        let notes = [("model", "née \"tiny\" 模型"), ("relata", "0")];
        let mut file = head(2, 3, &notes);
        assert_eq!((file.len() % 8, file.len()), (0, head(u64::MAX, 3, &notes).len()));
        file.extend([1f32, 2., 3., 4., 5., 6.].iter().flat_map(|x| x.to_le_bytes()));
        let read = SafeTensors::deserialize(&file)?;
        assert_eq!(read.tensor("vectors")?.shape(), [2, 3]);
        let (_, metadata) = SafeTensors::read_metadata(&file)?;
        assert_eq!(metadata.metadata().as_ref().and_then(|notes| notes.get("model")), Some(&notes[0].1.to_owned()));
        Ok(())
    }
}
