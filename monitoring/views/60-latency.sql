-- Latency at any width, from counts by logarithmic bucket.

CREATE FUNCTION report.latency_ms(latency_bucket smallint) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN latency_bucket < 0 THEN 0 ELSE 1.02::double precision ^ (latency_bucket - 0.5) END;
COMMENT ON FUNCTION report.latency_ms IS
'The middle of a bucket in ms, within 1 % of all latencies in it.';

CREATE FUNCTION report.latency_quantile(
    fraction double precision, latency_buckets smallint[], requests bigint[]
) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN (
    SELECT report.latency_ms(min(latency_bucket))
    FROM (
        SELECT
            latency_bucket,
            sum(n) OVER (ORDER BY latency_bucket) AS n_up_to,
            sum(n) OVER () AS n_all
        FROM unnest(latency_buckets, requests) AS counted (latency_bucket, n)
    ) AS cumulative
    WHERE n_up_to >= fraction * n_all
);
COMMENT ON FUNCTION report.latency_quantile IS
'percentile_disc in ms, within 1 %, of latencies counted by bucket; buckets may come in any order and repeat. NULL of none. At any width: SELECT date_bin(...), report.latency_quantile(0.99, array_agg(latency_bucket), array_agg(requests)) FROM report.latency_1m GROUP BY 1.';

CREATE VIEW report.latency_1m AS
SELECT
    bucket, variant, model_version, status, latency_bucket,
    report.latency_ms(latency_bucket) AS latency_ms, requests
FROM telemetry.recommendation_1m;
COMMENT ON VIEW report.latency_1m IS
'Requests by latency, counted in buckets of 2 %; latency_ms is the middle of one.';

CREATE VIEW report.latency_1h AS
SELECT
    bucket, variant, model_version, status, latency_bucket,
    report.latency_ms(latency_bucket) AS latency_ms, requests
FROM telemetry.recommendation_1h;
COMMENT ON VIEW report.latency_1h IS 'The same by hour.';

CREATE VIEW report.latency_percentiles_1m AS
SELECT
    bucket,
    variant,
    model_version,
    sum(requests)::bigint AS requests,
    report.latency_quantile(0.50, array_agg(latency_bucket), array_agg(requests)) AS latency_p50_ms,
    report.latency_quantile(0.95, array_agg(latency_bucket), array_agg(requests)) AS latency_p95_ms,
    report.latency_quantile(0.99, array_agg(latency_bucket), array_agg(requests)) AS latency_p99_ms
FROM telemetry.recommendation_1m
GROUP BY 1, 2, 3;
COMMENT ON VIEW report.latency_percentiles_1m IS
'Percentiles of the latency of all requests, failed ones too; within 1 %.';

CREATE VIEW report.latency_percentiles_1h AS
SELECT
    bucket,
    variant,
    model_version,
    sum(requests)::bigint AS requests,
    report.latency_quantile(0.50, array_agg(latency_bucket), array_agg(requests)) AS latency_p50_ms,
    report.latency_quantile(0.95, array_agg(latency_bucket), array_agg(requests)) AS latency_p95_ms,
    report.latency_quantile(0.99, array_agg(latency_bucket), array_agg(requests)) AS latency_p99_ms
FROM telemetry.recommendation_1h
GROUP BY 1, 2, 3;
COMMENT ON VIEW report.latency_percentiles_1h IS 'The same by hour.';
