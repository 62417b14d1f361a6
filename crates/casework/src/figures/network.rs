//! The equations of a tree of figures, as a flow.

use petgraph::{
    algo::dinics,
    graph::{DiGraph, NodeIndex},
};

use super::{At, Tree};

/// What can change together.
///
/// Each row has a node at which its sum comes in: from that of the row above, or from the root. Each row that has parts has
/// besides a node for each month, at which the figures of its parts in that month come in and its own goes out, to that of
/// the row above, or of the whole. A row without parts sends its figures to those from the node at which its sum came in.
/// What flows in at each node flows out; these are all the equations there are. To make one figure larger or smaller others
/// must give way around it, as far as they are withheld and stay counts: a maximum flow from one of its ends to the other,
/// and counts being whole numbers, it is exact.
pub(super) struct Network<'a> {
    tree: &'a Tree,
    graph: DiGraph<(), u64>,
}

impl Network<'_> {
    pub(super) fn new(tree: &Tree) -> Network<'_> {
        let mut graph = DiGraph::new();
        for _ in 0..(tree.rows.len() + 1) * (tree.totals.len() + 1) {
            graph.add_node(());
        }
        Network { tree, graph }
    }

    /// Lets a figure be any larger, and so much smaller.
    pub(super) fn give_way(&mut self, at: At, less: u64) {
        /// More than any count.
        const UNBOUNDED: u64 = u64::MAX >> 8;
        let (from, to) = self.ends(at);
        self.graph.add_edge(from, to, UNBOUNDED);
        self.graph.add_edge(to, from, less);
    }

    /// Whether the figure, which itself does not give way, can be so much larger.
    pub(super) fn takes_more(&mut self, at: At, more: u64) -> bool {
        let (from, to) = self.ends(at);
        self.flows(to, from, more)
    }

    /// Whether the figure, which itself does not give way, can be so much smaller.
    pub(super) fn takes_less(&mut self, at: At, less: u64) -> bool {
        let (from, to) = self.ends(at);
        self.flows(from, to, less)
    }

    /// Whether two figures stand in one equation.
    pub(super) fn touch(&self, one: At, other: At) -> bool {
        let (one, other) = (self.ends(one), self.ends(other));
        [one.0, one.1].iter().any(|end| [other.0, other.1].contains(end))
    }

    fn flows(&mut self, source: NodeIndex, sink: NodeIndex, needed: u64) -> bool {
        if needed == 0 {
            return true;
        }
        let beginning = self.graph.add_node(());
        self.graph.add_edge(beginning, source, needed);
        let flow = dinics(&self.graph, beginning, sink).0;
        self.graph.remove_node(beginning);
        flow == needed
    }

    fn ends(&self, (row, month): At) -> (NodeIndex, NodeIndex) {
        let summed = &self.tree.rows[row];
        match month {
            None => (self.node(summed.above, None), self.node(Some(row), None)),
            Some(_) if summed.is_parted => (self.node(Some(row), month), self.node(summed.above, month)),
            Some(_) => (self.node(Some(row), None), self.node(summed.above, month)),
        }
    }

    /// Without a row, the root.
    fn node(&self, row: Option<usize>, month: Option<usize>) -> NodeIndex {
        let of_row = row.map_or(0, |row| row + 1) * (self.tree.totals.len() + 1);
        NodeIndex::new(of_row + month.map_or(0, |month| month + 1))
    }
}
