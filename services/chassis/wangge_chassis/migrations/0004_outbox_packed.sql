-- A row per message was most of what a turn cost the database: what a turn promises for a part is one row now,
-- framed and compressed by wangge_chassis.packing. Rows that wait already are carried over, each by itself.

ALTER TABLE outbox ADD COLUMN messages integer NOT NULL DEFAULT 1, ADD COLUMN packed bytea;
UPDATE outbox SET packed = '\x00'::bytea
    || int4send(octet_length(convert_to(topic, 'UTF8')))
    || int4send(coalesce(octet_length(key), -1))
    || int4send(octet_length(headers))
    || int4send(coalesce(octet_length(value), -1))
    || convert_to(topic, 'UTF8') || coalesce(key, '') || headers || coalesce(value, '');
ALTER TABLE outbox
    DROP COLUMN topic, DROP COLUMN key, DROP COLUMN headers, DROP COLUMN value,
    ALTER COLUMN messages DROP DEFAULT, ALTER COLUMN packed SET NOT NULL, ALTER COLUMN packed SET STORAGE EXTERNAL,
    SET (autovacuum_vacuum_threshold = 2000);
COMMENT ON TABLE outbox IS 'Promised and not yet known to be published: as many messages as it says, the last at that position.';
