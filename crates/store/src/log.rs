//! The audit log: each entry carries the hash of the one before it, so that nothing in it can be changed, taken out
//! or put in without every later hash telling.
//!
//! ```text
//! hash(n) = SHA-256("hefu/1 log\0" ‖ hash(n-1) ‖ canonical JSON of {actor, at, body, kind, seq}),  hash(0) = 32 zeros
//! ```
//! The hash is not keyed, so that a third person can verify it. Whoever rewrites the file can therefore make another
//! whole chain, or cut this one's end: only a head kept elsewhere ([`Store::head`], in a receipt or on paper) shows that.

use hefu_casework::canonical;
use jiff::Timestamp;
use ring::digest::{Context, SHA256};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::Value;

use crate::error::Error;
use crate::store::Store;

mod kinds;

pub use kinds::{LOG_KINDS, SECURITY_KINDS};

const LABEL: &[u8] = b"hefu/1 log\0";

/// Entries read before others may have the connection.
const BATCH: usize = 1024;

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    /// Its number, from 1 without gaps.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
    /// Who did it: an operator, or the node itself.
    pub actor: String,
    /// What happened, a stable name.
    pub kind: String,
    /// What belongs to it. Counts, digests and reasons; never a number, a name or a row's content.
    pub body: Value,
    /// The hash of the entry before.
    pub previous: [u8; 32],
    /// Its own.
    pub hash: [u8; 32],
}

/// An entry on its way in.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Who did it: an operator, or the node itself.
    pub actor: &'a str,
    /// What happened, a stable name.
    pub kind: &'a str,
    /// As [`LogEntry::body`].
    pub body: &'a Value,
}

/// The end of the chain, which stands for all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogHead {
    /// The last entry's number; 0 in an empty log.
    pub seq: u64,
    /// The last entry's hash; zeros in an empty log.
    pub hash: [u8; 32],
}

impl Store {
    /// Writes an entry, dated now.
    ///
    /// # Errors
    /// [`Error::LogBody`] where `body` has no canonical form (a fraction, say); the database's.
    pub fn append(&self, actor: &str, kind: &str, body: &impl Serialize) -> Result<LogHead, Error> {
        let body = serde_json::to_value(body).map_err(|_| unfit(kind))?;
        let entry = Entry {
            actor,
            kind,
            body: &body,
        };
        self.write(|connection| append(connection, &entry))
    }

    /// At most `limit` entries after entry `after`, in order; 0 begins at the first.
    ///
    /// # Errors
    /// [`Error::BadLogEntry`] where one can't be read; the database's.
    pub fn entries(&self, after: u64, limit: usize) -> Result<Vec<LogEntry>, Error> {
        self.page(after, limit)?.into_iter().collect()
    }

    /// The end of the chain as it stands, unverified.
    ///
    /// # Errors
    /// The database's.
    pub fn head(&self) -> Result<LogHead, Error> {
        self.read(head)
    }

    /// Follows the chain from its beginning.
    ///
    /// # Errors
    /// [`Error::BadLogEntry`] names the first entry that does not follow from the one before; the database's.
    pub fn verify(&self) -> Result<LogHead, Error> {
        let mut head = LogHead {
            seq: 0,
            hash: [0; 32],
        };
        loop {
            let page = self.page(head.seq, BATCH)?;
            if page.is_empty() {
                return Ok(head);
            }
            for entry in page {
                let followed = entry.ok().and_then(|entry| follow(head, &entry));
                head = followed.ok_or(Error::BadLogEntry { seq: head.seq + 1 })?;
            }
        }
    }

    /// Entries one by one, so that what stands before an unreadable one is still judged.
    fn page(&self, after: u64, limit: usize) -> Result<Vec<Result<LogEntry, Error>>, Error> {
        self.read(|connection| {
            let page = "SELECT * FROM log WHERE seq > ?1 ORDER BY seq LIMIT ?2";
            let mut page = connection.prepare_cached(page)?;
            Ok(page.query_and_then(params![after, limit], entry)?.collect())
        })
    }
}

/// Writes an entry, dated now, with whatever else its transaction writes.
pub(crate) fn append(connection: &Connection, entry: &Entry<'_>) -> Result<LogHead, Error> {
    let Entry { actor, kind, body } = *entry;
    debug_assert!(cfg!(test) || kinds::is_known(kind), "{kind} is no kind of entry");
    let stored = canonical_text(body).ok_or_else(|| unfit(kind))?;
    let previous = head(connection)?;
    let (seq, at) = (previous.seq + 1, Timestamp::now());
    let hash = Chained {
        seq,
        at,
        actor,
        kind,
        body,
    }
    .hash(&previous.hash);
    connection.execute(
        "INSERT INTO log (seq, at, actor, kind, body, previous, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![seq, at, actor, kind, stored, previous.hash, hash],
    )?;
    Ok(LogHead { seq, hash })
}

fn unfit(kind: &str) -> Error {
    Error::LogBody {
        kind: kind.to_owned(),
    }
}

fn follow(head: LogHead, entry: &LogEntry) -> Option<LogHead> {
    let LogEntry {
        seq,
        at,
        actor,
        kind,
        body,
        previous,
        hash,
    } = entry;
    let chained = Chained {
        seq: *seq,
        at: *at,
        actor,
        kind,
        body,
    };
    let follows = *seq == head.seq + 1 && *previous == head.hash && chained.hash(previous) == *hash;
    follows.then_some(LogHead {
        seq: *seq,
        hash: *hash,
    })
}

/// What an entry's hash covers, beside the hash before it.
#[derive(Serialize)]
struct Chained<'a> {
    seq: u64,
    at: Timestamp,
    actor: &'a str,
    kind: &'a str,
    body: &'a Value,
}

impl Chained<'_> {
    /// Its body has been through [`canonical_text`] or [`canonical::from_slice`].
    fn hash(&self, previous: &[u8; 32]) -> [u8; 32] {
        let mut context = Context::new(&SHA256);
        context.update(LABEL);
        context.update(previous);
        context.update(&canonical::to_vec(self));
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        hash
    }
}

/// `None` where the body could not be read back: it holds a fraction or too large an integer, or is too long.
fn canonical_text(body: &Value) -> Option<String> {
    fn has_fraction(value: &Value) -> bool {
        match value {
            Value::Number(number) => number.is_f64(),
            Value::Array(items) => items.iter().any(has_fraction),
            Value::Object(fields) => fields.values().any(has_fraction),
            Value::Null | Value::Bool(_) | Value::String(_) => false,
        }
    }
    if has_fraction(body) {
        return None;
    }
    let text = canonical::to_vec(body);
    canonical::from_slice::<Value>(&text).ok()?;
    String::from_utf8(text).ok()
}

pub(crate) fn head(connection: &Connection) -> Result<LogHead, Error> {
    let last = "SELECT seq, hash FROM log ORDER BY seq DESC LIMIT 1";
    let head = connection
        .query_row(last, [], |row| {
            Ok(LogHead {
                seq: row.get(0)?,
                hash: row.get(1)?,
            })
        })
        .optional()?;
    Ok(head.unwrap_or(LogHead {
        seq: 0,
        hash: [0; 32],
    }))
}

fn entry(row: &Row<'_>) -> Result<LogEntry, Error> {
    let seq = row.get("seq")?;
    let read = || -> rusqlite::Result<LogEntry> {
        let body: String = row.get("body")?;
        let body = canonical::from_slice(body.as_bytes()).map_err(|_| rusqlite::Error::InvalidQuery)?;
        Ok(LogEntry {
            seq,
            at: row.get("at")?,
            actor: row.get("actor")?,
            kind: row.get("kind")?,
            body,
            previous: row.get("previous")?,
            hash: row.get("hash")?,
        })
    };
    read().map_err(|_| Error::BadLogEntry { seq })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::tests::{fresh, passphrase};

    fn written(store: &Store, entries: u64) {
        // Nobody pulls the plug here.
        store.raw("PRAGMA synchronous = OFF").unwrap();
        for n in 1..=entries {
            store
                .append("node", "round_ended", &json!({"n": n, "matched": 3}))
                .unwrap();
        }
    }

    #[test]
    fn the_chain_is_what_its_description_says() {
        let (dir, store) = fresh();
        assert_eq!(
            store.verify().unwrap(),
            LogHead {
                seq: 0,
                hash: [0; 32]
            }
        );
        let first = store
            .append("县法院", "import", &json!({"rows": 2, "accepted": 1}))
            .unwrap();
        let second = store.append("node", "started", &Value::Null).unwrap();
        let entries = store.entries(0, 10).unwrap();
        assert_eq!(entries.len(), 2);

        // By hand, from the description above.
        let by_hand = |previous: &[u8], json: String| {
            let bytes = [b"hefu/1 log\0".as_slice(), previous, json.as_bytes()].concat();
            ring::digest::digest(&SHA256, &bytes).as_ref().to_vec()
        };
        let (one, two) = (&entries[0], &entries[1]);
        let json = format!(
            r#"{{"actor":"县法院","at":"{}","body":{{"accepted":1,"rows":2}},"kind":"import","seq":1}}"#,
            one.at
        );
        assert_eq!(by_hand(&[0; 32], json), first.hash);
        let json = format!(
            r#"{{"actor":"node","at":"{}","body":null,"kind":"started","seq":2}}"#,
            two.at
        );
        assert_eq!(by_hand(&first.hash, json), second.hash);

        drop(store);
        let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
        assert_eq!(store.verify().unwrap(), second);
        assert_eq!(store.head().unwrap(), second);
        assert_eq!(store.entries(1, 10).unwrap(), entries[1..]);
    }

    #[test]
    fn the_schema_refuses_change() {
        let (_dir, store) = fresh();
        written(&store, 3);
        for sql in [
            "UPDATE log SET actor = 'someone'",
            "DELETE FROM log WHERE seq = 3",
            "INSERT OR REPLACE INTO log SELECT seq, at, 'someone', kind, body, previous, hash FROM log WHERE seq = 3",
        ] {
            assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
        }
        assert_eq!(store.verify().unwrap().seq, 3);
    }

    #[test]
    fn what_gets_past_the_schema_is_found_at_its_place() {
        let whole = u64::try_from(BATCH).unwrap() + 10;
        for (sql, bad) in [
            ("UPDATE log SET actor = 'someone' WHERE seq = 4", 4),
            ("UPDATE log SET at = '2026-01-01T00:00:00Z' WHERE seq = 1", 1),
            ("UPDATE log SET body = replace(body, '3', '4') WHERE seq = 7", 7),
            ("UPDATE log SET body = body || ' ' WHERE seq = 7", 7),
            ("UPDATE log SET body = '0.5' WHERE seq IN (5, 7)", 5),
            (
                "UPDATE log SET actor = 'someone' WHERE seq = 5; UPDATE log SET body = '' WHERE seq = 7",
                5,
            ),
            ("UPDATE log SET hash = zeroblob(32) WHERE seq = 1030", 1030),
            ("DELETE FROM log WHERE seq = 6", 6),
            ("DELETE FROM log WHERE seq = 1", 1),
            (
                "UPDATE log SET seq = -1 WHERE seq = 2; UPDATE log SET seq = 2 WHERE seq = 3; UPDATE log SET seq = 3 WHERE seq = -1",
                2,
            ),
        ] {
            let (_dir, store) = fresh();
            written(&store, whole);
            store
                .raw("DROP TRIGGER log_stands; DROP TRIGGER log_stays")
                .unwrap();
            store.raw(sql).unwrap();
            assert!(
                matches!(store.verify(), Err(Error::BadLogEntry { seq }) if seq == bad),
                "{sql}"
            );
        }
    }

    #[test]
    fn a_body_without_canonical_form_is_refused() {
        let (_dir, store) = fresh();
        for body in [
            json!({"share": [0.5]}),
            json!(1_u64 << 53),
            json!("x".repeat(canonical::MAX_BYTES)),
        ] {
            assert!(matches!(
                store.append("node", "import", &body),
                Err(Error::LogBody { .. })
            ));
        }
        assert_eq!(store.head().unwrap().seq, 0);
    }

    #[test]
    fn threads_write_one_chain() {
        let (_dir, store) = fresh();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| written(&store, 25));
            }
        });
        assert_eq!(store.verify().unwrap().seq, 100);
    }
}
