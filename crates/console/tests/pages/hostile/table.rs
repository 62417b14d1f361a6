//! Every route of the console, with the roles that have it: said once more than the router says it, so that a role that
//! gains a page by a slip is seen. A test holds the paths against the sources.

use Kind::{Files, Form, Page};

/// How a route is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Page,
    /// A form without files.
    Form,
    /// A form with files.
    Files,
}

pub(super) type Group = (&'static [&'static str], &'static [(Kind, &'static str)]);

pub(super) const IT: &str = "it";
pub(super) const CASE: &str = "case_worker";
pub(super) const COMPLIANCE: &str = "compliance";
pub(super) const OFFICE: &str = "office";
pub(super) const ROLES: [&str; 4] = [IT, CASE, COMPLIANCE, OFFICE];

/// What anybody may ask for.
pub(super) const OPEN: [(Kind, &str); 3] = [
    (Page, "/sign-in"),
    (Form, "/sign-in"),
    (Page, "/assets/{digest}/{name}"),
];

pub(super) const GROUPS: &[Group] = &[
    (
        &ROLES,
        &[
            (Page, "/"),
            (Form, "/sign-out"),
            (Page, "/password"),
            (Form, "/password"),
            (Page, "/conferences"),
            (Page, "/conferences/{id}"),
            (Page, "/conferences/{id}/seats"),
            (Page, "/conferences/{id}/seats/{key}/card"),
            (Page, "/conferences/{id}/texts"),
            (Page, "/conferences/{id}/texts/{text}"),
            (Page, "/conferences/{id}/texts/{text}/paper"),
            (Page, "/conferences/{id}/texts/{text}/file"),
            (Page, "/conferences/{id}/texts/{text}/whole"),
            (Page, "/conferences/{id}/rounds"),
            (Page, "/conferences/{id}/rounds/{number}"),
            (Page, "/conferences/{id}/rounds/{number}/events"),
            (Page, "/conferences/{id}/figures"),
            (Page, "/conferences/{id}/rounds/{number}/figures"),
            (Page, "/conferences/{id}/rounds/{number}/figures/paper"),
            (Page, "/conferences/{id}/rounds/{number}/figures/book"),
            (Page, "/conferences/{id}/record"),
            (Form, "/conferences/{id}/record"),
        ],
    ),
    (
        &[IT],
        &[
            (Page, "/it/health"),
            (Form, "/it/health"),
            (Page, "/it/backup"),
            (Form, "/it/backup"),
            (Page, "/it/datasets"),
            (Form, "/it/datasets/{id}/delete"),
            (Page, "/it/peers"),
            (Files, "/it/peers"),
            (Page, "/it/peers/card"),
            (Form, "/it/peers/{key}/remove"),
            (Form, "/it/peers/{key}/carrier"),
            (Form, "/it/peers/{key}/exchange"),
            (Page, "/it/agreements"),
            (Page, "/it/agreements/{digest}"),
            (Page, "/it/rounds"),
            (Form, "/it/rounds"),
            (Page, "/it/rounds/{id}"),
            (Page, "/it/rounds/{id}/events"),
            (Form, "/it/rounds/{id}/cancel"),
            (Page, "/it/ferry"),
            (Files, "/it/ferry"),
            (Form, "/it/ferry/sets"),
            (Form, "/it/ferry/work"),
            (Page, "/it/ferry/card"),
            (Page, "/it/ferry/sets/{set}/parts/{part}"),
            (Page, "/it/ferry/sets/{set}/slip"),
            (Form, "/it/ferry/sets/{set}/again"),
            (Form, "/it/ferry/sets/{set}/drop"),
            (Page, "/it/log"),
            (Form, "/it/log"),
            (Page, "/it/accounts"),
            (Form, "/it/accounts"),
            (Form, "/it/accounts/{account}/lock"),
            (Form, "/it/accounts/{account}/unlock"),
            (Form, "/it/accounts/{account}/remove"),
            (Page, "/it/accounts/{account}/password"),
            (Form, "/it/accounts/{account}/password"),
        ],
    ),
    (
        &[IT, CASE],
        &[
            (Page, "/it/imports"),
            (Files, "/it/imports"),
            (Page, "/it/imports/new"),
            (Form, "/it/imports/new"),
            (Page, "/it/datasets/{id}/refused"),
            (Page, "/it/datasets/{id}/refused.csv"),
        ],
    ),
    (
        &[CASE],
        &[
            (Page, "/case/home"),
            (Page, "/case/findings"),
            (Page, "/case/findings/{round}/{seq}"),
            (Form, "/case/findings/{round}/{seq}/acts"),
            (Form, "/case/findings/{round}/{seq}/explanation"),
            (Form, "/case/findings/{round}/{seq}/record"),
            (Form, "/case/findings/{round}/{seq}/unmaskings"),
            (Form, "/case/findings/{round}/{seq}/unmaskings/{n}/look"),
            (Page, "/case/findings/{round}/{seq}/inquiry"),
            (Form, "/case/findings/{round}/{seq}/inquiry"),
            (Page, "/case/inquiries"),
            (Page, "/case/inquiries/{item}"),
            (Form, "/case/inquiries/{item}/acts"),
            (Page, "/case/matters"),
            (Page, "/case/matters/new"),
            (Form, "/case/matters/new"),
            (Form, "/case/matters/register"),
            (Form, "/case/matters/confirm"),
            (Page, "/case/matters/{number}"),
            (Form, "/case/matters/{number}/acts"),
            (Page, "/case/clues"),
            (Page, "/case/clues/{round}/{seq}"),
            (Form, "/case/clues/{round}/{seq}"),
            (Page, "/case/local"),
            (Page, "/case/checks"),
            (Form, "/case/checks"),
            (Page, "/case/checks/{check}"),
            (Form, "/case/checks/{check}/results"),
            (Form, "/case/checks/{check}/receipt"),
            (Page, "/case/checks/{check}/events"),
            (Page, "/case/letters/{kind}"),
            (Form, "/case/letters/{kind}"),
            (Form, "/conferences/{id}/ledger/{item}/revisit"),
            (Form, "/conferences/{id}/ledger/{item}/revisited"),
            (Form, "/conferences/{id}/ledger/{item}/plan"),
        ],
    ),
    (
        &[COMPLIANCE],
        &[
            (Page, "/compliance/todo"),
            (Page, "/compliance/reports"),
            (Page, "/compliance/reports/{round}"),
            (Form, "/compliance/reports/{round}"),
            (Page, "/compliance/findings"),
            (Page, "/compliance/findings.csv"),
            (Page, "/compliance/findings/{round}/{seq}"),
            (Form, "/compliance/findings/{round}/{seq}/explanation"),
            (Form, "/compliance/findings/{round}/{seq}/record"),
            (Form, "/compliance/findings/{round}/{seq}/objected"),
            (Form, "/compliance/findings/{round}/{seq}/reviewed"),
            (Form, "/compliance/findings/{round}/{seq}/corrected"),
            (Form, "/compliance/findings/{round}/{seq}/unmaskings"),
            (Page, "/compliance/unmaskings"),
            (Form, "/compliance/unmaskings/{n}/grant"),
            (Form, "/compliance/unmaskings/{n}/refuse"),
            (Form, "/compliance/unmaskings/{n}/look"),
            (Page, "/compliance/inquiries"),
            (Page, "/compliance/inquiries/{item}"),
            (Form, "/compliance/inquiries/{item}/approve"),
            (Form, "/compliance/inquiries/{item}/refuse"),
            (Page, "/compliance/agreements"),
            (Page, "/compliance/agreements/new"),
            (Form, "/compliance/agreements/new"),
            (Page, "/compliance/agreements/{digest}"),
            (Page, "/compliance/agreements/{digest}/dossier"),
            (Form, "/compliance/agreements/{digest}/sign"),
            (Form, "/compliance/agreements/{digest}/refuse"),
            (Page, "/compliance/ledger"),
            (Form, "/compliance/ledger"),
            (Page, "/compliance/ledger/debits"),
            (Page, "/compliance/ledger/disclosures"),
            (Page, "/compliance/ledger/disclosures.csv"),
            (Page, "/compliance/log"),
            (Form, "/compliance/log"),
            (Page, "/compliance/verify"),
            (Files, "/compliance/verify"),
        ],
    ),
    (&[CASE, COMPLIANCE], &[(Page, "/conferences/{id}/own")]),
    (
        &[CASE, COMPLIANCE, OFFICE],
        &[
            (Page, "/conferences/{id}/ledger"),
            (Page, "/conferences/{id}/ledger/sheet"),
            (Page, "/conferences/{id}/ledger/{item}"),
        ],
    ),
    (&[CASE, OFFICE], &[(Files, "/conferences/{id}/ledger/sheet")]),
    (
        &[OFFICE],
        &[
            (Form, "/conferences"),
            (Form, "/conferences/{id}/seats"),
            (Page, "/conferences/{id}/seats/{key}/remove"),
            (Form, "/conferences/{id}/seats/{key}/remove"),
            (Form, "/conferences/{id}/ledger/{item}/escalation"),
            (Form, "/conferences/{id}/ledger/{item}/decision"),
            (Form, "/conferences/{id}/rounds/{number}/figures"),
            (Page, "/conferences/{id}/texts/draft"),
            (Form, "/conferences/{id}/texts/draft"),
            (Page, "/conferences/{id}/rounds/new"),
            (Form, "/conferences/{id}/rounds/new"),
            (Form, "/conferences/{id}/rounds/{number}/begin"),
            (Form, "/conferences/{id}/rounds/{number}/close"),
            (Page, "/conferences/{id}/rounds/{number}/legs/{leg}/rerun"),
            (Form, "/conferences/{id}/rounds/{number}/legs/{leg}/rerun"),
        ],
    ),
    (
        &[IT, OFFICE],
        &[
            (Form, "/conferences/{id}/rounds/{number}/freeze"),
            (Form, "/conferences/{id}/rounds/{number}/report"),
            (Form, "/conferences/follow"),
            (Form, "/conferences/{id}/sync"),
            (Form, "/conferences/{id}/resume"),
        ],
    ),
    (
        &[COMPLIANCE, OFFICE],
        &[
            (Files, "/conferences/{id}/texts/{text}/stamp"),
            (Form, "/conferences/{id}/texts/{text}/sign"),
            (Page, "/conferences/{id}/texts/{text}/refuse"),
            (Form, "/conferences/{id}/texts/{text}/refuse"),
            (Page, "/conferences/{id}/rounds/{number}/funds"),
            (Page, "/conferences/{id}/rounds/{number}/funds/paper"),
            (Page, "/conferences/{id}/rounds/{number}/funds/file"),
            (Page, "/conferences/{id}/rounds/{number}/sample"),
            (Page, "/conferences/{id}/agenda"),
            (Page, "/conferences/{id}/minutes"),
            (Page, "/conferences/{id}/minutes/paper"),
            (Page, "/conferences/{id}/minutes/file"),
            (Page, "/conferences/{id}/monitor"),
            (Page, "/conferences/{id}/leave"),
            (Form, "/conferences/{id}/leave"),
            (Form, "/conferences/{id}/rounds/{number}/join"),
            (Page, "/conferences/{id}/rounds/{number}/decline"),
            (Form, "/conferences/{id}/rounds/{number}/decline"),
        ],
    ),
];

/// Each route, with its roles.
pub(super) fn all() -> impl Iterator<Item = (&'static [&'static str], Kind, &'static str)> {
    GROUPS
        .iter()
        .flat_map(|(roles, routes)| routes.iter().map(|(kind, path)| (*roles, *kind, *path)))
}

/// An address of this path.
pub(super) fn address(path: &str) -> String {
    let part = |part: &str| match part {
        "{id}" if path.starts_with("/it/datasets") => "1".to_owned(),
        "{id}" | "{key}" | "{digest}" | "{text}" | "{round}" => "ab".repeat(32),
        "{item}" | "{set}" | "{check}" => "cd".repeat(16),
        "{leg}" | "{number}" | "{part}" | "{seq}" | "{n}" => "1".to_owned(),
        "{kind}" => "notice".to_owned(),
        "{account}" | "{name}" => "a".to_owned(),
        part => part.to_owned(),
    };
    let parts: Vec<String> = path.split('/').map(part).collect();
    let address = parts.join("/");
    assert!(!address.contains('{'), "{path} has a part that is not known here");
    address
}
