//! How much something that somebody likes counts.
//!
//! In: a factor. Out: the factor in hundredths, so that equal weights are equal everywhere.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much something liked counts beside other likes: a factor from 0 (muted) to 10, in
/// hundredths. Without a weight a like counts once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
#[schemars(with = "f64")]
pub struct LikeWeight(u16);

impl LikeWeight {
    /// What counts as if nobody had said anything.
    pub const ONE: LikeWeight = LikeWeight(100);

    /// The largest weight, in hundredths.
    const MOST: u16 = 1000;

    /// A factor, to the nearest hundredth; `None` unless it is from 0 to 10.
    pub fn new(factor: f64) -> Option<LikeWeight> {
        let most = f64::from(LikeWeight::MOST) / 100.0;
        (0.0..=most).contains(&factor).then(|| LikeWeight((factor * 100.0).round() as u16))
    }

    /// A number of hundredths; `None` for more than 1000.
    pub(crate) fn of_hundredths(hundredths: u16) -> Option<LikeWeight> {
        (hundredths <= LikeWeight::MOST).then_some(LikeWeight(hundredths))
    }

    /// The factor in hundredths.
    pub(crate) fn hundredths(self) -> u16 {
        self.0
    }

    /// The factor, from 0 to 10.
    pub fn factor(self) -> f32 {
        f32::from(self.0) / 100.0
    }
}

impl fmt::Display for LikeWeight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", f64::from(*self))
    }
}

impl From<LikeWeight> for f64 {
    fn from(weight: LikeWeight) -> f64 {
        f64::from(weight.0) / 100.0
    }
}

impl TryFrom<f64> for LikeWeight {
    type Error = &'static str;

    fn try_from(factor: f64) -> std::result::Result<LikeWeight, &'static str> {
        LikeWeight::new(factor).ok_or("a weight is a number from 0 to 10")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_is_a_factor_in_hundredths() {
        let of = |factor: f64| LikeWeight::new(factor).map(f64::from);
        assert_eq!([0.0, 0.005, 0.333, 1.0, 10.0].map(of), [0.0, 0.01, 0.33, 1.0, 10.0].map(Some));
        assert_eq!([-0.1, 10.01, f64::NAN, f64::INFINITY].map(of), [None; 4]);
        assert_eq!(LikeWeight::new(0.5).map(|weight| weight.to_string()).as_deref(), Some("0.5"));
        assert_eq!(serde_json::from_str::<LikeWeight>("0.25").ok(), LikeWeight::new(0.25));
        assert!(serde_json::from_str::<LikeWeight>("11").is_err());
    }
}
