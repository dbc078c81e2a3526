-- What happened, by event time; and how far the stream has been applied.

CREATE SCHEMA telemetry;
CREATE SCHEMA report;

-- Each file that this database has had; `engine` is chosen at the first and kept.
CREATE TABLE telemetry.schema_migration (
    number integer PRIMARY KEY,
    name text NOT NULL,
    engine text NOT NULL CHECK (engine IN ('postgres', 'timescale')),
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- One row: how hits are made. Rows of `hit` hold for these values alone.
CREATE TABLE telemetry.attribution (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    hit_window interval NOT NULL DEFAULT '1 hour',
    session_slot interval NOT NULL DEFAULT '30 minutes'
);
INSERT INTO telemetry.attribution DEFAULT VALUES;

CREATE TABLE telemetry.recommendation (
    request_id uuid NOT NULL,
    served_at timestamptz NOT NULL,
    user_id bigint NOT NULL,
    variant text NOT NULL,
    model_version text NOT NULL,
    server text NOT NULL,
    status smallint NOT NULL,
    latency_ms integer NOT NULL,
    items text[] NOT NULL, -- in rank order; empty on failure
    personalised boolean,  -- NULL where the log does not say
    error text,
    PRIMARY KEY (request_id, served_at)
);
CREATE INDEX recommendation_user ON telemetry.recommendation (user_id, served_at);
CREATE INDEX recommendation_served_at ON telemetry.recommendation (served_at);

-- A rating, or the first minute watched in a slot of half an hour. A watch whose user and movie
-- have no row in the slot before is the start of a session.
CREATE TABLE telemetry.interaction (
    user_id bigint NOT NULL,
    movie_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('watch', 'rating')),
    slot_at timestamptz NOT NULL, -- of a rating its own time
    at timestamptz NOT NULL,
    value real NOT NULL, -- stars, or the minute of the movie
    PRIMARY KEY (user_id, movie_id, kind, slot_at)
);
CREATE INDEX interaction_slot_at ON telemetry.interaction (slot_at);

CREATE TABLE telemetry.hit (
    request_id uuid NOT NULL,
    served_at timestamptz NOT NULL,
    variant text NOT NULL,
    model_version text NOT NULL,
    hit_at timestamptz NOT NULL,
    rank smallint NOT NULL, -- of the first hit, from 1
    movie_id text NOT NULL,
    kind text NOT NULL,
    best_rank smallint NOT NULL,
    items_hit smallint NOT NULL,
    PRIMARY KEY (request_id, served_at)
);
CREATE INDEX hit_served_at ON telemetry.hit (served_at);

-- lines = recommendations + interactions + collapsed + duplicates + accounts + quarantined
CREATE TABLE telemetry.stream_offset (
    topic text NOT NULL,
    partition integer NOT NULL,
    cluster_id text NOT NULL,
    topic_id uuid NOT NULL, -- another one is another topic of the same name
    first_offset bigint NOT NULL,
    next_offset bigint NOT NULL,
    end_offset bigint NOT NULL, -- as the broker last said
    max_event_at timestamptz,
    updated_at timestamptz NOT NULL,
    lines bigint NOT NULL DEFAULT 0,
    recommendations bigint NOT NULL DEFAULT 0,
    interactions bigint NOT NULL DEFAULT 0,
    collapsed bigint NOT NULL DEFAULT 0,
    duplicates bigint NOT NULL DEFAULT 0,
    accounts bigint NOT NULL DEFAULT 0,
    quarantined bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, partition)
);

-- The same counts for each transaction of the writer and partition in it.
CREATE TABLE telemetry.stream_batch (
    topic text NOT NULL,
    partition integer NOT NULL,
    from_offset bigint NOT NULL,
    to_offset bigint NOT NULL, -- the first one not in it
    committed_at timestamptz NOT NULL,
    max_event_at timestamptz,
    seconds real NOT NULL, -- from the transaction's begin to this row
    lines integer NOT NULL,
    recommendations integer NOT NULL,
    interactions integer NOT NULL,
    collapsed integer NOT NULL,
    duplicates integer NOT NULL,
    accounts integer NOT NULL,
    quarantined integer NOT NULL,
    late integer NOT NULL, -- counted above too
    PRIMARY KEY (topic, partition, from_offset, committed_at)
);

CREATE TABLE telemetry.quarantine (
    topic text NOT NULL,
    partition integer NOT NULL,
    record_offset bigint NOT NULL,
    received_at timestamptz NOT NULL, -- the record's timestamp in the broker
    reason text NOT NULL,
    line bytea NOT NULL,
    PRIMARY KEY (topic, partition, record_offset, received_at)
);

CREATE TABLE telemetry.model_deploy (
    model_version text NOT NULL,
    deployed_at timestamptz NOT NULL,
    variant text NOT NULL,
    provenance_digest text NOT NULL,
    PRIMARY KEY (model_version, deployed_at)
);

CREATE TABLE telemetry.alert_state (
    fingerprint text PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('pending', 'firing', 'resolved')),
    since timestamptz NOT NULL,
    last_sent_at timestamptz,
    suppressed integer NOT NULL DEFAULT 0
);
