-- TimescaleDB asks the caller, not the owner of the view, for an aggregate inside of a function that
-- is put into the query: what has a setting of its own is not.

CREATE FUNCTION report.latency(since timestamptz, until timestamptz) RETURNS TABLE (
    variant text, model_version text, status smallint, latency_bucket smallint, requests bigint
) LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT variant, model_version, status, latency_bucket, sum(requests)::bigint
    FROM (
        SELECT * FROM report.latency_1m
        WHERE bucket >= date_trunc('minute', since)
            AND bucket < least(until, (SELECT begins FROM report.whole_hours(since, until)))
        UNION ALL
        SELECT * FROM report.latency_1h
        WHERE bucket >= (SELECT begins FROM report.whole_hours(since, until))
            AND bucket < (SELECT ends FROM report.whole_hours(since, until))
        UNION ALL
        SELECT * FROM report.latency_1m
        WHERE bucket >= (SELECT ends FROM report.whole_hours(since, until)) AND bucket < until
    ) AS counted
    GROUP BY 1, 2, 3, 4
$$;
COMMENT ON FUNCTION report.latency IS
'Requests of a period by latency, for report.latency_quantile: hours where they lie whole in it, minutes at its edges, which count in full.';
