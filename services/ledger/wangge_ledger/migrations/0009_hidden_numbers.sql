-- A hidden matter is not found by the number that its terminal gave it, the second line of what is searched.
-- Bears versions from 0007 on.
UPDATE incident
   SET search = array_to_string(words[1:1] || words[3:], E'\n')
  FROM (SELECT incident_id, string_to_array(search, E'\n') AS words FROM incident WHERE hidden) AS told
 WHERE told.incident_id = incident.incident_id;
