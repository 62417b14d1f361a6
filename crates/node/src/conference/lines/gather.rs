//! Which matters here have lines.

use hefu_casework::conference::{ItemKind, Standing};
use hefu_casework::inquiry::Stage;
use hefu_casework::matter::{Direction, Matter, Opening};
use hefu_casework::transfer::Office;
use hefu_casework::{Finding, Hex, LetterNo, Purpose, RuleId, canonical};
use hefu_identity::PersonKey;
use hefu_store::{Entry, NewLine, Role, Round, RoundState};
use serde::Serialize;
use serde_json::json;

use super::{Begun, KnownBy, Place, Table};
use crate::inquiry::Way;
use crate::matter::Kept;
use crate::{Node, Result};

/// The log's entry about lines that were made: how many, and nothing of what they are.
const OPENED: &str = "lines_opened";

/// A line on its way to the store.
struct Coming {
    known_by: Vec<u8>,
    subject: Vec<u8>,
    item: Option<[u8; 16]>,
    begun: Begun,
    place: Place,
}

/// Whom a line is about, under what. Its written form is keyed by the store.
#[derive(Serialize)]
struct Subject<'a> {
    /// The annex, or whom the letter or question went to.
    under: &'a Hex<32>,
    kind: ItemKind,
    rule: Option<&'a RuleId>,
    person: Hex<16>,
}

impl Node {
    /// Makes lines of what has none: all of it or nothing, for each session and for what went outside of rounds.
    pub(super) fn gather(&self, table: &Table) -> Result<()> {
        let lined = self.store.lined(&table.conference.0)?;
        for (number, session) in table.done.iter().filter(|(_, session)| !lined.contains(session)) {
            if let Some(record) = self.store.round(session)? {
                self.gather_round(table, *number, &record)?;
            }
        }
        let mut outside = self.letters(table)?;
        outside.extend(self.questions(table)?);
        self.put_coming(table, None, &outside)
    }

    fn gather_round(&self, table: &Table, number: u32, record: &Round) -> Result<()> {
        let seated = table.seats.iter().any(|seat| seat.node_key.0 == record.peer);
        if record.role != Role::Receiver || record.state != RoundState::Done || !seated {
            return Ok(());
        }
        let agreement = self.signed(&record.agreement)?.agreement;
        let (Some(kind), Some(findings)) = (kind_of(agreement.purpose), self.kept_findings(record)?) else {
            return Ok(());
        };
        let reviews = self.reviews(&record.id)?;
        let (lineage, to) = (agreement.lineage(), Hex(record.peer));
        let mut coming = Vec::new();
        for (seq, finding) in (1..).zip(&findings) {
            let known_by = self.known_by(kind, &lineage, &to, finding);
            // What was found to be wrong before there was a line of it does not come back with one.
            let corrected = reviews.corrected_before.contains_key(&seq);
            if corrected
                && self
                    .store
                    .line_known_by(&table.conference.0, &known_by)?
                    .is_none()
            {
                continue;
            }
            coming.push(Coming {
                known_by,
                subject: self.subject_of(&lineage, kind, finding.rule.as_ref(), &finding.person),
                item: None,
                begun: Begun {
                    kind,
                    to,
                    round: Some(number),
                    annex: Some(lineage),
                    rule: finding.rule.clone(),
                },
                place: Place::Finding {
                    round: Hex(record.id),
                    seq,
                },
            });
        }
        self.put_coming(table, Some(&record.id), &coming)
    }

    /// By what the line of a finding is known again.
    pub(super) fn known_by(
        &self,
        kind: ItemKind,
        lineage: &Hex<32>,
        to: &Hex<32>,
        finding: &Finding,
    ) -> Vec<u8> {
        match (kind, &finding.letter) {
            (ItemKind::Referral, Some(letter)) => self.of_letter(kind, to, letter, &finding.person),
            _ => canonical::to_vec(&KnownBy::Finding {
                lineage,
                basis: &self.basis(finding),
            }),
        }
    }

    /// Letters that went to another member, by the ledger of people who are sent on.
    fn letters(&self, table: &Table) -> Result<Vec<Coming>> {
        let mut coming = Vec::new();
        for kept in self.matters()? {
            if kept.direction != Direction::Own {
                continue;
            }
            let Some((kind, to, letter)) = letter_of(&kept) else {
                continue;
            };
            let (Some(to), Some(standing)) =
                (table.seat_of(to), Standing::of_matter(&kept.matter, &kept.events))
            else {
                continue;
            };
            let known_by = self.of_letter(kind, &to, &letter, &kept.person);
            // What was over before there was a conference is none of its matters.
            let over = standing.closed.is_some();
            if over
                && self
                    .store
                    .line_known_by(&table.conference.0, &known_by)?
                    .is_none()
            {
                continue;
            }
            coming.push(Coming {
                known_by,
                subject: self.subject_of(&to, kind, None, &kept.person),
                item: None,
                begun: Begun {
                    kind,
                    to,
                    round: None,
                    annex: None,
                    rule: None,
                },
                place: Place::Matter { id: kept.id },
            });
        }
        Ok(coming)
    }

    /// Questions that went to another member.
    fn questions(&self, table: &Table) -> Result<Vec<Coming>> {
        let mut coming = Vec::new();
        for stored in self.store.inquiries()? {
            let to = Hex(stored.peer);
            let seated = table.seats.iter().any(|seat| seat.node_key == to);
            if stored.finding.is_none() || !seated {
                continue;
            }
            let inquiry = self.read_inquiry(stored)?;
            let Way::Asks { inquiry: own, .. } = &inquiry.way else {
                continue;
            };
            let known_by = canonical::to_vec(&KnownBy::Inquiry { item: &inquiry.item });
            let known = self
                .store
                .line_known_by(&table.conference.0, &known_by)?
                .is_some();
            let went = matches!(own.stage(), Stage::Released | Stage::Sent | Stage::Answered);
            if !(went || own.stage() == Stage::Closed && known) {
                continue;
            }
            coming.push(Coming {
                known_by,
                subject: self.subject_of(&to, ItemKind::Inquiry, inquiry.rule(), &inquiry.person),
                item: Some(inquiry.item.0),
                begun: Begun {
                    kind: ItemKind::Inquiry,
                    to,
                    round: None,
                    annex: None,
                    rule: inquiry.rule().cloned(),
                },
                place: Place::Inquiry {},
            });
        }
        Ok(coming)
    }

    /// One letter may be about several people, each of whom goes a way of their own.
    fn of_letter(&self, kind: ItemKind, to: &Hex<32>, letter: &LetterNo, person: &PersonKey) -> Vec<u8> {
        canonical::to_vec(&KnownBy::Letter {
            kind,
            to,
            letter: letter.canonical(),
            person: Hex(self.store.person_digest(person)),
        })
    }

    fn subject_of(
        &self,
        under: &Hex<32>,
        kind: ItemKind,
        rule: Option<&RuleId>,
        person: &PersonKey,
    ) -> Vec<u8> {
        canonical::to_vec(&Subject {
            under,
            kind,
            rule,
            person: Hex(self.store.person_digest(person)),
        })
    }

    fn put_coming(&self, table: &Table, session: Option<&[u8; 32]>, coming: &[Coming]) -> Result<()> {
        let written: Vec<_> = coming
            .iter()
            .map(|each| (canonical::to_vec(&each.begun), canonical::to_vec(&each.place)))
            .collect();
        let new: Vec<_> = coming
            .iter()
            .zip(&written)
            .map(|(each, (begun, place))| NewLine {
                known_by: &each.known_by,
                subject: &each.subject,
                item: each.item.as_ref(),
                begun,
                place,
            })
            .collect();
        let body = json!({ "conference": table.conference, "session": session.copied().map(Hex) });
        let entry = Entry {
            actor: "node",
            kind: OPENED,
            body: &body,
        };
        self.store.put_lines(&table.conference.0, session, &new, &entry)?;
        Ok(())
    }
}

impl Table {
    /// The member that is this office. Where two seats bear its name, nobody can tell which.
    pub(super) fn seat_of(&self, office: &Office) -> Option<Hex<32>> {
        let mut its = self.seats.iter().filter(|seat| office.is(&seat.name, seat.role));
        let one = its.next().filter(|_| its.next().is_none())?;
        Some(one.node_key)
    }
}

/// Of which kind lines of findings are; nothing where there are none.
pub(super) fn kind_of(purpose: Purpose) -> Option<ItemKind> {
    match purpose {
        Purpose::Duplicates => Some(ItemKind::Finding),
        Purpose::Omissions | Purpose::Leads => Some(ItemKind::Lead),
        Purpose::Referrals => Some(ItemKind::Referral),
        Purpose::Statistics | Purpose::Precheck => None,
    }
}

/// Of a transfer or a lead that went: what it is, to whom, and by which letter.
fn letter_of(kept: &Kept) -> Option<(ItemKind, &Office, LetterNo)> {
    match (&kept.opening, &kept.matter) {
        (Opening::Transfer(opening), Matter::Transfer(transfer)) => {
            let letter = LetterNo::new(transfer.letter()?)?;
            Some((ItemKind::Referral, &opening.to, letter))
        }
        (Opening::Lead(opening), _) => {
            let letter = LetterNo::new(opening.letter.as_str())?;
            Some((ItemKind::Lead, &opening.to, letter))
        }
        _ => None,
    }
}
