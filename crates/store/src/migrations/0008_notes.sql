-- Notes between agencies about one person, on their way.

-- What this node says. It stands sealed until the peer has answered, or until it may not go any more, and is wiped then.
-- Digest and signatures stay, and
-- are sealed as well: whoever knows the rest of a note could guess the number in it from either.
CREATE TABLE notes_out (
    id          BLOB PRIMARY KEY CHECK (length(id) = 16),
    seq         INTEGER NOT NULL UNIQUE, -- the order in which they were made
    peer        BLOB NOT NULL CHECK (length(peer) = 32),
    agreement   BLOB NOT NULL CHECK (length(agreement) = 32),
    item        BLOB NOT NULL CHECK (length(item) = 16),
    word        TEXT NOT NULL,
    made_at     TEXT NOT NULL,
    body        BLOB CHECK ((body IS NULL) = (answered_at IS NOT NULL OR refused IS NOT NULL)), -- sealed
    signed      BLOB NOT NULL,                                                -- sealed: digest and own signature
    answered_at TEXT,
    answer      BLOB CHECK ((answer IS NULL) = (answered_at IS NULL)),        -- sealed: the peer's signature
    refused     TEXT -- why it was not taken, or where there is no answer, why it did not go
) STRICT, WITHOUT ROWID;

CREATE INDEX notes_out_by_item ON notes_out (item);
CREATE INDEX notes_out_by_peer ON notes_out (peer, made_at);
CREATE INDEX notes_out_due ON notes_out (peer, seq) WHERE body IS NOT NULL;

-- What peers said, and what was answered: the same, however often it comes.
CREATE TABLE notes_in (
    peer      BLOB NOT NULL CHECK (length(peer) = 32),
    id        BLOB NOT NULL CHECK (length(id) = 16),
    seq       INTEGER NOT NULL UNIQUE,
    item      BLOB CHECK (length(item) = 16), -- null where the note can't be read
    word      TEXT CHECK ((word IS NULL) = (item IS NULL)),
    taken_at  TEXT NOT NULL,
    signed    BLOB NOT NULL, -- sealed: digest and the peer's signature
    answer    BLOB NOT NULL, -- sealed: own signature
    refused   TEXT,
    PRIMARY KEY (peer, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX notes_in_by_item ON notes_in (item);
CREATE INDEX notes_in_by_time ON notes_in (peer, taken_at);

-- What other agencies told of their own findings, by matter and by when they recorded it.
CREATE TABLE outcomes (
    item     BLOB NOT NULL CHECK (length(item) = 16),
    at       TEXT NOT NULL,
    round    BLOB NOT NULL REFERENCES rounds (id), -- with whose findings it goes
    heard_at TEXT NOT NULL,
    corrects INTEGER NOT NULL CHECK (corrects IN (0, 1)), -- the other agency withdraws its finding
    note     BLOB NOT NULL, -- sealed
    PRIMARY KEY (item, at)
) STRICT, WITHOUT ROWID;

-- One matter is corrected once.
CREATE UNIQUE INDEX outcomes_correct_once ON outcomes (item) WHERE corrects;

-- When other agencies withdrew a finding, and when they first decided something after that. By a keyed digest of
-- agreement, rule and person: it binds the findings of all rounds, and outlives them, for the acts on others are read
-- again by it.
CREATE TABLE withdrawals (
    seq      INTEGER PRIMARY KEY,
    subject  BLOB NOT NULL CHECK (length(subject) = 32),
    heard_at TEXT NOT NULL,
    corrects INTEGER NOT NULL CHECK (corrects IN (0, 1))
) STRICT;

CREATE INDEX withdrawals_by_subject ON withdrawals (subject, seq);

CREATE TRIGGER withdrawals_follow BEFORE INSERT ON withdrawals
WHEN NEW.seq IS NOT 1 + (SELECT coalesce(max(seq), 0) FROM withdrawals)
BEGIN SELECT RAISE(ABORT, 'withdrawals follow each other'); END;

CREATE TRIGGER withdrawals_stand BEFORE UPDATE ON withdrawals
BEGIN SELECT RAISE(ABORT, 'what another agency withdrew stands'); END;

CREATE TRIGGER withdrawals_stay BEFORE DELETE ON withdrawals
BEGIN SELECT RAISE(ABORT, 'what another agency withdrew is never deleted'); END;

CREATE TRIGGER outcomes_stand BEFORE UPDATE ON outcomes
BEGIN SELECT RAISE(ABORT, 'what another agency told stands'); END;

CREATE TRIGGER outcomes_stay BEFORE DELETE ON outcomes
WHEN NOT EXISTS (SELECT 1 FROM deletions WHERE round = OLD.round)
BEGIN SELECT RAISE(ABORT, 'what was told of findings goes with a record of their deletion only'); END;

CREATE TRIGGER notes_out_keep_what_they_say BEFORE UPDATE ON notes_out
WHEN OLD.answered_at IS NOT NULL
  OR (NEW.id, NEW.seq, NEW.peer, NEW.agreement, NEW.item, NEW.word, NEW.made_at, NEW.signed)
  IS NOT (OLD.id, OLD.seq, OLD.peer, OLD.agreement, OLD.item, OLD.word, OLD.made_at, OLD.signed)
  OR (NEW.body IS NOT NULL AND NEW.body IS NOT OLD.body)
BEGIN SELECT RAISE(ABORT, 'a note keeps what it says'); END;

CREATE TRIGGER notes_out_stay BEFORE DELETE ON notes_out
BEGIN SELECT RAISE(ABORT, 'notes are never deleted'); END;

CREATE TRIGGER notes_in_stand BEFORE UPDATE ON notes_in
BEGIN SELECT RAISE(ABORT, 'what became of a note stands'); END;

CREATE TRIGGER notes_in_stay BEFORE DELETE ON notes_in
BEGIN SELECT RAISE(ABORT, 'what became of a note stands'); END;
