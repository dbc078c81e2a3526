-- How far the stream has come, and how a period is cut into hours.

-- A topic that is read no more stays as it was for ever: it says nothing of today. Nor does a
-- partition that gave no event yet: its users have neither answers nor hits, and once they have,
-- the watermark goes back to them.
CREATE VIEW report.watermark AS
SELECT
    stream.watermark,
    attribution.hit_window,
    stream.watermark - attribution.hit_window AS mature_until,
    stream.lag_lines,
    stream.updated_at,
    stream.newest_at - stream.watermark AS partition_spread
FROM telemetry.attribution, (
    SELECT
        coalesce(
            min(max_event_at) FILTER (WHERE next_offset < end_offset), max(max_event_at)
        ) AS watermark,
        max(max_event_at) AS newest_at,
        coalesce(sum(end_offset - next_offset), 0)::bigint AS lag_lines,
        max(updated_at) AS updated_at
    FROM telemetry.stream_offset
    WHERE topic = (
        SELECT topic FROM telemetry.stream_offset
        ORDER BY max_event_at IS NULL, updated_at DESC, topic
        LIMIT 1
    )
) AS stream;
COMMENT ON VIEW report.watermark IS
'One row: how far, in event time, the stream has been applied: the topic that was last written, without partitions that gave no event yet. watermark: the smallest newest event of the partitions that lag behind their end, else the largest of all; NULL where nothing was applied yet. hit_window: how long after an answer a viewing or rating is its hit. mature_until: answers served at or before it can get no more hits. lag_lines: what the broker holds and the database does not, as of updated_at. partition_spread: from the watermark to the newest event of all partitions; while it is more than two minutes, hit-rates of young answers are not corrected.';

CREATE FUNCTION report.whole_hours(since timestamptz, until timestamptz)
RETURNS TABLE (begins timestamptz, ends timestamptz) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT first, greatest(first, date_trunc('hour', until, 'UTC'))
    FROM date_trunc('hour', since + INTERVAL '1 hour' - INTERVAL '1 microsecond', 'UTC') AS first
$$;
COMMENT ON FUNCTION report.whole_hours IS
'The hours that lie whole between two times: the begin of the first, the end of the last.';
