-- Who may do what; runs after the views at every migrate. Nobody else may do anything.

REVOKE ALL ON SCHEMA telemetry, report FROM PUBLIC, marquee_writer, marquee_reader;
REVOKE ALL ON ALL TABLES IN SCHEMA telemetry, report FROM PUBLIC, marquee_writer, marquee_reader;
REVOKE ALL ON ALL ROUTINES IN SCHEMA telemetry, report FROM PUBLIC, marquee_writer, marquee_reader;

GRANT USAGE ON SCHEMA report TO marquee_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA report TO marquee_reader;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA report TO marquee_reader;
-- Views read tables as their owner, but call functions as whoever reads them.
GRANT EXECUTE ON FUNCTION telemetry.latency_bucket TO marquee_reader;

GRANT USAGE ON SCHEMA telemetry TO marquee_writer;
GRANT SELECT ON ALL TABLES IN SCHEMA telemetry TO marquee_writer;
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
