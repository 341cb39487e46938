-- Tasks that are over, of incidents that have had many: their case does without them until somebody speaks of one.

CREATE TABLE task_put_away (
    task_id     text  PRIMARY KEY,
    incident_id text  NOT NULL,
    document    bytea NOT NULL
);
ALTER TABLE task_put_away ALTER COLUMN document SET STORAGE EXTERNAL;
COMMENT ON TABLE task_put_away IS 'document: the task with what judging needs of it, as JSON in an LZ4 block; a task that came back to its case is in both, and the case is right.';
