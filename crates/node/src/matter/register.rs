//! The ledger's letters as a snapshot of a register, which rounds enter beside those that are imported.
//!
//! A snapshot and not the ledger as it stands: a round that is taken up again must enter what it entered before, and
//! what was entered can be derived anew, deleted and accounted for like any import.

use hefu_casework::matter::{Act, Direction, Matter};
use hefu_casework::transfer::{self, Transfer};
use hefu_casework::{
    AidRecord, Circumstances, LetterNo, Period, ProgrammeCode, Protection, REFERRAL_RECEIVED, REFERRAL_SENT,
    Referral, RowId, Status,
};
use hefu_identity::Kind;
use hefu_store::{DatasetId, DatasetInfo};
use jiff::civil::Date;
use serde_json::json;

use super::Kept;
use crate::digest::sha256;
use crate::{Error, Node, Result};

/// How the names of registers begin whose snapshots this node takes of its own ledger; no export is imported under one.
pub(crate) const OF_LEDGER: &str = "ledger:";

/// The name of the register whose snapshots are taken of the ledger, and of its only file.
pub const REGISTER: &str = "ledger:letters";

impl Node {
    /// Takes a snapshot of the ledger's transfers: those that were sent as letters sent, and those that were received
    /// and acknowledged here as letters received, each with what became of it. A row's number is the matter's id.
    ///
    /// # Errors
    /// [`Error::Missing`] where no transfer is so far; the store's.
    pub fn register_matters(&self, actor: &str) -> Result<DatasetId> {
        let first_file = self.store.next_file()?;
        let mut records = Vec::new();
        for stored in self.store.matters()? {
            let kept = Kept::read(stored)?;
            if let Matter::Transfer(transfer) = &kept.matter {
                records.extend(record(&kept, transfer, first_file)?);
            }
        }
        if records.is_empty() {
            return Err(Error::Missing {
                what: "letter",
                name: String::new(),
            });
        }
        let rows = records.len();
        let people: std::collections::HashSet<_> =
            records.iter().map(|record| record.person.clone()).collect();
        let mut import = self.store.begin_dataset(&DatasetInfo {
            name: REGISTER.to_owned(),
            files: vec![REGISTER.to_owned()],
            first_file,
            // No mapping was needed to read it.
            mapping_digest: sha256(b""),
            kind: Kind::Resident,
            case_scheme: None,
        })?;
        for record in records {
            import.add(record)?;
        }
        let account = json!({
            "rows_read": rows,
            "accepted": rows,
            "rejected": {},
            "blank": 0,
            "duplicates": rows - people.len(),
            "warnings": {},
            "cleaned": {},
        });
        let dataset = import.finish(&account.to_string())?;
        let body = json!({ "dataset": dataset.0, "name": REGISTER, "account": account });
        self.log_by(actor, "imported", &body)?;
        Ok(dataset)
    }
}

/// None of a transfer that no letter tells of yet.
fn record(kept: &Kept, transfer: &Transfer, file: u32) -> Result<Option<AidRecord>> {
    let opening = transfer.opening();
    let state = transfer.state();
    let day = |fits: fn(&transfer::Act) -> bool| {
        let act = |act: &Act| matches!(act, Act::Transfer(act) if fits(act));
        kept.events
            .iter()
            .find(|event| act(&event.act))
            .map(|event| event.on)
    };
    let (programme, other, day, state): (_, _, Option<Date>, _) = match kept.direction {
        Direction::Own => (
            REFERRAL_SENT,
            opening.to.role,
            day(|act| matches!(act, transfer::Act::Sent { .. })),
            None,
        ),
        Direction::Received => (
            REFERRAL_RECEIVED,
            opening.from.role,
            day(|act| matches!(act, transfer::Act::Acknowledged { .. })),
            state,
        ),
    };
    let letter = transfer.letter().and_then(LetterNo::new);
    let (Some(letter), Some(day)) = (letter, day) else {
        return Ok(None);
    };
    Ok(Some(AidRecord {
        row: RowId {
            file,
            sheet: 1,
            row: kept.id,
        },
        person: kept.person.clone(),
        name: None,
        programme: ProgrammeCode::new(programme)?,
        period: Period::OneOff(day),
        amount: None,
        household: None,
        case: None,
        referral: Some(Referral {
            letter,
            other: Some(other),
            state: state.map(|said| said.state),
            date: state.and_then(|said| said.date),
            reason: state.and_then(|said| said.reason),
        }),
        circumstances: Circumstances::default(),
        protection: match kept.care.protected {
            // Whether somebody said so, or nobody said anything, is not known any more; both protect.
            true => Protection::Unknown,
            false => Protection::No,
        },
        disabled: kept.care.disabled,
        status: Status::Paid,
    }))
}
