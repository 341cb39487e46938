-- Ladders by value, each once: a million clocks climb the same few, and each kept, sent and parsed its own copy.
-- A replica of the version before cannot read what is written from here on: stop it before.

SET LOCAL statement_timeout = 0;
CREATE TABLE ladder (
    id    text PRIMARY KEY,
    rungs text NOT NULL
);
COMMENT ON TABLE ladder IS 'Rungs under an id that follows from them. Never changed or deleted: a clock keeps the ladder it started with.';
ALTER TABLE clock ADD COLUMN climbs text;
INSERT INTO ladder SELECT DISTINCT md5(rungs), rungs FROM (SELECT document::jsonb ->> 'rungs' AS rungs FROM clock) AS each;
UPDATE clock SET climbs = md5(document::jsonb ->> 'rungs');
ALTER TABLE clock ALTER COLUMN climbs SET NOT NULL;
COMMENT ON COLUMN clock.climbs IS 'Its ladder; everything else stands in the document.';
