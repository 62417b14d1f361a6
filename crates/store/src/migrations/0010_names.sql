-- Whether names agree: of a name what can be compared, and nothing that can be read.
ALTER TABLE records ADD COLUMN name BLOB; -- sealed

-- When rounds with a peer first found that the names of a person differ under a rule, and when that they do not any more.
-- It outlives the findings: whoever leaves the names out of the next round does not undo what the last one found.
CREATE TABLE names_compared (
    seq    INTEGER PRIMARY KEY,
    peer   BLOB NOT NULL CHECK (length(peer) = 32),
    rule   TEXT NOT NULL,                             -- empty where findings have none
    person BLOB NOT NULL CHECK (length(person) = 16), -- keyed digest
    at     TEXT NOT NULL,
    differ INTEGER NOT NULL CHECK (differ IN (0, 1))
) STRICT;

CREATE INDEX names_compared_of_person ON names_compared (peer, person, rule, seq);

CREATE TRIGGER names_compared_stand BEFORE UPDATE ON names_compared
BEGIN SELECT RAISE(ABORT, 'what was found of names stands'); END;

CREATE TRIGGER names_compared_stay BEFORE DELETE ON names_compared
BEGIN SELECT RAISE(ABORT, 'what was found of names stands'); END;
