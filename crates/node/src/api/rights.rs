//! What each role may ask. One table; what is not in it, no session may ask.
//!
//! The roles keep apart who runs the machine, who works on people's matters, who looks over that, and who brings agencies
//! together. Where an act needs two people, who they may be is the act's own rule: it compares their names, and both can
//! be of one role.

use axum::http::Method;

use crate::account::AccountRole::{self, CaseWorker, Compliance, It, Office};

/// Operations, as method and template of the path, that are open to the same roles.
type Group = (&'static [AccountRole], &'static [(Method, &'static str)]);

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const DELETE: Method = Method::DELETE;

const GROUPS: &[Group] = &[
    // What any page says of the node itself, of what was agreed and of how far rounds are. No person is in it.
    (
        &AccountRole::ALL,
        &[
            (GET, "/health"),
            (GET, "/ready"),
            (GET, "/api/v1/openapi.json"),
            (GET, "/api/v1/node"),
            (GET, "/api/v1/card"),
            (GET, "/api/v1/programmes"),
            (GET, "/api/v1/peers"),
            (GET, "/api/v1/agreements"),
            (GET, "/api/v1/agreements/{digest}"),
            (GET, "/api/v1/agreements/{digest}/dossier"),
            (GET, "/api/v1/rounds"),
            (GET, "/api/v1/rounds/{id}"),
            (GET, "/api/v1/datasets"),
            (GET, "/api/v1/conferences"),
            (GET, "/api/v1/conferences/{conference}/standing"),
            (GET, "/api/v1/conferences/{conference}/board"),
            (GET, "/api/v1/conferences/{conference}/seats"),
            (GET, "/api/v1/conferences/{conference}/record"),
            (POST, "/api/v1/conferences/{conference}/record/verify"),
            (GET, "/api/v1/conferences/{conference}/texts"),
            (GET, "/api/v1/conferences/{conference}/texts/{text}"),
            (GET, "/api/v1/conferences/{conference}/rounds/{round}/figures"),
        ],
    ),
    // Everybody's own session.
    (
        &AccountRole::ALL,
        &[
            (POST, "/api/v1/session"),
            (GET, "/api/v1/session"),
            (DELETE, "/api/v1/session"),
            (POST, "/api/v1/session/password"),
        ],
    ),
    // The machine, its lines and its people's accounts. Whoever runs it decides nothing about people, and reads no
    // findings.
    (
        &[It],
        &[
            (GET, "/metrics"),
            (POST, "/api/v1/doctor"),
            (POST, "/api/v1/backup"),
            (POST, "/api/v1/peers"),
            (DELETE, "/api/v1/peers/{node_key}"),
            (POST, "/api/v1/peers/{node_key}/carrier"),
            (POST, "/api/v1/peers/{node_key}/exchange"),
            (DELETE, "/api/v1/datasets/{id}"),
            (POST, "/api/v1/rounds"),
            (POST, "/api/v1/rounds/{id}/cancel"),
            (GET, "/api/v1/ferry"),
            (GET, "/api/v1/ferry/card"),
            (POST, "/api/v1/ferry/parts"),
            (POST, "/api/v1/ferry/sets"),
            (POST, "/api/v1/ferry/sets/{set}/again"),
            (POST, "/api/v1/ferry/sets/{set}/drop"),
            (GET, "/api/v1/ferry/sets/{set}/parts/{part}"),
            (GET, "/api/v1/ferry/sets/{set}/slip"),
            (POST, "/api/v1/ferry/work"),
            (GET, "/api/v1/accounts"),
            (POST, "/api/v1/accounts"),
            (DELETE, "/api/v1/accounts/{account}"),
            (POST, "/api/v1/accounts/{account}/password"),
            (POST, "/api/v1/accounts/{account}/lock"),
            (POST, "/api/v1/accounts/{account}/unlock"),
        ],
    ),
    // An export of the agency's system is fetched by whoever has it.
    (
        &[It, CaseWorker],
        &[
            (POST, "/api/v1/uploads"),
            (POST, "/api/v1/imports"),
            (POST, "/api/v1/mappings/proposal"),
            (POST, "/api/v1/mappings/preview"),
            (GET, "/api/v1/datasets/{id}/refused"),
        ],
    ),
    // What happened on the node, who may see what is left of budgets: security events for those who run it, evidence for
    // those who look over it. People are not in it.
    (
        &[It, Compliance],
        &[
            (GET, "/api/v1/audit/entries"),
            (GET, "/api/v1/audit/verify"),
            (POST, "/api/v1/reports/verify"),
            (GET, "/api/v1/ledger/debits"),
            (GET, "/api/v1/ledger/budgets"),
        ],
    ),
    // To say what is to be agreed binds nobody yet.
    (
        &[It, Compliance, Office],
        &[
            (POST, "/api/v1/agreements/drafts"),
            (POST, "/api/v1/agreements/received"),
        ],
    ),
    // A signature says that the processing is lawful (个人信息保护法 art. 51 and 55); so does lifting a limit, the report
    // that leaves the house, and showing somebody's number.
    (
        &[Compliance],
        &[
            (POST, "/api/v1/agreements/{digest}/sign"),
            (POST, "/api/v1/agreements/{digest}/refuse"),
            (POST, "/api/v1/ledger/unlock"),
            (GET, "/api/v1/ledger/disclosures"),
            (POST, "/api/v1/rounds/{id}/report"),
            (POST, "/api/v1/unmaskings/{n}/grant"),
            (POST, "/api/v1/unmaskings/{n}/refuse"),
        ],
    ),
    // People's matters, masked: to those who work on them, and to those who look over that. Both halves of a decision that
    // needs two people are acts on a finding, and both of a question's release are approvals; that they are two, the acts'
    // own rules see to.
    (
        &[CaseWorker, Compliance],
        &[
            (GET, "/api/v1/rounds/{id}/findings"),
            (GET, "/api/v1/rounds/{id}/findings/{seq}"),
            (GET, "/api/v1/rounds/{id}/findings/{seq}/history"),
            (POST, "/api/v1/rounds/{id}/findings/{seq}/events"),
            (POST, "/api/v1/rounds/{id}/findings/{seq}/explanation"),
            (POST, "/api/v1/rounds/{id}/findings/{seq}/record"),
            (POST, "/api/v1/rounds/{id}/findings/{seq}/unmaskings"),
            (GET, "/api/v1/rounds/{id}/findings/{seq}/unmaskings"),
            (GET, "/api/v1/unmaskings"),
            (POST, "/api/v1/unmaskings/{n}/look"),
            (GET, "/api/v1/rounds/{id}/clues"),
            (GET, "/api/v1/findings"),
            (GET, "/api/v1/findings/local"),
            (GET, "/api/v1/findings/overdue"),
            (GET, "/api/v1/inquiries"),
            (GET, "/api/v1/inquiries/{item}"),
            (POST, "/api/v1/inquiries/{item}/approve"),
            (POST, "/api/v1/inquiries/{item}/refuse"),
            (GET, "/api/v1/matters"),
            (GET, "/api/v1/matters/overdue"),
            (GET, "/api/v1/matters/{id}"),
            (GET, "/api/v1/prechecks"),
            (GET, "/api/v1/prechecks/{check}"),
            (GET, "/api/v1/conferences/{conference}/own"),
        ],
    ),
    // The work itself: referrals, questions and answers, checks before a payment, what the agency does for a person.
    (
        &[CaseWorker],
        &[
            (POST, "/api/v1/rounds/{id}/confirmation"),
            (POST, "/api/v1/rounds/{id}/findings/{seq}/clue"),
            (POST, "/api/v1/rounds/{id}/findings/{seq}/inquiries"),
            (POST, "/api/v1/inquiries/{item}/withdraw"),
            (POST, "/api/v1/inquiries/{item}/close"),
            (POST, "/api/v1/inquiries/{item}/take"),
            (POST, "/api/v1/inquiries/{item}/answer"),
            (POST, "/api/v1/matters"),
            (POST, "/api/v1/matters/register"),
            (POST, "/api/v1/matters/{id}/events"),
            (POST, "/api/v1/prechecks"),
            (POST, "/api/v1/prechecks/{check}/results"),
            (POST, "/api/v1/prechecks/{check}/receipt"),
            (POST, "/api/v1/conferences/{conference}/own/{item}/revisit"),
            (POST, "/api/v1/conferences/{conference}/own/{item}/revisited"),
            (GET, "/api/v1/conferences/{conference}/plans/{item}"),
            (POST, "/api/v1/conferences/{conference}/plans/{item}"),
            (POST, "/api/v1/conferences/{conference}/plans/{item}/invited"),
        ],
    ),
    // The conference's ledger has references and deadlines: the office keeps it, the agencies bring it up to date and
    // are held to it.
    (
        &[CaseWorker, Compliance, Office],
        &[
            (GET, "/api/v1/conferences/{conference}/ledger"),
            (GET, "/api/v1/conferences/{conference}/ledger/{item}"),
            (GET, "/api/v1/conferences/{conference}/ledger/sheet"),
        ],
    ),
    (
        &[CaseWorker, Office],
        &[(POST, "/api/v1/conferences/{conference}/ledger/changes")],
    ),
    // Joining a round and signing a text bind the agency, as a signature under an agreement does; at the office it is the
    // office's to do.
    (
        &[Compliance, Office],
        &[
            (POST, "/api/v1/conferences/{conference}/texts/{text}/sign"),
            (POST, "/api/v1/conferences/{conference}/texts/{text}/refuse"),
            (POST, "/api/v1/conferences/{conference}/texts/{text}/stamp"),
            (POST, "/api/v1/conferences/{conference}/rounds/{round}/join"),
            (POST, "/api/v1/conferences/{conference}/rounds/{round}/decline"),
            (POST, "/api/v1/conferences/{conference}/leave"),
            (GET, "/api/v1/conferences/{conference}/rounds/{round}/funds"),
            (GET, "/api/v1/conferences/{conference}/rounds/{round}/sample"),
            (GET, "/api/v1/conferences/{conference}/agenda"),
            (GET, "/api/v1/conferences/{conference}/minutes"),
            (GET, "/api/v1/conferences/{conference}/monitor"),
        ],
    ),
    // What only moves things along: lines to the office, snapshots that are entered, figures told once more.
    (
        &[It, Office],
        &[
            (POST, "/api/v1/conferences/followed"),
            (POST, "/api/v1/conferences/{conference}/sync"),
            (POST, "/api/v1/conferences/{conference}/resume"),
            (POST, "/api/v1/conferences/{conference}/rounds/{round}/freeze"),
            (POST, "/api/v1/conferences/{conference}/rounds/{round}/report"),
        ],
    ),
    // The conference itself. Its office sees references, counts and sums.
    (
        &[Office],
        &[
            (POST, "/api/v1/conferences"),
            (POST, "/api/v1/conferences/{conference}/seats"),
            (POST, "/api/v1/conferences/{conference}/texts"),
            (POST, "/api/v1/conferences/{conference}/texts/preview"),
            (POST, "/api/v1/conferences/{conference}/rounds"),
            (POST, "/api/v1/conferences/{conference}/rounds/{round}/begin"),
            (POST, "/api/v1/conferences/{conference}/rounds/{round}/close"),
            (POST, "/api/v1/conferences/{conference}/rounds/{round}/rerun"),
            (POST, "/api/v1/conferences/{conference}/rounds/{round}/figures"),
            (POST, "/api/v1/conferences/{conference}/ledger/{item}/decision"),
            (POST, "/api/v1/conferences/{conference}/ledger/{item}/escalation"),
        ],
    ),
];

/// Whether a role may ask this: a method, and a path as the interface's document writes it.
#[must_use]
pub fn may(role: AccountRole, method: &Method, path: &str) -> bool {
    // What may be read may be asked after (RFC 9110, section 9.3.2).
    let method = if *method == Method::HEAD { &GET } else { method };
    GROUPS
        .iter()
        .any(|(roles, of)| roles.contains(&role) && of.iter().any(|each| each.0 == *method && each.1 == path))
}

/// Every operation of the table, with its roles.
pub fn all() -> impl Iterator<Item = (&'static Method, &'static str, &'static [AccountRole])> {
    GROUPS
        .iter()
        .flat_map(|(roles, of)| of.iter().map(|(method, path)| (method, *path, *roles)))
}
