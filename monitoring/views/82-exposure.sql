-- Who is shown what. Rows are read here, not aggregates: which movies a list held is in no sum. So
-- that a long period costs no more than a short one, minutes are drawn from it by chance.

CREATE FUNCTION report.sampled_minutes(
    since timestamptz, until timestamptz, answers bigint
) RETURNS TABLE (minute timestamptz) LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT bucket
    FROM (
        SELECT
            bucket,
            row_number() OVER (ORDER BY hashint8(extract(EPOCH FROM bucket)::bigint), bucket)
                AS drawn,
            count(*) OVER () AS minutes,
            sum(answered) OVER () AS answered
        FROM (
            SELECT bucket, sum(answered) AS answered
            FROM report.traffic_1m
            WHERE bucket >= since AND bucket < until
            GROUP BY 1
        ) AS minute
    ) AS minute
    WHERE drawn <= greatest(1, ceil(minutes * least(1, answers / nullif(answered, 0))))
$$;
COMMENT ON FUNCTION report.sampled_minutes IS
'Minutes of a period, drawn by a hash of their time, with about so many answers in them; all of its minutes where those have no more. The same period gives the same ones.';

CREATE FUNCTION report.exposure(since timestamptz, until timestamptz) RETURNS TABLE (
    variant text, model_version text, personalised boolean, movie_id text, popularity text,
    shown bigint
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT
        answer.variant,
        answer.model_version,
        answer.personalised,
        item.movie_id,
        reference.popularity,
        count(*)
    FROM report.sampled_minutes(since, until, 20000)
    INNER JOIN telemetry.recommendation AS answer
        ON answer.served_at >= minute AND answer.served_at < minute + INTERVAL '1 minute'
        AND answer.served_at >= since AND answer.served_at < until + INTERVAL '1 minute'
    CROSS JOIN unnest(answer.items) AS item (movie_id)
    LEFT JOIN telemetry.reference_movie AS reference
        ON reference.model_version = answer.model_version
        AND reference.movie_id = item.movie_id
    WHERE answer.status = 200
    GROUP BY 1, 2, 3, 4, 5
$$;
COMMENT ON FUNCTION report.exposure IS
'How often each movie was shown in the answers of a period: of all its answers up to 20,000, of about so many beyond, in minutes drawn by chance. personalised: NULL where the log does not say. popularity: the tenth of all training events that the movie lies in, the most popular first; NULL where the model''s training data is not known.';

CREATE VIEW report.catalogue AS
SELECT model_version, count(*) AS movies
FROM telemetry.reference_movie
GROUP BY 1;
COMMENT ON VIEW report.catalogue IS 'How many movies each model was trained on, where that is known.';

CREATE FUNCTION report.activity(since timestamptz, until timestamptz) RETURNS TABLE (
    variant text, model_version text, personalised boolean, activity text, answered bigint,
    hits bigint
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
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
    FROM report.sampled_minutes(
        since, least(until, (SELECT mature_until - INTERVAL '1 minute' FROM report.watermark)),
        20000
    )
    INNER JOIN telemetry.recommendation AS answer
        ON answer.served_at >= minute AND answer.served_at < minute + INTERVAL '1 minute'
        AND answer.served_at >= since AND answer.served_at < until + INTERVAL '1 minute'
    LEFT JOIN telemetry.hit USING (request_id, served_at)
    CROSS JOIN LATERAL (
        SELECT count(DISTINCT movie_id) AS met
        FROM telemetry.interaction AS event
        WHERE event.user_id = answer.user_id
            AND event.slot_at >= answer.served_at - INTERVAL '7 days'
            AND event.slot_at < answer.served_at
    ) AS earlier
    WHERE answer.status = 200
    GROUP BY 1, 2, 3, 4
$$;
COMMENT ON FUNCTION report.activity IS
'Mature answers of a period and those with a hit, by how many movies their users had watched or rated in the seven days before; sampled as report.exposure is.';
