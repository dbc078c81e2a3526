-- How far behind life the database is.

CREATE FUNCTION report.freshness(since timestamptz, until timestamptz, width interval)
RETURNS TABLE (
    at timestamptz, topic text, partition integer, batches bigint, lines bigint,
    behind_s double precision, slowest_s double precision
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT
        date_bin(width, committed_at, TIMESTAMPTZ 'epoch'),
        topic,
        partition,
        count(*),
        sum(lines),
        max(extract(EPOCH FROM committed_at - max_event_at)),
        max(seconds)
    FROM telemetry.stream_batch
    WHERE committed_at >= date_bin(width, since, TIMESTAMPTZ 'epoch') AND committed_at < until
    GROUP BY 1, 2, 3
$$;
COMMENT ON FUNCTION report.freshness IS
'Transactions of the writer by when they were committed: behind_s, how old the newest event of one was then, at most; slowest_s, how long the slowest took. Both of each partition in the points of a curve.';

DO $do$
DECLARE
    timescale CONSTANT boolean := (
        SELECT engine = 'timescale' FROM telemetry.schema_migration ORDER BY number LIMIT 1
    );
    ages CONSTANT text := CASE
        WHEN timescale THEN $sql$
            SELECT
                aggregate.name,
                (
                    SELECT max(stats.last_successful_finish)
                    FROM timescaledb_information.continuous_aggregates AS kept
                    INNER JOIN timescaledb_information.job_stats AS stats
                        ON stats.hypertable_schema = kept.materialization_hypertable_schema
                        AND stats.hypertable_name = kept.materialization_hypertable_name
                    INNER JOIN timescaledb_information.jobs AS job
                        ON job.job_id = stats.job_id
                        AND job.proc_name = 'policy_refresh_continuous_aggregate'
                    WHERE kept.view_schema = 'telemetry' AND kept.view_name = aggregate.name
                        AND isfinite(stats.last_successful_finish)
                ),
                NULL::bigint
            FROM telemetry.aggregate AS aggregate
        $sql$
        ELSE $sql$
            SELECT
                aggregate.name,
                (SELECT succeeded_at FROM telemetry.job WHERE job = 'maintain'),
                (
                    SELECT count(*)
                    FROM telemetry.stale_bucket AS stale
                    WHERE stale.source = aggregate.source AND stale.width = aggregate.width
                )
            FROM telemetry.aggregate AS aggregate
        $sql$
    END;
BEGIN
    EXECUTE format(
        'CREATE FUNCTION report.aggregates() RETURNS TABLE (
            name text, kept_at timestamptz, stale_buckets bigint
        ) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS %L',
        ages
    );
END $do$;
COMMENT ON FUNCTION report.aggregates IS
'Each aggregate: when it was last brought up to date, and how many of its buckets have changed since (NULL on TimescaleDB, which does not tell). What it says is right all the same; only slower to read.';
