-- Every reporter is an endpoint of his own: who failed once would stay in our hands for ever.
ALTER TABLE lane ADD COLUMN failed_at timestamptz NOT NULL DEFAULT now();
COMMENT ON COLUMN lane.failed_at IS 'When it was written last, real time: a day later only what is gone for good is still known.';
