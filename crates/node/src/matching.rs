//! Two lists of people, both parties in one process: the real protocol over the real transport, without a store.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hefu_casework::{AgencyRole, PERSON_WIDTH, RowId, person_element};
use hefu_curve::Pool;
use hefu_ingest::{ReadOptions, Reading, read_numbers};
use hefu_link::{Card, Keys, Limits, Listener, PeerBook, Tap, Traffic, dial};
use hefu_psi::{Elements, KeyKind, Mode, Ristretto255, SessionSeed, Terms};
use zeroize::Zeroize;

use crate::digest::sha256;
use crate::runner::{Call, Forgetful, Own, Randomness, Runner, Said, Watcher};
use crate::{Error, Result};

/// One side's files.
#[derive(Debug, Clone)]
pub struct Side {
    /// The files, or a folder of them.
    pub files: Vec<PathBuf>,
    /// How to read them.
    pub options: ReadOptions,
}

/// What a match needs besides the files.
pub struct Matching {
    /// The compute threads that both parties share.
    pub pool: Pool,
    /// The folder for waiting chunks.
    pub spool: PathBuf,
    /// Told how far the parties have come.
    pub watcher: Watcher,
    /// Sees the frames before encryption; for tests.
    pub tap: Option<Arc<dyn Tap>>,
    /// Where each party's randomness comes from; called once a party.
    pub randomness: Arc<dyn Fn() -> Randomness + Send + Sync>,
}

/// What came of it.
pub struct Matched {
    /// How the left side, the receiver, was read.
    pub left: Reading,
    /// How the right side, the sender, was read.
    pub right: Reading,
    /// Distinct people on the left.
    pub left_elements: u64,
    /// Distinct people on the right.
    pub right_elements: u64,
    /// People on both sides.
    pub matched: u64,
    /// The rows of the left side whose person is on the right, ascending.
    pub rows: Vec<RowId>,
    /// What went over the line, seen from the left.
    pub traffic: Traffic,
    /// From the first byte read to the last row known.
    pub elapsed: Duration,
}

/// A person's element, as with person keys in a round.
type PersonElement = [u8; PERSON_WIDTH];

/// People folded: one element a person, and every row behind it.
struct Folded {
    elements: Vec<PersonElement>,
    /// Where the rows of each element begin; one more at the end.
    starts: Vec<u32>,
    rows: Vec<RowId>,
}

/// Reads both sides, runs the session over TLS on loopback, and gives the left side's matched rows.
///
/// # Errors
/// When a file can't be read, a side is empty without leave, or the session fails. Both files are checked before
/// anything is sent.
pub async fn match_files(left: Side, right: Side, matching: &Matching) -> Result<Matched> {
    let started = Instant::now();
    let (left_allowed, right_allowed) = (left.options.allow_empty, right.options.allow_empty);
    let (left, right) = tokio::join!(read_side(left, true), read_side(right, false));
    let ((left, left_people), (right, right_people)) = (left?, right?);
    refuse_empty("left", &left_people, left_allowed)?;
    refuse_empty("right", &right_people, right_allowed)?;

    let (left_elements, right_elements) = (
        left_people.elements.len() as u64,
        right_people.elements.len() as u64,
    );
    let left_set = packed(&left_people.elements)?;
    let right_set = packed(&right_people.elements)?;
    drop(right_people);
    let (indices, traffic) = run(left_set, right_set, matching).await?;

    let mut rows: Vec<RowId> = indices
        .iter()
        .flat_map(|index| left_people.rows_of(*index))
        .copied()
        .collect();
    rows.sort_unstable();
    Ok(Matched {
        left,
        right,
        left_elements,
        right_elements,
        matched: indices.len() as u64,
        rows,
        traffic,
        elapsed: started.elapsed(),
    })
}

async fn read_side(side: Side, keep_rows: bool) -> Result<(Reading, Folded)> {
    let read = move || {
        let mut entries: Vec<(PersonElement, RowId)> = Vec::new();
        let reading = read_numbers(&side.files, &side.options, &mut |row, person| {
            entries.push((*person_element(&person), row));
        })?;
        Ok((reading, Folded::new(entries, keep_rows)))
    };
    tokio::task::spawn_blocking(read)
        .await
        .unwrap_or(Err(Error::Internal {
            what: "the reading thread",
        }))
}

fn refuse_empty(side: &str, people: &Folded, allowed: bool) -> Result<()> {
    if people.elements.is_empty() && !allowed {
        return Err(Error::EmptySide {
            side: side.to_string(),
        });
    }
    Ok(())
}

impl Folded {
    fn new(mut entries: Vec<(PersonElement, RowId)>, keep_rows: bool) -> Self {
        entries.sort_unstable();
        let mut folded = Self {
            elements: Vec::with_capacity(entries.len()),
            starts: Vec::new(),
            rows: Vec::new(),
        };
        for (element, row) in &entries {
            if folded.elements.last() != Some(element) {
                folded.elements.push(*element);
                if keep_rows {
                    folded.starts.push(folded.rows.len() as u32);
                }
            }
            if keep_rows {
                folded.rows.push(*row);
            }
        }
        folded.starts.push(folded.rows.len() as u32);
        for (element, _) in &mut entries {
            element.zeroize();
        }
        folded
    }

    fn rows_of(&self, index: u32) -> &[RowId] {
        let index = index as usize;
        match (self.starts.get(index), self.starts.get(index + 1)) {
            (Some(from), Some(to)) => self.rows.get(*from as usize..*to as usize).unwrap_or_default(),
            _ => &[],
        }
    }
}

impl Drop for Folded {
    fn drop(&mut self) {
        for element in &mut self.elements {
            element.zeroize();
        }
    }
}

fn packed(elements: &[PersonElement]) -> Result<Elements> {
    Elements::new(PERSON_WIDTH, elements.as_flattened().to_vec()).map_err(|_| Error::Internal {
        what: "packing elements",
    })
}

/// The book of a party that knows one peer.
struct OnePeer(Card);

impl PeerBook for OnePeer {
    fn by_tls_key(&self, key: &[u8; 32]) -> Option<Card> {
        (self.0.tls_key() == *key).then(|| self.0.clone())
    }
}

/// Two parties with fresh keys; the terms allow just these two sets.
async fn run(left: Elements, right: Elements, matching: &Matching) -> Result<(Vec<u32>, Traffic)> {
    let (left_keys, right_keys) = (Arc::new(Keys::generate()?), Arc::new(Keys::generate()?));
    let limits = Limits::default();
    let left_card = Card::new(&left_keys, "left", AgencyRole::ConferenceOffice, "127.0.0.1:1")?;
    let book = Arc::new(OnePeer(left_card));
    let listener = Listener::bind("127.0.0.1:0", &right_keys, book, limits, matching.tap.clone()).await?;
    let right_card = Card::new(
        &right_keys,
        "right",
        AgencyRole::ConferenceOffice,
        &listener.local_addr().to_string(),
    )?;
    let terms = Terms {
        agreement: local_agreement(&left_keys, &right_keys),
        receiver: left_keys.node_key(),
        sender: right_keys.node_key(),
        mode: Mode::Members,
        key_kind: KeyKind::Person,
        width: PERSON_WIDTH as u16,
        label: 0,
        receiver_cap: left.len() as u64,
        sender_cap: right.len() as u64,
    };

    let runner = |keys: &Arc<Keys>| Runner {
        pool: matching.pool.clone(),
        spool: matching.spool.clone(),
        keys: Arc::clone(keys),
        watcher: matching.watcher.clone(),
    };
    let journal = Arc::new(Forgetful::new(&matching.spool));
    let sender_side = async {
        // A stray caller on this machine is none of the two parties: the next one may be.
        let connection = loop {
            if let Ok(connection) = listener.accept().await {
                break connection;
            }
        };
        let Said::Open(call) = Call::take(connection).await? else {
            return Err(Error::Internal {
                what: "the local match",
            });
        };
        let mut randomness = (matching.randomness)();
        let seed = SessionSeed::generate(&mut *randomness);
        let own = Own {
            elements: right,
            labels: zeroize::Zeroizing::default(),
        };
        runner(&right_keys)
            .send::<Ristretto255>(call, terms.clone(), own, seed, randomness, journal.clone(), ())
            .await
    };
    let receiver_side = async {
        let connection = dial(&left_keys, &right_card, &limits, matching.tap.clone()).await?;
        let seed = SessionSeed::generate(&mut *(matching.randomness)());
        runner(&left_keys)
            .receive::<Ristretto255>(connection, terms.clone(), left, seed, journal.clone(), ())
            .await
    };
    // Whichever fails first ends the other.
    let (_, received) = tokio::try_join!(sender_side, receiver_side)?;
    Ok((received.concluded.matches()?.indices, received.traffic))
}

/// In place of an agreement's digest: one process, one person, its own two files.
fn local_agreement(left: &Keys, right: &Keys) -> [u8; 32] {
    sha256(
        &[
            b"hefu/1 local match\0".as_slice(),
            &left.node_key(),
            &right.node_key(),
        ]
        .concat(),
    )
}
