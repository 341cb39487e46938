-- What the chassis remembers in every service's schema.

CREATE TABLE ownership (
    consumer      text   NOT NULL,
    part          text   NOT NULL,
    epoch         bigint NOT NULL DEFAULT 1,
    last_position bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (consumer, part)
);
COMMENT ON TABLE ownership IS 'The lock and the fence of a part: whoever writes for it holds its row and knows its epoch.';

CREATE TABLE consumer_offset (
    consumer    text    NOT NULL,
    topic       text    NOT NULL,
    partition   integer NOT NULL,
    part        text    NOT NULL,
    next_offset bigint  NOT NULL,
    PRIMARY KEY (consumer, topic, partition),
    FOREIGN KEY (consumer, part) REFERENCES ownership
);
CREATE INDEX ON consumer_offset (consumer, part);

CREATE TABLE outbox (
    consumer text   NOT NULL,
    part     text   NOT NULL,
    position bigint NOT NULL,
    topic    text   NOT NULL,
    key      bytea,
    headers  bytea  NOT NULL,
    value    bytea,
    PRIMARY KEY (consumer, part, position)
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 20000);
COMMENT ON TABLE outbox IS 'Promised and not yet known to be published; headers packed by wangge_chassis.records.';

CREATE TABLE numbering (
    consumer text  NOT NULL,
    key      text  NOT NULL,
    sent     jsonb NOT NULL,
    heard    jsonb NOT NULL,
    PRIMARY KEY (consumer, key)
) WITH (fillfactor = 80);
COMMENT ON TABLE numbering IS 'Per key: the last sequence sent and heard on each numbered topic. Never deleted.';

CREATE TABLE heard (
    consumer   text NOT NULL,
    message_id text NOT NULL,
    key        text NOT NULL,
    PRIMARY KEY (consumer, message_id)
);
COMMENT ON TABLE heard IS 'Ids of messages read from topics with several writers, which carry no sequence.';

CREATE TABLE halted (
    consumer  text        NOT NULL,
    part      text        NOT NULL,
    topic     text        NOT NULL,
    partition integer     NOT NULL,
    at_offset bigint      NOT NULL,
    key       text,
    expected  bigint,
    seen      bigint,
    reason    text        NOT NULL,
    halted_at timestamptz NOT NULL,
    PRIMARY KEY (consumer, part)
);
COMMENT ON TABLE halted IS 'Parts that stand still until an operator decides; wangge partition why|retry|skip.';

CREATE TABLE cluster (
    cluster_id text PRIMARY KEY,
    partitions integer NOT NULL
);
COMMENT ON TABLE cluster IS 'The broker cluster that the stored offsets belong to, and its count of inside partitions.';
