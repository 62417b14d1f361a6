-- What this node enters in a round of a conference, fixed before the round begins. With the nonce and the digests of the
-- datasets it can show what its commitment was of; nobody else ever has the nonce.
CREATE TABLE frozen (
    conference BLOB NOT NULL CHECK (length(conference) = 32),
    round      INTEGER NOT NULL CHECK (round > 0),
    at         TEXT NOT NULL,
    until      TEXT NOT NULL,                                -- as long as its sessions may run
    nonce      BLOB NOT NULL,                                -- sealed
    snapshot   BLOB NOT NULL CHECK (length(snapshot) = 32),  -- the commitment
    sets       TEXT NOT NULL,                                -- JSON: how many elements in each leg
    PRIMARY KEY (conference, round)
) STRICT, WITHOUT ROWID;

-- Written before the round's own line, in one transaction; once that is there, no more comes.
CREATE TABLE frozen_datasets (
    conference BLOB NOT NULL,
    round      INTEGER NOT NULL,
    dataset    INTEGER NOT NULL REFERENCES datasets (id),
    PRIMARY KEY (conference, round, dataset),
    FOREIGN KEY (conference, round) REFERENCES frozen (conference, round) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

-- Which run of which leg a session is. It comes before the session, which may then never begin.
CREATE TABLE leg_sessions (
    session    BLOB PRIMARY KEY CHECK (length(session) = 32), -- the id of its round in rounds
    conference BLOB NOT NULL CHECK (length(conference) = 32),
    round      INTEGER NOT NULL CHECK (round > 0),
    annex      BLOB NOT NULL CHECK (length(annex) = 32),
    receiver   INTEGER NOT NULL CHECK (receiver IN (0, 1)),
    run        INTEGER NOT NULL CHECK (run > 0)               -- 1, and one more with each re-run
) STRICT, WITHOUT ROWID;

CREATE INDEX leg_sessions_by_round ON leg_sessions (conference, round);

CREATE TRIGGER frozen_enters_something BEFORE INSERT ON frozen
WHEN NOT EXISTS (
    SELECT 1 FROM frozen_datasets WHERE conference = NEW.conference AND round = NEW.round
)
BEGIN SELECT RAISE(ABORT, 'what is frozen is something'); END;

CREATE TRIGGER frozen_stands BEFORE UPDATE ON frozen
BEGIN SELECT RAISE(ABORT, 'what is frozen is never changed'); END;

CREATE TRIGGER frozen_stays BEFORE DELETE ON frozen
BEGIN SELECT RAISE(ABORT, 'what is frozen stays'); END;

CREATE TRIGGER frozen_datasets_come_first BEFORE INSERT ON frozen_datasets
WHEN EXISTS (SELECT 1 FROM frozen WHERE conference = NEW.conference AND round = NEW.round)
BEGIN SELECT RAISE(ABORT, 'what is frozen takes no more datasets'); END;

CREATE TRIGGER frozen_datasets_are_finished BEFORE INSERT ON frozen_datasets
WHEN (SELECT finished_at FROM datasets WHERE id = NEW.dataset) IS NULL
BEGIN SELECT RAISE(ABORT, 'only a finished dataset is frozen'); END;

CREATE TRIGGER frozen_datasets_stand BEFORE UPDATE ON frozen_datasets
BEGIN SELECT RAISE(ABORT, 'what is frozen is never changed'); END;

CREATE TRIGGER frozen_datasets_stay BEFORE DELETE ON frozen_datasets
BEGIN SELECT RAISE(ABORT, 'what is frozen stays'); END;

CREATE TRIGGER leg_sessions_stand BEFORE UPDATE ON leg_sessions
BEGIN SELECT RAISE(ABORT, 'a session stays with its leg'); END;

CREATE TRIGGER leg_sessions_stay BEFORE DELETE ON leg_sessions
BEGIN SELECT RAISE(ABORT, 'a session stays with its leg'); END;
