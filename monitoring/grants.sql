-- Who may do what; runs after the views whenever they are made anew. Nobody else may do anything.
-- What other owners have in these schemas is theirs to grant.

REVOKE ALL ON SCHEMA telemetry, report FROM PUBLIC, marquee_writer, marquee_reader;
-- The writer's role judges alerts too, by the views.
GRANT USAGE ON SCHEMA report TO marquee_reader, marquee_writer;
GRANT USAGE ON SCHEMA telemetry TO marquee_writer;

DO $$
DECLARE
    ours record;
BEGIN
    FOR ours IN
        SELECT
            relnamespace::regnamespace AS place,
            'TABLE' AS kind,
            'SELECT' AS use,
            string_agg(oid::regclass::text, ', ') AS names
        FROM pg_catalog.pg_class
        WHERE relnamespace IN ('telemetry'::regnamespace, 'report'::regnamespace)
            AND relkind IN ('r', 'p', 'v', 'm', 'f') AND relowner = 'marquee_owner'::regrole
        GROUP BY 1
        UNION ALL
        SELECT
            pronamespace::regnamespace,
            'ROUTINE',
            'EXECUTE',
            string_agg(oid::regprocedure::text, ', ')
        FROM pg_catalog.pg_proc
        WHERE pronamespace IN ('telemetry'::regnamespace, 'report'::regnamespace)
            AND proowner = 'marquee_owner'::regrole
        GROUP BY 1
    LOOP
        EXECUTE format(
            'REVOKE ALL ON %s %s FROM PUBLIC, marquee_writer, marquee_reader', ours.kind, ours.names
        );
        IF ours.place = 'report'::regnamespace THEN
            EXECUTE format(
                'GRANT %s ON %s %s TO marquee_reader, marquee_writer',
                ours.use, ours.kind, ours.names
            );
        ELSIF ours.kind = 'TABLE' THEN
            EXECUTE format('GRANT SELECT ON %s TO marquee_writer', ours.names);
        END IF;
    END LOOP;
END $$;

-- What acts as the owner takes no type or table of the caller's own, which else comes first of all.
DO $$
DECLARE
    ours text;
BEGIN
    FOR ours IN
        SELECT oid::regprocedure FROM pg_catalog.pg_proc
        WHERE pronamespace IN ('telemetry'::regnamespace, 'report'::regnamespace)
            AND proowner = 'marquee_owner'::regrole AND prosecdef
    LOOP
        EXECUTE format('ALTER ROUTINE %s SET search_path = pg_catalog, pg_temp', ours);
    END LOOP;
END $$;

-- Views read tables as their owner, but call functions as whoever reads them.
GRANT EXECUTE ON FUNCTION telemetry.latency_bucket TO marquee_reader, marquee_writer;

GRANT INSERT ON telemetry.stream_batch, telemetry.model_deploy TO marquee_writer;
GRANT INSERT, UPDATE
ON telemetry.recommendation, telemetry.interaction, telemetry.stream_offset,
telemetry.alert_state, telemetry.job
TO marquee_writer;
GRANT INSERT, UPDATE, DELETE ON telemetry.hit TO marquee_writer;
GRANT INSERT, DELETE
ON telemetry.reference_movie, telemetry.reference_distribution, telemetry.model_verdict
TO marquee_writer;
GRANT INSERT, DELETE ON telemetry.quarantine TO marquee_writer;
GRANT UPDATE ON telemetry.attribution TO marquee_writer;
