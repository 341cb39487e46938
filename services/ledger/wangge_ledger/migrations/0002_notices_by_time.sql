-- Operators list notices by the newest.
CREATE INDEX notice_at ON notice (at DESC, notice_id);
