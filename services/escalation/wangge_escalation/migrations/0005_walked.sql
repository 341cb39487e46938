-- A declared outage concerns what has stopped since, and what runs: neither is looked for among all clocks ever.
-- Each clock stands in one of them, so a ring writes one entry more.

CREATE INDEX clock_ended ON clock (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX clock_running ON clock (task_id) WHERE ended_at IS NULL;
