-- What is done about findings, act by act. An act is sealed whole, since people write into it.
CREATE TABLE finding_events (
    round  BLOB NOT NULL,
    seq    INTEGER NOT NULL, -- the finding's
    number INTEGER NOT NULL, -- from 1 without gaps
    event  BLOB NOT NULL,    -- sealed
    PRIMARY KEY (round, seq, number),
    FOREIGN KEY (round, seq) REFERENCES findings (round, seq)
) STRICT, WITHOUT ROWID;

-- What corrected findings rested on, as keyed digests. They outlive their findings: what was found to be wrong must not
-- come back because the time is over for which it is kept.
CREATE TABLE corrections (
    basis BLOB PRIMARY KEY CHECK (length(basis) = 32),
    round BLOB NOT NULL REFERENCES rounds (id),
    seq   INTEGER NOT NULL -- the finding's
) STRICT, WITHOUT ROWID;

CREATE TRIGGER finding_events_follow BEFORE INSERT ON finding_events
WHEN NEW.number IS NOT
  1 + (SELECT coalesce(max(number), 0) FROM finding_events WHERE round = NEW.round AND seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the acts on a finding follow each other'); END;

CREATE TRIGGER finding_events_stand BEFORE UPDATE ON finding_events
BEGIN SELECT RAISE(ABORT, 'an act on a finding is never changed'); END;

CREATE TRIGGER finding_events_stay BEFORE DELETE ON finding_events
WHEN NOT EXISTS (SELECT 1 FROM deletions WHERE round = OLD.round)
BEGIN SELECT RAISE(ABORT, 'acts on findings go with a record of their deletion only'); END;

CREATE TRIGGER corrections_stand BEFORE UPDATE ON corrections
BEGIN SELECT RAISE(ABORT, 'a correction stands'); END;

CREATE TRIGGER corrections_stay BEFORE DELETE ON corrections
BEGIN SELECT RAISE(ABORT, 'a correction stands'); END;
