CREATE TABLE tally (key text PRIMARY KEY, key_hash int NOT NULL, count int NOT NULL);
CREATE TABLE effect (cause text PRIMARY KEY, key text NOT NULL, count int NOT NULL, UNIQUE (key, count));
CREATE TABLE alarm (cause text PRIMARY KEY, key text NOT NULL, key_hash int NOT NULL);
