-- Every version of the reference data that was ever complete here, whatever the topic still holds.

CREATE TABLE reference_part (
    hash    text PRIMARY KEY,
    kind    text NOT NULL,
    content text NOT NULL
);
COMMENT ON TABLE reference_part IS 'Pieces of reference data as JSON, under the hash of their content. Never changed.';

CREATE TABLE reference_manifest (
    version        text        NOT NULL,
    effective_from timestamptz NOT NULL,
    log_offset     bigint      NOT NULL,
    parts          jsonb       NOT NULL,
    seen_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (version, effective_from)
);
COMMENT ON TABLE reference_manifest IS 'Complete versions: the hash of each part. Append only; in force is the newest whose house time has come.';
