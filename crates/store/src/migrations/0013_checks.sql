-- Checks before a payment.

-- A few people are asked after at each of several peers, in a round of its own that enters no dataset. Written before the
-- round itself, in one transaction.
CREATE TABLE checks (
    round   BLOB PRIMARY KEY REFERENCES rounds (id) DEFERRABLE INITIALLY DEFERRED,
    id      BLOB NOT NULL CHECK (length(id) = 16), -- the check's, one for all peers
    actor   TEXT NOT NULL,
    people  INTEGER NOT NULL CHECK (people BETWEEN 1 AND 20),
    about   BLOB, -- sealed: on what it rests, the case file and the people, masked; null once it is deleted
    results BLOB  -- sealed: what was learned of each; null until it ended as agreed, and once it is deleted
) STRICT, WITHOUT ROWID;

CREATE INDEX checks_by_id ON checks (id);

-- What a session under way enters where that stands in no dataset. Sealed under the session's key: it goes with it.
CREATE TABLE session_sets (
    round   BLOB PRIMARY KEY REFERENCES sessions (round),
    entered BLOB NOT NULL -- sealed
) STRICT, WITHOUT ROWID;

DROP TRIGGER rounds_use_datasets;
CREATE TRIGGER rounds_use_datasets BEFORE INSERT ON rounds
WHEN NOT EXISTS (SELECT 1 FROM round_datasets WHERE round = NEW.id)
 AND NOT EXISTS (SELECT 1 FROM checks WHERE round = NEW.id)
BEGIN SELECT RAISE(ABORT, 'a round needs a dataset'); END;

CREATE TRIGGER checks_come_first BEFORE INSERT ON checks
WHEN EXISTS (SELECT 1 FROM rounds WHERE id = NEW.round)
  OR EXISTS (SELECT 1 FROM round_datasets WHERE round = NEW.round)
BEGIN SELECT RAISE(ABORT, 'a round is a check from its beginning'); END;

CREATE TRIGGER checks_enter_no_dataset BEFORE INSERT ON round_datasets
WHEN EXISTS (SELECT 1 FROM checks WHERE round = NEW.round)
BEGIN SELECT RAISE(ABORT, 'a check enters no dataset'); END;

CREATE TRIGGER checks_make_no_findings BEFORE INSERT ON findings
WHEN EXISTS (SELECT 1 FROM checks WHERE round = NEW.round)
BEGIN SELECT RAISE(ABORT, 'what a check says is no finding'); END;

CREATE TRIGGER checks_keep_what_they_say BEFORE UPDATE ON checks
WHEN (NEW.round, NEW.id, NEW.actor, NEW.people) IS NOT (OLD.round, OLD.id, OLD.actor, OLD.people)
  OR ((NEW.about, NEW.results) IS NOT (NULL, NULL)
    AND (NEW.about IS NOT OLD.about OR NEW.results IS NOT coalesce(OLD.results, NEW.results)))
BEGIN SELECT RAISE(ABORT, 'a check keeps what it says'); END;

CREATE TRIGGER checks_go_on_record BEFORE UPDATE ON checks
WHEN OLD.about IS NOT NULL AND NEW.about IS NULL AND NOT EXISTS (SELECT 1 FROM deletions WHERE round = OLD.round)
BEGIN SELECT RAISE(ABORT, 'what a check says goes with a record of its deletion only'); END;

CREATE TRIGGER checks_stay BEFORE DELETE ON checks
BEGIN SELECT RAISE(ABORT, 'checks are never deleted'); END;

CREATE TRIGGER session_sets_are_for_open_sessions BEFORE INSERT ON session_sets
WHEN NOT EXISTS (SELECT 1 FROM session_keys WHERE round = NEW.round)
BEGIN SELECT RAISE(ABORT, 'only a session under way keeps what it enters'); END;

CREATE TRIGGER session_sets_stand BEFORE UPDATE ON session_sets
BEGIN SELECT RAISE(ABORT, 'a session keeps what it enters'); END;
