//! What a choice of device means on this machine: which devices there are and answer.

use super::device::{Cards, DeviceChoice, refused};
use crate::Result;
use crate::error::DeviceRefusal;

impl DeviceChoice {
    /// What `auto` means on this machine; everything else is itself.
    pub(super) fn resolve(self) -> DeviceChoice {
        match self {
            DeviceChoice::Auto if first_card_answers() => DeviceChoice::Cuda(Cards::FIRST),
            DeviceChoice::Auto if metal().is_ok() => DeviceChoice::Metal,
            DeviceChoice::Auto => DeviceChoice::Cpu,
            chosen => chosen,
        }
    }
}

#[cfg(feature = "cuda")]
fn first_card_answers() -> bool {
    super::cuda::answers(0)
}

#[cfg(not(feature = "cuda"))]
fn first_card_answers() -> bool {
    false
}

/// Apple's Metal, for candle.
pub(super) fn metal() -> Result<candle_core::Device> {
    if !candle_core::utils::metal_is_available() {
        return Err(refused("metal", DeviceRefusal::NotBuiltIn { feature: "metal" }));
    }
    candle_core::Device::new_metal(0)
        .map_err(|e| refused("metal", DeviceRefusal::Failed(format!("does not answer: {e}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_auto_means_another() {
        for device in [DeviceChoice::Cpu, DeviceChoice::Cuda(Cards::FIRST), DeviceChoice::Metal] {
            assert_eq!(device.resolve(), device);
        }
        assert_ne!(DeviceChoice::Auto.resolve(), DeviceChoice::Auto);
    }
}
