-- What alerts are judged by.

-- Each engine has its own upkeep: `marquee telemetry maintain`, or the jobs of TimescaleDB.
DO $do$
DECLARE
    timescale CONSTANT boolean := (
        SELECT engine = 'timescale' FROM telemetry.schema_migration ORDER BY number LIMIT 1
    );
BEGIN
    IF timescale THEN
        EXECUTE $view$
            CREATE VIEW report.job AS
            SELECT
                jobs.application_name AS job,
                CASE WHEN jobs.proc_name = 'policy_refresh_continuous_aggregate' THEN 'upkeep'
                    ELSE 'other' END AS kind,
                CASE WHEN isfinite(stats.last_successful_finish)
                    THEN stats.last_successful_finish END AS succeeded_at,
                CASE WHEN stats.last_run_status = 'Failed'
                    THEN stats.last_run_started_at END AS failed_at,
                NULL::text AS error
            FROM timescaledb_information.jobs AS jobs
            INNER JOIN timescaledb_information.job_stats AS stats USING (job_id)
            WHERE jobs.hypertable_schema = 'telemetry'
            UNION ALL
            SELECT job, 'other', succeeded_at, failed_at, error
            FROM telemetry.job
        $view$;
    ELSE
        EXECUTE $view$
            CREATE VIEW report.job AS
            SELECT
                job, CASE WHEN job = 'maintain' THEN 'upkeep' ELSE 'other' END AS kind,
                succeeded_at, failed_at, error
            FROM telemetry.job
        $view$;
    END IF;
END $do$;
COMMENT ON VIEW report.job IS
'Jobs that run again and again: when each last ended well and badly, and why. kind: upkeep of the aggregates, or other. A job that failed after it succeeded is broken.';

CREATE VIEW report.upkeep AS
SELECT
    coalesce(
        min(coalesce(succeeded_at, migrated.at)) FILTER (WHERE kind = 'upkeep'), migrated.at
    ) AS kept_until,
    coalesce(
        array_agg(job ORDER BY job) FILTER (WHERE failed_at > coalesce(succeeded_at, '-infinity')),
        '{}'
    ) AS failing
FROM (SELECT max(applied_at) AS at FROM telemetry.schema_migration) AS migrated
LEFT JOIN report.job ON true
GROUP BY migrated.at;
COMMENT ON VIEW report.upkeep IS
'One row: since when the aggregates have not all been kept up to date (at most since the last migration), and which jobs failed the last time.';

CREATE VIEW report.reference_distribution AS
SELECT model_version, feature, bin, events,
    events / nullif(sum(events) OVER (PARTITION BY model_version, feature), 0)::double precision AS share
FROM telemetry.reference_distribution;
COMMENT ON VIEW report.reference_distribution IS
'What a model was trained on, by genre and by popularity (tenths of all events, the most popular movies first): what drift is measured against.';

CREATE VIEW report.model_verdict AS
SELECT model_version, kind, name, verdict, value, low, high, bound
FROM telemetry.model_verdict;
COMMENT ON VIEW report.model_verdict IS
'How a model was judged before it went into service: the gap of each fairness requirement and the difference from its base, with interval and the bound that it must not pass.';

CREATE FUNCTION report.watched(version text, since timestamptz, until timestamptz)
RETURNS TABLE (feature text, bin text, events bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog SET jit = off AS $$
    WITH size AS (
        SELECT coalesce(sum(interactions), 0) > 200000 AS large
        FROM telemetry.interaction_30m
        WHERE bucket > since - INTERVAL '30 minutes' AND bucket < until
    ),
    event AS (
        SELECT user_id, movie_id
        FROM telemetry.interaction
        WHERE slot_at >= since AND slot_at < until AND NOT (SELECT large FROM size)
        UNION ALL
        SELECT user_id, movie_id
        FROM telemetry.interaction
        WHERE slot_at >= since AND slot_at < until AND (SELECT large FROM size)
            AND hashint8(user_id) & 31 = 0
    ),
    met AS (
        SELECT movie_id, count(*) AS users
        FROM (SELECT DISTINCT user_id, movie_id FROM event) AS pair
        GROUP BY movie_id
    )
    SELECT 'popularity', coalesce(popularity, 'not in train'), sum(users)::bigint
    FROM met
    LEFT JOIN telemetry.reference_movie ON model_version = version
        AND reference_movie.movie_id = met.movie_id
    GROUP BY 2
    UNION ALL
    SELECT 'genre', genre, sum(users)::bigint
    FROM met
    INNER JOIN telemetry.reference_movie ON model_version = version
        AND reference_movie.movie_id = met.movie_id
    CROSS JOIN unnest(genres) AS genre
    GROUP BY 2
$$;
COMMENT ON FUNCTION report.watched IS
'What was watched and rated in a period, by the bins of a model''s reference: each user and movie once, each of its genres once. Of all users; beyond 200,000 interactions of every 32nd user, drawn by a hash.';
