//! The conference's text: drafted by the office, looked at by each member with its own policy, signed, refused, stamped.

use hefu_casework::conference::{Edition, Framework, FrameworkDraft, Seated, State, Word};
use hefu_casework::{Agreement, Hex, Text};
use hefu_psi::wire::Abort;
use hefu_psi::{Ristretto255, Suite};

use super::directory::Sits;
use super::seat;
use crate::agreement::policy;
use crate::{Error, Node, Result};

impl Node {
    /// Drafts a text, or an amendment of one, of which this node is the office. The digest is that of the text.
    ///
    /// # Errors
    /// As [`Node::preview_framework`] and [`Node::say`].
    pub fn draft_framework(
        &self,
        id: &Hex<32>,
        draft: FrameworkDraft,
        amends: Option<&Hex<32>>,
        actor: &str,
    ) -> Result<Hex<32>> {
        let framework = self.preview_framework(id, draft, amends)?;
        let digest = framework.digest();
        self.say(id, Word::Drafted(Box::new(framework)), None, actor)?;
        Ok(digest)
    }

    /// What a draft comes to, or one of an amendment, which is said to nobody yet. Its members go by the names of their
    /// seats.
    ///
    /// # Errors
    /// When this node is not the office; as [`FrameworkDraft::text`].
    pub fn preview_framework(
        &self,
        id: &Hex<32>,
        draft: FrameworkDraft,
        amends: Option<&Hex<32>>,
    ) -> Result<Framework> {
        if !self.conference(id)?.is_office {
            return Err(policy("conference_office_only", Abort::Policy));
        }
        let amended = amends
            .map(|digest| self.edition(id, digest, |_, edition| edition.framework.clone()))
            .transpose()?;
        let mut office = None;
        let mut seated = Vec::new();
        for at in self.conference_directory(id)? {
            match at.sits {
                Sits::Office => office = Some(seat(&at.card)),
                Sits::Member => seated.push(Seated {
                    seat: seat(&at.card),
                    tls_key: Hex(at.card.tls_key()),
                }),
                Sits::Left => {}
            }
        }
        let office = office.ok_or(Error::Internal {
            what: "the office's seat",
        })?;
        let amended = amended.as_ref();
        Ok(draft.text(office, &seated, amended, Ristretto255::NAME, self.rules())?)
    }

    /// Reads one text, with what this node has said of it and is on its way.
    ///
    /// # Errors
    /// When there is no such conference or text; the store's.
    pub fn edition<T>(
        &self,
        id: &Hex<32>,
        digest: &Hex<32>,
        read: impl FnOnce(&State, &Edition) -> T,
    ) -> Result<T> {
        let read = self.with_conference_ahead(id, |state| {
            state.edition(digest).map(|edition| read(state, edition))
        })?;
        read.ok_or_else(|| Error::Missing {
            what: "conference_text",
            name: digest.to_string(),
        })
    }

    /// Why this node may not agree to an annex, by its own policy, rules and card; nothing where it may, or has no part in
    /// it.
    #[must_use]
    pub fn annex_breach(&self, annex: &Agreement) -> Option<Error> {
        annex.index_of(&self.node_key())?;
        self.may_sign(annex).err()
    }

    /// Signs a text, with all annexes in which this node has a part.
    ///
    /// # Errors
    /// The first reason why it may not agree to one of them; as [`Node::say`].
    pub fn sign_framework(&self, id: &Hex<32>, digest: &Hex<32>, actor: &str) -> Result<()> {
        let framework: Framework = self.edition(id, digest, |_, edition| edition.framework.clone())?;
        let annexes = framework.annexes.iter();
        if let Some(breach) = annexes
            .filter_map(|annex| self.annex_breach(&annex.agreement))
            .next()
        {
            return Err(breach);
        }
        self.say(id, Word::Signed(*digest), None, actor)?;
        Ok(())
    }

    /// Refuses a text, for a reason that all are told.
    ///
    /// # Errors
    /// For a reason that can't stand there; as [`Node::say`].
    pub fn refuse_framework(&self, id: &Hex<32>, digest: &Hex<32>, reason: &str, actor: &str) -> Result<()> {
        let word = Word::Refused {
            framework: *digest,
            reason: Text::new(reason)?,
        };
        self.say(id, word, None, actor)?;
        Ok(())
    }

    /// Puts on record that this party's paper bears the seal: its number (文号), and the digest of its scan.
    ///
    /// # Errors
    /// For a number that can't stand there; as [`Node::say`].
    pub fn stamp_framework(
        &self,
        id: &Hex<32>,
        digest: &Hex<32>,
        document: &str,
        scan: Hex<32>,
        actor: &str,
    ) -> Result<()> {
        let word = Word::Stamped {
            framework: *digest,
            document: Text::new(document)?,
            scan,
        };
        self.say(id, word, None, actor)?;
        Ok(())
    }
}
