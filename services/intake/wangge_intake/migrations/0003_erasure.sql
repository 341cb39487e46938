-- A reporter may want to be forgotten (PIPL article 47): what was erased is gone, that it was and why is kept.

CREATE TABLE contact_erasure (
    ref       uuid        NOT NULL,
    reason    text        NOT NULL,
    eraser    text        NOT NULL,
    erased_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE contact_erasure IS 'Every contact that was erased, why, and by whose token (the beginning of its SHA-256); erased_at is real time. It holds nothing of the contact.';
CREATE INDEX ON contact_erasure (ref);
