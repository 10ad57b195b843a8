//! Groups of the nodes of a graph, of which each node is in one.

/// Groups of nodes, numbered from 0 in the order of their first node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// The group of each node.
    pub groups: Vec<u32>,
    /// How many groups.
    pub count: usize,
}

impl Partition {
    /// Numbers groups afresh, in the order of their first node.
    pub fn new(groups: &[u32]) -> Partition {
        let mut numbers = vec![u32::MAX; groups.iter().max().map_or(0, |most| *most as usize + 1)];
        let mut count = 0;
        let groups = groups
            .iter()
            .map(|group| {
                let number = &mut numbers[*group as usize];
                if *number == u32::MAX {
                    *number = count;
                    count += 1;
                }
                *number
            })
            .collect();
        Partition { groups, count: count as usize }
    }

    /// How many nodes each group has.
    pub fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.count];
        self.groups.iter().for_each(|group| sizes[*group as usize] += 1);
        sizes
    }

    /// Each node's group of its group.
    pub(super) fn lifted(&self, upper: &Partition) -> Partition {
        Partition {
            groups: self.groups.iter().map(|group| upper.groups[*group as usize]).collect(),
            count: upper.count,
        }
    }
}
