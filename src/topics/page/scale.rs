//! Where papers lie on the page's map: places of the layout in whole numbers, which take less room.

/// The map is so wide and high.
const WIDTH: f32 = 65_535.0;

/// From places to whole numbers, the same scale along both axes.
pub(super) struct Scale {
    low: [f32; 2],
    factor: f32,
}

impl Scale {
    pub(super) fn of(places: impl Iterator<Item = [f32; 2]>) -> Scale {
        let (mut low, mut high) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
        for place in places {
            for axis in 0..2 {
                low[axis] = low[axis].min(place[axis]);
                high[axis] = high[axis].max(place[axis]);
            }
        }
        let widest = (high[0] - low[0]).max(high[1] - low[1]).max(f32::MIN_POSITIVE);
        // The shorter side lies in the middle.
        let spare = [0, 1].map(|axis| 0.5 * (widest - (high[axis] - low[axis])));
        Scale { low: [low[0] - spare[0], low[1] - spare[1]], factor: WIDTH / widest }
    }

    pub(super) fn apply(&self, place: [f32; 2]) -> [u16; 2] {
        [0, 1].map(|axis| ((place[axis] - self.low[axis]) * self.factor).round() as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_keep_their_proportions() {
        let scale = Scale::of([[0.0, 1.0], [4.0, 3.0]].into_iter());
        assert_eq!([scale.apply([0.0, 1.0]), scale.apply([4.0, 3.0])], [[0, 16_384], [65_535, 49_151]]);
        assert_eq!(Scale::of([[2.0, 2.0]].into_iter()).apply([2.0, 2.0])[0], 0);
    }
}
