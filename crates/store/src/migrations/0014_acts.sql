-- The acts that the log has on each finding, next to those on record: read with every review, so not by reading the log.
CREATE INDEX log_acts ON log (
    json_extract(body, '$.round'),
    json_extract(body, '$.finding'),
    json_extract(body, '$.number')
) WHERE kind = 'finding_event';
