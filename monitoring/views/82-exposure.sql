-- Who is shown what, and who meets which variant. Rows are read here, not aggregates: which movies a list held is in no sum. So
-- that a long period costs no more than a short one, minutes are drawn from it by chance.

CREATE FUNCTION report.sampled_minutes(
    since timestamptz, until timestamptz, answers bigint
) RETURNS TABLE (minute timestamptz) LANGUAGE sql STABLE ROWS 100 SET search_path = pg_catalog AS $$
    SELECT minute
    FROM (
        SELECT
            minute,
            row_number() OVER (ORDER BY hashint8(extract(EPOCH FROM minute)::bigint), minute) AS drawn,
            count(*) OVER () AS minutes
        FROM generate_series(date_trunc('minute', since), until, INTERVAL '1 minute') AS minute
    ) AS shuffled
    CROSS JOIN (
        SELECT sum(requests) AS requests
        FROM report.latency_1h
        WHERE bucket > since - INTERVAL '1 hour' AND bucket < until
    ) AS total
    WHERE drawn <= greatest(1, ceil(minutes * least(1, answers / nullif(requests, 0))))
$$;
COMMENT ON FUNCTION report.sampled_minutes IS
'Minutes of a period, drawn by a hash of their time, with about so many answers in them; all of its minutes where those have no more. The same period gives the same ones.';

-- The LIMIT also tells the planner that there are few, which it does not see from the minutes.
CREATE FUNCTION report.exposure(since timestamptz, until timestamptz) RETURNS TABLE (
    variant text, model_version text, personalised boolean, movie_id text, popularity text,
    shown bigint
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog SET jit = off AS $$
    WITH answer AS MATERIALIZED (
        SELECT answer.variant, answer.model_version, answer.personalised, answer.items
        FROM report.sampled_minutes(since, until, 10000)
        INNER JOIN telemetry.recommendation AS answer
            ON answer.served_at >= minute AND answer.served_at < minute + INTERVAL '1 minute'
            AND answer.served_at >= since AND answer.served_at < until
        WHERE answer.status = 200
        LIMIT 20000
    ),
    counted AS (
        SELECT variant, model_version, personalised, item, count(*) AS shown
        FROM answer
        CROSS JOIN unnest(items) AS item
        GROUP BY 1, 2, 3, 4
    )
    SELECT
        counted.variant, counted.model_version, counted.personalised, counted.item,
        reference.popularity, counted.shown
    FROM counted
    LEFT JOIN telemetry.reference_movie AS reference
        ON reference.model_version = counted.model_version AND reference.movie_id = counted.item
$$;
COMMENT ON FUNCTION report.exposure IS
'How often each movie was shown in the answers of a period: of all its answers up to 10,000, of about so many beyond, in minutes drawn by chance. personalised: NULL where the log does not say. popularity: the tenth of all training events that the movie lies in, the most popular first; NULL where the model''s training data is not known.';

CREATE VIEW report.catalogue AS
SELECT model_version, count(*) AS movies
FROM telemetry.reference_movie
GROUP BY 1;
COMMENT ON VIEW report.catalogue IS 'How many movies each model was trained on, where that is known.';

-- Without bitmaps each answer's user is looked up by key: that of slots would read a week for each.
CREATE FUNCTION report.activity(since timestamptz, until timestamptz) RETURNS TABLE (
    variant text, model_version text, personalised boolean, activity text, answered bigint,
    hits bigint
) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog SET jit = off SET enable_bitmapscan = off AS $$
    WITH mature AS (
        SELECT least(until, mature_until) AS ends FROM report.watermark
    ),
    answer AS MATERIALIZED (
        SELECT
            answer.request_id, answer.served_at, answer.user_id, answer.variant,
            answer.model_version, answer.personalised
        FROM mature
        CROSS JOIN report.sampled_minutes(since, mature.ends, 10000)
        INNER JOIN telemetry.recommendation AS answer
            ON answer.served_at >= minute AND answer.served_at < minute + INTERVAL '1 minute'
            AND answer.served_at >= since AND answer.served_at < mature.ends
        WHERE answer.status = 200
        LIMIT 20000
    )
    SELECT
        answer.variant,
        answer.model_version,
        answer.personalised,
        CASE
            WHEN earlier.met = 0 THEN '0'
            WHEN earlier.met < 5 THEN '1 to 4'
            WHEN earlier.met < 20 THEN '5 to 19'
            ELSE '20 and more'
        END,
        count(*),
        count(hit.request_id)
    FROM answer
    LEFT JOIN telemetry.hit USING (request_id, served_at)
    CROSS JOIN LATERAL (
        SELECT count(DISTINCT movie_id) AS met
        FROM telemetry.interaction AS event
        WHERE event.user_id = answer.user_id
            AND event.slot_at >= answer.served_at - INTERVAL '7 days'
            AND event.slot_at < answer.served_at
    ) AS earlier
    GROUP BY 1, 2, 3, 4
$$;
COMMENT ON FUNCTION report.activity IS
'Mature answers of a period and those with a hit, by how many movies their users had watched or rated in the seven days before; sampled as report.exposure is.';

CREATE FUNCTION report.users(since timestamptz, until timestamptz) RETURNS TABLE (
    variant text, users bigint, of_several bigint
) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog SET work_mem = '32MB' SET jit = off AS $$
    WITH size AS (
        SELECT coalesce(sum(requests), 0) > 200000 AS large
        FROM report.latency_1h
        WHERE bucket > since - INTERVAL '1 hour' AND bucket < until
    ),
    request AS (
        SELECT user_id, variant
        FROM telemetry.recommendation
        WHERE served_at >= since AND served_at < until AND NOT (SELECT large FROM size)
        UNION ALL
        SELECT user_id, variant
        FROM telemetry.recommendation
        WHERE served_at >= since AND served_at < until AND (SELECT large FROM size)
            AND hashint8(user_id) & 31 = 0
    ),
    met AS MATERIALIZED (
        SELECT DISTINCT user_id, variant FROM request
    ),
    mover AS (
        SELECT user_id FROM met GROUP BY 1 HAVING count(*) > 1
    )
    SELECT met.variant, count(*), count(mover.user_id)
    FROM met
    LEFT JOIN mover USING (user_id)
    GROUP BY 1
$$;
COMMENT ON FUNCTION report.users IS
'How many users each variant met in a period, and of these how many met another one too: of an experiment that keeps users to their arms, none. Of all users; beyond 200,000 requests of every 32nd user, drawn by a hash.';
