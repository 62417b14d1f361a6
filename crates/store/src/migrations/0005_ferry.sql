-- Whole rounds by files: how each peer is reached, and what goes and comes in sets of letters.

ALTER TABLE peers ADD COLUMN carrier TEXT NOT NULL DEFAULT 'line'
    CHECK (carrier IN ('line', 'files', 'files_out', 'files_in'));

ALTER TABLE sessions ADD COLUMN by_files INTEGER NOT NULL DEFAULT 0 CHECK (by_files IN (0, 1));
-- The sender's answer is durable, its secrets are gone, and only the receiver's receipt is awaited.
ALTER TABLE sessions ADD COLUMN answered_at TEXT;
ALTER TABLE sessions ADD COLUMN due BLOB CHECK ((due IS NULL) = (answered_at IS NULL)); -- what the receipt must say

DROP TRIGGER sessions_keep_what_was_said;
CREATE TRIGGER sessions_keep_what_was_said BEFORE UPDATE ON sessions
WHEN (NEW.round, NEW.role, NEW.call, NEW.open, NEW.expires_at, NEW.by_files)
  IS NOT (OLD.round, OLD.role, OLD.call, OLD.open, OLD.expires_at, OLD.by_files)
  OR NEW.accept IS NOT coalesce(OLD.accept, NEW.accept)
  OR NEW."commit" IS NOT coalesce(OLD."commit", NEW."commit")
  OR NEW.tags_root IS NOT coalesce(OLD.tags_root, NEW.tags_root)
  OR NEW.receipt IS NOT coalesce(OLD.receipt, NEW.receipt)
  OR NEW.peer_receipt IS NOT coalesce(OLD.peer_receipt, NEW.peer_receipt)
  OR NEW.answered_at IS NOT coalesce(OLD.answered_at, NEW.answered_at)
  OR NEW.due IS NOT coalesce(OLD.due, NEW.due)
BEGIN SELECT RAISE(ABORT, 'a session keeps what was said'); END;

DROP TRIGGER session_keys_are_for_open_sessions;
CREATE TRIGGER session_keys_are_for_open_sessions BEFORE INSERT ON session_keys
WHEN EXISTS (SELECT 1 FROM sessions
    WHERE round = NEW.round AND (end_reason IS NOT NULL OR answered_at IS NOT NULL))
BEGIN SELECT RAISE(ABORT, 'a session that is answered or ended keeps no secret'); END;

-- A round that is answered waits for the receiver's receipt, and needs its records no more.
DROP TRIGGER deletions_wait_for_rounds;
CREATE TRIGGER deletions_wait_for_rounds BEFORE INSERT ON deletions
WHEN EXISTS (
    SELECT 1 FROM rounds LEFT JOIN round_datasets ON round_datasets.round = rounds.id
    WHERE rounds.state = 'running' AND (rounds.id = NEW.round OR round_datasets.dataset = NEW.dataset)
      AND NOT EXISTS (SELECT 1 FROM sessions WHERE sessions.round = rounds.id AND answered_at IS NOT NULL)
)
BEGIN SELECT RAISE(ABORT, 'a round under way needs it'); END;

-- What this node has to say to peers by files. A letter without a body has its frames in a file of its own, until it is
-- settled: acknowledged, or overtaken by what came later.
CREATE TABLE letters (
    id              BLOB PRIMARY KEY CHECK (length(id) = 16),
    seq             INTEGER NOT NULL UNIQUE, -- the order in which they were made
    peer            BLOB NOT NULL CHECK (length(peer) = 32),
    matter          TEXT NOT NULL,
    about           BLOB CHECK (length(about) = 32),
    agreement       BLOB CHECK (length(agreement) = 32),
    detail          BLOB, -- by which a later letter is known to say the same
    body            BLOB,
    made_at         TEXT NOT NULL,
    sent_at         TEXT, -- when it first went into a set
    acknowledged_at TEXT,
    overtaken_at    TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX letters_by_peer ON letters (peer, matter, about);

-- Letters that came, and what became of each; the reason where it was refused.
CREATE TABLE letters_taken (
    peer      BLOB NOT NULL CHECK (length(peer) = 32),
    id        BLOB NOT NULL CHECK (length(id) = 16),
    seq       INTEGER NOT NULL UNIQUE,
    "set"     BLOB NOT NULL CHECK (length("set") = 16),
    matter    TEXT, -- null where its header can't be read
    about     BLOB CHECK (length(about) = 32),
    agreement BLOB CHECK (length(agreement) = 32),
    detail    BLOB,
    refused   TEXT,
    taken_at  TEXT NOT NULL,
    PRIMARY KEY (peer, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX letters_taken_by_set ON letters_taken (peer, "set");

-- Sets that were made. The sealed bytes are a file, as long as something in them is not settled.
CREATE TABLE sets_out (
    id             BLOB PRIMARY KEY CHECK (length(id) = 16),
    seq            INTEGER NOT NULL UNIQUE,
    peer           BLOB NOT NULL CHECK (length(peer) = 32),
    made_at        TEXT NOT NULL,
    bytes          INTEGER NOT NULL CHECK (bytes > 0),
    digest         BLOB NOT NULL CHECK (length(digest) = 32),
    head           BLOB NOT NULL, -- what each of its files says of it
    form           TEXT NOT NULL,
    max_file_bytes INTEGER NOT NULL CHECK (max_file_bytes > 0),
    written_at     TEXT -- when its files stood in the outbox
) STRICT, WITHOUT ROWID;

CREATE TABLE set_letters (
    "set"  BLOB NOT NULL REFERENCES sets_out (id),
    letter BLOB NOT NULL REFERENCES letters (id),
    PRIMARY KEY ("set", letter)
) STRICT, WITHOUT ROWID;

-- Sets of which something came. Their parts are files until the set is worked through.
CREATE TABLE sets_in (
    peer     BLOB NOT NULL CHECK (length(peer) = 32),
    id       BLOB NOT NULL CHECK (length(id) = 16),
    bytes    INTEGER NOT NULL CHECK (bytes > 0),
    digest   BLOB NOT NULL CHECK (length(digest) = 32),
    parts    INTEGER NOT NULL CHECK (parts > 0), -- of the cut that came first
    first_at TEXT NOT NULL,
    -- Set when it was worked through; refused says why it was not opened.
    done_at  TEXT,
    refused  TEXT,
    letters  BLOB CHECK (length(letters) % 16 = 0), -- the ids of all that it held, those that had come before too
    slip_at  TEXT, -- when its approval slip was put beside a watched folder
    PRIMARY KEY (peer, id)
) STRICT, WITHOUT ROWID;

-- Cards that came as files and are nobody's yet: their fingerprints are not compared.
CREATE TABLE cards_waiting (
    node_key BLOB PRIMARY KEY CHECK (length(node_key) = 32),
    card     BLOB NOT NULL,
    came_at  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- All heads that a peer has signed for, not the furthest alone: by files they come in any order, and each must fit.
CREATE TABLE peer_heads_signed (
    peer BLOB NOT NULL CHECK (length(peer) = 32),
    seq  INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (peer, seq)
) STRICT, WITHOUT ROWID;

INSERT INTO peer_heads_signed (peer, seq, hash) SELECT peer, seq, hash FROM peer_heads;
DROP TABLE peer_heads;
ALTER TABLE peer_heads_signed RENAME TO peer_heads;

CREATE TRIGGER peer_heads_stand BEFORE UPDATE ON peer_heads
BEGIN SELECT RAISE(ABORT, 'a head that a peer has signed for stands'); END;

CREATE TRIGGER peer_heads_stay BEFORE DELETE ON peer_heads
BEGIN SELECT RAISE(ABORT, 'a head that a peer has signed for stands'); END;

-- Calls of peers that were given up before they came: they never begin a session here, by files or over a line.
CREATE TABLE given_up (
    peer     BLOB NOT NULL CHECK (length(peer) = 32),
    call     BLOB NOT NULL CHECK (length(call) = 32),
    heard_at TEXT NOT NULL,
    PRIMARY KEY (peer, call)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER given_up_stand BEFORE UPDATE ON given_up
BEGIN SELECT RAISE(ABORT, 'what was given up stays given up'); END;

CREATE TRIGGER given_up_stay BEFORE DELETE ON given_up
BEGIN SELECT RAISE(ABORT, 'what was given up stays given up'); END;

CREATE TRIGGER letters_keep_what_they_say BEFORE UPDATE ON letters
WHEN (NEW.id, NEW.seq, NEW.peer, NEW.matter, NEW.about, NEW.agreement, NEW.detail, NEW.body, NEW.made_at)
  IS NOT (OLD.id, OLD.seq, OLD.peer, OLD.matter, OLD.about, OLD.agreement, OLD.detail, OLD.body, OLD.made_at)
  -- One that is not settled can go once more as if it had never gone: its sets are lost, or can't be opened.
  OR (NEW.sent_at IS NOT coalesce(OLD.sent_at, NEW.sent_at)
    AND (NEW.sent_at, NEW.acknowledged_at, NEW.overtaken_at) IS NOT (NULL, NULL, NULL))
  OR NEW.acknowledged_at IS NOT coalesce(OLD.acknowledged_at, NEW.acknowledged_at)
  OR NEW.overtaken_at IS NOT coalesce(OLD.overtaken_at, NEW.overtaken_at)
BEGIN SELECT RAISE(ABORT, 'a letter keeps what it says'); END;

CREATE TRIGGER letters_stay BEFORE DELETE ON letters
BEGIN SELECT RAISE(ABORT, 'letters are never deleted'); END;

CREATE TRIGGER letters_taken_stand BEFORE UPDATE ON letters_taken
BEGIN SELECT RAISE(ABORT, 'what became of a letter stands'); END;

CREATE TRIGGER letters_taken_stay BEFORE DELETE ON letters_taken
BEGIN SELECT RAISE(ABORT, 'what became of a letter stands'); END;

CREATE TRIGGER sets_out_keep_what_they_are BEFORE UPDATE ON sets_out
WHEN (NEW.id, NEW.seq, NEW.peer, NEW.made_at, NEW.bytes, NEW.digest, NEW.head)
  IS NOT (OLD.id, OLD.seq, OLD.peer, OLD.made_at, OLD.bytes, OLD.digest, OLD.head)
BEGIN SELECT RAISE(ABORT, 'a set keeps what it is'); END;

CREATE TRIGGER sets_out_stay BEFORE DELETE ON sets_out
BEGIN SELECT RAISE(ABORT, 'sets are never deleted'); END;

CREATE TRIGGER set_letters_stand BEFORE UPDATE ON set_letters
BEGIN SELECT RAISE(ABORT, 'a set keeps its letters'); END;

CREATE TRIGGER set_letters_stay BEFORE DELETE ON set_letters
BEGIN SELECT RAISE(ABORT, 'a set keeps its letters'); END;

CREATE TRIGGER sets_in_are_done_once BEFORE UPDATE ON sets_in
WHEN (NEW.peer, NEW.id, NEW.bytes, NEW.digest, NEW.parts, NEW.first_at)
  IS NOT (OLD.peer, OLD.id, OLD.bytes, OLD.digest, OLD.parts, OLD.first_at)
  OR (OLD.done_at IS NOT NULL AND (NEW.done_at, NEW.refused, NEW.letters) IS NOT (OLD.done_at, OLD.refused, OLD.letters))
  OR NEW.slip_at IS NOT coalesce(OLD.slip_at, NEW.slip_at)
BEGIN SELECT RAISE(ABORT, 'a set is worked through once'); END;

CREATE TRIGGER sets_in_stay BEFORE DELETE ON sets_in
WHEN OLD.done_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a set that was worked through stays on record'); END;
