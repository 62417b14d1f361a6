-- Whether names agree: of a name what can be compared, and nothing that can be read.
ALTER TABLE records ADD COLUMN name BLOB; -- sealed
