-- Aggregates without an extension. A statement that changes an event table leaves marks: which
-- buckets it touched. An aggregate is a view: what was kept of buckets without a mark, and the
-- rows themselves of those with one. So it is exact at any moment, and `marquee telemetry
-- maintain` only makes it fast, by keeping anew what has a mark and taking the mark away.
--
-- Marks are added, never updated: writer and maintenance do not wait for each other, and a bucket
-- that is touched while it is kept anew has a new mark, which stays.

CREATE TABLE telemetry.stale_mark (
    source text NOT NULL,
    width interval NOT NULL,
    bucket timestamptz NOT NULL
);
CREATE INDEX stale_mark_bucket ON telemetry.stale_mark (source, width, bucket);

CREATE VIEW telemetry.stale_bucket AS
SELECT DISTINCT stale_mark.source, stale_mark.width, stale_mark.bucket
FROM telemetry.stale_mark
INNER JOIN telemetry.event_table ON event_table.name = stale_mark.source
WHERE stale_mark.bucket >= event_table.kept_since;

-- The writer may insert rows, but not marks.
CREATE FUNCTION telemetry.mark_stale() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO telemetry.stale_mark (source, width, bucket)
        SELECT DISTINCT $1, width, date_bin(width, changed.%I, TIMESTAMPTZ ''epoch'')
        FROM changed
        CROSS JOIN (SELECT DISTINCT width FROM telemetry.aggregate WHERE source = $1) AS widths',
        TG_ARGV[0]
    ) USING TG_TABLE_NAME;
    RETURN NULL;
END $$;

-- It takes rows without saying which.
CREATE FUNCTION telemetry.refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'telemetry.%: TRUNCATE would leave its aggregates as they are; expected DELETE',
        TG_TABLE_NAME
        USING ERRCODE = 'feature_not_supported';
END $$;

DO $$
DECLARE
    source record;
    event record;
BEGIN
    FOR source IN SELECT name, time_column FROM telemetry.event_table LOOP
        FOR event IN
            SELECT * FROM (VALUES
                ('inserted', 'INSERT', 'NEW'), ('deleted', 'DELETE', 'OLD'),
                ('updated_from', 'UPDATE', 'OLD'), ('updated_to', 'UPDATE', 'NEW')
            ) AS events (name, verb, rows)
        LOOP
            EXECUTE format(
                'CREATE TRIGGER %I AFTER %s ON telemetry.%I REFERENCING %s TABLE AS changed
                FOR EACH STATEMENT EXECUTE FUNCTION telemetry.mark_stale(%L)',
                event.name, event.verb, source.name, event.rows, source.time_column
            );
        END LOOP;
        EXECUTE format(
            'CREATE TRIGGER truncated BEFORE TRUNCATE ON telemetry.%I
            FOR EACH STATEMENT EXECUTE FUNCTION telemetry.refuse_truncate()', source.name
        );
    END LOOP;
END $$;

-- Make an aggregate of the view NAME_live, which says what it is in the buckets that are stale.
CREATE PROCEDURE telemetry.keep_aggregate(aggregate text) LANGUAGE plpgsql AS $$
DECLARE
    kept CONSTANT text := aggregate || '_kept';
    live CONSTANT text := aggregate || '_live';
BEGIN
    EXECUTE format('CREATE TABLE telemetry.%I AS TABLE telemetry.%I WITH NO DATA', kept, live);
    EXECUTE format('CREATE INDEX ON telemetry.%I (bucket)', kept);
    EXECUTE format(
        'CREATE VIEW telemetry.%1$I AS
        SELECT kept.* FROM telemetry.%2$I AS kept
        WHERE NOT EXISTS (
            SELECT FROM telemetry.stale_bucket
            INNER JOIN telemetry.aggregate USING (source, width)
            WHERE aggregate.name = %1$L AND stale_bucket.bucket = kept.bucket
        )
        UNION ALL
        SELECT * FROM telemetry.%3$I',
        aggregate, kept, live
    );
END $$;
