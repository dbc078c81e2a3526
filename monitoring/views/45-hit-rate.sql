-- Online quality from summed cohorts: views by minute and by hour, functions of any period.

DO $do$
DECLARE
    -- Minutes around the whole hours that are mature in all their minutes.
    period CONSTANT text := $sql$(
        SELECT * FROM report.cohort_1m
        WHERE bucket >= date_trunc('minute', since)
            AND bucket < least(until, (SELECT begins FROM report.whole_hours(since, until)))
        UNION ALL
        SELECT * FROM report.cohort_1h
        WHERE bucket >= (SELECT begins FROM report.whole_hours(since, until))
            AND bucket < (
                SELECT ends
                FROM report.watermark, report.whole_hours(since, least(until, mature_until))
            )
        UNION ALL
        SELECT * FROM report.cohort_1m
        WHERE bucket < until
            AND bucket >= (
                SELECT ends
                FROM report.watermark, report.whole_hours(since, least(until, mature_until))
            )
    )$sql$;
    meaning CONSTANT text :=
        'Online quality by when answers were served. Users who watched nothing count too. '
        'hit_rate_so_far: hits so far / answered, too low while some are young. hit_rate_mature, '
        'hit_rate_at_K (the best hit among the first K), mrr (mean of 1 / best rank, 0 without a '
        'hit) and precision (different movies hit / items shown): of the mature_answered answers '
        'alone, whose hits have all had time to come; NULL where there are none. '
        'hit_rate_corrected: of all answers, the young ones counted by report.delay; NULL where '
        'that is needed and not known. As that delay is one for all variants, neither it nor '
        'hit_rate_so_far compares variants or models: one that is hit sooner looks better; the '
        'mature figures do. _low and _high: 95 % intervals, Wilson''s; of the corrected '
        'rate the score interval for its exposure (report.cohort_1m). That of precision takes the '
        'items of a list as independent.';
    rates text;
    figures text;
    key text;
    suffix text;
    width text;
    columns text;
BEGIN
    SELECT
        string_agg(
            format(
                '%2$s / nullif(%3$s, 0)::double precision AS %1$s,
                report.wilson_low(%2$s, %3$s) AS %1$s_low,
                report.wilson_high(%2$s, %3$s) AS %1$s_high',
                name, part, whole
            ),
            ', '
        )
    INTO rates
    FROM (VALUES
        ('share_answered', 'answered', 'requests'),
        ('hit_rate_so_far', 'hits_so_far', 'answered'),
        ('hit_rate_mature', 'hits', 'mature_answered'),
        ('hit_rate_at_1', 'hits_at_1', 'mature_answered'),
        ('hit_rate_at_5', 'hits_at_5', 'mature_answered'),
        ('hit_rate_at_10', 'hits_at_10', 'mature_answered'),
        ('hit_rate_at_20', 'hits_at_20', 'mature_answered'),
        ('precision', 'items_hit', 'items')
    ) AS rate (name, part, whole);

    figures := $sql$
        SELECT
            %1$s,
            requests,
            answered,
            mature_answered,
            $sql$ || rates || $sql$,
            CASE WHEN exposure > 0 THEN least(1, exposed_hits / exposure) END AS hit_rate_corrected,
            report.score_low(exposed_hits, exposure, spread) AS hit_rate_corrected_low,
            report.score_high(exposed_hits, exposure, spread) AS hit_rate_corrected_high,
            reciprocal_rank / nullif(mature_answered, 0) AS mrr
        FROM (
            SELECT
                %1$s,
                sum(requests)::bigint AS requests,
                sum(answered)::bigint AS answered,
                coalesce(sum(answered) FILTER (WHERE mature), 0)::bigint AS mature_answered,
                sum(hits) AS hits_so_far,
                sum(hits) FILTER (WHERE mature) AS hits,
                sum(hits_at_1) FILTER (WHERE mature) AS hits_at_1,
                sum(hits_at_5) FILTER (WHERE mature) AS hits_at_5,
                sum(hits_at_10) FILTER (WHERE mature) AS hits_at_10,
                sum(hits_at_20) FILTER (WHERE mature) AS hits_at_20,
                sum(reciprocal_rank) FILTER (WHERE mature) AS reciprocal_rank,
                sum(items_hit) FILTER (WHERE mature) AS items_hit,
                sum(items) FILTER (WHERE mature) AS items,
                sum(exposed_hits) AS exposed_hits,
                CASE WHEN count(exposure) = count(*) THEN sum(exposure) END AS exposure,
                sum(exposure_squared) - sum(exposure_error) ^ 2 AS spread
            FROM %2$s AS cohort
            GROUP BY %1$s
        ) AS total
    $sql$;

    FOR key, suffix IN SELECT * FROM (VALUES ('variant', 'variant'), ('model_version', 'model')) AS keys
    LOOP
        FOREACH width IN ARRAY ARRAY['1m', '1h'] LOOP
            EXECUTE format('CREATE VIEW report.hit_rate_by_%s_%s AS ', suffix, width)
                || format(figures, 'bucket, ' || key, 'report.cohort_' || width);
            EXECUTE format('COMMENT ON VIEW report.hit_rate_by_%s_%s IS %L', suffix, width, meaning);
        END LOOP;
        SELECT string_agg(format('%I %s', attname, atttypid::regtype), ', ' ORDER BY attnum)
        INTO columns
        FROM pg_catalog.pg_attribute
        WHERE attrelid = format('report.hit_rate_by_%s_1h', suffix)::regclass AND attname <> 'bucket';
        EXECUTE format(
            'CREATE FUNCTION report.hit_rate_by_%s(since timestamptz, until timestamptz)
            RETURNS TABLE (%s) LANGUAGE sql STABLE SET search_path = pg_catalog AS %L',
            suffix, columns, format(figures, key, period)
        );
        EXECUTE format('COMMENT ON FUNCTION report.hit_rate_by_%s IS %L', suffix, meaning);
    END LOOP;
END $do$;
