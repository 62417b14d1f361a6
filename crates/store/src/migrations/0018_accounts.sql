-- The people who use the node, and what their passwords are known by. Whose an account is, and what for, never changes:
-- whoever does other work gets another account.
CREATE TABLE accounts (
    account      TEXT PRIMARY KEY CHECK (length(account) BETWEEN 3 AND 32),
    person       TEXT NOT NULL,
    role         TEXT NOT NULL CHECK (role IN ('it', 'case_worker', 'compliance', 'office')),
    memory_kib   INTEGER NOT NULL, -- Argon2id, RFC 9106 section 3.1
    passes       INTEGER NOT NULL,
    lanes        INTEGER NOT NULL,
    salt         BLOB NOT NULL CHECK (length(salt) = 16),
    hash         BLOB NOT NULL,    -- sealed
    failures     INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0), -- in a row
    locked_until TEXT,             -- after too many of them
    locked       INTEGER NOT NULL DEFAULT 0 CHECK (locked IN (0, 1)), -- by somebody, until it is lifted
    created_at   TEXT NOT NULL,
    changed_at   TEXT NOT NULL     -- the password
) STRICT, WITHOUT ROWID;

CREATE TRIGGER accounts_stay_whose_they_are BEFORE UPDATE OF account, person, role, created_at ON accounts
BEGIN SELECT RAISE(ABORT, 'whose an account is never changes'); END;
