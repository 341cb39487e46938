-- Any terminal may name any number: what another gave it to must not stand before what the speaker did.

CREATE TABLE own_ref (
    terminal    text NOT NULL,
    system      text NOT NULL,
    number      text NOT NULL,
    incident_id uuid NOT NULL,
    case_number text NOT NULL,
    PRIMARY KEY (terminal, system, number)
);
COMMENT ON TABLE own_ref IS 'The first incident that a terminal gave somebody else''s number to. Its own relations lead there; those of others, and numbers of before, by external_ref.';
