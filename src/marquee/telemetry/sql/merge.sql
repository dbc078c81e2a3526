-- Of two rows of one key the smaller one stays, so that order does not matter.

-- No table is looked up in here: what was written is joined to what was staged.
SET LOCAL enable_nestloop = off;
SET LOCAL enable_hashjoin = on;

WITH written AS (
    INSERT INTO telemetry.interaction AS stored (user_id, movie_id, kind, slot_at, at, value)
    SELECT user_id, movie_id, kind, slot_at, at, value
    FROM pg_temp.staged_interaction
    ON CONFLICT (user_id, movie_id, kind, slot_at)
    DO UPDATE SET at = EXCLUDED.at, value = EXCLUDED.value
    WHERE (EXCLUDED.at, EXCLUDED.value) < (stored.at, stored.value)
    RETURNING user_id, movie_id, kind, slot_at, at, old.at IS NULL AS is_new
)
INSERT INTO pg_temp.changed_interaction
SELECT staged.partition, written.*
FROM written
INNER JOIN pg_temp.staged_interaction AS staged USING (user_id, movie_id, kind, slot_at);

WITH smallest AS MATERIALIZED (
    SELECT DISTINCT ON (request_id, served_at) *
    FROM pg_temp.staged_recommendation
    ORDER BY request_id, served_at, user_id, status, latency_ms, items, variant, model_version,
        server, personalised, error
),
written AS (
    INSERT INTO telemetry.recommendation AS stored (
        request_id, served_at, user_id, variant, model_version, server, status, latency_ms, items,
        personalised, error
    )
    SELECT
        request_id, served_at, user_id, variant, model_version, server, status, latency_ms, items,
        personalised, error
    FROM smallest
    ON CONFLICT (request_id, served_at)
    DO UPDATE SET
        user_id = EXCLUDED.user_id,
        variant = EXCLUDED.variant,
        model_version = EXCLUDED.model_version,
        server = EXCLUDED.server,
        status = EXCLUDED.status,
        latency_ms = EXCLUDED.latency_ms,
        items = EXCLUDED.items,
        personalised = EXCLUDED.personalised,
        error = EXCLUDED.error
    WHERE (
        EXCLUDED.user_id, EXCLUDED.status, EXCLUDED.latency_ms, EXCLUDED.items,
        EXCLUDED.variant COLLATE "C", EXCLUDED.model_version COLLATE "C",
        EXCLUDED.server COLLATE "C", EXCLUDED.personalised, EXCLUDED.error COLLATE "C"
    ) < (
        stored.user_id, stored.status, stored.latency_ms, stored.items COLLATE "C",
        stored.variant, stored.model_version, stored.server, stored.personalised, stored.error
    )
    RETURNING request_id, served_at, old.request_id IS NULL AS is_new
)
INSERT INTO pg_temp.changed_recommendation
SELECT smallest.partition, written.*
FROM written
INNER JOIN smallest USING (request_id, served_at);
