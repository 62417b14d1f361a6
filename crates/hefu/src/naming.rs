//! How people name a peer, an agreement, a round, a check, a conference or a set of files: by its name, or by the first digits of what it is known by.

use hefu_casework::Hex;
use hefu_node::api::view::{
    AgreementList, ConferenceList, DirectoryView, FerryView, Hex16, Hex32, InquiryList, LinePage, PeerList,
    PrecheckList, RoundList, SeatView,
};

use crate::client::Client;
use crate::commands::short;
use crate::failure::{Exit, Failure};

/// Fewer digits than these are a slip rather than a name.
const FEWEST_DIGITS: usize = 6;

/// What can be named, and by what else.
struct Known<const N: usize> {
    digest: Hex<N>,
    name: String,
}

/// The node key of a peer.
pub(crate) async fn peer(named: &str, client: &Client) -> Result<Hex32, Failure> {
    if let Some(whole) = Hex::parse(named) {
        return Ok(whole);
    }
    let list: PeerList = client.get("/api/v1/peers").await?;
    let known = list.peers.into_iter().map(|peer| Known {
        digest: peer.node_key,
        name: peer.name,
    });
    pick("peer", named, known)
}

/// The digest of an agreement; its name is its number in the parties' files.
pub(crate) async fn agreement(named: &str, client: &Client) -> Result<Hex32, Failure> {
    if let Some(whole) = Hex::parse(named) {
        return Ok(whole);
    }
    let list: AgreementList = client.get("/api/v1/agreements").await?;
    let known = list.agreements.into_iter().map(|agreement| Known {
        digest: agreement.digest,
        name: agreement.number,
    });
    pick("agreement", named, known)
}

/// The id of a round, which has no name.
pub(crate) async fn round(named: &str, client: &Client) -> Result<Hex32, Failure> {
    if let Some(whole) = Hex::parse(named) {
        return Ok(whole);
    }
    let list: RoundList = client.get("/api/v1/rounds").await?;
    let known = list.rounds.into_iter().map(|round| Known {
        digest: round.id,
        name: String::new(),
    });
    pick("round", named, known)
}

/// The number of an inquiry; its name is the number of its letter.
pub(crate) async fn inquiry(named: &str, client: &Client) -> Result<Hex16, Failure> {
    if let Some(whole) = Hex::parse(named) {
        return Ok(whole);
    }
    let list: InquiryList = client.get("/api/v1/inquiries").await?;
    let known = list.inquiries.into_iter().map(|inquiry| Known {
        digest: inquiry.item,
        name: inquiry.document,
    });
    pick("inquiry", named, known)
}

/// The id of a check, which has no name.
pub(crate) async fn precheck(named: &str, client: &Client) -> Result<Hex16, Failure> {
    if let Some(whole) = Hex::parse(named) {
        return Ok(whole);
    }
    let list: PrecheckList = client.get("/api/v1/prechecks").await?;
    let known = list.prechecks.into_iter().map(|check| Known {
        digest: check.check,
        name: String::new(),
    });
    pick("precheck", named, known)
}

/// The id of a conference; where none is named, of the only one.
pub(crate) async fn conference(named: Option<&str>, client: &Client) -> Result<Hex32, Failure> {
    if let Some(whole) = named.and_then(Hex::parse) {
        return Ok(whole);
    }
    let list: ConferenceList = client.get("/api/v1/conferences").await?;
    if let (None, [only]) = (named, list.conferences.as_slice()) {
        return Ok(only.conference);
    }
    let known = list.conferences.into_iter().map(|conference| Known {
        digest: conference.conference,
        name: conference.name.unwrap_or_default(),
    });
    match named {
        Some(named) => pick("conference", named, known),
        None => Err(Failure::new(Exit::Usage, "conference_which", [])),
    }
}

/// Somebody who has a seat at a conference.
pub(crate) fn seat(named: &str, directory: DirectoryView) -> Result<SeatView, Failure> {
    let known = directory.seats.iter().map(|seat| Known {
        digest: seat.node_key,
        name: seat.name.clone(),
    });
    let node_key = pick("seat", named, known)?;
    let mut seats = directory.seats.into_iter();
    let seat = seats.find(|seat| seat.node_key == node_key);
    seat.ok_or_else(|| Failure::new(Exit::Usage, "conference_which", []))
}

/// The number of a line of the ledger of the conference with this path.
pub(crate) async fn line(named: &str, conference: &str, client: &Client) -> Result<Hex16, Failure> {
    if let Some(whole) = Hex::parse(named) {
        return Ok(whole);
    }
    let (mut known, mut after) = (Vec::new(), 0);
    loop {
        let page: LinePage = client
            .get(&format!("{conference}/ledger?after={after}&limit=1000"))
            .await?;
        known.extend(page.lines.into_iter().map(|line| Known {
            digest: line.item,
            name: String::new(),
        }));
        match page.next {
            Some(next) => after = next,
            None => return pick("line", named, known),
        }
    }
}

/// What nobody here knows yet, and which therefore is named by all of its digits.
pub(crate) fn whole(what: &'static str, named: &str) -> Result<Hex32, Failure> {
    Hex::parse(named.trim()).ok_or_else(|| {
        let params = [("what", what.to_owned()), ("name", named.to_owned())];
        Failure::new(Exit::Usage, "name_not_whole", params)
    })
}

/// The id of a set that was made here; its name is its number, with whatever between its groups.
pub(crate) async fn set(named: &str, client: &Client) -> Result<Hex16, Failure> {
    if let Some(whole) = Hex::parse(named) {
        return Ok(whole);
    }
    let view: FerryView = client.get("/api/v1/ferry").await?;
    pick_set(named, view.out.into_iter().map(|set| (set.set, set.number)))
}

/// The id of a peer's set that is not worked through, named as [`set`] names one.
pub(crate) async fn coming_set(named: &str, peer: &Hex32, client: &Client) -> Result<Hex16, Failure> {
    if let Some(whole) = Hex::parse(named) {
        return Ok(whole);
    }
    let view: FerryView = client.get("/api/v1/ferry").await?;
    let coming = view.coming.into_iter();
    let coming = coming.filter(|set| set.peer == *peer && set.opened_at.is_none());
    pick_set(named, coming.map(|set| (set.set, set.number)))
}

fn pick_set(named: &str, sets: impl Iterator<Item = (Hex16, String)>) -> Result<Hex16, Failure> {
    let together = |text: &str| text.replace(|c: char| c.is_whitespace() || c == '-', "");
    let known = sets.map(|(digest, number)| Known {
        digest,
        name: together(&number),
    });
    pick("set", &together(named), known)
}

/// The one that bears the name or begins with the digits. A whole name goes before digits.
fn pick<const N: usize>(
    what: &'static str,
    named: &str,
    known: impl IntoIterator<Item = Known<N>>,
) -> Result<Hex<N>, Failure> {
    let known: Vec<Known<N>> = known.into_iter().collect();
    let of_name = |each: &&Known<N>| !named.is_empty() && each.name == named;
    let of_digits =
        |each: &&Known<N>| named.len() >= FEWEST_DIGITS && each.digest.to_string().starts_with(named);
    let mut fitting: Vec<&Known<N>> = known.iter().filter(of_name).collect();
    if fitting.is_empty() {
        fitting = known.iter().filter(of_digits).collect();
    }
    let params = |more| [("what", what.to_owned()), ("name", named.to_owned()), more];
    match fitting[..] {
        [one] => Ok(one.digest),
        [] => {
            let digits = ("min", FEWEST_DIGITS.to_string());
            Err(Failure::new(Exit::Usage, "name_unknown", params(digits)))
        }
        _ => {
            let each = fitting
                .iter()
                .map(|each| format!("\n  {} {}", short(&each.digest), each.name));
            let each = ("candidates", each.collect());
            Err(Failure::new(Exit::Usage, "name_ambiguous", params(each)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(bytes: [u8; 4], name: &str) -> Known<32> {
        let mut digest = [0; 32];
        digest[..4].copy_from_slice(&bytes);
        Known {
            digest: Hex(digest),
            name: name.to_owned(),
        }
    }

    fn picked(named: &str) -> Result<[u8; 4], (Exit, String)> {
        let known = [
            known([0xab, 0xcd, 0xef, 1], "县法院"),
            known([0xab, 0xcd, 0xef, 2], "县民政局"),
            known([0x12, 0x34, 0x56, 3], "abcdef01"),
            known([0x78, 0x9a, 0xbc, 4], ""),
            known([0x11, 0x22, 0x33, 5], "同名"),
            known([0x11, 0x22, 0x44, 6], "同名"),
        ];
        pick("peer", named, known)
            .map(|digest| [digest.0[0], digest.0[1], digest.0[2], digest.0[3]])
            .map_err(|failure| {
                let candidates = failure.param("candidates").unwrap_or_default();
                (failure.exit, format!("{}{candidates}", failure.code))
            })
    }

    #[test]
    fn a_name_or_its_first_digits_name_one() {
        assert_eq!(picked("县法院"), Ok([0xab, 0xcd, 0xef, 1]));
        assert_eq!(picked("123456"), Ok([0x12, 0x34, 0x56, 3]));
        assert_eq!(picked("abcdef02"), Ok([0xab, 0xcd, 0xef, 2]));
        // Somebody's name, and somebody else's digits.
        assert_eq!(picked("abcdef01"), Ok([0x12, 0x34, 0x56, 3]));
    }

    #[test]
    fn what_names_none_or_several_is_a_slip() {
        for none in ["", "12345", "789abd", "县", "789ABC", "  "] {
            assert_eq!(
                picked(none),
                Err((Exit::Usage, "name_unknown".to_owned())),
                "{none}"
            );
        }
        let (exit, said) = picked("abcdef").unwrap_err();
        assert_eq!(exit, Exit::Usage);
        assert!(
            said.contains("abcdef010000 县法院") && said.contains("abcdef020000 县民政局"),
            "{said}"
        );
        let (_, said) = picked("同名").unwrap_err();
        assert!(
            said.contains("112233050000") && said.contains("112244060000"),
            "{said}"
        );
    }
}
