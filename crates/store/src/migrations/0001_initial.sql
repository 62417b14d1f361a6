-- Sealed columns say so; everything else stands in clear and names nobody. Timestamps are UTC, RFC 3339.

-- Snapshots of an agency's registers. Ids are never used again: sealed columns are bound to them.
CREATE TABLE datasets (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    name           TEXT NOT NULL,
    files          TEXT NOT NULL CHECK (json_array_length(files) > 0), -- JSON array of names, in order
    first_file     INTEGER NOT NULL,                                   -- node-wide number of the first of them
    mapping_digest BLOB NOT NULL CHECK (length(mapping_digest) = 32),
    kind           TEXT NOT NULL,
    case_scheme    TEXT,
    started_at     TEXT NOT NULL,
    -- All null while rows come in, all set at once when the import ends.
    finished_at    TEXT,
    reconciliation TEXT,
    rows           INTEGER,
    persons        INTEGER,
    digest         BLOB CHECK (length(digest) = 32),
    -- The number after the last is a u32 still.
    CHECK (first_file > 0 AND first_file + json_array_length(files) <= 4294967295)
) STRICT;

-- The last file number of every dataset there ever was: a row once shown or printed must never come to mean a row of
-- another file, though its dataset is removed.
CREATE TABLE file_numbers (last INTEGER PRIMARY KEY) STRICT;

CREATE TABLE records (
    dataset      INTEGER NOT NULL REFERENCES datasets (id),
    seq          INTEGER NOT NULL,
    file         INTEGER NOT NULL,
    sheet        INTEGER NOT NULL,
    row          INTEGER NOT NULL,
    lookup       BLOB NOT NULL CHECK (length(lookup) = 16), -- keyed digest of the person
    person       BLOB NOT NULL,                             -- sealed
    programme    TEXT NOT NULL,
    period_from  TEXT NOT NULL, -- a month, or the day of a one-off
    period_to    TEXT,          -- the month after the last; null for a one-off
    amount_fen   INTEGER,
    amount_per   TEXT,
    household    BLOB,          -- sealed
    case_number  BLOB,          -- sealed
    status       TEXT NOT NULL,
    PRIMARY KEY (dataset, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX records_by_person ON records (dataset, lookup);

CREATE TABLE peers (
    node_key    BLOB PRIMARY KEY CHECK (length(node_key) = 32),
    name        TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    card        BLOB NOT NULL,
    pinned      INTEGER NOT NULL CHECK (pinned IN (0, 1)),
    added_at    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE agreements (
    digest     BLOB PRIMARY KEY CHECK (length(digest) = 32),
    signed     BLOB NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('draft', 'signed', 'refused')),
    reason     TEXT CHECK ((reason IS NOT NULL) = (state = 'refused')),
    changed_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE rounds (
    id            BLOB PRIMARY KEY CHECK (length(id) = 32),
    agreement     BLOB NOT NULL REFERENCES agreements (digest),
    peer          BLOB NOT NULL CHECK (length(peer) = 32), -- its node key: a peer can be removed, its rounds stay
    role          TEXT NOT NULL,
    state         TEXT NOT NULL,
    started_at    TEXT NOT NULL,
    ended_at      TEXT,
    own_elements  INTEGER,
    peer_elements INTEGER,
    matched       INTEGER,
    bytes_out     INTEGER NOT NULL,
    bytes_in      INTEGER NOT NULL,
    error         TEXT
) STRICT, WITHOUT ROWID;

-- What a round entered. Written before the round itself, in one transaction; once the round is there, no more comes.
CREATE TABLE round_datasets (
    round   BLOB NOT NULL REFERENCES rounds (id) DEFERRABLE INITIALLY DEFERRED,
    dataset INTEGER NOT NULL REFERENCES datasets (id),
    PRIMARY KEY (round, dataset)
) STRICT, WITHOUT ROWID;

CREATE INDEX rounds_by_dataset ON round_datasets (dataset);

CREATE TABLE findings (
    round   BLOB NOT NULL REFERENCES rounds (id),
    seq     INTEGER NOT NULL,
    shown   TEXT NOT NULL, -- JSON; bound to the secrets
    secrets BLOB NOT NULL, -- sealed: person, case numbers, household numbers
    PRIMARY KEY (round, seq)
) STRICT, WITHOUT ROWID;

-- Public keys of sessions. One that comes again would let two rounds be linked.
CREATE TABLE seen_keys (key BLOB PRIMARY KEY CHECK (length(key) = 32)) STRICT, WITHOUT ROWID;

CREATE TABLE log (
    seq      INTEGER PRIMARY KEY,
    at       TEXT NOT NULL,
    actor    TEXT NOT NULL,
    kind     TEXT NOT NULL,
    body     TEXT NOT NULL, -- canonical JSON
    previous BLOB NOT NULL CHECK (length(previous) = 32),
    hash     BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- A dataset is what its import wrote; once a round uses it, it stays.
CREATE TRIGGER records_come_by_import BEFORE INSERT ON records
WHEN (SELECT finished_at FROM datasets WHERE id = NEW.dataset) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a finished dataset takes no more records'); END;

CREATE TRIGGER records_stand BEFORE UPDATE ON records
BEGIN SELECT RAISE(ABORT, 'records are never changed'); END;

CREATE TRIGGER records_used_stay BEFORE DELETE ON records
WHEN EXISTS (SELECT 1 FROM round_datasets WHERE dataset = OLD.dataset)
BEGIN SELECT RAISE(ABORT, 'a round uses this dataset'); END;

CREATE TRIGGER datasets_stand BEFORE UPDATE ON datasets
WHEN OLD.finished_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a finished dataset is never changed'); END;

CREATE TRIGGER datasets_used_stay BEFORE DELETE ON datasets
WHEN EXISTS (SELECT 1 FROM round_datasets WHERE dataset = OLD.id)
BEGIN SELECT RAISE(ABORT, 'a round uses this dataset'); END;

CREATE TRIGGER datasets_bring_new_files BEFORE INSERT ON datasets
WHEN NEW.first_file <= (SELECT max(last) FROM file_numbers)
BEGIN SELECT RAISE(ABORT, 'a file number is never used again'); END;

CREATE TRIGGER datasets_use_up_numbers AFTER INSERT ON datasets
BEGIN INSERT INTO file_numbers VALUES (NEW.first_file + json_array_length(NEW.files) - 1); END;

CREATE TRIGGER datasets_keep_files BEFORE UPDATE OF files, first_file ON datasets
BEGIN SELECT RAISE(ABORT, 'a dataset keeps its files'); END;

CREATE TRIGGER file_numbers_stand BEFORE UPDATE ON file_numbers
BEGIN SELECT RAISE(ABORT, 'a file number is never used again'); END;

CREATE TRIGGER file_numbers_stay BEFORE DELETE ON file_numbers
BEGIN SELECT RAISE(ABORT, 'a file number is never used again'); END;

CREATE TRIGGER round_datasets_are_finished BEFORE INSERT ON round_datasets
WHEN (SELECT finished_at FROM datasets WHERE id = NEW.dataset) IS NULL
BEGIN SELECT RAISE(ABORT, 'a round needs finished datasets'); END;

CREATE TRIGGER round_datasets_come_first BEFORE INSERT ON round_datasets
WHEN EXISTS (SELECT 1 FROM rounds WHERE id = NEW.round)
BEGIN SELECT RAISE(ABORT, 'a round keeps its datasets'); END;

CREATE TRIGGER round_datasets_stand BEFORE UPDATE ON round_datasets
BEGIN SELECT RAISE(ABORT, 'a round keeps its datasets'); END;

CREATE TRIGGER round_datasets_stay BEFORE DELETE ON round_datasets
BEGIN SELECT RAISE(ABORT, 'a round keeps its datasets'); END;

CREATE TRIGGER rounds_use_datasets BEFORE INSERT ON rounds
WHEN NOT EXISTS (SELECT 1 FROM round_datasets WHERE round = NEW.id)
BEGIN SELECT RAISE(ABORT, 'a round needs a dataset'); END;

CREATE TRIGGER rounds_keep_who_and_what BEFORE UPDATE ON rounds
WHEN (NEW.id, NEW.agreement, NEW.peer, NEW.role, NEW.started_at)
  IS NOT (OLD.id, OLD.agreement, OLD.peer, OLD.role, OLD.started_at)
BEGIN SELECT RAISE(ABORT, 'a round keeps its agreement, peer, role and beginning'); END;

CREATE TRIGGER rounds_stay BEFORE DELETE ON rounds
BEGIN SELECT RAISE(ABORT, 'rounds are never deleted'); END;

CREATE TRIGGER findings_stand BEFORE UPDATE ON findings
BEGIN SELECT RAISE(ABORT, 'findings are never changed'); END;

CREATE TRIGGER findings_stay BEFORE DELETE ON findings
BEGIN SELECT RAISE(ABORT, 'findings are never deleted'); END;

CREATE TRIGGER log_stands BEFORE UPDATE ON log
BEGIN SELECT RAISE(ABORT, 'the log is never changed'); END;

CREATE TRIGGER log_stays BEFORE DELETE ON log
BEGIN SELECT RAISE(ABORT, 'the log is never deleted'); END;
