-- What else some rules ask for of a grant.
ALTER TABLE records ADD COLUMN circumstances BLOB; -- sealed: cause, linked agency and victim, always at one length
