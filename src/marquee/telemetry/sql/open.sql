INSERT INTO telemetry.stream_offset (
    topic, partition, cluster_id, topic_id, first_offset, next_offset, end_offset, updated_at
)
VALUES (
    %(topic)s, %(partition)s, %(cluster_id)s, %(topic_id)s, %(beginning)s, %(beginning)s,
    %(beginning)s, clock_timestamp()
);
