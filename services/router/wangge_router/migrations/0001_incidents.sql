-- Whose turn it is: one row per incident, and the acts that were said.

CREATE TABLE incident (
    incident_id text PRIMARY KEY,
    document    bytea,
    waiting     bytea,
    key_hash    integer,
    waits_since timestamptz
) WITH (fillfactor = 70, toast_tuple_target = 8160);
ALTER TABLE incident ALTER COLUMN document SET STORAGE EXTERNAL;
CREATE INDEX ON incident (waits_since) WHERE waits_since IS NOT NULL;
COMMENT ON TABLE incident IS 'document: the case as JSON in an LZ4 block, absent before the incident is accepted; waiting: what was said of it before that.';
COMMENT ON COLUMN incident.key_hash IS 'murmur2 of the id while acts wait for a verdict, so that the owner of the part finds them.';

CREATE TABLE act (
    speaker text NOT NULL,
    act_id  text NOT NULL,
    digest  text NOT NULL,
    PRIMARY KEY (speaker, act_id)
);
COMMENT ON TABLE act IS 'Answers and orders by who said them and their own id; another content under the same id is refused.';
