//! Files beside the library that are made from it (`index/file.rs`, `ranking/cache.rs`):
//! safetensors, read where they lie, replaced whole.
//!
//! They are mapped and not loaded, so that a command pays for what it looks at; this is the one
//! place where files are. Such a file is never changed in place: it is written under another name
//! and moved, so a reader sees it whole or not at all, and one that has it open keeps what it has.
//! Damage is told by the sums that each of them holds.

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::marker::PhantomData;
use std::ops::{Deref, Range};
use std::sync::Arc;

use bytemuck::Pod;
use memmap2::Mmap;
use safetensors::tensor::{Dtype, View};

#[allow(unsafe_code)]
pub(crate) fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: what a mapping shows may change under us where somebody writes into the file or cuts
    // it. Relata replaces its derived files and never writes into them; what others do to one can
    // give wrong numbers, which sums tell, or end the process.
    unsafe { Mmap::map(file) }
}

/// A tensor to write.
pub(crate) struct Tensor<'a> {
    dtype: Dtype,
    shape: Vec<usize>,
    pub(crate) bytes: &'a [u8],
}

impl Tensor<'_> {
    /// Numbers, or arrays of them, in rows of `width` numbers.
    pub(crate) fn of<T: Pod>(dtype: Dtype, width: usize, numbers: &[T]) -> Tensor<'_> {
        let bytes = bytemuck::cast_slice(numbers);
        Tensor { dtype, shape: vec![bytes.len() / width / (dtype.bitsize() / 8), width], bytes }
    }
}

impl View for &Tensor<'_> {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// Numbers of one kind, in memory or in a mapped file.
#[derive(Clone, Debug)]
pub(crate) enum Column<T: Pod> {
    Made(Vec<T>),
    Mapped(Part<T>),
}

/// A part of a mapped file that has been found to hold whole numbers.
#[derive(Clone, Debug)]
pub(crate) struct Part<T> {
    map: Arc<Mmap>,
    range: Range<usize>,
    kind: PhantomData<T>,
}

impl<T: Pod> Column<T> {
    /// The numbers in a part of a file; `None` where it does not hold whole ones, or does not begin
    /// where they may.
    pub(crate) fn mapped(map: &Arc<Mmap>, range: Range<usize>) -> Option<Column<T>> {
        bytemuck::try_cast_slice::<u8, T>(map.get(range.clone())?).ok()?;
        Some(Column::Mapped(Part { map: Arc::clone(map), range, kind: PhantomData }))
    }
}

impl<T: Pod> Deref for Column<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Column::Made(numbers) => numbers,
            Column::Mapped(part) => bytemuck::cast_slice(&part.map[part.range.clone()]),
        }
    }
}

impl<T: Pod> From<Vec<T>> for Column<T> {
    fn from(numbers: Vec<T>) -> Column<T> {
        Column::Made(numbers)
    }
}

impl<T: Pod> Default for Column<T> {
    fn default() -> Column<T> {
        Column::Made(Vec::new())
    }
}

impl<T: Pod + PartialEq> PartialEq for Column<T> {
    fn eq(&self, other: &Column<T>) -> bool {
        **self == **other
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn columns_are_the_same_in_memory_and_in_a_file() {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytemuck::cast_slice(&[7u32, 8, 9])).expect("written");
        let map = Arc::new(map(&file).expect("a mapping"));
        let column: Column<u32> = Column::mapped(&map, 4..12).expect("two numbers");
        assert_eq!(column, Column::from(vec![8, 9]));
        assert_eq!(*column, [8, 9]);
        assert!(Column::<u32>::mapped(&map, 0..16).is_none(), "beyond the end");
        assert!(Column::<u32>::mapped(&map, 0..6).is_none(), "not whole");
        assert!(Column::<u32>::mapped(&map, 2..10).is_none(), "askew");
    }
}
