-- What is held while input is late, and documents that the database need not take apart.

ALTER TABLE clock ADD COLUMN lenient_due timestamptz;
UPDATE clock SET lenient_due = next_due;
ALTER TABLE clock ALTER COLUMN document TYPE text USING document::text;
COMMENT ON COLUMN clock.lenient_due IS 'House time of the next rung that is never held; next_due is that of any rung.';
