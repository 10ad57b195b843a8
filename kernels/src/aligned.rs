//! Buffers that begin on a cache line: a vector load that straddles two lines costs twice.

use std::ops::{Deref, DerefMut};

/// Bytes of a cache line, and of the widest vector.
const LINE: usize = 64;

/// A buffer whose first element stands on a 64-byte boundary.
#[derive(Debug)]
pub struct Aligned<T> {
    values: Vec<T>,
    start: usize,
    length: usize,
}

impl<T: Copy + Default> Aligned<T> {
    /// `length` default values.
    pub fn new(length: usize) -> Aligned<T> {
        let spare = LINE / size_of::<T>().max(1);
        let values = vec![T::default(); length + spare];
        // `align_offset` may decline to answer; unaligned is slower, not wrong.
        let start = values.as_ptr().align_offset(LINE);
        Aligned { values, start: if start <= spare { start } else { 0 }, length }
    }

    /// Makes room for `length` values. What they are is not said: some of what was there before.
    pub fn resize(&mut self, length: usize) {
        if self.start + length > self.values.len() {
            *self = Aligned::new(length);
        }
        self.length = length;
    }
}

impl<T> Deref for Aligned<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.values[self.start..self.start + self.length]
    }
}

impl<T> DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.values[self.start..self.start + self.length]
    }
}

impl<T: Copy + Default> Default for Aligned<T> {
    fn default() -> Aligned<T> {
        Aligned::new(0)
    }
}
