//! How strongly one node is bound to each group around it.

/// Weights from one node to groups, gathered without looking at groups that it has no edge to.
pub(super) struct Weights {
    of: Vec<f64>,
    touched: Vec<u32>,
}

impl Weights {
    pub(super) fn new(groups: usize) -> Weights {
        Weights { of: vec![f64::NAN; groups], touched: Vec::new() }
    }

    pub(super) fn gather(&mut self, edges: impl Iterator<Item = (u32, f32)>) {
        for (group, weight) in edges {
            let sum = &mut self.of[group as usize];
            if sum.is_nan() {
                *sum = 0.0;
                self.touched.push(group);
            }
            *sum += f64::from(weight);
        }
    }

    pub(super) fn of(&self, group: u32) -> f64 {
        let sum = self.of[group as usize];
        if sum.is_nan() { 0.0 } else { sum }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (u32, f64)> {
        self.touched.iter().map(|group| (*group, self.of[*group as usize]))
    }

    pub(super) fn clear(&mut self) {
        self.touched.drain(..).for_each(|group| self.of[group as usize] = f64::NAN);
    }
}
