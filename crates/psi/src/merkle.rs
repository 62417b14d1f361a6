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
}
