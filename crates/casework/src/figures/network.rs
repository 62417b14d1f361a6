//! The equations of a tree of figures, as a flow.

use std::collections::BTreeMap;

use petgraph::{
    algo::dinics,
    graph::{DiGraph, EdgeIndex, NodeIndex},
};

use super::{At, Tree};

/// More than any count.
const UNBOUNDED: u64 = u64::MAX >> 8;

/// Where figures meet: at a row, without one at the root; for a month, or for sums over months.
type Node = (Option<usize>, Option<usize>);

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
    /// Those at which something gives way.
    nodes: BTreeMap<Node, NodeIndex>,
    /// The edges of each figure that gives way: to be larger, and smaller.
    edges: BTreeMap<At, [EdgeIndex; 2]>,
}

impl Network<'_> {
    pub(super) fn new(tree: &Tree) -> Network<'_> {
        Network {
            tree,
            graph: DiGraph::new(),
            nodes: BTreeMap::new(),
            edges: BTreeMap::new(),
        }
    }

    /// Lets a figure be any larger, and so much smaller.
    pub(super) fn give_way(&mut self, at: At, less: u64) {
        let (from, to) = self.ends(at);
        let larger = self.graph.add_edge(from, to, UNBOUNDED);
        let smaller = self.graph.add_edge(to, from, less);
        self.edges.insert(at, [larger, smaller]);
    }

    /// Asks something while this figure does not give way.
    pub(super) fn without<T>(&mut self, at: At, ask: impl FnOnce(&mut Self) -> T) -> T {
        let edges = self.edges.get(&at).copied();
        let swap = |network: &mut Self, capacities: [u64; 2]| {
            let mut before = [0; 2];
            for (at, edge) in edges.iter().flatten().enumerate() {
                before[at] = std::mem::replace(&mut network.graph[*edge], capacities[at]);
            }
            before
        };
        let before = swap(self, [0; 2]);
        let answer = ask(self);
        swap(self, before);
        answer
    }

    /// Whether the figure, which itself does not give way, can be so much larger.
    pub(super) fn takes_more(&mut self, at: At, more: u64) -> bool {
        let (from, to) = self.ends(at);
        self.flow(to, from, more) == more
    }

    /// Whether the figure, which itself does not give way, can be so much smaller.
    pub(super) fn takes_less(&mut self, at: At, less: u64) -> bool {
        let (from, to) = self.ends(at);
        self.flow(from, to, less) == less
    }

    /// Counts by which all equations hold, where each figure is at least so much, and at most so much if it is bounded: one
    /// for each; nothing where there are none. Figures of hidden months stand in no equation.
    pub(super) fn counts(mut self, figures: &[(At, u64, Option<u64>)], hidden: &[bool]) -> Option<Vec<u64>> {
        let mut needs: BTreeMap<NodeIndex, i128> = BTreeMap::new();
        let mut flows_in = |(from, to): (NodeIndex, NodeIndex), count: u64| {
            *needs.entry(to).or_default() += i128::from(count);
            *needs.entry(from).or_default() -= i128::from(count);
        };
        for (at, least, most) in figures {
            let ends = self.ends(*at);
            let more = most.map_or(UNBOUNDED, |most| most.saturating_sub(*least));
            self.graph.add_edge(ends.0, ends.1, more);
            flows_in(ends, *least);
        }
        let months = self.tree.totals.iter().zip(hidden).enumerate();
        for (month, (total, _)) in months.filter(|(_, (_, hidden))| !**hidden) {
            flows_in(
                (self.node((None, Some(month))), self.node((None, None))),
                total.findings,
            );
        }
        let [source, sink] = [(); 2].map(|()| self.graph.add_node(()));
        let mut needed = 0_u64;
        for (node, need) in needs {
            let count = u64::try_from(need.unsigned_abs()).ok()?;
            if need > 0 {
                needed = needed.checked_add(count)?;
                self.graph.add_edge(source, node, count);
            } else if need < 0 {
                self.graph.add_edge(node, sink, count);
            }
        }
        let (flow, flows) = dinics(&self.graph, source, sink);
        let counts = figures.iter().zip(flows);
        (flow == needed).then(|| counts.map(|((_, least, _), flow)| least + flow).collect())
    }

    /// Whether two figures stand in one equation.
    pub(super) fn touch(tree: &Tree, one: At, other: At) -> bool {
        let (one, other) = (ends(tree, one), ends(tree, other));
        [one.0, one.1].iter().any(|end| [other.0, other.1].contains(end))
    }

    fn flow(&mut self, source: NodeIndex, sink: NodeIndex, most: u64) -> u64 {
        if most == 0 {
            return 0;
        }
        let beginning = self.graph.add_node(());
        self.graph.add_edge(beginning, source, most);
        let flow = dinics(&self.graph, beginning, sink).0;
        self.graph.remove_node(beginning);
        flow
    }

    fn ends(&mut self, at: At) -> (NodeIndex, NodeIndex) {
        let (from, to) = ends(self.tree, at);
        (self.node(from), self.node(to))
    }

    fn node(&mut self, node: Node) -> NodeIndex {
        let graph = &mut self.graph;
        *self.nodes.entry(node).or_insert_with(|| graph.add_node(()))
    }
}

/// Between which nodes a figure flows.
fn ends(tree: &Tree, (row, month): At) -> (Node, Node) {
    let summed = &tree.rows[row];
    match month {
        None => ((summed.above, None), (Some(row), None)),
        Some(_) if summed.is_parted => ((Some(row), month), (summed.above, month)),
        Some(_) => ((Some(row), None), (summed.above, month)),
    }
}
