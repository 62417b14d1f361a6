-- Conferences of many agencies: the record that each of them keeps whole, and what goes beside it. People write in
-- entries, so these stand sealed.
CREATE TABLE conferences (
    id       BLOB PRIMARY KEY CHECK (length(id) = 32),
    office   BLOB NOT NULL CHECK (length(office) = 32), -- its node key
    founded  INTEGER NOT NULL CHECK (founded IN (0, 1)), -- here: this node is the office
    begun_at TEXT NOT NULL,
    restored INTEGER, -- how far a backup went; null once nothing can lack any more
    wanted   INTEGER, -- after which entry the office has lost its record, and wants it from this member
    resumed  INTEGER, -- at an office: how far its record went when it was not to wait for what was lost beyond
    resumed_at INTEGER, -- when that was said, in microseconds since 1970
    alarm    TEXT,    -- why the record is not followed any more
    proof    BLOB CHECK (proof IS NULL OR alarm IS NOT NULL), -- what the office signed against it
    CHECK ((resumed IS NULL) = (resumed_at IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE conference_entries (
    conference BLOB NOT NULL REFERENCES conferences (id),
    seq        INTEGER NOT NULL, -- from 1 without gaps
    author     BLOB NOT NULL CHECK (length(author) = 32),
    number     INTEGER NOT NULL CHECK (number > 0), -- the author's own
    digest     BLOB NOT NULL CHECK (length(digest) = 32),
    hash       BLOB NOT NULL CHECK (length(hash) = 32), -- of the record up to here
    bytes      BLOB NOT NULL, -- sealed: the entry with its signature
    opened     BLOB,          -- sealed: what this node could open of what is enclosed, since seal keys change
    PRIMARY KEY (conference, seq),
    UNIQUE (conference, digest),
    UNIQUE (conference, author, number)
) STRICT, WITHOUT ROWID;

-- What is enclosed, sealed to each recipient. The office keeps all, to hand them out; a member its own, and those of what
-- it wrote itself.
CREATE TABLE conference_enclosures (
    conference BLOB NOT NULL,
    seq        INTEGER NOT NULL,
    recipient  BLOB NOT NULL CHECK (length(recipient) = 32),
    sealed     BLOB NOT NULL,
    PRIMARY KEY (conference, seq, recipient),
    FOREIGN KEY (conference, seq) REFERENCES conference_entries (conference, seq)
) STRICT, WITHOUT ROWID;

-- What a member has said, on its way to the office. `id` is the digest that an entry had first: one that waits behind
-- another that was refused is signed anew.
CREATE TABLE conference_outbox (
    conference BLOB NOT NULL REFERENCES conferences (id),
    id         BLOB NOT NULL CHECK (length(id) = 32),
    place      INTEGER NOT NULL, -- the order in which they were said
    digest     BLOB NOT NULL CHECK (length(digest) = 32),
    number     INTEGER NOT NULL CHECK (number > 0),
    made_at    TEXT NOT NULL,
    bytes      BLOB CHECK ((bytes IS NULL) = (placed IS NOT NULL)), -- sealed
    opened     BLOB,    -- sealed
    placed     INTEGER, -- where it stands on record
    refused    TEXT,    -- why it does not
    PRIMARY KEY (conference, id),
    UNIQUE (conference, place),
    CHECK (placed IS NULL OR refused IS NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX conference_outbox_by_digest ON conference_outbox (conference, digest);

CREATE TABLE conference_outbox_enclosures (
    conference BLOB NOT NULL,
    id         BLOB NOT NULL,
    recipient  BLOB NOT NULL CHECK (length(recipient) = 32),
    sealed     BLOB NOT NULL,
    PRIMARY KEY (conference, id, recipient),
    FOREIGN KEY (conference, id) REFERENCES conference_outbox (conference, id)
) STRICT, WITHOUT ROWID;

-- At a member: the last head that the office signed. At the office: how far each member says that it has read.
CREATE TABLE conference_heads (
    conference BLOB NOT NULL REFERENCES conferences (id),
    node       BLOB NOT NULL CHECK (length(node) = 32),
    seq        INTEGER NOT NULL,
    hash       BLOB NOT NULL CHECK (length(hash) = 32),
    signature  BLOB CHECK (length(signature) = 64),
    signed_at  INTEGER CHECK ((signed_at IS NULL) = (signature IS NULL)), -- in microseconds since 1970
    heard_at   TEXT NOT NULL,
    PRIMARY KEY (conference, node)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER conferences_stand BEFORE UPDATE ON conferences
WHEN (NEW.id, NEW.office, NEW.founded, NEW.begun_at) IS NOT (OLD.id, OLD.office, OLD.founded, OLD.begun_at)
  OR (OLD.alarm IS NOT NULL AND NEW.alarm IS NOT OLD.alarm)
BEGIN SELECT RAISE(ABORT, 'a conference keeps its office, and an alarm stays'); END;

CREATE TRIGGER conferences_stay BEFORE DELETE ON conferences
BEGIN SELECT RAISE(ABORT, 'a conference is never deleted'); END;

CREATE TRIGGER conference_entries_follow BEFORE INSERT ON conference_entries
WHEN NEW.seq IS NOT 1 + (SELECT coalesce(max(seq), 0) FROM conference_entries WHERE conference = NEW.conference)
BEGIN SELECT RAISE(ABORT, 'entries follow each other'); END;

CREATE TRIGGER conference_entries_stand BEFORE UPDATE ON conference_entries
WHEN (NEW.conference, NEW.seq, NEW.author, NEW.number, NEW.digest, NEW.hash, NEW.bytes)
  IS NOT (OLD.conference, OLD.seq, OLD.author, OLD.number, OLD.digest, OLD.hash, OLD.bytes)
  OR OLD.opened IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END;

CREATE TRIGGER conference_entries_stay BEFORE DELETE ON conference_entries
BEGIN SELECT RAISE(ABORT, 'an entry is never deleted'); END;

CREATE TRIGGER conference_enclosures_stand BEFORE UPDATE ON conference_enclosures
BEGIN SELECT RAISE(ABORT, 'what is enclosed is never changed'); END;

CREATE TRIGGER conference_enclosures_stay BEFORE DELETE ON conference_enclosures
BEGIN SELECT RAISE(ABORT, 'what is enclosed is never deleted'); END;

CREATE TRIGGER conference_outbox_settled BEFORE UPDATE ON conference_outbox
WHEN OLD.placed IS NOT NULL OR (OLD.refused IS NOT NULL AND NEW.placed IS NULL)
  OR (NEW.conference, NEW.id, NEW.place, NEW.made_at) IS NOT (OLD.conference, OLD.id, OLD.place, OLD.made_at)
BEGIN SELECT RAISE(ABORT, 'what became of an entry stands'); END;

CREATE TRIGGER conference_outbox_stays BEFORE DELETE ON conference_outbox
BEGIN SELECT RAISE(ABORT, 'what became of an entry stands'); END;
