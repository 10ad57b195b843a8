//! Where the encoder runs: `auto`, `cpu`, `cuda`, `cuda:1` or `metal` in, a candle device out.

use std::fmt;
use std::str::FromStr;

use crate::{Error, Result};

/// A device as the user asks for it (`--device`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The first CUDA card, else Metal, else the CPU: the best that is built in and answers.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The CUDA card of this number, from 0.
    Cuda(usize),
    /// Apple's Metal.
    Metal,
}

impl FromStr for DeviceChoice {
    type Err = Error;

    fn from_str(text: &str) -> Result<DeviceChoice> {
        match text {
            "auto" => Ok(DeviceChoice::Auto),
            "cpu" => Ok(DeviceChoice::Cpu),
            "cuda" => Ok(DeviceChoice::Cuda(0)),
            "metal" => Ok(DeviceChoice::Metal),
            _ => text
                .strip_prefix("cuda:")
                .filter(|number| number.bytes().all(|b| b.is_ascii_digit()))
                .and_then(|number| number.parse().ok())
                .map(DeviceChoice::Cuda)
                .ok_or_else(|| refused(text, "is not a device; choose auto, cpu, cuda, cuda:N or metal")),
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeviceChoice::Auto => f.write_str("auto"),
            DeviceChoice::Cpu => f.write_str("cpu"),
            DeviceChoice::Cuda(number) => write!(f, "cuda:{number}"),
            DeviceChoice::Metal => f.write_str("metal"),
        }
    }
}

impl DeviceChoice {
    /// Opens the device. `auto` never fails: what is not built in or does not answer is passed over.
    pub(super) fn open(self) -> Result<candle_core::Device> {
        match self {
            DeviceChoice::Cpu => Ok(candle_core::Device::Cpu),
            DeviceChoice::Auto => {
                let found = cuda(0).or_else(|_| metal());
                Ok(found.unwrap_or(candle_core::Device::Cpu))
            }
            DeviceChoice::Cuda(number) => cuda(number),
            DeviceChoice::Metal => metal(),
        }
    }
}

fn cuda(number: usize) -> Result<candle_core::Device> {
    let asked = DeviceChoice::Cuda(number).to_string();
    if !candle_core::utils::cuda_is_available() {
        return Err(refused(&asked, "is not built in; build with `--features cuda`, or choose auto or cpu"));
    }
    candle_core::Device::new_cuda(number).map_err(|e| refused(&asked, &format!("does not answer: {e}")))
}

fn metal() -> Result<candle_core::Device> {
    if !candle_core::utils::metal_is_available() {
        return Err(refused("metal", "is not built in; build with `--features metal`, or choose auto or cpu"));
    }
    candle_core::Device::new_metal(0).map_err(|e| refused("metal", &format!("does not answer: {e}")))
}

fn refused(asked: &str, reason: &str) -> Error {
    Error::Device { asked: asked.escape_debug().to_string(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_device_reads_and_prints() {
        for (text, device) in [
            ("auto", DeviceChoice::Auto),
            ("cpu", DeviceChoice::Cpu),
            ("cuda:0", DeviceChoice::Cuda(0)),
            ("cuda:3", DeviceChoice::Cuda(3)),
            ("metal", DeviceChoice::Metal),
        ] {
            assert_eq!(text.parse::<DeviceChoice>().unwrap(), device);
            assert_eq!(device.to_string(), text);
        }
        assert_eq!("cuda".parse::<DeviceChoice>().unwrap(), DeviceChoice::Cuda(0));
    }

    #[test]
    fn what_is_no_device_is_refused() {
        for text in ["", "gpu", "cuda:", "cuda:-1", "cuda:+1", "cuda:99999999999999999999", "CPU"] {
            assert!(text.parse::<DeviceChoice>().is_err(), "{text}");
        }
        let error = "gpu\u{1b}".parse::<DeviceChoice>().unwrap_err();
        insta::assert_snapshot!(error, @r"device gpu\u{1b} is not a device; choose auto, cpu, cuda, cuda:N or metal");
    }

    #[test]
    fn auto_and_cpu_always_open() {
        assert!(DeviceChoice::Auto.open().is_ok());
        assert!(DeviceChoice::Cpu.open().unwrap().is_cpu());
    }

    #[cfg(not(any(feature = "cuda", feature = "metal")))]
    #[test]
    fn what_is_not_built_in_is_refused_by_name() {
        let error = DeviceChoice::Cuda(1).open().unwrap_err();
        insta::assert_snapshot!(error, @"device cuda:1 is not built in; build with `--features cuda`, or choose auto or cpu");
        let error = DeviceChoice::Metal.open().unwrap_err();
        insta::assert_snapshot!(error, @"device metal is not built in; build with `--features metal`, or choose auto or cpu");
    }
}
