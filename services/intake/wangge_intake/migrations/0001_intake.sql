-- What intake remembers: what was said to it, and whom it concerns.

CREATE SEQUENCE case_number AS bigint;
COMMENT ON SEQUENCE case_number IS 'Drawn once per batch, outside any lock; a number that no incident got is a gap that means nothing.';

CREATE TABLE report (
    id          uuid        PRIMARY KEY,
    content     bytea       NOT NULL,
    case_number text,
    attached_to uuid,
    judged_at   timestamptz NOT NULL
);
COMMENT ON TABLE report IS 'Every readable report, once. Id: derive_id(incident, terminal, report_id), the incident it is unless attached_to names another.';
COMMENT ON COLUMN report.content IS 'SHA-256 of the canonical content: the same id with other content is a conflict.';
COMMENT ON COLUMN report.case_number IS 'Of the incident it is or was attached to; absent: rejected.';
CREATE UNIQUE INDEX report_case_number ON report (case_number) WHERE attached_to IS NULL;

CREATE TABLE answer (
    id       uuid        PRIMARY KEY,
    content  bytea       NOT NULL,
    taken_at timestamptz NOT NULL
);
COMMENT ON TABLE answer IS 'Every readable answer, once. Id: derive_id(answer, owner, answer_id).';

CREATE TABLE external_ref (
    system      text NOT NULL,
    number      text NOT NULL,
    incident_id uuid NOT NULL,
    case_number text NOT NULL,
    PRIMARY KEY (system, number)
);
COMMENT ON TABLE external_ref IS 'The first incident that somebody else''s number came with; relations may name it.';

CREATE TABLE contact (
    ref      uuid PRIMARY KEY,
    report   uuid NOT NULL,
    name     text,
    phone    text,
    staff_id text,
    subjects jsonb
);
COMMENT ON TABLE contact IS 'Personal data of reporters and of the people they report about. It leaves this schema for nobody but those who may open contact_ref.';
