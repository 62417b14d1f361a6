//! The sealed form of a set: `enc (32) || records`, each record 64 KiB of content and its tag.

use std::io::{Read, Write};

use hefu_casework::Hex;
use rand::CryptoRng;

use super::hashed::{Hashed, Sum, fill};
use super::head::{HeadFields, Matter, SetHead, SetId, short};
use super::suite::{ENC_BYTES, TAG_BYTES, opener, sealer};
use crate::card::{Card, MAX_CARD_BYTES};
use crate::error::{Error, Result};
use crate::keys::{Keys, sha256};

const LABEL: &[u8] = b"hefu/3 ferry\0";
/// Content of a record; the last one of a set may have less, and has none only where the set is empty.
const RECORD_BYTES: usize = 1 << 16;
const SEALED_RECORD_BYTES: usize = RECORD_BYTES + TAG_BYTES;
/// A set without content.
pub(super) const MIN_SEALED_BYTES: u64 = (ENC_BYTES + TAG_BYTES) as u64;

/// Seals `content` to the seal key of `to`, and writes the set to `out`. To flush it is the caller's.
///
/// `rng` is fresh for each call: randomness that has sealed other content before would give it away.
///
/// # Errors
/// [`Error::FerryNoSealKey`] where the card is of version 1, [`Error::FerryHeader`] where the matters are not in
/// ascending order or have a card among them, [`Error::FerryIo`].
pub fn seal(
    keys: &Keys,
    to: &Card,
    set: SetId,
    matters: &[Matter],
    content: &mut dyn Read,
    out: &mut dyn Write,
    rng: &mut dyn CryptoRng,
) -> Result<SetHead> {
    let seal_key = to.seal_key().ok_or_else(|| Error::FerryNoSealKey {
        peer: to.name().to_owned(),
    })?;
    let sealing = |_| Error::Keys { part: "seal" };
    let info = info(&keys.node_key(), &to.node_key(), set);
    let (enc, mut sealer) = sealer(&seal_key, &info, rng).map_err(sealing)?;
    let mut out = Hashed::new(out);
    out.write(&enc)?;
    let (mut record, mut next) = (vec![0; RECORD_BYTES], vec![0; RECORD_BYTES]);
    let mut filled = fill(content, &mut record)?;
    loop {
        let following = if filled == RECORD_BYTES {
            fill(content, &mut next)?
        } else {
            0
        };
        let is_last = following == 0;
        let plain = record.get(..filled).unwrap_or_default();
        out.write(&sealer.seal(plain, &[u8::from(is_last)]).map_err(sealing)?)?;
        if is_last {
            break;
        }
        std::mem::swap(&mut record, &mut next);
        filled = following;
    }
    let (bytes, digest) = out.sum.finish();
    SetHead::try_from(HeadFields {
        bytes,
        digest: Hex(digest),
        from: Hex(keys.node_key()),
        matters: matters.to_vec(),
        set,
        to: Some(Hex(to.node_key())),
    })
}

/// Opens a set with the seal key, and writes its content to `out`, where it counts for nothing unless this succeeds.
///
/// # Errors
/// [`Error::FerryRecipient`] where the set is another node's or for anyone; [`Error::FerryDigest`] where `sealed` is not
/// what the head says; [`Error::FerryUnopened`] where it is, and was not sealed to this key by that sender under that
/// number; [`Error::FerryIo`].
pub fn open(keys: &Keys, head: &SetHead, sealed: &mut dyn Read, out: &mut dyn Write) -> Result<()> {
    let own = keys.node_key();
    if head.to() != Some(own) {
        return Err(Error::FerryRecipient {
            to: head.short_to(),
            own: short(&own),
        });
    }
    let changed = || Error::FerryDigest {
        set: head.set().short(),
    };
    let unopened = || Error::FerryUnopened {
        set: head.set().short(),
    };
    let mut sum = Sum::new();
    let mut enc = [0; ENC_BYTES];
    if fill(sealed, &mut enc)? < ENC_BYTES {
        return Err(changed());
    }
    sum.update(&enc);
    let info = info(&head.from(), &own, head.set());
    let mut opener = opener(keys.seal(), &enc, &info).ok();
    let mut left = head.bytes().saturating_sub(ENC_BYTES as u64);
    let mut buffer = vec![0; SEALED_RECORD_BYTES];
    while left > 0 {
        let wanted = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(SEALED_RECORD_BYTES);
        let record = buffer.get_mut(..wanted).unwrap_or_default();
        if fill(sealed, record)? < wanted {
            return Err(changed());
        }
        sum.update(record);
        left -= wanted as u64;
        // Read on where one does not open: whether the set was changed on its way or made wrongly, its digest tells.
        let plain = opener
            .as_mut()
            .and_then(|opener| opener.open(record, &[u8::from(left == 0)]).ok());
        match plain {
            Some(plain) => out.write_all(&plain).map_err(Error::ferry_io)?,
            None => opener = None,
        }
    }
    if fill(sealed, &mut [0])? > 0 || sum.finish().1 != head.digest() {
        return Err(changed());
    }
    opener.map(drop).ok_or_else(unopened)
}

/// The set that is `card`, the sender's own, for anyone: its bytes as they are.
///
/// # Errors
/// [`Error::FerrySender`] where the card is not of these keys.
pub fn enclose_card(keys: &Keys, set: SetId, card: &Card) -> Result<(SetHead, Vec<u8>)> {
    let bytes = card.to_bytes();
    let head = SetHead::try_from(HeadFields {
        bytes: bytes.len() as u64,
        digest: Hex(sha256(&bytes)),
        from: Hex(keys.node_key()),
        matters: vec![Matter::Card],
        set,
        to: None,
    })?;
    must_be_own(card, &head)?;
    Ok((head, bytes))
}

/// The card that a set is.
///
/// # Errors
/// [`Error::FerryHeader`] where the set is none; [`Error::FerryDigest`]; the card's own; [`Error::FerrySender`] where
/// it is not its sender's; [`Error::FerryIo`].
pub fn enclosed_card(head: &SetHead, sealed: &mut dyn Read) -> Result<Card> {
    if head.to().is_some() {
        return Err(Error::FerryHeader);
    }
    let mut bytes = vec![0; MAX_CARD_BYTES + 1];
    let filled = fill(sealed, &mut bytes)?;
    bytes.truncate(filled);
    if bytes.len() as u64 != head.bytes() || sha256(&bytes) != head.digest() {
        return Err(Error::FerryDigest {
            set: head.set().short(),
        });
    }
    let card = Card::parse(&bytes)?;
    must_be_own(&card, head)?;
    Ok(card)
}

fn must_be_own(card: &Card, head: &SetHead) -> Result<()> {
    if card.node_key() == head.from() {
        return Ok(());
    }
    Err(Error::FerrySender {
        peer: card.name().to_owned(),
        from: head.short_from(),
        expected: short(&card.node_key()),
    })
}

/// What binds a sealing to its sender, its recipient and its number: sealed anew by another, or kept for another set,
/// it does not open.
fn info(from: &[u8; 32], to: &[u8; 32], set: SetId) -> Vec<u8> {
    [LABEL, from, to, &set.bytes()].concat()
}

/// Bytes of content in a set of `sealed` bytes; none where no set has that length.
pub(super) fn content_bytes(sealed: u64) -> Option<u64> {
    let records = sealed.checked_sub(ENC_BYTES as u64)?;
    let (full, rest) = (
        records / SEALED_RECORD_BYTES as u64,
        records % SEALED_RECORD_BYTES as u64,
    );
    let tag = TAG_BYTES as u64;
    match rest {
        0 if full > 0 => Some(full * RECORD_BYTES as u64),
        rest if rest > tag || (rest == tag && full == 0) => Some(full * RECORD_BYTES as u64 + rest - tag),
        _ => None,
    }
}
