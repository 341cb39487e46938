-- Which declared outages a clock was relieved of, and since when nothing of it can be relieved.

ALTER TABLE clock ADD COLUMN ended_at timestamptz, ADD COLUMN outages text NOT NULL DEFAULT '';
COMMENT ON COLUMN clock.ended_at IS 'House time; NULL while it runs, and where it stopped before this column was there.';
COMMENT ON COLUMN clock.outages IS 'Id of the list of outages it was last held against; empty: of none.';
