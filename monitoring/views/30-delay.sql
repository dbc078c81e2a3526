-- How long after an answer its first hit comes. It is learnt from answers whose window is over, of
-- the last seven days: of younger ones the late hits are still to come, which would make it short.

CREATE VIEW report.delay AS
SELECT
    bin,
    bins.begin_s,
    bins.delay_s,
    coalesce(learnt.hits, 0)::bigint AS hits,
    (coalesce(learnt.hits, 0) / sum(learnt.hits) OVER ())::double precision AS share,
    (sum(coalesce(learnt.hits, 0)) OVER (ORDER BY bin) / sum(learnt.hits) OVER ())::double precision
        AS cumulative_share,
    (sum(learnt.hits) OVER ())::bigint AS mature_hits
FROM (
    SELECT
        bin,
        60::double precision * (bin - 1) AS begin_s,
        least(60 * bin, extract(EPOCH FROM hit_window))::double precision AS delay_s
    FROM report.watermark, generate_series(1, ceil(extract(EPOCH FROM hit_window) / 60)::int) AS bin
) AS bins
LEFT JOIN (
    SELECT delay_bucket AS bin, sum(hits) AS hits
    FROM telemetry.delay_1h
    WHERE bucket >= (SELECT mature_until - INTERVAL '7 days' FROM report.watermark)
        AND bucket <= (SELECT mature_until - INTERVAL '1 hour' FROM report.watermark)
    GROUP BY 1
) AS learnt USING (bin);
COMMENT ON VIEW report.delay IS
'The distribution of the time from an answer to its first hit, in bins of a minute, learnt from the mature_hits hits of the hours whose window is over (of the last seven days, all variants). hits, share: of those, the ones later than begin_s and within delay_s. cumulative_share: within delay_s. NULL shares where nothing has been learnt yet. One distribution for all variants: what is corrected by it must not compare them.';

CREATE VIEW report.delay_percentiles AS
SELECT
    min(mature_hits) AS mature_hits,
    min(delay_s - (delay_s - begin_s) * (cumulative_share - 0.50) / share)
        FILTER (WHERE cumulative_share >= 0.50 AND cumulative_share - share < 0.50) AS delay_p50_s,
    min(delay_s - (delay_s - begin_s) * (cumulative_share - 0.95) / share)
        FILTER (WHERE cumulative_share >= 0.95 AND cumulative_share - share < 0.95) AS delay_p95_s,
    min(delay_s - (delay_s - begin_s) * (cumulative_share - 0.99) / share)
        FILTER (WHERE cumulative_share >= 0.99 AND cumulative_share - share < 0.99) AS delay_p99_s
FROM report.delay;
COMMENT ON VIEW report.delay_percentiles IS
'One row: percentiles of report.delay in seconds, linear within a minute, and how many hits they were learnt from. NULL where nothing has been learnt yet.';
