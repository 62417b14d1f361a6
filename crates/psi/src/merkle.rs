//! Roots over what was exchanged: the Merkle tree of RFC 6962, section 2.1, with SHA-256.
//!
//! A chunk holds a power of two of leaves, so the root of a chunk is a node of the tree over all, and a root grows by
//! chunks without keeping the leaves.

use ring::digest;

use crate::keys::array;

/// A root, or a node.
pub type Root = [u8; 32];

/// The root over the leaves of one chunk: the packed elements of `width` bytes each.
#[must_use]
pub fn element_root(packed: &[u8], width: usize) -> Root {
    let mut builder = RootBuilder::default();
    for leaf in packed.chunks(width.max(1)) {
        builder.push(leaf_hash(leaf), 0);
    }
    builder.finish()
}

/// Grows a root by nodes that stand for equal powers of two of leaves; only the last may stand for fewer.
#[derive(Default, Clone)]
pub struct RootBuilder {
    /// Complete subtrees with their heights, the highest first.
    nodes: Vec<(u32, Root)>,
}

impl RootBuilder {
    /// Adds a subtree of height `height` (a chunk's root, or a leaf with height 0).
    pub fn push(&mut self, root: Root, height: u32) {
        let (mut root, mut height) = (root, height);
        while let Some((_, left)) = self.nodes.pop_if(|(h, _)| *h == height) {
            root = node_hash(&left, &root);
            height += 1;
        }
        self.nodes.push((height, root));
    }

    /// The root over everything added; of nothing, the digest of the empty string.
    #[must_use]
    pub fn finish(mut self) -> Root {
        let Some((_, mut root)) = self.nodes.pop() else {
            return array(digest::digest(&digest::SHA256, b"").as_ref());
        };
        while let Some((_, left)) = self.nodes.pop() {
            root = node_hash(&left, &root);
        }
        root
    }
}

/// The nodes beside the way from a leaf to the root, from the bottom up.
pub(crate) type Path = Vec<Root>;

/// A value that was exchanged, and its path.
#[derive(Clone, Default)]
pub(crate) struct Leaf {
    pub(crate) bytes: Vec<u8>,
    pub(crate) path: Path,
}

/// Collects the paths of some leaves while the packed leaves pass by, chunk by chunk.
pub(crate) struct Paths {
    width: usize,
    height: u32,
    /// The leaves wanted, ascending, each with its place in what is handed out.
    wanted: Vec<(u64, usize)>,
    /// How far it has come in `wanted`.
    at: usize,
    found: Vec<Leaf>,
    roots: Vec<Root>,
}

impl Paths {
    /// For leaves of `width` bytes in chunks of 2^`height`; the paths come out in the order of `wanted`.
    pub(crate) fn new(width: usize, height: u32, wanted: impl Iterator<Item = u32>) -> Self {
        let mut wanted: Vec<(u64, usize)> = wanted.map(u64::from).zip(0..).collect();
        wanted.sort_unstable();
        Self {
            width: width.max(1),
            height,
            at: 0,
            found: vec![Leaf::default(); wanted.len()],
            wanted,
            roots: Vec::new(),
        }
    }

    /// Takes the next chunk.
    pub(crate) fn chunk(&mut self, packed: &[u8]) {
        let first = (self.roots.len() as u64) << self.height;
        let levels = levels(packed.chunks(self.width).map(leaf_hash).collect());
        while let Some((leaf, place)) = self.wanted.get(self.at) {
            let inside = leaf.saturating_sub(first) as usize;
            let Some(bytes) = packed.chunks(self.width).nth(inside).filter(|_| *leaf >= first) else {
                break;
            };
            if let Some(found) = self.found.get_mut(*place) {
                *found = Leaf {
                    bytes: bytes.to_vec(),
                    path: path(&levels, inside),
                };
            }
            self.at += 1;
        }
        self.roots.extend(levels.last().and_then(|top| top.first()));
    }

    /// The root over all, and each wanted leaf with its path; `None` when a leaf did not pass by.
    pub(crate) fn finish(mut self) -> Option<(Root, Vec<Leaf>)> {
        if self.at < self.wanted.len() {
            return None;
        }
        let levels = levels(self.roots);
        for (leaf, place) in &self.wanted {
            let above = path(&levels, (leaf >> self.height) as usize);
            self.found.get_mut(*place)?.path.extend(above);
        }
        let root = levels.last()?.first().copied();
        Some((
            root.unwrap_or_else(|| RootBuilder::default().finish()),
            self.found,
        ))
    }
}

impl Leaf {
    /// Whether it is leaf `index` of `count` under `root`.
    pub(crate) fn stands_at(&self, index: u32, count: u64, root: &Root) -> bool {
        leads(&self.bytes, u64::from(index), count, &self.path, root)
    }
}

/// Whether `path` leads from leaf `index` of `count` to `root`: RFC 9162, section 2.1.3.2.
fn leads(leaf: &[u8], index: u64, count: u64, path: &[Root], root: &Root) -> bool {
    if index >= count {
        return false;
    }
    let (mut from, mut last) = (index, count - 1);
    let mut node = leaf_hash(leaf);
    for beside in path {
        if last == 0 {
            return false;
        }
        if from & 1 == 1 || from == last {
            node = node_hash(beside, &node);
            while from & 1 == 0 && from != 0 {
                (from, last) = (from >> 1, last >> 1);
            }
        } else {
            node = node_hash(&node, beside);
        }
        (from, last) = (from >> 1, last >> 1);
    }
    last == 0 && node == *root
}

/// All nodes over these, level by level up to the root. One without a neighbour stands in the next level as it is, which
/// gives the tree of RFC 6962.
fn levels(bottom: Vec<Root>) -> Vec<Vec<Root>> {
    let mut levels = vec![bottom];
    while let Some(below) = levels.last().filter(|level| level.len() > 1) {
        let above = below
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => node_hash(left, right),
                rest => rest.first().copied().unwrap_or_default(),
            })
            .collect();
        levels.push(above);
    }
    levels
}

fn path(levels: &[Vec<Root>], leaf: usize) -> Path {
    (0..)
        .zip(levels)
        .filter_map(|(height, level)| level.get((leaf >> height) ^ 1).copied())
        .collect()
}

fn leaf_hash(leaf: &[u8]) -> Root {
    hash(&[&[0], leaf])
}

fn node_hash(left: &Root, right: &Root) -> Root {
    hash(&[&[1], left, right])
}

fn hash(parts: &[&[u8]]) -> Root {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    array(context.finish().as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// MTH as RFC 6962 defines it, by recursion over all leaves.
    fn reference(leaves: &[&[u8]]) -> Root {
        match leaves {
            [] => hash(&[]),
            [leaf] => hash(&[&[0], leaf]),
            _ => {
                let split = leaves.len().next_power_of_two() / 2;
                hash(&[&[1], &reference(&leaves[..split]), &reference(&leaves[split..])])
            }
        }
    }

    #[test]
    fn chunks_of_a_power_of_two_give_the_tree_of_rfc_6962() {
        let packed: Vec<u8> = (0..37u8).flat_map(|i| [i; 16]).collect();
        for n in 0..=37 {
            let packed = &packed[..n * 16];
            let leaves: Vec<&[u8]> = packed.chunks(16).collect();
            assert_eq!(
                element_root(packed, 16),
                reference(&leaves),
                "{n} leaves in one chunk"
            );
            let mut builder = RootBuilder::default();
            for chunk in packed.chunks(8 * 16) {
                builder.push(element_root(chunk, 16), 3);
            }
            assert_eq!(builder.finish(), reference(&leaves), "{n} leaves in chunks of 8");
        }
    }

    #[test]
    fn every_path_leads_to_the_root_and_to_no_other() {
        let packed: Vec<u8> = (0..37u8).flat_map(|i| [i; 16]).collect();
        for n in 1..=37u32 {
            let packed = &packed[..n as usize * 16];
            let root = element_root(packed, 16);
            // In an order of the caller's own, one leaf twice.
            let wanted: Vec<u32> = (0..n).rev().chain([n / 2]).collect();
            let mut paths = Paths::new(16, 3, wanted.iter().copied());
            packed.chunks(8 * 16).for_each(|chunk| paths.chunk(chunk));
            let (over_all, found) = paths.finish().unwrap();
            assert_eq!(over_all, root);
            for (index, Leaf { bytes: leaf, path }) in wanted.iter().zip(&found) {
                let (index, count) = (u64::from(*index), u64::from(n));
                assert_eq!(leaf, &packed[index as usize * 16..][..16]);
                assert!(leads(leaf, index, count, path, &root), "{index} of {n}");
                for other in (0..count).filter(|other| *other != index) {
                    assert!(
                        !leads(leaf, other, count, path, &root),
                        "{index} of {n} as {other}"
                    );
                }
                assert!(!leads(&[99; 16], index, count, path, &root));
                assert!(!leads(
                    leaf,
                    index,
                    count,
                    &[path.as_slice(), &[root]].concat(),
                    &root
                ));
                if let [first @ .., _] = path.as_slice() {
                    assert!(!leads(leaf, index, count, first, &root));
                }
            }
        }
        let mut paths = Paths::new(16, 3, [37].into_iter());
        packed.chunks(8 * 16).for_each(|chunk| paths.chunk(chunk));
        assert!(paths.finish().is_none(), "a leaf that never passed by");
        let (empty, none) = Paths::new(16, 3, [].into_iter()).finish().unwrap();
        assert_eq!((empty, none.len()), (reference(&[]), 0));
    }
}
