-- One clock per task, whole, and the instant at which it rings next.

CREATE TABLE clock (
    task_id     text    PRIMARY KEY,
    incident_id text    NOT NULL,
    key_hash    integer NOT NULL,
    next_due    timestamptz,
    document    jsonb   NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX clock_next_due ON clock (next_due) WHERE next_due IS NOT NULL;
COMMENT ON TABLE clock IS 'Never deleted: a task that lives again goes on with its clock, and anyone may recount it.';
COMMENT ON COLUMN clock.key_hash IS 'murmur2 of the incident; modulo the count of partitions it is the part. Never store a partition.';
COMMENT ON COLUMN clock.next_due IS 'House time; NULL when nothing will ring. Everything else stands in the document.';
