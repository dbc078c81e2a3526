-- What the background jobs do: refresh each minute; compress and drop each night.

-- Only ranges that changed are computed again, so a wide window costs nothing; it ends before the
-- rows do, as a refresh of what was dropped would erase it. A refresh is one transaction: in
-- batches, newest first, the hours between them would be missing until their turn.
-- A hit comes up to a window, an hour, after the answer that it counts for, and may be late besides:
-- hits of the last two hours are counted from the rows, or most would be missing until a refresh.
SELECT public.add_continuous_aggregate_policy(
    format('telemetry.%I', name)::regclass,
    start_offset => INTERVAL '80 days',
    end_offset => CASE source WHEN 'hit' THEN INTERVAL '2 hours' ELSE width END,
    schedule_interval => INTERVAL '1 minute',
    buckets_per_batch => 0
)
FROM telemetry.aggregate;

DO $$
DECLARE
    name text;
    tonight CONSTANT timestamptz := date_bin('1 day', now(), TIMESTAMPTZ 'epoch') + INTERVAL '27 hours';
BEGIN
    FOR name IN SELECT event_table.name FROM telemetry.event_table LOOP
        CALL public.add_columnstore_policy(
            format('telemetry.%I', name)::regclass,
            after => INTERVAL '10 days',
            schedule_interval => INTERVAL '1 day',
            initial_start => tonight
        );
    END LOOP;
    PERFORM public.add_retention_policy(
        format('telemetry.%I', kept.name)::regclass,
        drop_after => kept.keep,
        schedule_interval => INTERVAL '1 day',
        initial_start => tonight + INTERVAL '1 hour'
    )
    FROM (
        SELECT event_table.name, keep FROM telemetry.event_table
        UNION ALL
        SELECT aggregate.name, keep FROM telemetry.aggregate
    ) AS kept;
END $$;
