-- Who asks what is kept of him is answered (PIPL article 45): whoever looks it up reads contacts too, and is noted.

ALTER TABLE contact_opening ADD COLUMN reader text;
COMMENT ON COLUMN contact_opening.reader IS 'Who looked for a person, by the beginning of the SHA-256 of the token; absent: the courier.';
