//! What stands on an approval slip (审批单): of a set of files, everything that whoever approves its crossing has to know,
//! and nothing about a person.
//!
//! Both sides get the facts from the set itself and from agreements that both hold, so the slip of the side that takes
//! the files in is, letter for letter, that of the side that hands them out: the two can be laid side by side. For the
//! same reason there is no date on it. The words are the binary's: it lends the node a [`SlipPrinter`].

use std::sync::Arc;

use hefu_casework::{Agreement, Dossier, Hex, RuleSet, learns};
use hefu_link::Card;
use hefu_link::ferry::{Matter, SetHead};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{PartFile, SetFacts, Slips};
use crate::api::view::{Hex16, Hex32, Learns};
use crate::{Node, Result};

/// Turns facts into pages, in the language of whoever reads them.
pub type SlipPrinter = Arc<dyn Fn(&SlipFacts) -> SlipPages + Send + Sync>;

/// One slip in its two forms, which say the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlipPages {
    /// A page to print: HTML, A4, with nothing to be fetched from elsewhere.
    pub html: String,
    /// The same as text of at most 80 columns.
    pub text: String,
}

/// Prints slips beside the files of a watched folder.
pub(crate) fn printed(printer: SlipPrinter) -> Slips {
    Arc::new(move |node, set| {
        let facts = node.slip_of(set)?;
        let SlipPages { html, text } = printer(&facts);
        let [html_name, text_name] = facts.page_names();
        let page = |name, page: String| PartFile {
            name,
            bytes: page.into_bytes(),
        };
        Ok(vec![page(html_name, html), page(text_name, text)])
    })
}

/// What a slip says of one set of files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SlipFacts {
    /// Names the set.
    #[schema(value_type = String)]
    pub set: Hex16,
    /// Whose node made it.
    pub from: SlipParty,
    /// Whose node alone can open it; absent where anybody can: on a card.
    pub to: Option<SlipParty>,
    /// What is in it, in its order.
    pub letters: Vec<SlipLetter>,
    /// The agreements that the letters are about, each once.
    pub agreements: Vec<SlipAgreement>,
    /// How many files it was cut into.
    pub files: u32,
    /// The names of the first file and the last, where there are several, without their endings, which differ by form.
    pub names: Vec<String>,
    /// Its sealed content, in bytes: what the files hold together, without their headers.
    pub bytes: u64,
    /// SHA-256 of the sealed content, which each file names.
    #[schema(value_type = String)]
    pub digest: Hex32,
}

/// One end of the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SlipParty {
    /// The agency's name.
    pub name: String,
    /// Its node's key.
    #[schema(value_type = String)]
    pub node_key: Hex32,
}

/// One letter of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SlipLetter {
    /// What it is: `opening`, `answer`, `receipt`, `agreement`, `ended`, `heard`, `wanted`, `card`.
    pub matter: String,
    /// The agreement that it is about.
    #[schema(value_type = Option<String>)]
    pub agreement: Option<Hex32>,
}

/// An agreement, as far as a slip tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SlipAgreement {
    /// The digest of its text.
    #[schema(value_type = String)]
    pub digest: Hex32,
    /// Its number in the parties' files.
    pub number: String,
    /// What the results are for.
    pub purpose: String,
    /// What the agency that the set is for comes to know by rounds under it.
    pub learns: Vec<Learns>,
}

impl Node {
    /// What stands on the approval slip of a set: of one that was made here, or of this sender's once it was opened.
    ///
    /// # Errors
    /// [`Error::Missing`](crate::Error::Missing) where there is no such set.
    pub fn ferry_slip(&self, set: &[u8; 16], from: Option<&[u8; 32]>) -> Result<SlipFacts> {
        self.slip_of(&self.ferry_set(set, from)?)
    }

    fn slip_of(&self, facts: &SetFacts) -> Result<SlipFacts> {
        let mut names: Vec<String> = facts.names.iter().map(|name| stem(name).to_owned()).collect();
        names.dedup();
        let letters = facts.letters.iter().map(|letter| SlipLetter {
            matter: letter.matter.code().to_owned(),
            agreement: letter.agreement.map(Hex),
        });
        Ok(SlipFacts {
            set: Hex(facts.set),
            from: self.slip_party(facts.from),
            to: facts.to.map(|to| self.slip_party(to)),
            letters: letters.collect(),
            agreements: self.slip_agreements(facts)?,
            files: facts.parts,
            names,
            bytes: facts.bytes,
            digest: Hex(facts.digest),
        })
    }

    /// Each once, in the order of the letters.
    fn slip_agreements(&self, facts: &SetFacts) -> Result<Vec<SlipAgreement>> {
        let mut agreements: Vec<SlipAgreement> = Vec::new();
        for digest in facts.letters.iter().filter_map(|letter| letter.agreement) {
            if agreements.iter().any(|known| known.digest.0 == digest) {
                continue;
            }
            if let Some(stored) = self.store().agreement(&digest)? {
                let dossier = Dossier::parse(&stored.signed)?;
                agreements.push(SlipAgreement::of(dossier.agreement(), self.rules(), facts.to));
            }
        }
        Ok(agreements)
    }

    /// An agency by its own card, or by the one in the book; by its key alone where it was taken out of it.
    fn slip_party(&self, node_key: [u8; 32]) -> SlipParty {
        let own = (self.keys.node_key() == node_key).then(|| self.name().to_owned());
        let peers = self.peers();
        let known = peers.iter().find(|card| card.node_key() == node_key);
        let name = own.or_else(|| known.map(|card| card.name().to_owned()));
        SlipParty {
            name: name.unwrap_or_else(|| "—".to_owned()),
            node_key: Hex(node_key),
        }
    }
}

/// A file's name without its ending.
fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

impl SlipFacts {
    /// What stands on the slip of a card, which is in a file that is not sealed.
    #[must_use]
    pub fn of_card(head: &SetHead, card: &Card, file: &str) -> Self {
        Self {
            set: Hex(head.set().bytes()),
            from: SlipParty {
                name: card.name().to_owned(),
                node_key: Hex(card.node_key()),
            },
            to: None,
            letters: vec![SlipLetter {
                matter: Matter::Card.code().to_owned(),
                agreement: None,
            }],
            agreements: Vec::new(),
            files: 1,
            names: vec![stem(file).to_owned()],
            bytes: head.bytes(),
            digest: Hex(head.digest()),
        }
    }

    /// Four groups of five digits by which people tell sets apart, as they tell cards apart by their fingerprints. Each
    /// group is four bytes of the set's id, big-endian, modulo 100,000.
    #[must_use]
    pub fn number(&self) -> String {
        set_number(&self.set)
    }

    /// The file names of its two pages, HTML first: those of its files, without the number of a part.
    #[must_use]
    pub fn page_names(&self) -> [String; 2] {
        let first = self.names.first().map_or("", String::as_str);
        let stem = first.rsplit_once("-p").map_or(first, |(stem, _)| stem);
        SLIP_ENDINGS.map(|ending| format!("{stem}{ending}"))
    }
}

/// How the names of slips end; no file of a set does.
pub const SLIP_ENDINGS: [&str; 2] = [".slip.html", ".slip.txt"];

/// As [`SlipFacts::number`].
#[must_use]
pub fn set_number(set: &Hex16) -> String {
    let groups: Vec<String> = set
        .0
        .chunks_exact(4)
        .map(|group| group.iter().fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte)))
        .map(|group| format!("{:05}", group % 100_000))
        .collect();
    groups.join(" ")
}

impl SlipAgreement {
    fn of(agreement: &Agreement, rules: &RuleSet, to: Option<[u8; 32]>) -> Self {
        let parties = agreement.parties.iter().enumerate();
        let learned = parties
            .filter(|(_, party)| Some(party.node_key.0) == to)
            .flat_map(|(index, party)| {
                let learned = learns(agreement, rules, index).into_iter();
                learned.map(|learning| Learns::of(&party.name, learning))
            });
        Self {
            digest: Hex(agreement.digest()),
            number: agreement.number.clone(),
            purpose: agreement.purpose.code().to_owned(),
            learns: learned.collect(),
        }
    }
}
