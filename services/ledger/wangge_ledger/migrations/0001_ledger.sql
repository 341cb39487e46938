-- What the ledger remembers of each matter, and how it stands now (事件台账).

CREATE TABLE incident (
    incident_id text        PRIMARY KEY,
    revision    integer     NOT NULL,
    case_number text        NOT NULL,
    mode        text        NOT NULL,
    state       text        NOT NULL,
    is_open     boolean     NOT NULL,
    urgency     text        NOT NULL,
    district    text        NOT NULL,
    street      text,
    community   text,
    grid        text,
    lead        text,
    listed      boolean     NOT NULL,
    hidden      boolean     NOT NULL,
    accepted_at timestamptz NOT NULL,
    closed_at   timestamptz,
    search      text        NOT NULL,
    card        json        NOT NULL,
    document    json        NOT NULL
);
COMMENT ON TABLE incident IS 'Each matter as it stands by its highest revision; 0 is what intake accepted.';
COMMENT ON COLUMN incident.hidden IS 'Restricted, or its reporter is confidential: neither card nor search tells what it is about.';
COMMENT ON COLUMN incident.card IS 'What a list or a board shows of it.';
CREATE INDEX ON incident (accepted_at DESC, incident_id DESC);
CREATE INDEX ON incident (case_number);
CREATE INDEX ON incident (street, accepted_at DESC, incident_id DESC);
CREATE INDEX ON incident (district, street) WHERE is_open AND mode = 'actual';

CREATE TABLE task (
    task_id     text        PRIMARY KEY,
    incident_id text        NOT NULL,
    revision    integer     NOT NULL,
    holder      text        NOT NULL,
    is_open     boolean     NOT NULL,
    assigned_at timestamptz NOT NULL,
    document    json        NOT NULL
);
COMMENT ON TABLE task IS 'Each task as the router last told it.';
CREATE INDEX ON task (incident_id);
CREATE INDEX ON task (holder, incident_id);

CREATE TABLE clock (
    clock_id    text        PRIMARY KEY,
    task_id     text        NOT NULL,
    incident_id text        NOT NULL,
    revision    integer     NOT NULL,
    is_overdue  boolean     NOT NULL,
    deadline    timestamptz NOT NULL,
    document    json        NOT NULL
);
COMMENT ON TABLE clock IS 'Each clock as escalation last told it; overdue: it has not stopped and its limit is used up.';
CREATE INDEX ON clock (incident_id);
CREATE INDEX ON clock (task_id) WHERE is_overdue;

CREATE TABLE notice (
    notice_id   text        PRIMARY KEY,
    incident_id text        NOT NULL,
    sequence    bigint      NOT NULL,
    at          timestamptz NOT NULL,
    document    json        NOT NULL
);
COMMENT ON TABLE notice IS 'Each notice as the courier last told it; sequence 0 is what the composer said.';
CREATE INDEX ON notice (incident_id);

CREATE TABLE timeline (
    incident_id  text        NOT NULL,
    topic        text        NOT NULL,
    message_id   text        NOT NULL,
    effective_at timestamptz NOT NULL,
    rank         smallint    NOT NULL,
    sequence     bigint      NOT NULL,
    told_at      timestamptz NOT NULL,
    what         text        NOT NULL,
    who          text        NOT NULL,
    document     json        NOT NULL,
    written_by   xid8        NOT NULL DEFAULT pg_current_xact_id(),
    arrival      bigint      GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (incident_id, topic, message_id)
);
COMMENT ON TABLE timeline IS 'Every message about a matter, whole. Told in order of effective_at, rank, sequence, message_id.';
COMMENT ON COLUMN timeline.written_by IS 'Followers read up to the oldest transaction that still runs, so that they miss nothing.';
CREATE INDEX ON timeline (written_by, arrival);

CREATE FUNCTION instant(at timestamptz) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
COMMENT ON FUNCTION instant IS 'An instant as messages print it: RFC 3339, UTC, milliseconds.';
