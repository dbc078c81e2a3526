"""Views and grants: made anew when they changed, beside whoever reads them."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event

import psycopg2
import pytest

from marquee.errors import DatabaseError
from marquee.telemetry.migrate import migrate

from ...servers import execute
from .stored import query


def change(folder: Path, sql: str = "SELECT 1;") -> None:
    """Change a file, so that views are made anew."""
    (folder / "views/99-more.sql").write_text(sql)


def test_a_view_may_change_its_columns(migrated: str, folder: Path) -> None:
    path = folder / "views/10-number.sql"
    path.write_text("CREATE VIEW report.number AS SELECT 1 AS one, 2 AS two;")
    migrate(migrated, folder=folder)
    path.write_text("CREATE VIEW report.number AS SELECT 'x' AS two;")
    migrate(migrated, folder=folder)
    assert query(migrated, "SELECT * FROM report.number") == [("x",)]
    path.unlink()
    done = migrate(migrated, folder=folder).views
    assert done.anew
    assert "number" not in done.names


def test_a_view_that_fails_is_named_and_the_old_views_stay(migrated: str, folder: Path) -> None:
    (folder / "views/99-broken.sql").write_text("CREATE VIEW report.broken AS SELECT nothing;")
    with pytest.raises(DatabaseError, match=r'99-broken.sql: column "nothing" does not exist'):
        migrate(migrated, folder=folder)
    assert query(migrated, "SELECT count(*) FROM report.traffic_1m") == [(0,)]


def test_a_view_that_somebody_else_built_upon_is_not_dropped_under_them(
    migrated: str, folder: Path
) -> None:
    execute(migrated, "CREATE VIEW public.theirs AS SELECT * FROM report.traffic_1m")
    migrate(migrated)
    change(folder)
    with pytest.raises(DatabaseError, match="other objects depend on"):
        migrate(migrated, folder=folder)
    assert query(migrated, "SELECT count(*) FROM public.theirs") == [(0,)]


def test_what_others_have_in_the_schemas_stays_as_it_is(either: str, folder: Path) -> None:
    execute(either, "CREATE VIEW report.theirs AS SELECT 1 AS one")
    execute(either, "CREATE TABLE telemetry.theirs AS TABLE telemetry.hit")
    execute(either, "CREATE FUNCTION report.f() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    execute(either, "GRANT SELECT ON telemetry.theirs TO marquee_reader")
    change(folder)
    # As the owner, who may not touch them; a superuser could.
    done = migrate(either, folder=folder).views
    assert done.anew
    assert "theirs" not in done.names
    assert query(either, "SELECT one, report.f() FROM report.theirs") == [(1, 1)]
    theirs = "SELECT has_table_privilege('marquee_reader', 'telemetry.theirs', 'SELECT')"
    assert query(either, theirs) == [(True,)]


@pytest.mark.parametrize(
    "damage",
    [
        "DROP VIEW report.delay_percentiles",
        "DROP FUNCTION report.latency",
        "REVOKE SELECT ON report.stream FROM marquee_reader",
        "REVOKE EXECUTE ON FUNCTION report.wilson_low FROM marquee_reader",
    ],
)
def test_what_somebody_took_away_comes_back(migrated: str, damage: str) -> None:
    assert not migrate(migrated).views.anew
    execute(migrated, damage)
    assert migrate(migrated).views.anew
    assert not migrate(migrated).views.anew


def test_a_new_table_is_granted_though_no_view_changed(migrated: str, folder: Path) -> None:
    (folder / "migrations/901-more.sql").write_text("CREATE TABLE telemetry.more ();")
    migrate(migrated, folder=folder)
    writer = "SELECT has_table_privilege('marquee_writer', 'telemetry.more', 'SELECT')"
    assert query(migrated, writer) == [(True,)]


READINGS = (
    "SELECT * FROM report.hit_rate_by_variant(now() - interval '1 day', now())",
    "SELECT * FROM report.hit_rate_by_model_1h",
    "SELECT * FROM report.watermark, report.delay_percentiles, report.cohort_1h",
)


@contextmanager
def looping_readers(dsn: str) -> Iterator[Counter[str]]:
    """Dashboards that read again and again; the errors that they have had."""
    stop, errors = Event(), Counter[str]()

    def read(sql: str) -> None:
        with closing(psycopg2.connect(dsn)) as connection:
            while not stop.wait(0.05):
                try:
                    with connection, connection.cursor() as cursor:
                        cursor.execute(sql)
                except psycopg2.Error as error:
                    errors[type(error).__name__] += 1

    with ThreadPoolExecutor(len(READINGS)) as readers:
        done = [readers.submit(read, sql) for sql in READINGS]
        try:
            yield errors
        finally:
            stop.set()
    for each in done:
        each.result()


def test_views_are_made_anew_beside_readers(either: str, folder: Path) -> None:
    with looping_readers(either) as errors:
        for number in range(3):
            change(folder, f"SELECT {number};")
            assert migrate(either, folder=folder).views.anew
    assert "DeadlockDetected" not in errors


def test_readers_do_not_notice_a_migration_that_changes_nothing(either: str) -> None:
    with looping_readers(either) as errors:
        assert not any(migrate(either).views.anew for _ in range(5))
    assert errors == {}


def test_views_that_a_transaction_keeps_in_use_are_left_after_a_while(
    migrated: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marquee.telemetry.views._ATTEMPTS", 2)
    change(folder)
    with closing(psycopg2.connect(migrated)) as reader, reader.cursor() as cursor:
        cursor.execute("SELECT * FROM report.watermark")
        with pytest.raises(DatabaseError, match="schema report are in use: gave up after 2"):
            migrate(migrated, folder=folder)
        cursor.execute("SELECT * FROM report.watermark")
    assert migrate(migrated, folder=folder).views.anew
