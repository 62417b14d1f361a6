//! The header before each payload, and the types of frame that the link keeps for itself.
//!
//! ```text
//! 0   u32  payload length in bytes, little-endian
//! 4   u8   type
//! 5   u64  sequence, little-endian: 0, 1, 2, … in each direction
//! 13  payload
//! ```

/// Bytes before each payload.
pub const HEADER_BYTES: usize = 13;

/// The highest type that is the caller's to use; those above are the link's own.
pub const MAX_KIND: u8 = 239;

/// Empty. The sender is alive and busy; it stands for no message and is not handed on.
pub(crate) const ALIVE: u8 = 252;
/// Empty, the listener's first frame: it has no connection to spare and closes.
pub(crate) const BUSY: u8 = 253;
/// Empty, the listener's first frame: it knows the caller's key and serves it. Without it a caller would learn of a
/// refusal only at some later read, since in TLS 1.3 it is through with the handshake first.
pub(crate) const READY: u8 = 254;
/// An abort's reason, the last frame of its direction.
pub(crate) const ABORT: u8 = 255;

/// What stands before a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) length: u32,
    pub(crate) kind: u8,
    pub(crate) sequence: u64,
}

impl Header {
    pub(crate) fn encode(self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        let (length, rest) = bytes.split_at_mut(4);
        let (kind, sequence) = rest.split_at_mut(1);
        length.copy_from_slice(&self.length.to_le_bytes());
        kind.copy_from_slice(&[self.kind]);
        sequence.copy_from_slice(&self.sequence.to_le_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: [u8; HEADER_BYTES]) -> Header {
        let [l0, l1, l2, l3, kind, s0, s1, s2, s3, s4, s5, s6, s7] = bytes;
        Header {
            length: u32::from_le_bytes([l0, l1, l2, l3]),
            kind,
            sequence: u64::from_le_bytes([s0, s1, s2, s3, s4, s5, s6, s7]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_is_laid_out_as_documented() {
        let header = Header {
            length: 0x0102_0304,
            kind: 7,
            sequence: 0x1112_1314_1516_1718,
        };
        let bytes = [4, 3, 2, 1, 7, 0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11];
        assert_eq!(header.encode(), bytes);
        assert_eq!(Header::decode(bytes), header);
    }
}
