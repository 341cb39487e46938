-- A unit that handed its task on, or from which it was taken, finds the matter among its own all the same.
-- Bears versions from 0007 on.
CREATE TABLE had (
    department  text        NOT NULL,
    incident_id text        NOT NULL,
    accepted_at timestamptz NOT NULL,
    PRIMARY KEY (department, incident_id)
);
COMMENT ON TABLE had IS 'Which units (slugs) ever had a task of which matter. What a replica of the version before writes is found by the task alone.';
INSERT INTO had
SELECT DISTINCT substr(told ->> 'holder', 12), incident.incident_id, incident.accepted_at
  FROM timeline JOIN incident USING (incident_id), json_array_elements(timeline.document -> 'tasks') AS told
 WHERE timeline.topic = 'incidents.changed.v1' AND told ->> 'holder' LIKE 'department:%';
CREATE INDEX had_by_matter ON had (department, accepted_at DESC, incident_id DESC);
CREATE INDEX ON had (incident_id);
ANALYZE had;
