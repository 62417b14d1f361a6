//! The receipt as it stands in a report, and back.

use hefu_casework::Hex;
use hefu_psi::{LogHead, Receipt, SessionId, SignedReceipt};

use super::facts::{LogEnd, ReceiptFacts};

impl From<LogHead> for LogEnd {
    fn from(head: LogHead) -> Self {
        Self {
            seq: head.seq,
            hash: Hex(head.hash),
        }
    }
}

impl From<&SignedReceipt> for ReceiptFacts {
    fn from(signed: &SignedReceipt) -> Self {
        let receipt = &signed.receipt;
        Self {
            session: Hex(receipt.sid.0),
            agreement: Hex(receipt.agreement),
            receiver_elements: receipt.receiver_elements,
            sender_elements: receipt.sender_elements,
            blinded: Hex(receipt.blinded),
            evaluated: Hex(receipt.evaluated),
            tags: Hex(receipt.tags),
            receiver_head: signed.receiver_head.into(),
            by_receiver: Hex(signed.by_receiver),
            sender_head: signed.sender_head.into(),
            by_sender: Hex(signed.by_sender),
        }
    }
}

impl From<&ReceiptFacts> for SignedReceipt {
    fn from(facts: &ReceiptFacts) -> Self {
        let head = |head: LogEnd| LogHead {
            seq: head.seq,
            hash: head.hash.0,
        };
        Self {
            receipt: Receipt {
                sid: SessionId(facts.session.0),
                agreement: facts.agreement.0,
                receiver_elements: facts.receiver_elements,
                sender_elements: facts.sender_elements,
                blinded: facts.blinded.0,
                evaluated: facts.evaluated.0,
                tags: facts.tags.0,
            },
            receiver_head: head(facts.receiver_head),
            by_receiver: facts.by_receiver.0,
            sender_head: head(facts.sender_head),
            by_sender: facts.by_sender.0,
        }
    }
}
