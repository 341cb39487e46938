-- House time, the same for all services. Run once by the database's owner; services only read it.
CREATE SCHEMA IF NOT EXISTS house;
CREATE TABLE IF NOT EXISTS house.anchor (
    id       integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    real_at  timestamptz      NOT NULL,
    house_at timestamptz      NOT NULL,
    rate     double precision NOT NULL DEFAULT 1 CHECK (rate >= 0)
);
COMMENT ON TABLE house.anchor IS 'Append only. From real_at on, house time runs from house_at at rate; without a row it is real time.';
GRANT USAGE ON SCHEMA house TO PUBLIC;
GRANT SELECT ON house.anchor TO PUBLIC;
