//! What can stand in the log, by name.

/// Every kind of entry that is ever written. A build with its assertions on refuses to write another, so that none comes
/// without its words and without its place in the documents.
pub const LOG_KINDS: [&str; 91] = [
    // The node, its book of peers and its database.
    "node_created",
    "started",
    "stopped",
    "asked",
    "imported",
    "deleted",
    "peer_added",
    "peer_removed",
    "card_came",
    "carrier_set",
    "tls_key_renewed",
    "seal_key_made",
    "backed_up",
    "restored",
    "restored_from_backup",
    "ledger_merged",
    "budgets_unlocked",
    // Accounts, and what people are refused.
    "account_added",
    "account_password_set",
    "account_password_confirmed",
    "account_locked",
    "account_locked_by_failures",
    "account_unlocked",
    "account_removed",
    "signed_in",
    "signed_out",
    "sign_in_failed",
    "role_refused",
    // Agreements.
    "agreement_drafted",
    "agreement_received",
    "agreement_signed",
    "agreement_refused",
    "agreement_concluded",
    // Rounds.
    "session_opened",
    "session_committed",
    "session_answered",
    "session_ended",
    "round_done",
    "round_failed",
    "round_interrupted",
    "round_voided",
    "end_exchanged",
    "call_failed",
    "call_refused",
    "call_lost",
    "peer_log_went_back",
    "peer_log_forked",
    // What goes by files.
    "set_made",
    "set_taken",
    "set_dropped",
    "letter_taken",
    "letter_refused",
    "letter_answered",
    // Notes of agencies to each other.
    "note_sent",
    "note_taken",
    "note_refused",
    "note_answered",
    "note_withdrawn",
    // What people do about findings, and see of people.
    "finding_explained",
    "finding_record_made",
    "finding_event",
    "report_made",
    "unmasking_asked",
    "unmasking_granted",
    "unmasking_refused",
    "unmasking_looked",
    "inquiry_drafted",
    "inquiry_received",
    "inquiry_event",
    "identity_disclosed",
    "matter_opened",
    "matter_event",
    "precheck_begun",
    "precheck_failed",
    "precheck_seen",
    "precheck_receipt_made",
    // Conferences.
    "conference_founded",
    "conference_followed",
    "conference_said",
    "conference_said_refused",
    "conference_entry_placed",
    "conference_entry_dropped",
    "conference_grown",
    "conference_behind",
    "conference_caught_up",
    "conference_alarm",
    "conference_frozen",
    "conference_given_back",
    "conference_resumed",
    "lines_opened",
    "line_revisited",
];

/// Of [`LOG_KINDS`], those that a person looks through who asks whether somebody tries to get in, or to do what is not theirs:
/// sign-ins that failed, locks, refusals, and what was changed of accounts.
pub const SECURITY_KINDS: [&str; 15] = [
    "account_added",
    "account_password_set",
    "account_password_confirmed",
    "account_locked",
    "account_locked_by_failures",
    "account_unlocked",
    "account_removed",
    "sign_in_failed",
    "role_refused",
    "call_refused",
    "letter_refused",
    "note_refused",
    "peer_log_went_back",
    "peer_log_forked",
    "budgets_unlocked",
];

pub(crate) fn is_known(kind: &str) -> bool {
    LOG_KINDS.contains(&kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_kind_is_listed_twice_and_those_of_security_are_kinds() {
        let all: std::collections::BTreeSet<_> = LOG_KINDS.into();
        assert_eq!(all.len(), LOG_KINDS.len());
        assert!(SECURITY_KINDS.iter().all(|kind| is_known(kind)));
    }
}
