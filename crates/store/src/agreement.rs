use std::cmp::Reverse;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::error::Error;
use crate::store::Store;

/// An agreement and how far it has come here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAgreement {
    /// SHA-256 of the agreement's canonical bytes.
    pub digest: [u8; 32],
    /// The agreement with the signatures it has so far.
    pub signed: Vec<u8>,
    /// Whether rounds may run under it.
    pub state: AgreementState,
    /// When it was last put.
    pub changed_at: Timestamp,
}

/// How far an agreement has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgreementState {
    /// Signatures are missing.
    Draft,
    /// Every party signed.
    Signed,
    /// A party refused it.
    Refused {
        /// In the words of whoever refused.
        reason: String,
    },
}

impl AgreementState {
    /// The name it is stored and shown under.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Signed => "signed",
            Self::Refused { .. } => "refused",
        }
    }

    fn reason(&self) -> Option<&str> {
        match self {
            Self::Refused { reason } => Some(reason),
            Self::Draft | Self::Signed => None,
        }
    }
}

impl Store {
    /// Adds an agreement, or brings its signatures and state up to date. The same again changes nothing. One that is
    /// refused takes another refusal and nothing else.
    ///
    /// # Errors
    /// [`Error::Immutable`] where it is signed already, or was refused and would be so no more; the database's.
    pub fn put_agreement(
        &self,
        digest: &[u8; 32],
        signed: &[u8],
        state: &AgreementState,
    ) -> Result<(), Error> {
        self.write(|connection| {
            let known = get(connection, digest)?;
            if known.is_some_and(|known| known.signed == signed && known.state == *state) {
                return Ok(());
            }
            connection.execute(
                "INSERT INTO agreements (digest, signed, state, reason, changed_at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET signed = ?2, state = ?3, reason = ?4, changed_at = ?5",
                params![digest, signed, state.code(), state.reason(), Timestamp::now()],
            )?;
            Ok(())
        })
    }

    /// The agreement with this digest.
    ///
    /// # Errors
    /// The database's; [`Error::Damaged`].
    pub fn agreement(&self, digest: &[u8; 32]) -> Result<Option<StoredAgreement>, Error> {
        self.read(|connection| get(connection, digest))
    }

    /// Every agreement, the last changed first.
    ///
    /// # Errors
    /// The database's; [`Error::Damaged`].
    pub fn agreements(&self) -> Result<Vec<StoredAgreement>, Error> {
        self.read(|connection| {
            let mut all = connection.prepare_cached("SELECT * FROM agreements ORDER BY digest")?;
            let mut all: Vec<_> = all.query_and_then([], agreement)?.collect::<Result<_, _>>()?;
            all.sort_by_key(|agreement| Reverse(agreement.changed_at));
            Ok(all)
        })
    }
}

fn get(connection: &Connection, digest: &[u8; 32]) -> Result<Option<StoredAgreement>, Error> {
    connection
        .query_row("SELECT * FROM agreements WHERE digest = ?1", [digest], |row| {
            Ok(agreement(row))
        })
        .optional()?
        .transpose()
}

fn agreement(row: &Row<'_>) -> Result<StoredAgreement, Error> {
    let state: String = row.get("state")?;
    Ok(StoredAgreement {
        digest: row.get("digest")?,
        signed: row.get("signed")?,
        state: match (state.as_str(), row.get("reason")?) {
            ("draft", None) => AgreementState::Draft,
            ("signed", None) => AgreementState::Signed,
            ("refused", Some(reason)) => AgreementState::Refused { reason },
            _ => return Err(Error::damaged("agreement", state)),
        },
        changed_at: row.get("changed_at")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::fresh;

    #[test]
    fn an_agreement_goes_from_draft_to_signed_or_refused() {
        let (_dir, store) = fresh();
        store
            .put_agreement(&[1; 32], b"one signature", &AgreementState::Draft)
            .unwrap();
        store
            .put_agreement(&[1; 32], b"two signatures", &AgreementState::Signed)
            .unwrap();
        let refused = AgreementState::Refused {
            reason: "no legal basis".to_owned(),
        };
        store.put_agreement(&[2; 32], b"one signature", &refused).unwrap();

        let one = store.agreement(&[1; 32]).unwrap().unwrap();
        assert_eq!(
            (one.signed.as_slice(), one.state),
            (b"two signatures".as_slice(), AgreementState::Signed)
        );
        assert_eq!(store.agreement(&[2; 32]).unwrap().unwrap().state, refused);
        assert_eq!(store.agreements().unwrap().len(), 2);
        assert_eq!(store.agreement(&[3; 32]).unwrap(), None);
    }

    #[test]
    fn a_draft_collects_signatures_and_never_comes_back() {
        let (_dir, store) = fresh();
        let refused = |reason: &str| AgreementState::Refused {
            reason: reason.to_owned(),
        };
        store
            .put_agreement(&[1; 32], b"1", &AgreementState::Draft)
            .unwrap();
        store
            .put_agreement(&[2; 32], b"1", &AgreementState::Draft)
            .unwrap();
        store
            .put_agreement(&[1; 32], b"1, 2", &AgreementState::Draft)
            .unwrap();
        let newest_first: Vec<_> = store
            .agreements()
            .unwrap()
            .into_iter()
            .map(|each| each.digest)
            .collect();
        assert_eq!(newest_first, [[1; 32], [2; 32]]);
        store
            .put_agreement(&[1; 32], b"1, 2, 3", &AgreementState::Signed)
            .unwrap();
        store.put_agreement(&[2; 32], b"1", &refused("no basis")).unwrap();
        store
            .put_agreement(&[2; 32], b"1, 2", &refused("an earlier reason"))
            .unwrap();

        let before = store.agreements().unwrap();
        for (digest, signed, state) in [
            ([1; 32], b"1, 2, 3".as_slice(), AgreementState::Draft),
            ([1; 32], b"1, 2, 3", refused("too late")),
            ([1; 32], b"1, 2", AgreementState::Signed),
            ([2; 32], b"1, 2", AgreementState::Draft),
            ([2; 32], b"1, 2, 3", AgreementState::Signed),
        ] {
            let put = store.put_agreement(&digest, signed, &state);
            assert!(
                matches!(put, Err(Error::Immutable { .. })),
                "{signed:?} {state:?}"
            );
        }
        for sql in [
            "UPDATE agreements SET state = 'draft', reason = NULL",
            "DELETE FROM agreements",
            "INSERT OR REPLACE INTO agreements SELECT * FROM agreements",
        ] {
            assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
        }
        store
            .put_agreement(&[1; 32], b"1, 2, 3", &AgreementState::Signed)
            .unwrap();
        store
            .put_agreement(&[2; 32], b"1, 2", &refused("an earlier reason"))
            .unwrap();
        assert_eq!(store.agreements().unwrap(), before, "the same again is no change");
    }
}
