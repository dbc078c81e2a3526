-- Points of a curve: counts of a period at any width, from minutes, or hours where those do.

DO $do$
DECLARE
    name text;
    source text;
    columns text;
    types text;
    meaning text;
BEGIN
    FOR name, source, columns, meaning IN SELECT * FROM (VALUES
        (
            'latency_points', 'latency',
            'variant, model_version, status, latency_bucket, latency_ms, requests',
            'Requests by latency (report.latency_1m)'
        ),
        (
            'cohort_points', 'cohort',
            'variant, model_version, requests, answered, items, hits, hits_at_1, hits_at_5, '
            'hits_at_10, hits_at_20, reciprocal_rank, items_hit, mature, exposed_hits, exposure, '
            'exposure_squared, exposure_error',
            'Answers and their hits (report.cohort_1m)'
        )
    ) AS points
    LOOP
        SELECT string_agg(format('%I %s', attname, atttypid::regtype), ', ' ORDER BY attnum)
        INTO types
        FROM pg_catalog.pg_attribute
        WHERE attrelid = format('report.%s_1m', source)::regclass
            AND attname = ANY (string_to_array(columns, ', '));
        EXECUTE format(
            'CREATE FUNCTION report.%1$I(since timestamptz, until timestamptz, width interval)
            RETURNS TABLE (at timestamptz, seconds double precision, %2$s)
            LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
                SELECT
                    point.at,
                    greatest(1, extract(EPOCH FROM least(point.at + width, until) - point.at)),
                    %3$s
                FROM (
                    SELECT bucket, %3$s FROM report.%4$s_1m
                    WHERE width < INTERVAL ''1 hour''
                        AND bucket >= date_bin(width, since, TIMESTAMPTZ ''epoch'')
                        AND bucket < until
                    UNION ALL
                    SELECT bucket, %3$s FROM report.%4$s_1h
                    WHERE width >= INTERVAL ''1 hour''
                        AND bucket >= date_bin(width, since, TIMESTAMPTZ ''epoch'')
                        AND bucket < until
                ) AS counted
                CROSS JOIN LATERAL (
                    SELECT date_bin(width, bucket, TIMESTAMPTZ ''epoch'') AS at
                ) AS point
            $$',
            name, types, columns, source
        );
        EXECUTE format(
            'COMMENT ON FUNCTION report.%I IS %L', name,
            meaning || ' that count to the points of a curve: at is the begin of one, seconds how '
            'much of it lies before until. Rows of one point are to be summed. The first point '
            'counts in full, also what of it lies before since; a width from an hour on must be '
            'of whole hours, and reads the aggregates by hour.'
        );
    END LOOP;
END $do$;
