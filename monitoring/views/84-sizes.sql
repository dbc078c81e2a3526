-- What the tables take. On TimescaleDB a table is its chunks, in rows and in columns.

DO $do$
DECLARE
    timescale CONSTANT boolean := (
        SELECT engine = 'timescale' FROM telemetry.schema_migration ORDER BY number LIMIT 1
    );
    sizes CONSTANT text := CASE
        WHEN timescale THEN $sql$
            SELECT
                hypertable_name::text,
                'events',
                public.hypertable_size(format('%I.%I', hypertable_schema, hypertable_name))
            FROM timescaledb_information.hypertables
            WHERE hypertable_schema = 'telemetry'
            UNION ALL
            SELECT
                view_name::text,
                'aggregate',
                public.hypertable_size(format(
                    '%I.%I', materialization_hypertable_schema, materialization_hypertable_name
                ))
            FROM timescaledb_information.continuous_aggregates
            WHERE view_schema = 'telemetry'
        $sql$
        ELSE $sql$
            SELECT name, 'events', pg_total_relation_size(format('telemetry.%I', name))
            FROM telemetry.event_table
            UNION ALL
            SELECT name, 'aggregate', pg_total_relation_size(format('telemetry.%I', name || '_kept'))
            FROM telemetry.aggregate
        $sql$
    END;
BEGIN
    EXECUTE format(
        'CREATE FUNCTION report.table_sizes() RETURNS TABLE (name text, kind text, bytes bigint)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS %L',
        sizes
    );
END $do$;
COMMENT ON FUNCTION report.table_sizes IS
'What each table of events and each aggregate takes on disk, with its indexes.';
