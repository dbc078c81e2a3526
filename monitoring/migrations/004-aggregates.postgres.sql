-- The aggregates, each by the view of what it is in the buckets that are stale.

CREATE VIEW telemetry.recommendation_1m_live AS
SELECT
    stale.bucket,
    event.variant,
    event.model_version,
    event.status,
    telemetry.latency_bucket(event.latency_ms) AS latency_bucket,
    count(*) AS requests,
    sum(cardinality(event.items)) AS items
FROM telemetry.stale_bucket AS stale
INNER JOIN telemetry.recommendation AS event
    ON event.served_at >= stale.bucket AND event.served_at < stale.bucket + INTERVAL '1 minute'
WHERE stale.source = 'recommendation' AND stale.width = INTERVAL '1 minute'
GROUP BY 1, 2, 3, 4, 5;
CALL telemetry.keep_aggregate('recommendation_1m');

CREATE VIEW telemetry.recommendation_1h_live AS
SELECT stale.bucket, total.*
FROM telemetry.stale_bucket AS stale
CROSS JOIN LATERAL (
    SELECT
        variant,
        model_version,
        status,
        latency_bucket,
        sum(requests)::bigint AS requests,
        sum(items)::bigint AS items
    FROM telemetry.recommendation_1m AS part
    WHERE part.bucket >= stale.bucket AND part.bucket < stale.bucket + INTERVAL '1 hour'
    GROUP BY 1, 2, 3, 4
) AS total
WHERE stale.source = 'recommendation' AND stale.width = INTERVAL '1 hour';
CALL telemetry.keep_aggregate('recommendation_1h');

CREATE VIEW telemetry.hit_1m_live AS
SELECT
    stale.bucket,
    event.variant,
    event.model_version,
    event.kind,
    event.best_rank,
    count(*) AS hits,
    sum(event.items_hit) AS items_hit
FROM telemetry.stale_bucket AS stale
INNER JOIN telemetry.hit AS event
    ON event.served_at >= stale.bucket AND event.served_at < stale.bucket + INTERVAL '1 minute'
WHERE stale.source = 'hit' AND stale.width = INTERVAL '1 minute'
GROUP BY 1, 2, 3, 4, 5;
CALL telemetry.keep_aggregate('hit_1m');

CREATE VIEW telemetry.hit_1h_live AS
SELECT stale.bucket, total.*
FROM telemetry.stale_bucket AS stale
CROSS JOIN LATERAL (
    SELECT
        variant,
        model_version,
        kind,
        best_rank,
        sum(hits)::bigint AS hits,
        sum(items_hit)::bigint AS items_hit
    FROM telemetry.hit_1m AS part
    WHERE part.bucket >= stale.bucket AND part.bucket < stale.bucket + INTERVAL '1 hour'
    GROUP BY 1, 2, 3, 4
) AS total
WHERE stale.source = 'hit' AND stale.width = INTERVAL '1 hour';
CALL telemetry.keep_aggregate('hit_1h');

CREATE VIEW telemetry.delay_1h_live AS
SELECT
    stale.bucket,
    event.variant,
    event.model_version,
    ceil(extract(EPOCH FROM event.hit_at - event.served_at) / 60)::smallint AS delay_bucket,
    count(*) AS hits
FROM telemetry.stale_bucket AS stale
INNER JOIN telemetry.hit AS event
    ON event.served_at >= stale.bucket AND event.served_at < stale.bucket + INTERVAL '1 hour'
WHERE stale.source = 'hit' AND stale.width = INTERVAL '1 hour'
GROUP BY 1, 2, 3, 4;
CALL telemetry.keep_aggregate('delay_1h');

CREATE VIEW telemetry.interaction_30m_live AS
SELECT
    stale.bucket,
    event.kind,
    count(*) AS interactions
FROM telemetry.stale_bucket AS stale
INNER JOIN telemetry.interaction AS event
    ON event.slot_at >= stale.bucket AND event.slot_at < stale.bucket + INTERVAL '30 minutes'
WHERE stale.source = 'interaction' AND stale.width = INTERVAL '30 minutes'
GROUP BY 1, 2;
CALL telemetry.keep_aggregate('interaction_30m');

CREATE VIEW telemetry.data_quality_1m_live AS
SELECT
    stale.bucket,
    event.topic,
    count(*) AS batches,
    sum(event.lines) AS lines,
    sum(event.recommendations) AS recommendations,
    sum(event.interactions) AS interactions,
    sum(event.collapsed) AS collapsed,
    sum(event.duplicates) AS duplicates,
    sum(event.accounts) AS accounts,
    sum(event.quarantined) AS quarantined,
    sum(event.late) AS late,
    sum(event.seconds::double precision) AS seconds
FROM telemetry.stale_bucket AS stale
INNER JOIN telemetry.stream_batch AS event
    ON
        event.committed_at >= stale.bucket
        AND event.committed_at < stale.bucket + INTERVAL '1 minute'
WHERE stale.source = 'stream_batch' AND stale.width = INTERVAL '1 minute'
GROUP BY 1, 2;
CALL telemetry.keep_aggregate('data_quality_1m');

CREATE VIEW telemetry.quarantine_1m_live AS
SELECT
    stale.bucket,
    event.topic,
    event.reason,
    count(*) AS records
FROM telemetry.stale_bucket AS stale
INNER JOIN telemetry.quarantine AS event
    ON
        event.received_at >= stale.bucket
        AND event.received_at < stale.bucket + INTERVAL '1 minute'
WHERE stale.source = 'quarantine' AND stale.width = INTERVAL '1 minute'
GROUP BY 1, 2, 3;
CALL telemetry.keep_aggregate('quarantine_1m');
