-- Points of a curve: counts of a period at any width, from minutes, or hours where those do. The
-- first point counts in full, also what of it lies before `since`, and so does the last bucket.

CREATE FUNCTION report.point_seconds(
    at timestamptz, width interval, until timestamptz, bucket interval
) RETURNS double precision LANGUAGE sql STABLE PARALLEL SAFE
RETURN greatest(1, extract(EPOCH FROM least(
    at + width,
    date_bin(bucket, until - INTERVAL '1 microsecond', TIMESTAMPTZ 'epoch') + bucket,
    now()
) - at));
COMMENT ON FUNCTION report.point_seconds IS
'How much time a point of a curve counts: from at for its width, to the end of the last bucket that begins before until, and at most until now; a second at the least.';

CREATE FUNCTION report.latency_points(since timestamptz, until timestamptz, width interval)
RETURNS TABLE (
    at timestamptz, seconds double precision, variant text, model_version text, status smallint,
    latency_bucket smallint, requests bigint
) LANGUAGE sql STABLE SET search_path = pg_catalog SET jit = off AS $$
    SELECT
        at,
        report.point_seconds(
            at, width, until,
            CASE WHEN width < INTERVAL '1 hour' THEN INTERVAL '1 minute' ELSE INTERVAL '1 hour' END
        ),
        variant,
        model_version,
        status,
        latency_bucket,
        requests
    FROM (
        SELECT
            date_bin(width, bucket, TIMESTAMPTZ 'epoch') AS at,
            variant,
            model_version,
            status,
            latency_bucket,
            sum(requests)::bigint AS requests
        FROM (
            SELECT bucket, variant, model_version, status, latency_bucket, requests
            FROM report.latency_1m
            WHERE width < INTERVAL '1 hour'
                AND bucket >= date_bin(width, since, TIMESTAMPTZ 'epoch') AND bucket < until
            UNION ALL
            SELECT bucket, variant, model_version, status, latency_bucket, requests
            FROM report.latency_1h
            WHERE width >= INTERVAL '1 hour'
                AND bucket >= date_bin(width, since, TIMESTAMPTZ 'epoch') AND bucket < until
        ) AS counted
        GROUP BY 1, 2, 3, 4, 5
    ) AS point
$$;
COMMENT ON FUNCTION report.latency_points IS
'Requests by latency for the points of a curve: at is the begin of one, seconds how much of it is counted. A width from an hour on must be of whole hours, and reads the aggregates by hour.';

CREATE FUNCTION report.cohort_points(since timestamptz, until timestamptz, width interval)
RETURNS TABLE (
    at timestamptz, seconds double precision, variant text, model_version text, requests bigint,
    answered bigint, items bigint, hits bigint, hits_at_1 bigint, hits_at_5 bigint,
    hits_at_10 bigint, hits_at_20 bigint, reciprocal_rank double precision, items_hit bigint,
    mature boolean, exposed_hits bigint, exposure double precision,
    exposure_squared double precision, exposure_error double precision
) LANGUAGE sql STABLE SET search_path = pg_catalog SET jit = off AS $$
    SELECT
        point.at,
        report.point_seconds(
            point.at, width, until,
            CASE WHEN width < INTERVAL '1 hour' THEN INTERVAL '1 minute' ELSE INTERVAL '1 hour' END
        ),
        variant, model_version, requests, answered, items, hits, hits_at_1, hits_at_5, hits_at_10,
        hits_at_20, reciprocal_rank, items_hit, mature, exposed_hits, exposure, exposure_squared,
        exposure_error
    FROM (
        SELECT
            bucket, variant, model_version, requests, answered, items, hits, hits_at_1, hits_at_5,
            hits_at_10, hits_at_20, reciprocal_rank, items_hit, mature, exposed_hits, exposure,
            exposure_squared, exposure_error
        FROM report.cohort_1m
        WHERE width < INTERVAL '1 hour'
            AND bucket >= date_bin(width, since, TIMESTAMPTZ 'epoch') AND bucket < until
        UNION ALL
        SELECT
            bucket, variant, model_version, requests, answered, items, hits, hits_at_1, hits_at_5,
            hits_at_10, hits_at_20, reciprocal_rank, items_hit, mature, exposed_hits, exposure,
            exposure_squared, exposure_error
        FROM report.cohort_1h
        WHERE width >= INTERVAL '1 hour'
            AND bucket >= date_bin(width, since, TIMESTAMPTZ 'epoch') AND bucket < until
    ) AS cohort
    CROSS JOIN LATERAL (SELECT date_bin(width, bucket, TIMESTAMPTZ 'epoch') AS at) AS point
$$;
COMMENT ON FUNCTION report.cohort_points IS
'The cohorts (report.cohort_1m) of the points of a curve, to be summed: at is the begin of one, seconds how much of it is counted. A width from an hour on must be of whole hours, and reads the aggregates by hour.';

CREATE FUNCTION report.mature_answers(since timestamptz, until timestamptz) RETURNS TABLE (
    variant text, model_version text, answered bigint, hits bigint, hits_at_1 bigint,
    hits_at_5 bigint, hits_at_10 bigint
) LANGUAGE sql STABLE SET search_path = pg_catalog SET jit = off AS $$
    WITH edge AS MATERIALIZED (
        SELECT mature.until, hour.begins, hour.ends
        FROM report.watermark
        CROSS JOIN LATERAL (
            SELECT least(until, date_trunc('minute', coalesce(mature_until, '-infinity'))) AS until
        ) AS mature
        CROSS JOIN LATERAL report.whole_hours(since, mature.until) AS hour
    )
    SELECT variant, model_version, answered, hits, hits_at_1, hits_at_5, hits_at_10
    FROM report.served_1m
    WHERE bucket >= date_trunc('minute', since)
        AND bucket < (SELECT least(edge.until, begins) FROM edge)
    UNION ALL
    SELECT variant, model_version, answered, hits, hits_at_1, hits_at_5, hits_at_10
    FROM report.served_1h
    WHERE bucket >= (SELECT begins FROM edge) AND bucket < (SELECT ends FROM edge)
    UNION ALL
    SELECT variant, model_version, answered, hits, hits_at_1, hits_at_5, hits_at_10
    FROM report.served_1m
    WHERE bucket >= (SELECT ends FROM edge) AND bucket < (SELECT edge.until FROM edge)
$$;
COMMENT ON FUNCTION report.mature_answers IS
'The mature answers of a period (report.cohort_1m) and their hits, to be summed: hours where they lie whole in it, minutes at its edges, which count in full.';
