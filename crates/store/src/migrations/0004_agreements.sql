-- What was refused stays refused: a peer must not bring it into force by signing it after all.
DROP TRIGGER agreements_are_final;
CREATE TRIGGER agreements_are_final BEFORE UPDATE ON agreements
WHEN OLD.state = 'signed' OR (OLD.state = 'refused' AND NEW.state <> 'refused') OR NEW.digest IS NOT OLD.digest
BEGIN SELECT RAISE(ABORT, 'an agreement that is signed or refused is final'); END;
