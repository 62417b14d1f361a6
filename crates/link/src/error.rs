//! What can go wrong on the line and with the files that stand in for it. `peer` is the agency's name from its card, or the network address where no card
//! has matched yet.

use hefu_psi::wire::Abort;
use std::io;
use std::path::Path;

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of keys, cards, connections or files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A stored key is not what it should be, or a new one could not be made.
    #[error("the {part} key of this node cannot be used; restore the keys folder from its backup")]
    Keys {
        /// `node`, `tls` or `seal`.
        part: &'static str,
    },
    /// The bytes are no card.
    #[error("this is not a card, or it was changed on the way ({reason}); ask the agency to send it again")]
    CardMalformed {
        /// What the reader stumbled over.
        reason: String,
    },
    /// The card is of another version.
    #[error(
        "the card has version {version}, this program reads version {supported}; update the older of the two"
    )]
    CardVersion {
        /// The card's version.
        version: u64,
        /// The version understood here.
        supported: u64,
    },
    /// A field of the card is out of bounds.
    #[error("the card's {field} is not acceptable: {reason}")]
    CardField {
        /// `name`, `node_key`, `seal_key` or `address`.
        field: &'static str,
        /// What it should be.
        reason: &'static str,
    },
    /// The card is not signed by the node key that it names.
    #[error("the card's signature does not hold; do not use the card, ask the agency for it by another way")]
    CardSignature,

    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; is the address this machine's, and the port free?")]
    Bind {
        /// The address of the configuration.
        address: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The system does not hand out incoming connections.
    #[error("cannot accept connections at present: {source}; too many open files?")]
    Accept {
        /// The system's reason.
        source: io::Error,
    },
    /// The peer's address does not answer.
    #[error(
        "{peer} cannot be reached at {address}: {source}; check the address on its card and the firewall"
    )]
    Unreachable {
        /// The peer.
        peer: String,
        /// The address on its card.
        address: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The peer took the call but did not complete the handshake.
    #[error("{peer} did not complete the handshake within {seconds} s; is it a Hefu node's peer port?")]
    HandshakeTimeout {
        /// The peer.
        peer: String,
        /// Seconds waited.
        seconds: u32,
    },
    /// Someone called whose key stands on no card here.
    #[error(
        "refused {peer}: its key {tls_key} stands on no card here; if it is a known agency, import its new card"
    )]
    UnknownPeer {
        /// The caller's network address.
        peer: String,
        /// SHA-256 of the key it showed, hex.
        tls_key: String,
    },
    /// Who answered at the peer's address showed another key than the card's.
    #[error(
        "refused {peer}: it showed the key {offered}, its card says {expected}; ask the agency before going on"
    )]
    WrongKey {
        /// The peer.
        peer: String,
        /// SHA-256 of the card's TLS key, hex.
        expected: String,
        /// SHA-256 of the key it showed, hex.
        offered: String,
    },
    /// The peer does not accept this node's certificate.
    #[error("{peer} refuses this node's key; ask it to import this node's present card")]
    RefusedByPeer {
        /// The peer.
        peer: String,
    },
    /// The peer speaks another version of the link.
    #[error(
        "{peer} does not speak {}; update the older of the two programs",
        crate::tls::ALPN_NAME
    )]
    Version {
        /// The peer.
        peer: String,
    },
    /// The handshake failed for another reason.
    #[error("the handshake with {peer} failed: {reason}")]
    Handshake {
        /// The peer.
        peer: String,
        /// What TLS says.
        reason: String,
    },
    /// This listener has as many connections as it allows, and has told the caller so.
    #[error("told {peer} to call again later: all {max} connections are in use")]
    Full {
        /// The peer.
        peer: String,
        /// The limit.
        max: usize,
    },
    /// The peer has as many connections as it allows.
    #[error("{peer} has no free connection at present; try again later")]
    Busy {
        /// The peer.
        peer: String,
    },

    /// Nothing moved for the agreed time.
    #[error("{peer} was silent for {seconds} s; check the line and whether its node is running")]
    Inactive {
        /// The peer.
        peer: String,
        /// Seconds waited.
        seconds: u32,
    },
    /// The peer closed in order, between two frames.
    #[error("{peer} has closed the connection")]
    Closed {
        /// The peer.
        peer: String,
    },
    /// The line broke: no orderly end, or an end inside a frame.
    #[error("the line to {peer} broke; connect again")]
    Cut {
        /// The peer.
        peer: String,
    },
    /// A call was given up inside a frame, so that this half of the connection is out of step.
    #[error("the connection to {peer} was left inside a frame and cannot go on; connect again")]
    OutOfStep {
        /// The peer.
        peer: String,
    },
    /// The system or TLS reports something else.
    #[error("the line to {peer} failed: {source}")]
    Io {
        /// The peer.
        peer: String,
        /// The reason.
        source: io::Error,
    },
    /// A frame longer than allowed, announced by the peer or about to be sent.
    #[error("a frame of {bytes} bytes for or from {peer} is longer than the {max} allowed")]
    FrameTooLarge {
        /// The peer.
        peer: String,
        /// The frame's payload, in bytes.
        bytes: u64,
        /// The limit, in bytes.
        max: u32,
    },
    /// A frame out of turn.
    #[error("{peer} sent frame {received} where {expected} was due")]
    Sequence {
        /// The peer.
        peer: String,
        /// The number awaited.
        expected: u64,
        /// The number that came.
        received: u64,
    },
    /// A frame whose type is reserved and has no meaning here.
    #[error("a frame of type {kind} for or from {peer} has no meaning at this point")]
    Kind {
        /// The peer.
        peer: String,
        /// The frame's type.
        kind: u8,
    },
    /// The peer ended the session and said why.
    #[error("{peer} ended the session: {}", .abort.code())]
    PeerAborted {
        /// The peer.
        peer: String,
        /// Its reason.
        abort: Abort,
    },
    /// The peer ended the session with a reason that cannot be read.
    #[error("{peer} ended the session for a reason that this version does not know")]
    PeerAbortedUnread {
        /// The peer.
        peer: String,
    },

    /// The file is of another kind.
    #[error("this is not a file of Hefu")]
    FerryForeign,
    /// The file ends before it should.
    #[error("the file ends early; it may still be being copied, or was not copied whole")]
    FerryTruncated,
    /// The file is of another version.
    #[error(
        "the file has version {version}, this program reads version {supported}; update the older of the two"
    )]
    FerryVersion {
        /// The file's version.
        version: u64,
        /// The version understood here.
        supported: u64,
    },
    /// The header line is not one that a node writes.
    #[error("the header of the file was changed on the way; have the file sent again")]
    FerryHeader,
    /// The header line is not signed by the sender that it names.
    #[error("the file's signature does not hold: it was changed on the way, or is not from {from}")]
    FerrySignature {
        /// The first digits of the node key that the header names as the sender's.
        from: String,
    },
    /// The file announces a payload longer than allowed.
    #[error("the file holds {bytes} bytes, more than the {max} allowed; have the set cut into smaller files")]
    FerryTooLarge {
        /// The payload, in bytes.
        bytes: u64,
        /// The limit, in bytes.
        max: u64,
    },
    /// A line of the text form is not what was written.
    #[error("line {line} of the file was changed on the way; have the file sent again")]
    FerryText {
        /// The line, counted from 1.
        line: u64,
    },
    /// The payload is not the one that the header names.
    #[error("the content of file {part} of {parts} was changed on the way; have the file sent again")]
    FerryPayload {
        /// The part, counted from 1.
        part: u32,
        /// Parts of the set.
        parts: u32,
    },
    /// There is more behind the end.
    #[error("something was added to the end of the file; have the file sent again")]
    FerryTrailing,
    /// The file or set is for another node.
    #[error("this is for {to}, and this node is {own}; give it to the agency that it is for")]
    FerryRecipient {
        /// The first digits of the recipient's node key.
        to: String,
        /// The first digits of this node's.
        own: String,
    },
    /// The file or set is from another node than thought.
    #[error("this is from {from}, and {peer} is {expected}")]
    FerrySender {
        /// The agency that it should be from.
        peer: String,
        /// The first digits of the sender's node key.
        from: String,
        /// The first digits of the agency's.
        expected: String,
    },
    /// The peer's card has no seal key.
    #[error("files for {peer} cannot be sealed: its card is of an older version; ask for its new card")]
    FerryNoSealKey {
        /// The peer.
        peer: String,
    },
    /// A part says otherwise than one that came before.
    #[error("part {part} contradicts what came before of set {set}; have the whole set sent again")]
    FerryContradiction {
        /// The first digits of the set's number.
        set: String,
        /// The part, counted from 1.
        part: u32,
    },
    /// The set came whole and does not open.
    #[error(
        "set {set} cannot be opened: it is sealed to another key; give the sender this node's present card"
    )]
    FerryUnopened {
        /// The first digits of the set's number.
        set: String,
    },
    /// The set is not the one that its parts announce.
    #[error("set {set} is not what its files announce; have the whole set sent again")]
    FerryDigest {
        /// The first digits of the set's number.
        set: String,
    },
    /// Files so small cannot be made.
    #[error("files of at most {bytes} bytes cannot be made; allow {min} or more")]
    FerryFileLimit {
        /// The limit asked for, in bytes.
        bytes: u64,
        /// The least limit, in bytes.
        min: u64,
    },
    /// Cut like this the set would have too many parts.
    #[error("the set would be {parts} files, more than the {max} allowed; allow larger files")]
    FerryTooManyParts {
        /// The parts.
        parts: u64,
        /// The limit.
        max: u32,
    },
    /// There is no such part.
    #[error("there is no part {part}: the set has {parts}")]
    FerryNoPart {
        /// The part asked for.
        part: u32,
        /// Parts of the set.
        parts: u32,
    },
    /// A file cannot be read or written.
    #[error("a file of a set cannot be read or written: {source}")]
    FerryIo {
        /// The system's reason.
        source: io::Error,
    },
    /// The folder of a set cannot be read or written.
    #[error("the folder {folder} cannot be read or written: {source}")]
    FerryFolder {
        /// The folder.
        folder: String,
        /// The system's reason.
        source: io::Error,
    },
}

impl Error {
    pub(crate) fn ferry_io(source: io::Error) -> Error {
        Error::FerryIo { source }
    }

    pub(crate) fn ferry_folder(folder: &Path, source: io::Error) -> Error {
        Error::FerryFolder {
            folder: folder.display().to_string(),
            source,
        }
    }

    /// A stable name, for logs and for the table of words.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Error::Keys { .. } => "link_keys",
            Error::CardMalformed { .. } => "card_malformed",
            Error::CardVersion { .. } => "card_version",
            Error::CardField { .. } => "card_field",
            Error::CardSignature => "card_signature",
            Error::Bind { .. } => "link_bind",
            Error::Accept { .. } => "link_accept",
            Error::Unreachable { .. } => "peer_unreachable",
            Error::HandshakeTimeout { .. } => "peer_handshake_timeout",
            Error::UnknownPeer { .. } => "peer_unknown",
            Error::WrongKey { .. } => "peer_wrong_key",
            Error::RefusedByPeer { .. } => "peer_refuses_us",
            Error::Version { .. } => "peer_version",
            Error::Handshake { .. } => "peer_handshake",
            Error::Full { .. } => "link_full",
            Error::Busy { .. } => "peer_busy",
            Error::Inactive { .. } => "peer_inactive",
            Error::Closed { .. } => "peer_closed",
            Error::Cut { .. } => "peer_cut",
            Error::OutOfStep { .. } => "link_out_of_step",
            Error::Io { .. } => "link_io",
            Error::FrameTooLarge { .. } => "frame_too_large",
            Error::Sequence { .. } => "frame_sequence",
            Error::Kind { .. } => "frame_kind",
            Error::PeerAborted { .. } => "peer_aborted",
            Error::PeerAbortedUnread { .. } => "peer_aborted_unread",
            Error::FerryForeign => "ferry_foreign",
            Error::FerryTruncated => "ferry_truncated",
            Error::FerryVersion { .. } => "ferry_version",
            Error::FerryHeader => "ferry_header",
            Error::FerrySignature { .. } => "ferry_signature",
            Error::FerryTooLarge { .. } => "ferry_too_large",
            Error::FerryText { .. } => "ferry_text",
            Error::FerryPayload { .. } => "ferry_payload",
            Error::FerryTrailing => "ferry_trailing",
            Error::FerryRecipient { .. } => "ferry_recipient",
            Error::FerrySender { .. } => "ferry_sender",
            Error::FerryNoSealKey { .. } => "ferry_no_seal_key",
            Error::FerryContradiction { .. } => "ferry_contradiction",
            Error::FerryUnopened { .. } => "ferry_unopened",
            Error::FerryDigest { .. } => "ferry_digest",
            Error::FerryFileLimit { .. } => "ferry_file_limit",
            Error::FerryTooManyParts { .. } => "ferry_too_many_parts",
            Error::FerryNoPart { .. } => "ferry_no_part",
            Error::FerryIo { .. } => "ferry_io",
            Error::FerryFolder { .. } => "ferry_folder",
        }
    }

    /// The parameters of its words. For [`Error::PeerAborted`], the abort's own follow its code.
    #[must_use]
    pub fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Error::Keys { part } => vec![("part", (*part).to_owned())],
            Error::CardMalformed { reason } => vec![("reason", reason.clone())],
            Error::CardVersion { version, supported } => {
                vec![
                    ("version", version.to_string()),
                    ("supported", supported.to_string()),
                ]
            }
            Error::CardField { field, reason } => {
                vec![("field", (*field).to_owned()), ("reason", (*reason).to_owned())]
            }
            Error::CardSignature => Vec::new(),
            Error::Bind { address, source } => {
                vec![("address", address.clone()), ("reason", source.to_string())]
            }
            Error::Accept { source } => vec![("reason", source.to_string())],
            Error::Unreachable {
                peer,
                address,
                source,
            } => {
                vec![
                    ("peer", peer.clone()),
                    ("address", address.clone()),
                    ("reason", source.to_string()),
                ]
            }
            Error::HandshakeTimeout { peer, seconds } | Error::Inactive { peer, seconds } => {
                vec![("peer", peer.clone()), ("seconds", seconds.to_string())]
            }
            Error::UnknownPeer { peer, tls_key } => {
                vec![("peer", peer.clone()), ("tls_key", tls_key.clone())]
            }
            Error::WrongKey {
                peer,
                expected,
                offered,
            } => {
                vec![
                    ("peer", peer.clone()),
                    ("expected", expected.clone()),
                    ("offered", offered.clone()),
                ]
            }
            Error::Handshake { peer, reason } => vec![("peer", peer.clone()), ("reason", reason.clone())],
            Error::Full { peer, max } => vec![("peer", peer.clone()), ("max", max.to_string())],
            Error::RefusedByPeer { peer }
            | Error::Version { peer }
            | Error::Busy { peer }
            | Error::Closed { peer }
            | Error::Cut { peer }
            | Error::OutOfStep { peer }
            | Error::PeerAbortedUnread { peer } => vec![("peer", peer.clone())],
            Error::Io { peer, source } => vec![("peer", peer.clone()), ("reason", source.to_string())],
            Error::FrameTooLarge { peer, bytes, max } => {
                vec![
                    ("peer", peer.clone()),
                    ("bytes", bytes.to_string()),
                    ("max", max.to_string()),
                ]
            }
            Error::Sequence {
                peer,
                expected,
                received,
            } => vec![
                ("peer", peer.clone()),
                ("expected", expected.to_string()),
                ("received", received.to_string()),
            ],
            Error::Kind { peer, kind } => vec![("peer", peer.clone()), ("kind", kind.to_string())],
            Error::FerryForeign | Error::FerryTruncated | Error::FerryHeader | Error::FerryTrailing => {
                Vec::new()
            }
            Error::FerryVersion { version, supported } => vec![
                ("version", version.to_string()),
                ("supported", supported.to_string()),
            ],
            Error::FerrySignature { from } => vec![("from", from.clone())],
            Error::FerryTooLarge { bytes, max } => {
                vec![("bytes", bytes.to_string()), ("max", max.to_string())]
            }
            Error::FerryText { line } => vec![("line", line.to_string())],
            Error::FerryPayload { part, parts } | Error::FerryNoPart { part, parts } => {
                vec![("part", part.to_string()), ("parts", parts.to_string())]
            }
            Error::FerryRecipient { to, own } => vec![("to", to.clone()), ("own", own.clone())],
            Error::FerrySender { peer, from, expected } => vec![
                ("peer", peer.clone()),
                ("from", from.clone()),
                ("expected", expected.clone()),
            ],
            Error::FerryNoSealKey { peer } => vec![("peer", peer.clone())],
            Error::FerryContradiction { set, part } => vec![("set", set.clone()), ("part", part.to_string())],
            Error::FerryUnopened { set } | Error::FerryDigest { set } => vec![("set", set.clone())],
            Error::FerryFileLimit { bytes, min } => {
                vec![("bytes", bytes.to_string()), ("min", min.to_string())]
            }
            Error::FerryTooManyParts { parts, max } => {
                vec![("parts", parts.to_string()), ("max", max.to_string())]
            }
            Error::FerryIo { source } => vec![("reason", source.to_string())],
            Error::FerryFolder { folder, source } => {
                vec![("folder", folder.clone()), ("reason", source.to_string())]
            }
            Error::PeerAborted { peer, abort } => {
                let mut params = vec![("peer", peer.clone()), ("abort", abort.code().to_owned())];
                params.extend(abort.params());
                params
            }
        }
    }
}
