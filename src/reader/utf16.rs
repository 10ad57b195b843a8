//! UTF-16 as UTF-8.
//!
//! In: bytes of text in UTF-16, with a byte-order mark or without. Out: the same text in UTF-8.
//! Windows' PowerShell and Excel write it.

use std::io::{self, Read};

/// In which order the two bytes of a unit stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The low byte first.
    Little,
    /// The high byte first.
    Big,
}

/// The order of an input that begins so, if it is UTF-16: it has a mark, or every other byte of its
/// ASCII is zero.
pub(super) fn order(head: &[u8]) -> Option<Order> {
    match head {
        [0xff, 0xfe, 0, 0, ..] => return None,
        [0xff, 0xfe, ..] => return Some(Order::Little),
        [0xfe, 0xff, ..] => return Some(Order::Big),
        _ => {}
    }
    let sample = &head[..head.len().min(4096) & !1];
    let zeros = |from: usize| sample.iter().skip(from).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd, units) = (zeros(0), zeros(1), sample.len() / 2);
    match (units >= 4, even, odd) {
        (true, 0, odd) if odd * 10 >= units * 4 => Some(Order::Little),
        (true, even, 0) if even * 10 >= units * 4 => Some(Order::Big),
        _ => None,
    }
}

/// Gives the text in UTF-8; what is no character becomes U+FFFD.
pub(super) struct Utf16<R> {
    inner: R,
    order: Order,
    /// A first half of a pair that waits for the second.
    high: Option<u16>,
    out: Vec<u8>,
    at: usize,
}

impl<R: Read> Utf16<R> {
    /// Reads `inner` in this order.
    pub(super) fn new(inner: R, order: Order) -> Utf16<R> {
        Utf16 { inner, order, high: None, out: Vec::new(), at: 0 }
    }

    fn push(&mut self, unit: u16) {
        let units = match self.high.take() {
            Some(high) if (0xdc00..0xe000).contains(&unit) => vec![high, unit],
            Some(high) => {
                self.put(&[high]);
                vec![unit]
            }
            None => vec![unit],
        };
        match units.as_slice() {
            [unit] if (0xd800..0xdc00).contains(unit) => self.high = Some(*unit),
            units => self.put(units),
        }
    }

    fn put(&mut self, units: &[u16]) {
        for character in char::decode_utf16(units.iter().copied()) {
            let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
            self.out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.out.len() {
            self.out.clear();
            self.at = 0;
            let mut bytes = Vec::with_capacity(1 << 13);
            self.inner.by_ref().take(1 << 13).read_to_end(&mut bytes)?;
            if bytes.is_empty() {
                match self.high.take() {
                    Some(high) => self.put(&[high]),
                    None => return Ok(0),
                }
            }
            for pair in bytes.chunks(2) {
                let pair = [pair[0], pair.get(1).copied().unwrap_or(0)];
                let unit =
                    if self.order == Order::Little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) };
                self.push(unit);
            }
        }
        let read = (&self.out[self.at..]).read(buffer)?;
        self.at += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_orders_are_read_with_and_without_a_mark() {
        let text = "{\"id\": \"2603.00001\", \"title\": \"Ríos \u{1f30a}\"}";
        for (order_of, bytes) in
            [(Order::Little, u16::to_le_bytes as fn(u16) -> [u8; 2]), (Order::Big, u16::to_be_bytes)]
        {
            let plain: Vec<u8> = text.encode_utf16().flat_map(bytes).collect();
            assert_eq!(order(&plain), Some(order_of));
            let mut read = String::new();
            Utf16::new(plain.as_slice(), order_of).read_to_string(&mut read).expect("readable");
            assert_eq!(read, text);
        }
        assert_eq!(order(text.as_bytes()), None);
        assert_eq!(order(b"a\0b\0"), None);
        assert_eq!(order(b""), None);
    }
}
