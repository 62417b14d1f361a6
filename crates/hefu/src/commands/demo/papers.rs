//! The papers of the county's day: for each session its report in both forms, one finding explained to an officer and to
//! the person, and one letter of each kind.

use std::path::{Path, PathBuf};

use hefu::county::{Outcome, Session};
use hefu_casework::Purpose;
use hefu_fixtures::Agency;
use hefu_node::api::view::ExplanationView;
use hefu_node::explain::Explanation;
use hefu_node::letter::{docx, page};
use hefu_node::report::{Form, verify};
use hefu_node::{Error, Node};

use super::{conference, letters};
use crate::commands::write_whole;
use crate::failure::Failure;
use crate::paper;
use crate::words::Lang;

/// Whoever acts in the demonstration.
const ACTOR: &str = "demo";
/// A card has an address; these nodes are met nowhere any more.
const NOWHERE: &str = "127.0.0.1:1";

/// Writes them all into `folder`, and returns how many files there are.
pub(super) fn write(outcome: &Outcome, folder: &Path, lang: Lang) -> Result<usize, Failure> {
    let mut papers = Papers {
        folder: folder.to_path_buf(),
        written: 0,
        lang,
    };
    for (agency, node) in &outcome.nodes {
        let card = node.card(NOWHERE)?;
        papers.put(&format!("cards/{}.card", agency.code()), &card.to_bytes())?;
    }
    for session in &outcome.sessions {
        papers.reports(outcome, session)?;
    }
    papers.finding(outcome)?;
    for (kind, letter) in letters::all(outcome)? {
        let name = format!("letters/{}", kind.code());
        papers.put(&format!("{name}.docx"), &docx(&letter)?)?;
        papers.put(&format!("{name}.html"), page(&letter).as_bytes())?;
    }
    if let Some(held) = &outcome.conference {
        conference::write(held, &mut papers)?;
    }
    Ok(papers.written)
}

/// The session of this purpose between these two.
pub(super) fn session(
    outcome: &Outcome,
    purpose: Purpose,
    receiver: Agency,
    sender: Agency,
) -> Result<&Session, Failure> {
    let wanted = |session: &&Session| {
        (session.purpose, session.receiver, session.sender) == (purpose, receiver, sender)
    };
    let found = outcome.sessions.iter().find(wanted);
    found.ok_or_else(|| Failure::internal("demo", &"a session is missing"))
}

/// An agency's node.
pub(super) fn node(outcome: &Outcome, agency: Agency) -> Result<&Node, Failure> {
    let node = outcome.nodes.get(&agency);
    node.map(AsRef::as_ref)
        .ok_or_else(|| Failure::internal("demo", &"a node is missing"))
}

pub(super) struct Papers {
    folder: PathBuf,
    written: usize,
    pub(super) lang: Lang,
}

impl Papers {
    pub(super) fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let file = self.folder.join(name);
        if let Some(parent) = file.parent() {
            std::fs::create_dir_all(parent).map_err(|error| Failure::write(parent, &error))?;
        }
        write_whole(&file, bytes)?;
        self.written += 1;
        Ok(())
    }

    /// The signed file, and what anybody can make of it.
    fn reports(&mut self, outcome: &Outcome, session: &Session) -> Result<(), Failure> {
        let node = node(outcome, session.receiver)?;
        let folder = format!(
            "reports/{}-{}-{}",
            session.purpose.code(),
            session.receiver.code(),
            session.sender.code()
        );
        for form in Form::ALL {
            let report = node.report(&session.round, *form, ACTOR)?;
            let paper = paper::report(&verify(&report, &[node.card(NOWHERE)?])?, self.lang);
            let name = format!("{folder}/{}", form.code());
            self.put(&format!("{name}.json"), &report)?;
            self.put(&format!("{name}.html"), paper.page().as_bytes())?;
            let file = format!("{name}.xlsx");
            let book = paper.workbook();
            let book = book.map_err(|error| Failure::write(&self.folder.join(&file), &error))?;
            self.put(&file, &book)?;
        }
        Ok(())
    }

    /// One of which a month may be a changeover, since that is what has to be looked at most closely.
    fn finding(&mut self, outcome: &Outcome) -> Result<(), Failure> {
        let receiver = Agency::CivilAffairs;
        let session = session(outcome, Purpose::Duplicates, receiver, Agency::DisabledFederation)?;
        let node = node(outcome, receiver)?;
        let findings = node.store().findings(&session.round).map_err(Error::from)?;
        let changing = (1..)
            .zip(&findings)
            .find(|(_, finding)| !finding.changeover.is_empty());
        let seq = changing.map_or(1, |(seq, _)| seq);
        let datasets = node.store().datasets().map_err(Error::from)?;
        let view = |explanation: Explanation| {
            ExplanationView::of(node.name(), seq, explanation, None, &datasets, ACTOR)
        };
        let explained = view(node.explain(&session.round, seq, ACTOR)?);
        let told = view(node.explain_to_person(&session.round, seq, ACTOR)?);
        let explanation = paper::explanation(&explained, self.lang).page();
        self.put("findings/explanation.html", explanation.as_bytes())?;
        let record = paper::person_record(&told, self.lang).page();
        self.put("findings/person.html", record.as_bytes())
    }
}
