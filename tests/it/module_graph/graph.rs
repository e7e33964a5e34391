//! A set of arrows: what can be reached, and what is on a cycle.

use std::collections::{BTreeMap, BTreeSet};

/// The nodes that each node uses.
pub struct Graph(BTreeMap<String, BTreeSet<String>>);

impl Graph {
    pub fn new(arrows: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut nodes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (from, to) in arrows {
            nodes.entry(from).or_default().insert(to);
        }
        Self(nodes)
    }

    pub fn arrows(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(from, to)| to.iter().map(move |to| (from.as_str(), to.as_str())))
    }

    /// Returns the arrows between nodes that can reach each other.
    pub fn cycles(&self) -> Vec<String> {
        let is_circular = |(from, to): &(&str, &str)| self.reachable(to).contains(*from);
        self.arrows().filter(is_circular).map(|(from, to)| format!("{from} --> {to}")).collect()
    }

    /// Returns the arrows that are not implied by a longer path.
    pub fn reduced(&self) -> Vec<(&str, &str)> {
        let is_direct = |(from, to): &(&str, &str)| {
            let mut others = self.0[*from].iter().filter(|other| other.as_str() != *to);
            !others.any(|other| self.reachable(other).contains(to))
        };
        self.arrows().filter(is_direct).collect()
    }

    /// Returns `from` and everything that it uses, directly or indirectly.
    fn reachable<'a>(&'a self, from: &'a str) -> BTreeSet<&'a str> {
        let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(node) = next.pop() {
            if reached.insert(node) {
                next.extend(self.0.get(node).into_iter().flatten().map(String::as_str));
            }
        }
        reached
    }
}
