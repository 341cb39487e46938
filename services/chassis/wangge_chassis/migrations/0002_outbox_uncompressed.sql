-- An outbox row lives for milliseconds: compressing its value cost the database more than all the rest of it.
-- Values up to a page stay in the row, larger ones go out of line, both as they are.

ALTER TABLE outbox SET (toast_tuple_target = 8160);
ALTER TABLE outbox ALTER COLUMN value SET STORAGE EXTERNAL;
ALTER TABLE outbox ALTER COLUMN headers SET STORAGE EXTERNAL;
