DELETE FROM telemetry.quarantine AS q
USING unnest(%(partitions)s::integer[], %(offsets)s::bigint[], %(received)s::timestamptz[])
    AS m (partition, record_offset, received_at)
WHERE q.topic = %(topic)s AND q.partition = m.partition AND q.record_offset = m.record_offset
    AND q.received_at = m.received_at;
