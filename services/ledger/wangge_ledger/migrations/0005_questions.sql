-- A question at the door goes by an index, or it reads all that ever was. Where a matter is over its state is
-- written once; what is open is few, and its states are compared one by one.
CREATE INDEX ON incident (state, accepted_at DESC, incident_id DESC) WHERE NOT is_open;
CREATE INDEX ON incident (community, accepted_at DESC, incident_id DESC);
CREATE INDEX ON incident (grid, accepted_at DESC, incident_id DESC);
CREATE INDEX ON incident (district);
-- It serves boards and bulk orders as well: they read every open matter. The one by district and street of open
-- matters can go a version later; here it would wait behind a slow question of the version before.
CREATE INDEX ON incident (accepted_at DESC, incident_id DESC) WHERE is_open;

CREATE INDEX notice_recipient ON notice ((document -> 'recipient' ->> 'ref'), at DESC);
CREATE INDEX notice_person ON notice ((document -> 'recipient' ->> 'staff_id'), at DESC)
 WHERE document -> 'recipient' ->> 'staff_id' IS NOT NULL;
CREATE INDEX notice_instead_of ON notice ((document -> 'why' ->> 'instead_of'), at DESC)
 WHERE document -> 'why' ->> 'instead_of' IS NOT NULL;
CREATE INDEX notice_kind ON notice ((document ->> 'state'), (document ->> 'channel'), at DESC);
-- So that the planner knows of the expressions before the first question.
ANALYZE notice;
