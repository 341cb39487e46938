-- A department's matters, the newest first: one that has had a hundred thousand is asked for fifty of them.
ALTER TABLE task ADD COLUMN accepted_at timestamptz;
COMMENT ON COLUMN task.accepted_at IS 'Its matter''s, once and for all; null where a replica of the version before wrote it.';
UPDATE task SET accepted_at = incident.accepted_at FROM incident WHERE incident.incident_id = task.incident_id;
CREATE INDEX task_by_matter ON task (holder, accepted_at DESC, incident_id DESC);
ANALYZE task;
