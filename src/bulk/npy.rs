//! The head of a `.npy` file, format version 1.0 as numpy's own documentation has it
//! (`numpy.lib.format`).
//!
//! In: rows and dimension. Out: 128 bytes, whatever the numbers, so that a place can be kept free
//! for it while nobody knows yet how many rows there will be. What follows it in the file is the
//! rows, `f32`, little-endian.

/// Bytes of the head. numpy asks for a multiple of 64, so that the data can be mapped into memory.
const LENGTH: usize = 128;

/// The head of a file of `rows` x `dimension`.
pub(super) fn head(rows: u64, dimension: usize) -> Vec<u8> {
    let fields = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {dimension}), }}");
    let room = LENGTH - 10;
    let mut head = b"\x93NUMPY\x01\x00".to_vec();
    head.extend((room as u16).to_le_bytes());
    head.extend(format!("{fields:<width$}\n", width = room - 1).as_bytes());
    head
}

#[cfg(test)]
mod tests {
    use super::head;

    #[test]
    fn the_head_has_one_length() {
        let expected = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 384), }";
        let small = head(3, 384);
        assert_eq!(&small[..10], b"\x93NUMPY\x01\x00\x76\x00");
        assert_eq!(String::from_utf8_lossy(&small[10..]), format!("{expected}{}\n", " ".repeat(117 - expected.len())));
        assert_eq!((small.len(), head(u64::MAX, usize::MAX).len()), (128, 128));
    }
}
