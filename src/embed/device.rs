//! Where the encoder shall run, as a user writes it: `auto`, `cpu`, `cuda`, `cuda:1` or `metal`.
//!
//! What a choice means on this machine is told by `machine`.

use std::fmt;
use std::str::FromStr;

use crate::error::{DeviceRefusal, EmbeddingError, Error, Result};

/// CUDA cards by their numbers, from 0 to 63.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cards(u64);

impl Cards {
    /// Card 0.
    pub const FIRST: Cards = Cards(1);

    /// Reads `0`, or `0,2,3`. `None` for what is no list of card numbers, or names a card twice.
    fn read(text: &str) -> Option<Cards> {
        let mut cards = 0u64;
        for number in text.split(',') {
            if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            let bit = 1u64.checked_shl(number.parse().ok()?)?;
            if cards & bit != 0 {
                return None;
            }
            cards |= bit;
        }
        Some(Cards(cards))
    }

    /// The numbers, ascending.
    pub fn numbers(self) -> impl Iterator<Item = usize> {
        (0..64).filter(move |number| self.0 >> number & 1 == 1)
    }
}

impl fmt::Display for Cards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, number) in self.numbers().enumerate() {
            write!(f, "{}{number}", if at == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

/// A device as the user asks for it (`--device`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The first CUDA card, else Metal, else the CPU: the best that is built in, answers, and has
    /// the precision and the engine that are asked for.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// CUDA cards, among which batches are shared out.
    Cuda(Cards),
    /// Apple's Metal.
    Metal,
}

impl FromStr for DeviceChoice {
    type Err = Error;

    fn from_str(text: &str) -> Result<DeviceChoice> {
        match text {
            "auto" => Ok(DeviceChoice::Auto),
            "cpu" => Ok(DeviceChoice::Cpu),
            "cuda" => Ok(DeviceChoice::Cuda(Cards::FIRST)),
            "metal" => Ok(DeviceChoice::Metal),
            _ => text
                .strip_prefix("cuda:")
                .and_then(Cards::read)
                .map(DeviceChoice::Cuda)
                .ok_or_else(|| refused(text, DeviceRefusal::Unknown)),
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeviceChoice::Auto => f.write_str("auto"),
            DeviceChoice::Cpu => f.write_str("cpu"),
            DeviceChoice::Cuda(cards) => write!(f, "cuda:{cards}"),
            DeviceChoice::Metal => f.write_str("metal"),
        }
    }
}

/// An error about a device that was asked for as `asked`.
pub(super) fn refused(asked: &str, reason: DeviceRefusal) -> Error {
    Error::from(EmbeddingError::Device { asked: asked.escape_debug().to_string(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_device_reads_and_prints() {
        for (text, device) in [
            ("auto", DeviceChoice::Auto),
            ("cpu", DeviceChoice::Cpu),
            ("cuda:0", DeviceChoice::Cuda(Cards(1))),
            ("cuda:3", DeviceChoice::Cuda(Cards(8))),
            ("cuda:0,2,63", DeviceChoice::Cuda(Cards(5 | 1 << 63))),
            ("metal", DeviceChoice::Metal),
        ] {
            assert_eq!(text.parse::<DeviceChoice>().unwrap(), device);
            assert_eq!(device.to_string(), text);
        }
        assert_eq!("cuda".parse::<DeviceChoice>().unwrap(), DeviceChoice::Cuda(Cards::FIRST));
    }

    #[test]
    fn what_is_no_device_is_refused() {
        for text in [
            "",
            "gpu",
            "cuda:",
            "cuda:-1",
            "cuda:+1",
            "cuda:99999999999999999999",
            "cuda:64",
            "cuda:0,",
            "cuda:1,1",
            "CPU",
        ] {
            assert!(text.parse::<DeviceChoice>().is_err(), "{text}");
        }
        let error = "gpu\u{1b}".parse::<DeviceChoice>().unwrap_err();
        insta::assert_snapshot!(error, @r"device gpu\u{1b} is not a device; known are auto, cpu, cuda, cuda:N, cuda:N,M and metal");
    }
}
