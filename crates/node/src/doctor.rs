//! Step by step, what must hold before a round can run; the first step that fails says what to do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hefu_casework::Hex;
use hefu_link::Card;
use jiff::Timestamp;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::dossier::Known;
use crate::node::day_of;
use crate::{Error, Node};

/// Clocks that differ by more are worth a warning.
pub(crate) const CLOCK_TOLERANCE_SECONDS: u64 = 300;

const PATIENCE: Duration = Duration::from_secs(10);

/// One step and how it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Which step, a stable name.
    pub step: &'static str,
    /// How it went.
    pub verdict: Verdict,
    /// A code of the table of words that says more; empty where nothing is to be said.
    pub code: &'static str,
    /// Its parameters.
    pub params: Vec<(&'static str, String)>,
}

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Passed,
    /// It does not stop a round, and should be looked at.
    Warning,
    /// It stops rounds.
    Failed,
    /// An earlier step failed.
    Skipped,
}

/// The steps towards a peer, in order.
const TOWARDS_PEER: [&str; 7] = ["name", "port", "tls", "card", "version", "clock", "agreement"];

impl Node {
    /// Checks this node, and the way to a peer where one is given.
    pub async fn doctor(self: &Arc<Self>, peer: Option<&Card>) -> Vec<Check> {
        let mut checks = vec![
            self.check_log(),
            self.check_spool(),
            self.check_own_clock(),
            self.check_retention(),
            self.check_conferences(),
        ];
        let by_files = |card: &&Card| {
            let carrier = self.store.carrier(&card.node_key());
            carrier.is_ok_and(hefu_store::Carrier::by_files)
        };
        if let Some(card) = peer.filter(by_files) {
            checks.extend(self.check_files(card));
        } else if let Some(card) = peer {
            let towards = self.check_peer(card).await;
            let failed = towards.iter().any(|check| check.verdict == Verdict::Failed);
            let done = towards.len();
            checks.extend(towards);
            let rest = TOWARDS_PEER.get(done..).filter(|_| failed).unwrap_or_default();
            checks.extend(rest.iter().map(|step| Check::new(step, Verdict::Skipped)));
        }
        checks
    }

    /// The log, and what stays on record of deletions.
    fn check_log(&self) -> Check {
        let verified = self.store.verify().map_err(Error::from);
        let acts = || self.store.verify_acts().map_err(Error::from);
        match verified
            .and_then(|_| acts())
            .and_then(|()| self.deletions(|_| true))
        {
            Ok(_) => Check::new("log", Verdict::Passed),
            Err(error) => Check::failed("log", &error),
        }
    }

    fn check_spool(&self) -> Check {
        match tempfile::tempfile_in(self.folder.join("spool")) {
            Ok(_) => Check::new("spool", Verdict::Passed),
            Err(source) => Check::failed("spool", &Error::Spool { source }),
        }
    }

    /// A clock that went back behind the log's last entry was wrong before, or is now.
    fn check_own_clock(&self) -> Check {
        let last = self.store.head().ok().filter(|head| head.seq > 0);
        let entry = last.and_then(|head| self.store.entries(head.seq - 1, 1).ok()?.pop());
        let behind = entry.map_or(0, |entry| entry.at.as_second() - Timestamp::now().as_second());
        if behind > CLOCK_TOLERANCE_SECONDS as i64 {
            return Check::warning("own_clock", "doctor_clock_went_back", behind);
        }
        Check::new("own_clock", Verdict::Passed)
    }

    /// Findings that are kept longer than was agreed are worth a word, since proceedings end that somebody ends.
    fn check_retention(&self) -> Check {
        let put_off = match self.put_off(Timestamp::now()) {
            Ok(put_off) => put_off,
            Err(error) => return Check::failed("retention", &error),
        };
        let Some(until) = put_off.iter().map(|(_, until)| *until).min() else {
            return Check::new("retention", Verdict::Passed);
        };
        let rounds = put_off.iter().map(|(round, _)| Hex(round.id).to_string());
        let params = vec![
            ("rounds", rounds.collect::<Vec<_>>().join(", ")),
            ("until", day_of(until).to_string()),
        ];
        Check {
            verdict: Verdict::Warning,
            params,
            ..Check::told("retention", "doctor_retention_put_off", "")
        }
    }

    /// A record that is not followed any more stops all that goes on under it.
    fn check_conferences(&self) -> Check {
        let conferences = match self.conferences() {
            Ok(conferences) => conferences,
            Err(error) => return Check::failed("conference", &error),
        };
        let alarm = conferences.iter().find(|each| each.is_alarming());
        let behind = conferences.iter().find(|each| each.is_restored());
        let (found, verdict) = match (alarm, behind) {
            (Some(found), _) => (found, Verdict::Failed),
            (None, Some(found)) => (found, Verdict::Warning),
            (None, None) => return Check::new("conference", Verdict::Passed),
        };
        Check {
            verdict,
            ..Check::told("conference", found.standing, &found.id.to_string())
        }
    }

    /// Nobody is called who is reached by files: what can be known is here.
    fn check_files(&self, card: &Card) -> [Check; 2] {
        let sealed = card.seal_key().ok_or_else(|| {
            Error::Link(hefu_link::Error::FerryNoSealKey {
                peer: card.name().to_owned(),
            })
        });
        let files = match sealed.and_then(|_| self.must_go_both_ways(card)) {
            Ok(()) => Check::new("files", Verdict::Passed),
            // What is done without a peer can be done.
            Err(error @ Error::OneWay { .. }) => Check {
                verdict: Verdict::Warning,
                ..Check::failed("files", &error)
            },
            Err(error) => Check::failed("files", &error),
        };
        [files, Self::check_agreements(&self.known_with(card), card)]
    }

    fn check_agreements(known: &BTreeMap<[u8; 32], Known>, card: &Card) -> Check {
        if known.values().any(Known::is_signed) {
            return Check::new("agreement", Verdict::Passed);
        }
        Check {
            verdict: Verdict::Warning,
            ..Check::told("agreement", "doctor_no_agreement", card.name())
        }
    }

    async fn check_peer(self: &Arc<Self>, card: &Card) -> Vec<Check> {
        let mut checks = Vec::new();
        let address = card.address();
        let found = timeout(PATIENCE, lookup_host(address)).await;
        let Some(socket) = found.ok().and_then(Result::ok).and_then(|mut found| found.next()) else {
            checks.push(Check::told("name", "doctor_name_unknown", address));
            return checks;
        };
        checks.push(Check::new("name", Verdict::Passed));

        match timeout(PATIENCE, TcpStream::connect(socket)).await {
            Ok(Ok(_)) => checks.push(Check::new("port", Verdict::Passed)),
            _ => {
                checks.push(Check::told("port", "doctor_port_closed", address));
                return checks;
            }
        }

        let known = self.known_with(card);
        let greeted = async {
            let mut papers = self.visit(card).await?;
            let greeting = papers.greet(&known).await?;
            papers.leave().await;
            Ok::<_, Error>(greeting)
        }
        .await;
        let greeting = match greeted {
            Ok(greeting) => greeting,
            Err(error) => {
                let step = step_of(&error);
                let before = TOWARDS_PEER.iter().skip(2).take_while(|each| **each != step);
                checks.extend(before.map(|each| match (&error, *each) {
                    // Versions are compared first: whose key it was did not come up.
                    (Error::Link(hefu_link::Error::Version { .. }), "card") => {
                        Check::new(each, Verdict::Skipped)
                    }
                    _ => Check::new(each, Verdict::Passed),
                }));
                checks.push(Check::failed(step, &error));
                return checks;
            }
        };
        checks.extend(["tls", "card", "version"].map(|step| Check::new(step, Verdict::Passed)));

        let ahead = greeting.ahead_seconds(Timestamp::now());
        checks.push(if ahead.unsigned_abs() > CLOCK_TOLERANCE_SECONDS {
            Check::warning("clock", "doctor_clocks_differ", ahead)
        } else {
            Check::new("clock", Verdict::Passed)
        });

        checks.push(match greeting.differs(&known) {
            Some(digest) => Check::told("agreement", "doctor_agreement_differs", &digest),
            None => Self::check_agreements(&known, card),
        });
        checks
    }
}

/// At which step towards a peer an error arises.
fn step_of(error: &Error) -> &'static str {
    match error {
        Error::Link(hefu_link::Error::WrongKey { .. } | hefu_link::Error::RefusedByPeer { .. }) => "card",
        // A node that does not know this card closes the line after the handshake; which says the same.
        Error::Link(hefu_link::Error::UnknownPeer { .. }) => "card",
        Error::Link(hefu_link::Error::Version { .. }) | Error::Psi(_) => "version",
        Error::Link(hefu_link::Error::Unreachable { .. }) => "port",
        _ => "tls",
    }
}

impl Check {
    fn new(step: &'static str, verdict: Verdict) -> Self {
        Self {
            step,
            verdict,
            code: "",
            params: Vec::new(),
        }
    }

    fn failed(step: &'static str, error: &Error) -> Self {
        Self {
            code: error.code(),
            params: error.params(),
            ..Self::new(step, Verdict::Failed)
        }
    }

    fn told(step: &'static str, code: &'static str, what: &str) -> Self {
        Self {
            code,
            params: vec![("what", what.to_owned())],
            ..Self::new(step, Verdict::Failed)
        }
    }

    fn warning(step: &'static str, code: &'static str, seconds: i64) -> Self {
        Self {
            code,
            params: vec![("seconds", seconds.to_string())],
            ..Self::new(step, Verdict::Warning)
        }
    }
}
