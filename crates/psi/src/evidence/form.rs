//! The bytes of evidence. One evidence has one form.

use zeroize::Zeroizing;

use super::{Evidence, Place};
use crate::merkle::Leaf;
use crate::reader::Reader;
use crate::{Error, Root};

const FORM: &[u8] = b"hefu/3 evidence\0";

/// The longest path: 2^30 leaves.
const MAX_PATH: usize = 30;

impl Evidence {
    /// Its bytes, to be sealed.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let leaves = [&self.blinded, &self.evaluated, &self.entry];
        let length: usize = leaves
            .iter()
            .map(|leaf| 5 + leaf.bytes.len() + 32 * leaf.path.len())
            .sum();
        // As long as it will be, so that no copy is left behind where it grew.
        let mut out = Zeroizing::new(Vec::with_capacity(FORM.len() + 8 + 64 + length));
        out.extend_from_slice(FORM);
        out.extend_from_slice(&self.place.position.to_be_bytes());
        out.extend_from_slice(&self.place.entry.to_be_bytes());
        out.extend_from_slice(self.blind.as_slice());
        for leaf in leaves {
            // An entry has at most 65,567 bytes, a path at most 30 nodes.
            out.extend_from_slice(&(leaf.bytes.len() as u32).to_be_bytes());
            out.extend_from_slice(&leaf.bytes);
            out.push(leaf.path.len() as u8);
            out.extend_from_slice(leaf.path.as_flattened());
        }
        out
    }

    /// Reads evidence; whether it proves anything is checked by [`Evidence::verify`].
    ///
    /// # Errors
    /// [`Error::Evidence`] for anything but exactly one evidence.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Reader::after(FORM, bytes).and_then(read).ok_or(Error::Evidence)
    }
}

fn read(mut reader: Reader<'_>) -> Option<Evidence> {
    let evidence = Evidence {
        place: Place {
            position: reader.u32()?,
            entry: reader.u32()?,
        },
        blind: Zeroizing::new(reader.array()?),
        blinded: leaf(&mut reader)?,
        evaluated: leaf(&mut reader)?,
        entry: leaf(&mut reader)?,
    };
    reader.is_empty().then_some(evidence)
}

fn leaf(reader: &mut Reader<'_>) -> Option<Leaf> {
    let length = usize::try_from(reader.u32()?).ok()?;
    let bytes = reader.take(length)?.to_vec();
    let [nodes] = reader.array()?;
    if usize::from(nodes) > MAX_PATH {
        return None;
    }
    let path: Option<Vec<Root>> = (0..nodes).map(|_| reader.array()).collect();
    Some(Leaf { bytes, path: path? })
}
