-- A reporter's address is asked for while his notice is sent; while it cannot be, no attempt is used up.

ALTER TABLE delivery ADD COLUMN spared smallint NOT NULL DEFAULT 0;
COMMENT ON COLUMN delivery.spared IS 'Attempts that do not count: nothing was sent, and our own house was to blame.';
