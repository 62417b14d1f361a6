//! A node's card: who it is, where it listens, and by which keys it is known.

use std::net::SocketAddrV6;

use hefu_casework::{AgencyRole, Hex, Wrong, canonical, text};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::ferry::suite;
use crate::keys::{Keys, sha256};

const LABEL: &[u8] = b"hefu/1 card\0";
const VERSION: u64 = 2;
/// Cards of before, without a seal key: such an agency is reached over the line only.
const VERSION_WITHOUT_SEAL_KEY: u64 = 1;
pub(crate) const MAX_CARD_BYTES: usize = 4096;
const MAX_NAME_CHARS: usize = 64;
const MAX_HOST_BYTES: usize = 253; // RFC 1035 section 2.3.4

/// What agencies hand each other out of band. A `Card` is only ever one whose signature holds.
///
/// As bytes it is canonical JSON (RFC 8785), `{"card":{…},"signature":"…"}`, the signature Ed25519 by the card's node
/// key over `"hefu/1 card\0" || SHA-256(card)`. It proves that one hand wrote all fields, not whose hand: for that the
/// two agencies read the [fingerprint](Card::fingerprint) to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    fields: Fields,
    digest: [u8; 32],
    bytes: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    card: Fields,
    signature: Hex<64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    address: String,
    name: String,
    node_key: Hex<32>,
    role: AgencyRole,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seal_key: Option<Hex<32>>,
    tls_key: Hex<32>,
    version: u64,
}

impl Card {
    /// The card of the node that has `keys`; `address` is `host:port` as peers reach it, IPv6 in brackets.
    pub fn new(keys: &Keys, name: &str, role: AgencyRole, address: &str) -> Result<Card> {
        let fields = Fields {
            address: address.to_owned(),
            name: name.to_owned(),
            node_key: Hex(keys.node_key()),
            role,
            seal_key: Some(Hex(keys.seal_key())),
            tls_key: Hex(keys.tls_key()),
            version: VERSION,
        };
        fields.check()?;
        let digest = fields.digest();
        let signed = Signed {
            signature: Hex(keys.sign(LABEL, &digest)),
            card: fields,
        };
        let bytes = canonical::to_vec(&signed);
        Ok(Card {
            fields: signed.card,
            digest,
            bytes,
        })
    }

    /// Reads a card, and refuses any that is not canonical, not within bounds, or not signed by the key it names.
    pub fn parse(bytes: &[u8]) -> Result<Card> {
        if bytes.len() > MAX_CARD_BYTES {
            return Err(malformed(format_args!("longer than {MAX_CARD_BYTES} bytes")));
        }
        check_version(bytes)?;
        let Signed {
            card: fields,
            signature,
        } = canonical::from_slice(bytes).map_err(malformed)?;
        fields.check()?;
        let digest = fields.digest();
        UnparsedPublicKey::new(&ED25519, fields.node_key.0)
            .verify(&[LABEL, &digest].concat(), &signature.0)
            .map_err(|_| Error::CardSignature)?;
        Ok(Card {
            fields,
            digest,
            bytes: bytes.to_vec(),
        })
    }

    /// The bytes that [`Card::parse`] reads.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.bytes.clone()
    }

    /// Eight groups of five digits, to read aloud over the telephone; any change to the card changes them.
    ///
    /// Each group is four bytes of SHA-256 of the signed fields, big-endian, modulo 100,000: 132 bits in all.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let groups: Vec<String> = self
            .digest
            .chunks_exact(4)
            .map(|group| group.iter().fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte)))
            .map(|group| format!("{:05}", group % 100_000))
            .collect();
        groups.join(" ")
    }

    /// The agency's name, of at most 64 characters, none of them a control character.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.fields.name
    }

    /// What kind of agency it is.
    #[must_use]
    pub fn role(&self) -> AgencyRole {
        self.fields.role
    }

    /// `host:port` where its node listens for peers.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.fields.address
    }

    /// Its node key (Ed25519), under which it signs.
    #[must_use]
    pub fn node_key(&self) -> [u8; 32] {
        self.fields.node_key.0
    }

    /// Its TLS key: SHA-256 of the SubjectPublicKeyInfo.
    #[must_use]
    pub fn tls_key(&self) -> [u8; 32] {
        self.fields.tls_key.0
    }

    /// Its seal key (X25519), to which files for it are sealed; none on a card of version 1.
    #[must_use]
    pub fn seal_key(&self) -> Option<[u8; 32]> {
        self.fields.seal_key.map(|key| key.0)
    }
}

impl Fields {
    fn digest(&self) -> [u8; 32] {
        sha256(&canonical::to_vec(self))
    }

    fn check(&self) -> Result<()> {
        if let Err(wrong) = text::check(&self.name, MAX_NAME_CHARS) {
            return Err(Error::CardField {
                field: "name",
                reason: match wrong {
                    Wrong::NotAllowed => "it has control or direction characters",
                    _ => "1 to 64 characters wanted",
                },
            });
        }
        if !hefu_psi::is_sound_signature_key(&self.node_key.0) {
            return Err(Error::CardField {
                field: "node_key",
                reason: "under this key one signature would fit every message",
            });
        }
        if self.seal_key.is_some() != (self.version == VERSION) {
            return Err(Error::CardField {
                field: "seal_key",
                reason: "it stands on a card from version 2 on, and on no other",
            });
        }
        if self.seal_key.is_some_and(|key| !suite::is_sound(&key.0)) {
            return Err(Error::CardField {
                field: "seal_key",
                reason: "what is sealed to this key anybody could open",
            });
        }
        if !is_host_and_port(&self.address) {
            return Err(Error::CardField {
                field: "address",
                reason: "host:port wanted",
            });
        }
        Ok(())
    }
}

/// Read loosely and first, so that a card of a later version is called that, and not malformed.
fn check_version(bytes: &[u8]) -> Result<()> {
    #[derive(Deserialize)]
    struct Outer {
        card: Inner,
    }
    #[derive(Deserialize)]
    struct Inner {
        version: u64,
    }
    let outer: Outer = serde_json::from_slice(bytes).map_err(malformed)?;
    match outer.card.version {
        VERSION | VERSION_WITHOUT_SEAL_KEY => Ok(()),
        version => Err(Error::CardVersion {
            version,
            supported: VERSION,
        }),
    }
}

fn malformed(reason: impl ToString) -> Error {
    Error::CardMalformed {
        reason: reason.to_string(),
    }
}

fn is_host_and_port(address: &str) -> bool {
    if address.starts_with('[') {
        return address
            .parse::<SocketAddrV6>()
            .is_ok_and(|address| address.port() != 0);
    }
    let Some((host, port)) = address.rsplit_once(':') else {
        return false;
    };
    let host_fits = (1..=MAX_HOST_BYTES).contains(&host.len())
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    let port_fits =
        port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port != 0);
    host_fits && port_fits
}
