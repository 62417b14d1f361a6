-- Protected persons and key groups. Of records of before, nothing is known.
ALTER TABLE records ADD COLUMN people BLOB; -- sealed: whether protected, whether disabled; always at one length
