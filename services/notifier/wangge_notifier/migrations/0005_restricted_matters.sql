-- What a matter may show follows from the newest fact about it: its ended tasks are not told anew.

CREATE TABLE restricted_matter (
    incident_id text    PRIMARY KEY,
    revision    bigint  NOT NULL,
    sensitivity text    NOT NULL
);
COMMENT ON TABLE restricted_matter IS 'How a matter that is, or was, anything but normal was classified last, at which revision.';

-- A vault that is away for long costs more attempts than a smallint counts.
ALTER TABLE delivery ALTER COLUMN spared TYPE integer;
