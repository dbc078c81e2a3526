-- Where rows have been dropped, the hits of the first ones left cannot be told any more: whether an
-- interaction starts a session hangs on the slot before it.
WITH kept AS (
    SELECT greatest(%(begin)s::timestamptz, max(kept_since) + 2 * %(slot)s::interval) AS since
    FROM telemetry.event_table
    WHERE name IN ('recommendation', 'interaction', 'hit')
)
SELECT least(
    (
        SELECT min(served_at)
        FROM telemetry.recommendation
        WHERE served_at >= kept.since AND served_at < %(end)s
    ),
    (
        SELECT min(served_at)
        FROM telemetry.hit
        WHERE served_at >= kept.since AND served_at < %(end)s
    )
)
FROM kept;
