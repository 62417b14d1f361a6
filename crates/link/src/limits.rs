//! What a node allows a peer: sizes, numbers, seconds.

use std::time::Duration;

/// Limits of a listener and of each connection. The two ends need not have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest payload accepted or sent, in bytes; a longer announcement ends the connection unread.
    pub max_frame_bytes: u32,
    /// Authenticated connections that a listener keeps at a time; one more is told that the node is busy.
    pub max_connections: usize,
    /// Handshakes that a listener has under way at a time; further callers wait to be answered.
    pub max_handshakes: usize,
    /// Seconds for reaching the peer, and again for the handshake.
    pub handshake_seconds: u32,
    /// Seconds in which not one byte comes, or none can be sent, before the peer counts as gone.
    pub inactivity_seconds: u32,
    /// Seconds in which a peer may do no more than say that it is alive; then it counts as gone, however alive it is.
    pub busy_seconds: u32,
    /// Seconds that a closing side waits for the peer to have read the last frame.
    pub linger_seconds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_frame_bytes: 1 << 20,
            max_connections: 64,
            max_handshakes: 64,
            handshake_seconds: 15,
            inactivity_seconds: 120,
            busy_seconds: 2 * 3600,
            linger_seconds: 3,
        }
    }
}

impl Limits {
    pub(crate) fn handshake(&self) -> Duration {
        Duration::from_secs(self.handshake_seconds.into())
    }

    pub(crate) fn inactivity(&self) -> Duration {
        Duration::from_secs(self.inactivity_seconds.into())
    }

    pub(crate) fn busy(&self) -> Duration {
        Duration::from_secs(self.busy_seconds.into())
    }

    pub(crate) fn linger(&self) -> Duration {
        Duration::from_secs(self.linger_seconds.into())
    }
}
