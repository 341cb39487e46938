-- What a holder has to do is few of what ever was, and asked for by systems that come back after a fault.
CREATE INDEX task_to_do ON task (holder, task_id) WHERE is_open;
ANALYZE task;
