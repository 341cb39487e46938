-- The courier keeps what waits in memory; the table says enough to begin anew after a crash.

ALTER TABLE delivery ADD COLUMN channel text NOT NULL DEFAULT 'console';
ALTER TABLE delivery ADD COLUMN rank smallint NOT NULL DEFAULT 1;
ALTER TABLE delivery ADD COLUMN gathers boolean NOT NULL DEFAULT false;
ALTER TABLE delivery ADD COLUMN until timestamptz;
ALTER TABLE delivery ADD COLUMN reference text;
UPDATE delivery SET channel = document->>'channel' WHERE document IS NOT NULL;
COMMENT ON COLUMN delivery.rank IS '0 emergency, 1 urgent, 2 normal: which goes first to one endpoint.';
COMMENT ON COLUMN delivery.gathers IS 'It goes together with what else gathers for its endpoint.';
COMMENT ON COLUMN delivery.until IS 'House time after which it is not tried any more.';
COMMENT ON COLUMN delivery.reference IS 'What the provider calls it.';
CREATE INDEX delivery_reference ON delivery (reference) WHERE reference IS NOT NULL;

CREATE TABLE lane (
    endpoint_key text    PRIMARY KEY,
    key_hash     integer NOT NULL,
    failures     integer NOT NULL,
    closed_until timestamptz,
    disabled     boolean NOT NULL
);
COMMENT ON TABLE lane IS 'Endpoints that failed: failures in a row, until when they are left alone (house time), gone for good.';
