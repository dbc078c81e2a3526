"""What a database needs now and then: aggregates brought up to date, what is too old dropped."""

import logging
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import psycopg2.errors
from psycopg2.sql import SQL, Identifier

from marquee.errors import DatabaseError
from marquee.telemetry.backoff import delays
from marquee.telemetry.database import Connection, Cursor, connected
from marquee.telemetry.jobs import record_job
from marquee.telemetry.migrate import expect_migrated
from marquee.telemetry.migrations import Engine
from marquee.telemetry.roles import OWNER
from marquee.telemetry.upkeep import drop_old, keep_anew

LOG = logging.getLogger(__name__)

_LOCK = "hashtextextended('marquee telemetry maintain', 0)"
_JOBS = """
SELECT aggregate.name, jobs.job_id
FROM telemetry.aggregate
INNER JOIN timescaledb_information.jobs
    ON jobs.hypertable_schema = 'telemetry' AND jobs.hypertable_name = aggregate.name
    AND jobs.proc_name = 'policy_refresh_continuous_aggregate'
ORDER BY aggregate.width, aggregate.name
"""
_TRIES = 15
"""How often a refresh that another one keeps from running is tried: for a minute and a half."""


@dataclass(frozen=True, slots=True)
class Maintained:
    """What was done: buckets kept anew by aggregate (None: refreshed), rows dropped by table."""

    engine: Engine
    refreshed: dict[str, int | None]
    dropped: dict[str, int]


def maintain(dsn: str) -> Maintained:
    """Bring the aggregates up to date and drop what is past its keep, in short transactions.

    On plain PostgreSQL the buckets that changed are computed anew and old rows deleted, beside a
    running writer: a bucket that changes meanwhile is left for the next time. On TimescaleDB the
    refresh policies run at once, each after the one of its own jobs that is under way; dropping is
    left to those. A database of another version, and one that another process maintains, are each
    a :class:`~marquee.errors.DatabaseError`.
    """
    with connected(dsn, application="marquee maintain") as connection:
        expect_migrated(connection)
        connection.autocommit = True
        engine = _begin(connection)
        if engine is Engine.TIMESCALE:
            done = Maintained(engine, dict(_refresh(connection)), {})
        else:
            done = Maintained(engine, dict(keep_anew(connection)), dict(drop_old(connection)))
            record_job(connection, "maintain")
    LOG.info(
        "maintained engine=%s buckets=%d dropped=%d",
        engine,
        sum(filter(None, done.refreshed.values())),
        sum(done.dropped.values()),
    )
    return done


def _begin(connection: Connection) -> Engine:
    """Act as the owner, alone, until the connection ends; return the engine."""
    with connection.cursor() as cursor:
        cursor.execute(SQL("SET ROLE {}").format(Identifier(OWNER)))
        cursor.execute("SELECT engine FROM telemetry.schema_migration LIMIT 1")
        (engine,) = cursor.fetchone() or (Engine.POSTGRES,)
        cursor.execute(f"SELECT pg_catalog.pg_try_advisory_lock({_LOCK})")
        if cursor.fetchone() == (False,):
            raise DatabaseError("the database is being maintained by another process")
    return Engine(engine)


def _refresh(connection: Connection) -> Iterator[tuple[str, None]]:
    with connection.cursor() as cursor:
        cursor.execute(_JOBS)
        for name, job_id in cursor.fetchall():
            _run(cursor, job_id)
            yield name, None


def _run(cursor: Cursor, job_id: int) -> None:
    for pause_s in islice(delays(random.Random()), _TRIES - 1):  # noqa: S311
        try:
            return cursor.execute("CALL public.run_job(%s)", (job_id,))
        except psycopg2.errors.LockNotAvailable:
            time.sleep(pause_s)
    return cursor.execute("CALL public.run_job(%s)", (job_id,))
