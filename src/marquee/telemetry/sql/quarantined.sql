SELECT q.partition, q.record_offset, q.received_at, q.reason, q.line
FROM telemetry.quarantine AS q
INNER JOIN telemetry.stream_offset AS o
    ON o.topic = q.topic AND o.partition = q.partition
    AND q.record_offset >= o.first_offset AND q.record_offset < o.next_offset
WHERE q.topic = %(topic)s
    AND (%(reason)s IS NULL OR q.reason = %(reason)s)
    AND (%(since)s::timestamptz IS NULL OR q.received_at >= %(since)s)
    AND (q.partition, q.record_offset, q.received_at) > %(after)s
ORDER BY q.partition, q.record_offset, q.received_at
LIMIT %(limit)s;
