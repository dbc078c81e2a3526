-- The hits of the recommendations served in a period, by other means than the writer's: starts by
-- the row before, items by their places, the whole set at once; and where the stored ones differ.

SET LOCAL enable_nestloop = off;

CREATE TEMPORARY TABLE difference ON COMMIT DROP AS
WITH interaction AS (
    SELECT
        user_id,
        movie_id,
        kind,
        at,
        slot_at,
        lag(slot_at) OVER (PARTITION BY user_id, movie_id, kind ORDER BY slot_at) AS before
    FROM telemetry.interaction
    WHERE slot_at > %(begin)s::timestamptz - 2 * %(slot)s::interval
        AND slot_at <= %(end)s::timestamptz + %(window)s::interval
),
start AS (
    SELECT *
    FROM interaction
    WHERE kind = 'rating' OR before IS NULL OR before < slot_at - %(slot)s::interval
),
item AS (
    SELECT request_id, served_at, variant, model_version, user_id, movie_id, min(place) AS rank
    FROM telemetry.recommendation
    CROSS JOIN LATERAL unnest(items) WITH ORDINALITY AS listed (movie_id, place)
    WHERE status = 200 AND served_at >= %(begin)s AND served_at < %(end)s
    GROUP BY request_id, served_at, variant, model_version, user_id, movie_id
),
found AS (
    SELECT request_id, served_at, variant, model_version, movie_id, rank, kind, at
    FROM item
    INNER JOIN start USING (user_id, movie_id)
    WHERE at > served_at AND at <= served_at + %(window)s::interval
),
total AS (
    SELECT
        request_id,
        served_at,
        min(rank)::smallint AS best_rank,
        count(DISTINCT movie_id)::smallint AS items_hit
    FROM found
    GROUP BY request_id, served_at
),
expected AS (
    SELECT DISTINCT ON (request_id, served_at)
        request_id,
        served_at,
        variant,
        model_version,
        at AS hit_at,
        rank::smallint AS rank,
        movie_id,
        kind,
        best_rank,
        items_hit
    FROM found
    INNER JOIN total USING (request_id, served_at)
    ORDER BY request_id, served_at, at, rank, kind
),
stored AS (
    SELECT *
    FROM telemetry.hit
    WHERE served_at >= %(begin)s AND served_at < %(end)s
)
SELECT
    coalesce(expected.request_id, stored.request_id) AS request_id,
    coalesce(expected.served_at, stored.served_at) AS served_at,
    to_jsonb(stored) - ARRAY['request_id', 'served_at'] AS stored,
    to_jsonb(expected) - ARRAY['request_id', 'served_at'] AS expected,
    expected.variant,
    expected.model_version,
    expected.hit_at,
    expected.rank,
    expected.movie_id,
    expected.kind,
    expected.best_rank,
    expected.items_hit
FROM expected
FULL JOIN stored USING (request_id, served_at)
WHERE to_jsonb(expected) IS DISTINCT FROM to_jsonb(stored);
