-- Answers by when they were served, as counts that sum over time, variants and models.

-- UNION ALL and not a join, so that a condition on bucket reaches both aggregates.
DO $do$
DECLARE
    width text;
BEGIN
    FOREACH width IN ARRAY ARRAY['1m', '1h'] LOOP
        EXECUTE format($view$
            CREATE VIEW report.served_%1$s AS
            SELECT
                bucket,
                variant,
                model_version,
                coalesce(sum(requests), 0)::bigint AS requests,
                coalesce(sum(requests) FILTER (WHERE status = 200), 0)::bigint AS answered,
                coalesce(sum(items), 0)::bigint AS items,
                coalesce(sum(hits), 0)::bigint AS hits,
                coalesce(sum(hits) FILTER (WHERE best_rank <= 1), 0)::bigint AS hits_at_1,
                coalesce(sum(hits) FILTER (WHERE best_rank <= 5), 0)::bigint AS hits_at_5,
                coalesce(sum(hits) FILTER (WHERE best_rank <= 10), 0)::bigint AS hits_at_10,
                coalesce(sum(hits) FILTER (WHERE best_rank <= 20), 0)::bigint AS hits_at_20,
                coalesce(sum(hits / best_rank::double precision), 0) AS reciprocal_rank,
                coalesce(sum(items_hit), 0)::bigint AS items_hit
            FROM (
                SELECT
                    bucket, variant, model_version, status, requests, items,
                    NULL::smallint AS best_rank, NULL::bigint AS hits, NULL::bigint AS items_hit
                FROM telemetry.recommendation_%1$s
                UNION ALL
                SELECT
                    bucket, variant, model_version, NULL, NULL, NULL, best_rank, hits, items_hit
                FROM telemetry.hit_%1$s
            ) AS counted
            GROUP BY 1, 2, 3
        $view$, width);
    END LOOP;
END $do$;
COMMENT ON VIEW report.served_1m IS
'Requests by the minute of serving, how many were answered (status 200) with how many items in all, and what hits the answers have had so far: hits_at_K with the best hit among the first K, reciprocal_rank the sum of 1 / best rank, items_hit the sum of different movies hit.';
COMMENT ON VIEW report.served_1h IS 'The same by hour.';

-- A young cohort has not had all its hits. Of the p·n hits of n answers of one age the share F(age)
-- has come, F being report.delay: p = hits / Σ n·F, the correction for reports that come late
-- (Lawless, Canadian Journal of Statistics 22, 1994). Of a mature cohort F = 1. Given F, hits vary
-- by p·Σ n·F − p²·Σ n·F²; and F, learnt from m hits, by F·(1 − F) / m, so that Σ n·F is off by a
-- standard error of at most Σ n·√(F·(1 − F) / m), were all its parts off alike.
CREATE VIEW report.cohort_1m AS
SELECT
    served.*,
    coalesce(served.bucket <= mark.mature_until - INTERVAL '1 minute', false) AS mature,
    CASE WHEN come.share > 0 THEN served.hits ELSE 0 END AS exposed_hits,
    served.answered * come.share AS exposure,
    served.answered * come.share ^ 2 AS exposure_squared,
    served.answered
    * coalesce(sqrt(greatest(0, come.share * (1 - come.share)) / come.learnt_from), 0)
        AS exposure_error
FROM report.served_1m AS served
CROSS JOIN report.watermark AS mark
-- Answers are as old as those in the middle of the minute, or of what has passed of it.
CROSS JOIN LATERAL (
    SELECT passed_s - least(60, passed_s) / 2 AS s
    FROM CAST(extract(EPOCH FROM mark.watermark - served.bucket) AS double precision) AS passed_s
) AS age
LEFT JOIN report.delay AS delay
    ON delay.bin = floor(age.s / 60)::integer + 1
CROSS JOIN LATERAL (
    SELECT
        CASE
            WHEN served.answered = 0 THEN 0
            WHEN age.s >= extract(EPOCH FROM mark.hit_window) THEN 1
            -- Some partitions are far ahead: their hits have come, but not by the watermark.
            WHEN mark.partition_spread > INTERVAL '2 minutes' THEN NULL
            WHEN age.s <= 0 THEN 0
            ELSE delay.cumulative_share
                - delay.share * (delay.delay_s - age.s) / (delay.delay_s - delay.begin_s)
        END AS share,
        delay.mature_hits AS learnt_from
) AS come;
COMMENT ON VIEW report.cohort_1m IS
'report.served_1m, and how far hits have had time to come. mature: all have. exposure: the answers, each counted as the share of its hits that comes by its age (report.delay): the expected hits are the hit-rate times this. The corrected rate is sum(exposed_hits) / sum(exposure), between report.score_low and score_high of (sum(exposed_hits), sum(exposure), sum(exposure_squared) - sum(exposure_error) ^ 2). NULL exposures of young cohorts where no delay has been learnt yet, or while partitions are applied unevenly (report.watermark): then no sum over them is known. The delay is that of all variants: exposures of young cohorts do not tell apart a better variant from one that is hit sooner.';

CREATE VIEW report.cohort_1h AS
SELECT
    served.*,
    coalesce(hour.mature, false) AS mature,
    CASE WHEN hour.mature THEN served.hits ELSE coalesce(young.exposed_hits, 0) END AS exposed_hits,
    CASE WHEN hour.mature THEN served.answered ELSE young.exposure END AS exposure,
    CASE WHEN hour.mature THEN served.answered ELSE young.exposure_squared END AS exposure_squared,
    CASE WHEN hour.mature THEN 0 ELSE young.exposure_error END AS exposure_error
FROM report.served_1h AS served
CROSS JOIN report.watermark AS mark
CROSS JOIN LATERAL (
    SELECT served.bucket <= mark.mature_until - INTERVAL '1 hour' AS mature
) AS hour
LEFT JOIN (
    SELECT
        date_trunc('hour', bucket, 'UTC') AS bucket,
        variant,
        model_version,
        sum(exposed_hits)::bigint AS exposed_hits,
        CASE WHEN count(exposure) = count(*) THEN sum(exposure) END AS exposure,
        sum(exposure_squared) AS exposure_squared,
        sum(exposure_error) AS exposure_error
    FROM report.cohort_1m
    WHERE bucket > (SELECT mature_until - INTERVAL '1 hour' FROM report.watermark)
    GROUP BY 1, 2, 3
) AS young USING (bucket, variant, model_version);
COMMENT ON VIEW report.cohort_1h IS 'The same by hour; the exposure of a young hour is that of its minutes.';
