-- Lines of a conference's ledger that are of matters here. The ledger has no person: which line is of which finding, letter
-- or question is known to this store alone, by digests under its own key and in sealed columns.
CREATE TABLE conference_lines (
    conference BLOB NOT NULL CHECK (length(conference) = 32),
    item       BLOB NOT NULL CHECK (length(item) = 16),
    known_by   BLOB NOT NULL CHECK (length(known_by) = 16), -- keyed: by what it is known again in a later round
    subject    BLOB NOT NULL CHECK (length(subject) = 16),  -- keyed: whom it is about, under what
    begun      BLOB NOT NULL, -- sealed: with what it began
    said       BLOB,          -- sealed: what this node had to say of it when the record was last seen to have it
    PRIMARY KEY (conference, item),
    UNIQUE (conference, known_by)
) STRICT, WITHOUT ROWID;

-- Where the matter stands here: several rounds can find the same.
CREATE TABLE conference_places (
    conference BLOB NOT NULL,
    item       BLOB NOT NULL,
    known_by   BLOB NOT NULL CHECK (length(known_by) = 16), -- keyed
    place      BLOB NOT NULL, -- sealed
    PRIMARY KEY (conference, item, known_by),
    FOREIGN KEY (conference, item) REFERENCES conference_lines (conference, item)
) STRICT, WITHOUT ROWID;

-- The sessions whose findings have lines.
CREATE TABLE conference_lined (
    conference BLOB NOT NULL CHECK (length(conference) = 32),
    session    BLOB NOT NULL REFERENCES rounds (id),
    PRIMARY KEY (conference, session)
) STRICT, WITHOUT ROWID;

-- 回访: what somebody saw who looked again.
CREATE TABLE conference_revisits (
    conference BLOB NOT NULL,
    item       BLOB NOT NULL,
    number     INTEGER NOT NULL, -- from 1 without gaps
    revisit    BLOB NOT NULL,    -- sealed
    PRIMARY KEY (conference, item, number),
    FOREIGN KEY (conference, item) REFERENCES conference_lines (conference, item)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER conference_lines_stand BEFORE UPDATE OF conference, item, known_by, subject, begun ON conference_lines
BEGIN SELECT RAISE(ABORT, 'a line keeps with what it began'); END;

CREATE TRIGGER conference_lines_stay BEFORE DELETE ON conference_lines
BEGIN SELECT RAISE(ABORT, 'a line stays'); END;

CREATE TRIGGER conference_places_stand BEFORE UPDATE ON conference_places
BEGIN SELECT RAISE(ABORT, 'where the matter of a line stands is never changed'); END;

CREATE TRIGGER conference_places_stay BEFORE DELETE ON conference_places
BEGIN SELECT RAISE(ABORT, 'where the matter of a line stands is never forgotten'); END;

CREATE TRIGGER conference_revisits_follow BEFORE INSERT ON conference_revisits
WHEN NEW.number IS NOT 1 + (
    SELECT coalesce(max(number), 0) FROM conference_revisits
    WHERE conference = NEW.conference AND item = NEW.item
)
BEGIN SELECT RAISE(ABORT, 'revisits follow each other'); END;

CREATE TRIGGER conference_revisits_stand BEFORE UPDATE ON conference_revisits
BEGIN SELECT RAISE(ABORT, 'a revisit is never changed'); END;

CREATE TRIGGER conference_revisits_stay BEFORE DELETE ON conference_revisits
BEGIN SELECT RAISE(ABORT, 'a revisit stays'); END;
