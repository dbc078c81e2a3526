-- The hits of each recommendation that a batch may have moved, anew from the stored rows.

-- Each lookup is by a key's index. What else the planner might choose rests on statistics, which
-- know nothing of what a batch stages, and little of the newest rows, which are all that it wants.
-- OFFSET 0 keeps a lookup a lookup: as a join it might begin with all answers of the window.
SET LOCAL enable_nestloop = on;
SET LOCAL enable_hashjoin = off;

-- News of a slot also moves the start in the slot after it.
INSERT INTO pg_temp.affected
SELECT request_id, served_at
FROM pg_temp.changed_recommendation
UNION
SELECT r.request_id, r.served_at
FROM pg_temp.changed_interaction AS c
CROSS JOIN LATERAL (
    SELECT request_id, served_at
    FROM telemetry.recommendation
    WHERE user_id = c.user_id
        AND served_at >= c.at - %(window)s::interval
        AND served_at < c.slot_at + 2 * %(slot)s::interval
        AND served_at BETWEEN %(served_from)s AND %(served_to)s
        AND c.movie_id = ANY (items)
    OFFSET 0
) AS r;

INSERT INTO pg_temp.found
SELECT
    r.request_id,
    r.served_at,
    r.variant,
    r.model_version,
    (array_agg(i.at ORDER BY i.at, rank, i.kind))[1],
    (array_agg(rank ORDER BY i.at, rank, i.kind))[1],
    (array_agg(i.movie_id ORDER BY i.at, rank, i.kind))[1],
    (array_agg(i.kind ORDER BY i.at, rank, i.kind))[1],
    min(rank),
    count(DISTINCT rank)
FROM pg_temp.affected AS a
CROSS JOIN LATERAL (
    SELECT *
    FROM telemetry.recommendation
    WHERE request_id = a.request_id AND served_at = a.served_at
        AND served_at BETWEEN %(served_from)s AND %(served_to)s
    OFFSET 0
) AS r
JOIN telemetry.interaction AS i
    ON i.user_id = r.user_id AND i.movie_id = ANY (r.items)
    AND i.slot_at > r.served_at - %(slot)s::interval AND i.slot_at <= r.served_at + %(window)s::interval
    AND i.at > r.served_at AND i.at <= r.served_at + %(window)s::interval
    AND i.slot_at BETWEEN %(slots_from)s AND %(slots_to)s
CROSS JOIN LATERAL array_position(r.items, i.movie_id) AS rank
WHERE r.status = 200
    AND (
        i.kind = 'rating'
        OR NOT EXISTS (
            SELECT FROM telemetry.interaction AS before
            WHERE before.user_id = i.user_id AND before.movie_id = i.movie_id
                AND before.kind = 'watch' AND before.slot_at = i.slot_at - %(slot)s::interval
                AND before.slot_at BETWEEN %(slots_from)s AND %(slots_to)s
        )
    )
GROUP BY r.request_id, r.served_at, r.variant, r.model_version;

DELETE FROM telemetry.hit AS h
WHERE h.request_id = ANY (ARRAY(SELECT request_id FROM pg_temp.affected))
    AND h.served_at BETWEEN %(served_from)s AND %(served_to)s
    AND EXISTS (
        SELECT FROM pg_temp.affected AS a
        WHERE a.request_id = h.request_id AND a.served_at = h.served_at
    )
    AND NOT EXISTS (
        SELECT FROM pg_temp.found AS f
        WHERE f.request_id = h.request_id AND f.served_at = h.served_at
    );

INSERT INTO telemetry.hit AS h (
    request_id, served_at, variant, model_version, hit_at, rank, movie_id, kind, best_rank,
    items_hit
)
SELECT
    request_id, served_at, variant, model_version, hit_at, rank, movie_id, kind, best_rank,
    items_hit
FROM pg_temp.found
ON CONFLICT (request_id, served_at)
DO UPDATE SET
    variant = EXCLUDED.variant,
    model_version = EXCLUDED.model_version,
    hit_at = EXCLUDED.hit_at,
    rank = EXCLUDED.rank,
    movie_id = EXCLUDED.movie_id,
    kind = EXCLUDED.kind,
    best_rank = EXCLUDED.best_rank,
    items_hit = EXCLUDED.items_hit
WHERE (
    h.variant, h.model_version, h.hit_at, h.rank, h.movie_id, h.kind, h.best_rank, h.items_hit
) IS DISTINCT FROM (
    EXCLUDED.variant, EXCLUDED.model_version, EXCLUDED.hit_at, EXCLUDED.rank, EXCLUDED.movie_id,
    EXCLUDED.kind, EXCLUDED.best_rank, EXCLUDED.items_hit
);
