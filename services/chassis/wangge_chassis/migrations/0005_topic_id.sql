-- An offset is worth something only on the topic that it was read from, and a name may come to stand for another.

ALTER TABLE consumer_offset ADD COLUMN topic_id uuid;
COMMENT ON COLUMN consumer_offset.topic_id IS 'The broker''s id of the topic that was read so far; null until it is known.';
