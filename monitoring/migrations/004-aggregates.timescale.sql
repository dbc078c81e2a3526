-- Continuous aggregates. They answer in real time: what is newer than the last refresh is counted
-- from the rows. Refreshes are the policies of the next file.

CREATE MATERIALIZED VIEW telemetry.recommendation_1m
WITH (
    timescaledb.continuous,
    timescaledb.materialized_only = false,
    timescaledb.create_group_indexes = false
) AS
SELECT
    public.time_bucket(INTERVAL '1 minute', served_at) AS bucket,
    variant,
    model_version,
    status,
    telemetry.latency_bucket(latency_ms) AS latency_bucket,
    count(*) AS requests,
    sum(cardinality(items)) AS items
FROM telemetry.recommendation
GROUP BY 1, 2, 3, 4, 5
WITH NO DATA;

CREATE MATERIALIZED VIEW telemetry.recommendation_1h
WITH (
    timescaledb.continuous,
    timescaledb.materialized_only = false,
    timescaledb.create_group_indexes = false
) AS
SELECT
    public.time_bucket(INTERVAL '1 hour', bucket) AS bucket,
    variant,
    model_version,
    status,
    latency_bucket,
    sum(requests)::bigint AS requests,
    sum(items)::bigint AS items
FROM telemetry.recommendation_1m
GROUP BY 1, 2, 3, 4, 5
WITH NO DATA;

CREATE MATERIALIZED VIEW telemetry.hit_1m
WITH (
    timescaledb.continuous,
    timescaledb.materialized_only = false,
    timescaledb.create_group_indexes = false
) AS
SELECT
    public.time_bucket(INTERVAL '1 minute', served_at) AS bucket,
    variant,
    model_version,
    kind,
    best_rank,
    count(*) AS hits,
    sum(items_hit) AS items_hit
FROM telemetry.hit
GROUP BY 1, 2, 3, 4, 5
WITH NO DATA;

CREATE MATERIALIZED VIEW telemetry.hit_1h
WITH (
    timescaledb.continuous,
    timescaledb.materialized_only = false,
    timescaledb.create_group_indexes = false
) AS
SELECT
    public.time_bucket(INTERVAL '1 hour', bucket) AS bucket,
    variant,
    model_version,
    kind,
    best_rank,
    sum(hits)::bigint AS hits,
    sum(items_hit)::bigint AS items_hit
FROM telemetry.hit_1m
GROUP BY 1, 2, 3, 4, 5
WITH NO DATA;

CREATE MATERIALIZED VIEW telemetry.delay_1h
WITH (
    timescaledb.continuous,
    timescaledb.materialized_only = false,
    timescaledb.create_group_indexes = false
) AS
SELECT
    public.time_bucket(INTERVAL '1 hour', served_at) AS bucket,
    variant,
    model_version,
    ceil(extract(EPOCH FROM hit_at - served_at) / 60)::smallint AS delay_bucket,
    count(*) AS hits
FROM telemetry.hit
GROUP BY 1, 2, 3, 4
WITH NO DATA;

CREATE MATERIALIZED VIEW telemetry.interaction_30m
WITH (
    timescaledb.continuous,
    timescaledb.materialized_only = false,
    timescaledb.create_group_indexes = false
) AS
SELECT
    public.time_bucket(INTERVAL '30 minutes', slot_at) AS bucket,
    kind,
    count(*) AS interactions
FROM telemetry.interaction
GROUP BY 1, 2
WITH NO DATA;

CREATE MATERIALIZED VIEW telemetry.data_quality_1m
WITH (
    timescaledb.continuous,
    timescaledb.materialized_only = false,
    timescaledb.create_group_indexes = false
) AS
SELECT
    public.time_bucket(INTERVAL '1 minute', committed_at) AS bucket,
    topic,
    count(*) AS batches,
    sum(lines) AS lines,
    sum(recommendations) AS recommendations,
    sum(interactions) AS interactions,
    sum(collapsed) AS collapsed,
    sum(duplicates) AS duplicates,
    sum(accounts) AS accounts,
    sum(quarantined) AS quarantined,
    sum(late) AS late,
    sum(seconds::double precision) AS seconds
FROM telemetry.stream_batch
GROUP BY 1, 2
WITH NO DATA;

CREATE MATERIALIZED VIEW telemetry.quarantine_1m
WITH (
    timescaledb.continuous,
    timescaledb.materialized_only = false,
    timescaledb.create_group_indexes = false
) AS
SELECT
    public.time_bucket(INTERVAL '1 minute', received_at) AS bucket,
    topic,
    reason,
    count(*) AS records
FROM telemetry.quarantine
GROUP BY 1, 2, 3
WITH NO DATA;
