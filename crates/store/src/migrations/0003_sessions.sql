-- Sessions that outlive their process, what they may cost, and what is deleted when its time is over.

ALTER TABLE rounds ADD COLUMN reason TEXT; -- the abort's name, the same on both sides

-- One a round: what both sides said, so that either can be told again byte for byte.
CREATE TABLE sessions (
    round        BLOB PRIMARY KEY REFERENCES rounds (id),
    role         TEXT NOT NULL,
    call         BLOB NOT NULL CHECK (length(call) = 32), -- SHA-256 of the opening
    open         BLOB NOT NULL,
    accept       BLOB,
    "commit"     BLOB,
    tags_root    BLOB CHECK (length(tags_root) = 32),
    receipt      BLOB, -- this side's
    peer_receipt BLOB,
    expires_at   TEXT NOT NULL,
    -- Both null while it is under way.
    end_reason   BLOB, -- empty where it ended as agreed
    told         INTEGER CHECK (told IN (0, 1)),
    CHECK ((end_reason IS NULL) = (told IS NULL)),
    UNIQUE (call, role)
) STRICT, WITHOUT ROWID;

-- Only of sessions under way. The key is sealed under the vault, the seed under the key: with this row gone, nothing of
-- it opens again.
CREATE TABLE session_keys (
    round BLOB PRIMARY KEY REFERENCES sessions (round),
    key   BLOB NOT NULL, -- sealed
    seed  BLOB NOT NULL  -- sealed under the key
) STRICT, WITHOUT ROWID;

CREATE TABLE session_chunks (
    round     BLOB NOT NULL REFERENCES sessions (round),
    direction TEXT NOT NULL CHECK (direction IN ('blinded', 'evaluated')),
    chunk     INTEGER NOT NULL,
    root      BLOB NOT NULL CHECK (length(root) = 32),
    PRIMARY KEY (round, direction, chunk)
) STRICT, WITHOUT ROWID;

-- What proves a finding once the session's keys are gone.
CREATE TABLE evidence (
    round BLOB NOT NULL,
    seq   INTEGER NOT NULL,
    proof BLOB NOT NULL, -- sealed
    PRIMARY KEY (round, seq),
    FOREIGN KEY (round, seq) REFERENCES findings (round, seq)
) STRICT, WITHOUT ROWID;

-- What each peer was let ask about. It names agreements that a restored node may not know, so it refers to nothing.
CREATE TABLE debits (
    seq       INTEGER PRIMARY KEY,
    at        TEXT NOT NULL,
    peer      BLOB NOT NULL CHECK (length(peer) = 32),
    month     TEXT NOT NULL CHECK (month GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]'),
    agreement BLOB NOT NULL CHECK (length(agreement) = 32),
    purpose   TEXT NOT NULL,
    elements  INTEGER NOT NULL CHECK (elements >= 0),
    call      BLOB NOT NULL UNIQUE CHECK (length(call) = 32) -- the session's: asked twice, debited once
) STRICT;

CREATE INDEX debits_by_peer ON debits (peer, month);
CREATE INDEX debits_by_agreement ON debits (agreement, month);

-- Months of which nobody can say what was spent. A month's last row says whether it is locked.
CREATE TABLE budget_locks (
    seq    INTEGER PRIMARY KEY,
    at     TEXT NOT NULL,
    month  TEXT NOT NULL CHECK (month GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]'),
    locked INTEGER NOT NULL CHECK (locked IN (0, 1)),
    reason TEXT NOT NULL
) STRICT;

-- The furthest end of each peer's log that a receipt of its named.
CREATE TABLE peer_heads (
    peer BLOB PRIMARY KEY CHECK (length(peer) = 32),
    seq  INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT, WITHOUT ROWID;

ALTER TABLE peers ADD COLUMN withdrawn_at TEXT;

-- Cards that a later one of the same node replaced.
CREATE TABLE past_cards (
    seq         INTEGER PRIMARY KEY,
    node_key    BLOB NOT NULL REFERENCES peers (node_key),
    card        BLOB NOT NULL,
    replaced_at TEXT NOT NULL
) STRICT;

CREATE INDEX past_cards_by_peer ON past_cards (node_key);

-- Signed records of what was deleted, of one dataset or of one round's findings.
CREATE TABLE deletions (
    seq     INTEGER PRIMARY KEY,
    at      TEXT NOT NULL,
    dataset INTEGER UNIQUE REFERENCES datasets (id),
    round   BLOB UNIQUE REFERENCES rounds (id),
    record  BLOB NOT NULL,
    CHECK ((dataset IS NULL) <> (round IS NULL))
) STRICT;

CREATE TRIGGER sessions_belong_to_running_rounds BEFORE INSERT ON sessions
WHEN (SELECT state FROM rounds WHERE id = NEW.round) IS NOT 'running'
BEGIN SELECT RAISE(ABORT, 'a session needs a running round'); END;

CREATE TRIGGER rounds_end_with_their_session BEFORE UPDATE OF state ON rounds
WHEN NEW.state <> 'running' AND EXISTS (SELECT 1 FROM sessions WHERE round = NEW.id AND end_reason IS NULL)
BEGIN SELECT RAISE(ABORT, 'a round ends with its session'); END;

CREATE TRIGGER rounds_end_once BEFORE UPDATE OF state ON rounds
WHEN OLD.state <> 'running' AND NEW.state IS NOT OLD.state
BEGIN SELECT RAISE(ABORT, 'a round ends once'); END;

CREATE TRIGGER sessions_keep_what_was_said BEFORE UPDATE ON sessions
WHEN (NEW.round, NEW.role, NEW.call, NEW.open, NEW.expires_at)
  IS NOT (OLD.round, OLD.role, OLD.call, OLD.open, OLD.expires_at)
  OR NEW.accept IS NOT coalesce(OLD.accept, NEW.accept)
  OR NEW."commit" IS NOT coalesce(OLD."commit", NEW."commit")
  OR NEW.tags_root IS NOT coalesce(OLD.tags_root, NEW.tags_root)
  OR NEW.receipt IS NOT coalesce(OLD.receipt, NEW.receipt)
  OR NEW.peer_receipt IS NOT coalesce(OLD.peer_receipt, NEW.peer_receipt)
BEGIN SELECT RAISE(ABORT, 'a session keeps what was said'); END;

CREATE TRIGGER sessions_end_once BEFORE UPDATE ON sessions
WHEN OLD.end_reason IS NOT NULL
 AND ((NEW.accept, NEW."commit", NEW.tags_root, NEW.receipt, NEW.peer_receipt, NEW.end_reason)
  IS NOT (OLD.accept, OLD."commit", OLD.tags_root, OLD.receipt, OLD.peer_receipt, OLD.end_reason)
   OR NEW.told IS NOT max(OLD.told, NEW.told))
BEGIN SELECT RAISE(ABORT, 'a session ends once'); END;

CREATE TRIGGER sessions_stay BEFORE DELETE ON sessions
BEGIN SELECT RAISE(ABORT, 'sessions are never deleted'); END;

CREATE TRIGGER session_keys_are_for_open_sessions BEFORE INSERT ON session_keys
WHEN (SELECT end_reason FROM sessions WHERE round = NEW.round) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'an ended session keeps no secret'); END;

CREATE TRIGGER session_keys_stand BEFORE UPDATE ON session_keys
BEGIN SELECT RAISE(ABORT, 'a session keeps its seed'); END;

CREATE TRIGGER session_chunks_stand BEFORE UPDATE ON session_chunks
BEGIN SELECT RAISE(ABORT, 'a chunk is never changed'); END;

CREATE TRIGGER evidence_stands BEFORE UPDATE ON evidence
BEGIN SELECT RAISE(ABORT, 'evidence is never changed'); END;

CREATE TRIGGER debits_stand BEFORE UPDATE ON debits
BEGIN SELECT RAISE(ABORT, 'what was debited stays debited'); END;

CREATE TRIGGER debits_stay BEFORE DELETE ON debits
BEGIN SELECT RAISE(ABORT, 'what was debited stays debited'); END;

CREATE TRIGGER budget_locks_stand BEFORE UPDATE ON budget_locks
BEGIN SELECT RAISE(ABORT, 'a lock is lifted by another entry'); END;

CREATE TRIGGER budget_locks_stay BEFORE DELETE ON budget_locks
BEGIN SELECT RAISE(ABORT, 'a lock is lifted by another entry'); END;

CREATE TRIGGER peer_heads_move_on BEFORE UPDATE ON peer_heads
WHEN NEW.peer IS NOT OLD.peer OR NEW.seq <= OLD.seq
BEGIN SELECT RAISE(ABORT, 'the furthest head of a peer stays'); END;

CREATE TRIGGER peer_heads_stay BEFORE DELETE ON peer_heads
BEGIN SELECT RAISE(ABORT, 'the furthest head of a peer stays'); END;

CREATE TRIGGER peers_stay BEFORE DELETE ON peers
BEGIN SELECT RAISE(ABORT, 'a peer is withdrawn, not deleted'); END;

CREATE TRIGGER past_cards_stand BEFORE UPDATE ON past_cards
BEGIN SELECT RAISE(ABORT, 'past cards are never changed'); END;

CREATE TRIGGER past_cards_stay BEFORE DELETE ON past_cards
BEGIN SELECT RAISE(ABORT, 'past cards are never deleted'); END;

CREATE TRIGGER agreements_are_final BEFORE UPDATE ON agreements
WHEN OLD.state = 'signed' OR (OLD.state = 'refused' AND NEW.state = 'draft') OR NEW.digest IS NOT OLD.digest
BEGIN SELECT RAISE(ABORT, 'an agreement that is signed is final, and one that is refused is no draft again'); END;

CREATE TRIGGER agreements_stay BEFORE DELETE ON agreements
BEGIN SELECT RAISE(ABORT, 'agreements are never deleted'); END;

-- Records and findings go only once a deletion is on record, and never from under a round that still needs them.
DROP TRIGGER records_used_stay;
CREATE TRIGGER records_used_stay BEFORE DELETE ON records
WHEN EXISTS (SELECT 1 FROM round_datasets WHERE dataset = OLD.dataset)
 AND NOT EXISTS (SELECT 1 FROM deletions WHERE dataset = OLD.dataset)
BEGIN SELECT RAISE(ABORT, 'a round uses this dataset'); END;

DROP TRIGGER findings_stay;
CREATE TRIGGER findings_stay BEFORE DELETE ON findings
WHEN NOT EXISTS (SELECT 1 FROM deletions WHERE round = OLD.round)
BEGIN SELECT RAISE(ABORT, 'findings go with a record of their deletion only'); END;

CREATE TRIGGER evidence_stays BEFORE DELETE ON evidence
WHEN NOT EXISTS (SELECT 1 FROM deletions WHERE round = OLD.round)
BEGIN SELECT RAISE(ABORT, 'evidence goes with a record of its deletion only'); END;

CREATE TRIGGER findings_deleted_stay_so BEFORE INSERT ON findings
WHEN EXISTS (SELECT 1 FROM deletions WHERE round = NEW.round)
BEGIN SELECT RAISE(ABORT, 'the findings of this round were deleted'); END;

CREATE TRIGGER datasets_deleted_stay_so BEFORE DELETE ON datasets
WHEN EXISTS (SELECT 1 FROM deletions WHERE dataset = OLD.id)
BEGIN SELECT RAISE(ABORT, 'this dataset was deleted already'); END;

CREATE TRIGGER round_datasets_are_not_deleted BEFORE INSERT ON round_datasets
WHEN EXISTS (SELECT 1 FROM deletions WHERE dataset = NEW.dataset)
BEGIN SELECT RAISE(ABORT, 'this dataset was deleted'); END;

CREATE TRIGGER deletions_wait_for_rounds BEFORE INSERT ON deletions
WHEN EXISTS (
    SELECT 1 FROM rounds LEFT JOIN round_datasets ON round_datasets.round = rounds.id
    WHERE rounds.state = 'running' AND (rounds.id = NEW.round OR round_datasets.dataset = NEW.dataset)
)
BEGIN SELECT RAISE(ABORT, 'a round under way needs it'); END;

CREATE TRIGGER deletions_are_of_finished_datasets BEFORE INSERT ON deletions
WHEN NEW.dataset IS NOT NULL AND (SELECT finished_at FROM datasets WHERE id = NEW.dataset) IS NULL
BEGIN SELECT RAISE(ABORT, 'only a finished dataset is deleted on record'); END;

CREATE TRIGGER deletions_stand BEFORE UPDATE ON deletions
BEGIN SELECT RAISE(ABORT, 'records of deletion are never changed'); END;

CREATE TRIGGER deletions_stay BEFORE DELETE ON deletions
BEGIN SELECT RAISE(ABORT, 'records of deletion are never deleted'); END;
