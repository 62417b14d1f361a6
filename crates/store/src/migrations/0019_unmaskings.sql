-- Who asked to see a person's number, who let them, and when they looked. The reason is sealed: it may speak of the
-- person, and goes with the finding. What the log says of all this stays.
CREATE TABLE unmaskings (
    n          INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: the log names it
    round      BLOB NOT NULL,
    seq        INTEGER NOT NULL, -- the finding's
    asked_by   TEXT NOT NULL,
    asked_at   TEXT NOT NULL,
    reason     BLOB NOT NULL,    -- sealed
    decision   TEXT CHECK (decision IN ('granted', 'refused')),
    decided_by TEXT,
    decided_at TEXT,
    CHECK ((decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (decided_at IS NULL)),
    FOREIGN KEY (round, seq) REFERENCES findings (round, seq)
) STRICT;

CREATE INDEX unmaskings_finding ON unmaskings (round, seq);

CREATE TABLE unmasking_looks (
    unmasking INTEGER NOT NULL REFERENCES unmaskings (n),
    number    INTEGER NOT NULL, -- from 1 without gaps
    at        TEXT NOT NULL,
    PRIMARY KEY (unmasking, number)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER unmaskings_begin_undecided BEFORE INSERT ON unmaskings
WHEN NEW.decision IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'an unmasking is asked for before it is decided on'); END;

CREATE TRIGGER unmaskings_stand BEFORE UPDATE ON unmaskings
WHEN OLD.decision IS NOT NULL OR NEW.decision IS NULL
  OR (NEW.n, NEW.round, NEW.seq, NEW.asked_by, NEW.asked_at, NEW.reason)
     IS NOT (OLD.n, OLD.round, OLD.seq, OLD.asked_by, OLD.asked_at, OLD.reason)
BEGIN SELECT RAISE(ABORT, 'an unmasking is decided on once'); END;

CREATE TRIGGER unmaskings_stay BEFORE DELETE ON unmaskings
WHEN NOT EXISTS (SELECT 1 FROM deletions WHERE round = OLD.round)
BEGIN SELECT RAISE(ABORT, 'unmaskings go with a record of their deletion only'); END;

CREATE TRIGGER unmasking_looks_follow BEFORE INSERT ON unmasking_looks
WHEN NEW.number IS NOT
    1 + (SELECT coalesce(max(number), 0) FROM unmasking_looks WHERE unmasking = NEW.unmasking)
  OR NOT EXISTS (SELECT 1 FROM unmaskings WHERE n = NEW.unmasking AND decision = 'granted')
BEGIN SELECT RAISE(ABORT, 'looks follow each other, and a grant'); END;

CREATE TRIGGER unmasking_looks_stand BEFORE UPDATE ON unmasking_looks
BEGIN SELECT RAISE(ABORT, 'a look is never changed'); END;

CREATE TRIGGER unmasking_looks_stay BEFORE DELETE ON unmasking_looks
WHEN NOT EXISTS (
    SELECT 1 FROM deletions JOIN unmaskings ON unmaskings.round = deletions.round
    WHERE unmaskings.n = OLD.unmasking)
BEGIN SELECT RAISE(ABORT, 'looks go with a record of their deletion only'); END;
