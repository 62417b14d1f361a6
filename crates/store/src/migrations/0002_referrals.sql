-- Registers of letters: which letter referred a person, and what became of it.
ALTER TABLE records ADD COLUMN letter BLOB;       -- sealed
ALTER TABLE records ADD COLUMN letter_other TEXT; -- the kind of agency at the letter's other end
ALTER TABLE records ADD COLUMN feedback BLOB;     -- sealed: state, day and reason, always at one length
