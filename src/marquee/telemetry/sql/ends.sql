UPDATE telemetry.stream_offset AS o
SET end_offset = greatest(e.end_offset, o.next_offset)
FROM unnest(%(partitions)s::integer[], %(ends)s::bigint[]) AS e (partition, end_offset)
WHERE o.topic = %(topic)s AND o.partition = e.partition
    AND o.end_offset <> greatest(e.end_offset, o.next_offset);
