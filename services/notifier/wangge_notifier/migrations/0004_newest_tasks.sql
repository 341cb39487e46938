-- A task may be corrected, transferred or restricted while its clock runs.

COMMENT ON TABLE known_task IS 'Desk, urgency, names and sensitivity of a task, from the newest fact about it.';
