-- The composer: what rings must know of their tasks, and rings that came before them.

CREATE TABLE known_task (
    task_id  text PRIMARY KEY,
    document json NOT NULL
);
COMMENT ON TABLE known_task IS 'Desk, urgency and names of a task, from the first fact about it.';

CREATE TABLE waiting_ring (
    cause    text PRIMARY KEY,
    task_id  text NOT NULL,
    document json NOT NULL
);
COMMENT ON TABLE waiting_ring IS 'Rungs that rang before we heard of their task: topics are not ordered against each other.';
CREATE INDEX ON waiting_ring (task_id);

-- The courier: how far each notice came.

CREATE TABLE delivery (
    notice_id    text    PRIMARY KEY,
    endpoint_key text    NOT NULL,
    key_hash     integer NOT NULL,
    state        text    NOT NULL,
    attempt      integer NOT NULL,
    due_at       timestamptz,
    document     json,
    answered_at  timestamptz
) WITH (fillfactor = 80);
COMMENT ON TABLE delivery IS 'The state is a notice''s; due_at: when it is to be tried next, house time; no document: an answer came first.';
COMMENT ON COLUMN delivery.key_hash IS 'key_hash(endpoint_key): which part it belongs to, however many parts there are.';
CREATE INDEX delivery_due ON delivery (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX delivery_sending ON delivery (notice_id) WHERE state = 'sending';
