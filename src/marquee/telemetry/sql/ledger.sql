UPDATE telemetry.stream_offset
SET next_offset = greatest(next_offset, %(to_offset)s),
    end_offset = greatest(end_offset, %(to_offset)s),
    max_event_at = greatest(max_event_at, %(max_event_at)s::timestamptz),
    updated_at = clock_timestamp(),
    lines = lines + %(lines)s,
    recommendations = recommendations + %(recommendations)s,
    interactions = interactions + %(interactions)s,
    collapsed = collapsed + %(collapsed)s,
    duplicates = duplicates + %(duplicates)s,
    accounts = accounts + %(accounts)s,
    quarantined = quarantined + %(quarantined)s
WHERE topic = %(topic)s AND partition = %(partition)s;

INSERT INTO telemetry.stream_batch (
    topic, partition, from_offset, to_offset, committed_at, max_event_at, seconds, lines,
    recommendations, interactions, collapsed, duplicates, accounts, quarantined, late
)
VALUES (
    %(topic)s, %(partition)s, %(from_offset)s, %(to_offset)s, clock_timestamp(),
    %(max_event_at)s, extract(epoch FROM clock_timestamp() - now()), %(lines)s,
    %(recommendations)s, %(interactions)s, %(collapsed)s, %(duplicates)s, %(accounts)s,
    %(quarantined)s, %(late)s
);
