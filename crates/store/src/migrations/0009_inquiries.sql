-- Inquiries, and what was disclosed to whom.

-- Questions about one person, on either side: of this agency about a finding of its own, or of a peer. They go with the
-- findings of their round.
CREATE TABLE inquiries (
    item      BLOB PRIMARY KEY CHECK (length(item) = 16),
    peer      BLOB NOT NULL CHECK (length(peer) = 32), -- its node key
    agreement BLOB NOT NULL REFERENCES agreements (digest),
    round     BLOB NOT NULL REFERENCES rounds (id),
    seq       INTEGER,       -- the finding asked about; null where the peer asks
    opened_at TEXT NOT NULL,
    opening   BLOB NOT NULL, -- sealed
    person    BLOB NOT NULL, -- sealed
    FOREIGN KEY (round, seq) REFERENCES findings (round, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX inquiries_by_finding ON inquiries (round, seq);

CREATE TABLE inquiry_events (
    item   BLOB NOT NULL REFERENCES inquiries (item),
    number INTEGER NOT NULL, -- from 1 without gaps
    event  BLOB NOT NULL,    -- sealed
    PRIMARY KEY (item, number)
) STRICT, WITHOUT ROWID;

-- Whose number was given to whom, written before it leaves. It outlives the inquiry: records of what was provided are
-- kept for three years at least (网络数据安全管理条例 art. 12).
CREATE TABLE disclosures (
    seq         INTEGER PRIMARY KEY,
    item        BLOB NOT NULL UNIQUE CHECK (length(item) = 16),
    at          TEXT NOT NULL,
    peer        BLOB NOT NULL CHECK (length(peer) = 32),
    agreement   BLOB NOT NULL CHECK (length(agreement) = 32),
    purpose     TEXT NOT NULL,
    fields      TEXT NOT NULL CHECK (json_array_length(fields) > 0), -- JSON array of names
    persons     INTEGER NOT NULL CHECK (persons = 1),
    approved_by TEXT NOT NULL,
    released_by TEXT NOT NULL CHECK (released_by <> approved_by),
    person      BLOB NOT NULL -- sealed
) STRICT;

CREATE TRIGGER inquiries_stand BEFORE UPDATE ON inquiries
BEGIN SELECT RAISE(ABORT, 'an inquiry keeps with what it began'); END;

CREATE TRIGGER inquiries_stay BEFORE DELETE ON inquiries
WHEN NOT EXISTS (SELECT 1 FROM deletions WHERE round = OLD.round)
BEGIN SELECT RAISE(ABORT, 'inquiries go with a record of their deletion only'); END;

CREATE TRIGGER inquiries_deleted_stay_so BEFORE INSERT ON inquiries
WHEN EXISTS (SELECT 1 FROM deletions WHERE round = NEW.round)
BEGIN SELECT RAISE(ABORT, 'the findings of this round were deleted'); END;

CREATE TRIGGER inquiry_events_follow BEFORE INSERT ON inquiry_events
WHEN NEW.number IS NOT 1 + (SELECT coalesce(max(number), 0) FROM inquiry_events WHERE item = NEW.item)
BEGIN SELECT RAISE(ABORT, 'the acts of an inquiry follow each other'); END;

CREATE TRIGGER inquiry_events_stand BEFORE UPDATE ON inquiry_events
BEGIN SELECT RAISE(ABORT, 'an act of an inquiry is never changed'); END;

CREATE TRIGGER inquiry_events_stay BEFORE DELETE ON inquiry_events
WHEN NOT EXISTS (
    SELECT 1 FROM inquiries JOIN deletions ON deletions.round = inquiries.round WHERE inquiries.item = OLD.item
)
BEGIN SELECT RAISE(ABORT, 'acts of inquiries go with a record of their deletion only'); END;

CREATE TRIGGER disclosures_follow BEFORE INSERT ON disclosures
WHEN NEW.seq IS NOT 1 + (SELECT coalesce(max(seq), 0) FROM disclosures)
BEGIN SELECT RAISE(ABORT, 'the lines of the disclosure ledger follow each other'); END;

CREATE TRIGGER disclosures_stand BEFORE UPDATE ON disclosures
BEGIN SELECT RAISE(ABORT, 'the disclosure ledger is never changed'); END;

CREATE TRIGGER disclosures_stay BEFORE DELETE ON disclosures
BEGIN SELECT RAISE(ABORT, 'the disclosure ledger is never deleted'); END;
