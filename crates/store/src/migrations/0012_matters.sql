-- What is kept of one person in the ledger. What people write is sealed; the number is theirs too, and known by a keyed
-- digest. A clue is of a finding, and `basis` keeps the same from being opened twice, also by a later round.
CREATE TABLE matters (
    id        INTEGER PRIMARY KEY CHECK (id > 0), -- without gaps
    kind      TEXT NOT NULL CHECK (kind IN ('transfer', 'notice', 'lead', 'clue')),
    direction TEXT NOT NULL CHECK (direction IN ('own', 'received')),
    number    BLOB NOT NULL UNIQUE CHECK (length(number) = 16),
    lookup    BLOB NOT NULL CHECK (length(lookup) = 16), -- the person's, as in records
    person    BLOB NOT NULL, -- sealed
    opening   BLOB NOT NULL, -- sealed
    care      BLOB NOT NULL, -- sealed: with how much care the person is to be dealt with
    basis     BLOB UNIQUE CHECK (length(basis) = 32)
) STRICT;

CREATE INDEX matters_lookup ON matters (lookup);

CREATE TABLE matter_events (
    matter INTEGER NOT NULL REFERENCES matters (id),
    number INTEGER NOT NULL, -- from 1 without gaps
    event  BLOB NOT NULL,    -- sealed
    PRIMARY KEY (matter, number)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER matters_follow BEFORE INSERT ON matters
WHEN NEW.id IS NOT 1 + (SELECT coalesce(max(id), 0) FROM matters)
BEGIN SELECT RAISE(ABORT, 'matters follow each other'); END;

CREATE TRIGGER matters_stand BEFORE UPDATE ON matters
BEGIN SELECT RAISE(ABORT, 'a matter is never changed'); END;

CREATE TRIGGER matters_stay BEFORE DELETE ON matters
BEGIN SELECT RAISE(ABORT, 'a matter stays'); END;

CREATE TRIGGER matter_events_follow BEFORE INSERT ON matter_events
WHEN NEW.number IS NOT 1 + (SELECT coalesce(max(number), 0) FROM matter_events WHERE matter = NEW.matter)
BEGIN SELECT RAISE(ABORT, 'the acts in a matter follow each other'); END;

CREATE TRIGGER matter_events_stand BEFORE UPDATE ON matter_events
BEGIN SELECT RAISE(ABORT, 'an act in a matter is never changed'); END;

CREATE TRIGGER matter_events_stay BEFORE DELETE ON matter_events
BEGIN SELECT RAISE(ABORT, 'an act in a matter stays'); END;
