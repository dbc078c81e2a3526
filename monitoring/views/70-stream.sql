-- What became of the lines of the log, and how far the database has them.

CREATE VIEW report.data_quality_1m AS
SELECT
    bucket, topic, batches, lines, recommendations, interactions, collapsed, duplicates, accounts,
    quarantined, late, seconds
FROM telemetry.data_quality_1m;
COMMENT ON VIEW report.data_quality_1m IS
'What the writer made of the lines that it committed: lines = recommendations + interactions + collapsed + duplicates + accounts + quarantined; late ones are among these. seconds: the time in transactions.';

CREATE VIEW report.quarantine_1m AS
SELECT bucket, topic, reason, records
FROM telemetry.quarantine_1m;
COMMENT ON VIEW report.quarantine_1m IS
'Lines put aside, by when the broker got them and by reason.';

CREATE VIEW report.stream AS
SELECT
    topic,
    partition,
    first_offset,
    next_offset,
    end_offset,
    end_offset - next_offset AS lag_lines,
    max_event_at,
    updated_at,
    lines,
    recommendations,
    interactions,
    collapsed,
    duplicates,
    accounts,
    quarantined
FROM telemetry.stream_offset;
COMMENT ON VIEW report.stream IS
'Each partition: the next offset to apply, where it ended as of updated_at, the newest event, and what became of all lines since first_offset.';

CREATE VIEW report.model_deploy AS
SELECT model_version, deployed_at, variant, provenance_digest
FROM telemetry.model_deploy;
COMMENT ON VIEW report.model_deploy IS 'Which model was put into service when, and from what.';
