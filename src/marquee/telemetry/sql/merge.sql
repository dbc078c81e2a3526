-- Of two rows of one key the smaller one stays, so that order does not matter. The join tells what
-- is news, for ON CONFLICT would lock, and so rewrite, each row that stays as it is.

INSERT INTO pg_temp.changed_interaction
SELECT s.*, i.at IS NULL
FROM pg_temp.staged_interaction AS s
LEFT JOIN telemetry.interaction AS i
    ON i.user_id = s.user_id AND i.movie_id = s.movie_id AND i.kind = s.kind
    AND i.slot_at = s.slot_at
    AND i.slot_at BETWEEN %(slots_from)s AND %(slots_to)s
WHERE i.at IS NULL OR (s.at, s.value) < (i.at, i.value);

INSERT INTO telemetry.interaction (user_id, movie_id, kind, slot_at, at, value)
SELECT user_id, movie_id, kind, slot_at, at, value
FROM pg_temp.changed_interaction
ON CONFLICT (user_id, movie_id, kind, slot_at)
DO UPDATE SET at = EXCLUDED.at, value = EXCLUDED.value;

INSERT INTO pg_temp.changed_recommendation
SELECT DISTINCT ON (s.request_id, s.served_at) s.*, r.request_id IS NULL
FROM pg_temp.staged_recommendation AS s
LEFT JOIN telemetry.recommendation AS r
    ON r.request_id = s.request_id AND r.served_at = s.served_at
    AND r.served_at BETWEEN %(served_from)s AND %(served_to)s
WHERE r.request_id IS NULL
    OR (s.user_id, s.status, s.latency_ms, s.items, s.variant, s.model_version, s.server,
        s.personalised, s.error)
    < (r.user_id, r.status, r.latency_ms, r.items, r.variant, r.model_version, r.server,
        r.personalised, r.error)
ORDER BY s.request_id, s.served_at, s.user_id, s.status, s.latency_ms, s.items, s.variant,
    s.model_version, s.server, s.personalised, s.error;

INSERT INTO telemetry.recommendation (
    request_id, served_at, user_id, variant, model_version, server, status, latency_ms, items,
    personalised, error
)
SELECT
    request_id, served_at, user_id, variant, model_version, server, status, latency_ms, items,
    personalised, error
FROM pg_temp.changed_recommendation
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
    error = EXCLUDED.error;
