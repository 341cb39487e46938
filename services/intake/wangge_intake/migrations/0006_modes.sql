-- A drill's report must not press who handles a real matter, nor a real one be lost in a drill.
-- Bears versions from 0005 on.

ALTER TABLE report ADD COLUMN mode text;
COMMENT ON COLUMN report.mode IS 'exercise or test, of the incident too; absent: actual, or from before it was kept.';
