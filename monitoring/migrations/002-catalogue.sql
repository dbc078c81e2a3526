-- What is counted, at which widths, and how long it is kept; both engines are built from these.

CREATE TABLE telemetry.event_table (
    name text PRIMARY KEY,
    time_column text NOT NULL,
    keep interval NOT NULL,
    -- Older rows are gone, or about to be: no aggregate is computed from them again.
    kept_since timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO telemetry.event_table (name, time_column, keep) VALUES
('recommendation', 'served_at', '90 days'),
('interaction', 'slot_at', '90 days'),
('hit', 'served_at', '90 days'),
('stream_batch', 'committed_at', '90 days'),
('quarantine', 'received_at', '90 days');

CREATE TABLE telemetry.aggregate (
    name text PRIMARY KEY,
    source text NOT NULL REFERENCES telemetry.event_table,
    width interval NOT NULL,
    keep interval NOT NULL
);
INSERT INTO telemetry.aggregate (name, source, width, keep) VALUES
('recommendation_1m', 'recommendation', '1 minute', '90 days'),
('recommendation_1h', 'recommendation', '1 hour', '2 years'),
('hit_1m', 'hit', '1 minute', '90 days'),
('hit_1h', 'hit', '1 hour', '2 years'),
('delay_1h', 'hit', '1 hour', '2 years'),
-- Not by minute: a row's time is that of its slot of half an hour.
('interaction_30m', 'interaction', '30 minutes', '2 years'),
('data_quality_1m', 'stream_batch', '1 minute', '90 days'),
('quarantine_1m', 'quarantine', '1 minute', '90 days');

CREATE INDEX stream_batch_committed_at ON telemetry.stream_batch (committed_at);
CREATE INDEX quarantine_received_at ON telemetry.quarantine (received_at);

-- Bucket n holds the latencies in (1.02 ^ (n - 1), 1.02 ^ n] ms; -1 holds 0 ms. The middle of a
-- bucket is within 1 % of all that it holds, and buckets add up.
CREATE FUNCTION telemetry.latency_bucket(latency_ms integer) RETURNS smallint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN latency_ms > 0
    THEN ceil(ln(latency_ms::double precision) / ln(1.02::double precision)) ELSE -1
END::smallint;
