//! What carries files between networks that are not connected, as badly as it is let: out of order, twice, late, and
//! now and then cut short.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// A gateway between the folders of several nodes. It knows files and their names, and nothing of what they are.
pub struct Gateway {
    /// By the first eight digits of the node key, which is what names of files begin with: where files for it go.
    inboxes: BTreeMap<String, PathBuf>,
    outboxes: Vec<PathBuf>,
    under_way: Vec<Carried>,
    rng: StdRng,
    /// Everything that was ever put into an outbox, whole, by name.
    pub seen: BTreeMap<String, Vec<u8>>,
    /// Files delivered cut short, and those delivered again after they had arrived.
    pub harm: Harm,
}

/// What the gateway has done to files.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Harm {
    /// Arrived cut short at first.
    pub truncated: u32,
    /// Arrived once more, under another name.
    pub duplicated: u32,
    /// Arrived one or more trips late.
    pub delayed: u32,
}

struct Carried {
    name: String,
    bytes: Vec<u8>,
    inbox: PathBuf,
    /// Trips that it is still held back.
    trips: u32,
    /// How much of it arrives, where it is cut short; it stays under way, and arrives whole on a later trip.
    cut: Option<usize>,
}

impl Gateway {
    /// One between no nodes yet. The same seed does the same harm to the same files.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            inboxes: BTreeMap::new(),
            outboxes: Vec::new(),
            under_way: Vec::new(),
            rng: StdRng::seed_from_u64(seed),
            seen: BTreeMap::new(),
            harm: Harm::default(),
        }
    }

    /// Connects the folders of a node.
    pub fn connect(&mut self, node_key: &[u8; 32], outbox: &Path, inbox: &Path) {
        let short = node_key
            .iter()
            .take(4)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        self.inboxes.insert(short, inbox.to_path_buf());
        self.outboxes.push(outbox.to_path_buf());
    }

    /// Whether nothing waits in an outbox or on the way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.under_way.is_empty() && self.outboxes.iter().all(|outbox| waiting(outbox).is_empty())
    }

    /// One trip: empties the outboxes and delivers, in another order, what is not held back.
    pub fn trip(&mut self) {
        for outbox in self.outboxes.clone() {
            for path in waiting(&outbox) {
                self.collect(&path);
            }
        }
        let mut left = Vec::new();
        while !self.under_way.is_empty() {
            let any = self.rng.random_range(0..self.under_way.len());
            let mut carried = self.under_way.swap_remove(any);
            if carried.trips > 0 {
                carried.trips -= 1;
                left.push(carried);
            } else if let Some(length) = carried.cut.take() {
                self.harm.truncated += 1;
                deliver(&carried.inbox, &carried.name, &carried.bytes[..length]);
                left.push(carried);
            } else {
                deliver(&carried.inbox, &carried.name, &carried.bytes);
            }
        }
        self.under_way = left;
    }

    fn collect(&mut self, path: &Path) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let bytes = fs::read(path).unwrap();
        let to = name.split('-').nth(1).unwrap();
        let inbox = self
            .inboxes
            .get(to)
            .unwrap_or_else(|| panic!("{name} is for nobody here"));
        self.seen.insert(name.clone(), bytes.clone());
        let trips = self.rng.random_range(0..3);
        self.harm.delayed += u32::from(trips > 0);
        let cut = self
            .rng
            .random_bool(0.3)
            .then(|| self.rng.random_range(0..bytes.len()));
        if self.rng.random_bool(0.3) {
            self.harm.duplicated += 1;
            self.under_way.push(Carried {
                name: format!("copy-of-{name}"),
                bytes: bytes.clone(),
                inbox: inbox.clone(),
                trips: self.rng.random_range(0..5),
                cut: None,
            });
        }
        self.under_way.push(Carried {
            name,
            bytes,
            inbox: inbox.clone(),
            trips,
            cut,
        });
        fs::remove_file(path).unwrap();
    }
}

/// As a gateway copies: in place, so that whoever looks meanwhile sees half a file.
fn deliver(inbox: &Path, name: &str, bytes: &[u8]) {
    fs::write(inbox.join(name), bytes).unwrap();
}

/// Files that are whole: those under a temporary name are still being written.
fn waiting(outbox: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(outbox)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.file_name().unwrap().to_str().unwrap().starts_with('.'))
        .collect();
    paths.sort();
    paths
}
