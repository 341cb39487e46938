-- A clock is overdue if its deadline had passed when its last fact was said, of whatever instant that speaks.
UPDATE clock
   SET is_overdue = document ->> 'state' <> 'stopped' AND deadline <= told.at
  FROM (SELECT incident_id, document ->> 'clock_id' AS clock_id, document ->> 'revision' AS revision,
               min(told_at) AS at
          FROM timeline WHERE topic = 'clocks.changed.v1' GROUP BY 1, 2, 3) AS told
 WHERE told.incident_id = clock.incident_id AND told.clock_id = clock.clock_id
   AND told.revision = clock.revision::text
   AND is_overdue <> (document ->> 'state' <> 'stopped' AND deadline <= told.at);
COMMENT ON TABLE clock IS
    'Each clock as escalation last told it; overdue: it had not stopped, and its limit was used up as it was told.';
