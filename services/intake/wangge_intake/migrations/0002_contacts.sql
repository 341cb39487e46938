-- The courier asks for a reporter's contact when it has something to tell him (回告); each time is noted.

ALTER TABLE contact ADD COLUMN email text;

CREATE TABLE contact_opening (
    ref       uuid        NOT NULL,
    notice    text,
    found     boolean     NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE contact_opening IS 'Every time a contact was asked for, and for which notice; opened_at is real time. It holds nothing of the contact and outlives it.';
CREATE INDEX ON contact_opening (ref);
