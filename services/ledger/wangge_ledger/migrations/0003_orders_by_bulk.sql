-- What was ordered of many by one order is found again, so that a repeat says what is new.
CREATE INDEX ON timeline ((document ->> 'bulk_id'))
 WHERE topic = 'desk.ordered.v1' AND document ->> 'bulk_id' IS NOT NULL;
