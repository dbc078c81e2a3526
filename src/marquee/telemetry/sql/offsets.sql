SELECT
    o.partition,
    o.cluster_id,
    o.topic_id,
    o.next_offset,
    (extract(epoch FROM o.max_event_at) * 1000000)::bigint
FROM telemetry.stream_offset AS o
WHERE o.topic = %(topic)s
ORDER BY o.partition
FOR UPDATE;
