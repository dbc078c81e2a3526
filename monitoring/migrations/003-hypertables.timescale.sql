-- Event tables in chunks of a day, in columns once nothing but the odd late event changes them:
-- the widest hit window is seven days.

SELECT public.create_hypertable(
    format('telemetry.%I', name)::regclass,
    public.by_range(time_column, INTERVAL '1 day'),
    create_default_indexes => false
)
FROM telemetry.event_table;

-- A late event asks for one user within a window: batches know the least and greatest of what
-- orders them. The time comes first, and segments are few, so that batches are full.
ALTER TABLE telemetry.recommendation SET (
    timescaledb.enable_columnstore,
    timescaledb.segmentby = 'variant',
    timescaledb.orderby = 'served_at'
);
ALTER TABLE telemetry.interaction SET (
    timescaledb.enable_columnstore,
    timescaledb.segmentby = 'kind',
    timescaledb.orderby = 'slot_at, user_id'
);
ALTER TABLE telemetry.hit SET (
    timescaledb.enable_columnstore,
    timescaledb.segmentby = 'variant, model_version',
    timescaledb.orderby = 'served_at'
);
ALTER TABLE telemetry.stream_batch SET (
    timescaledb.enable_columnstore,
    timescaledb.segmentby = 'topic, partition',
    timescaledb.orderby = 'committed_at'
);
ALTER TABLE telemetry.quarantine SET (
    timescaledb.enable_columnstore,
    timescaledb.segmentby = 'topic, reason',
    timescaledb.orderby = 'received_at'
);
