"""Pushing to a Grafana that speaks HTTP: once, again, without changing anything, and refused."""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest
from click.testing import CliRunner

from marquee.cli import cli
from marquee.dashboards.catalogue import all_dashboards
from marquee.dashboards.server import Grafana, GrafanaError
from marquee.errors import DatabaseError, SettingsError

from .grafana_server import TOKEN, GrafanaServer, running_grafana

UIDS = [dashboard.uid for dashboard in all_dashboards()]


@pytest.fixture
def grafana(monkeypatch: pytest.MonkeyPatch) -> Iterator[GrafanaServer]:
    with running_grafana() as server:
        monkeypatch.setenv("MARQUEE_GRAFANA_URL", server.url)
        monkeypatch.setenv("MARQUEE_GRAFANA_TOKEN", TOKEN)
        yield server


def run(*arguments: str) -> list[str]:
    """The lines that the command says."""
    result = CliRunner().invoke(
        cli, ["dashboards", *arguments], standalone_mode=False, catch_exceptions=False
    )
    return result.stdout.splitlines()


def test_a_push_makes_the_folder_and_every_dashboard_in_it(grafana: GrafanaServer) -> None:
    assert run("push") == [f"{uid}  created" for uid in UIDS]
    assert {name: folder["title"] for name, folder in grafana.folders.items()} == {
        "marquee": "Marquee"
    }
    assert list(grafana.dashboards) == UIDS
    assert all(saved["meta"]["folderUid"] == "marquee" for saved in grafana.dashboards.values())


def test_a_second_push_writes_nothing(grafana: GrafanaServer) -> None:
    run("push")
    grafana.requests.clear()
    assert run("push") == [f"{uid}  unchanged" for uid in UIDS]
    assert grafana.writes() == []


def test_what_was_changed_by_hand_is_put_right_under_the_same_uid(grafana: GrafanaServer) -> None:
    run("push")
    grafana.dashboards[UIDS[2]]["dashboard"]["title"] = "Mine"
    grafana.dashboards[UIDS[3]]["meta"]["folderUid"] = "elsewhere"
    said = run("push")
    changed = [line for line in said if not line.endswith("unchanged")]
    assert changed == [f"{UIDS[2]}  updated", f"{UIDS[3]}  updated"]
    assert list(grafana.dashboards) == UIDS
    assert grafana.dashboards[UIDS[2]]["dashboard"]["title"] == "Marquee: online quality"


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(grafana: GrafanaServer) -> None:
    assert run("push", "--dry-run") == [f"{uid}  would be created" for uid in UIDS]
    assert grafana.writes() == []


LOOKUP = ("GET", f"/sub/api/dashboards/uid/{UIDS[0]}")
SAVING = ("POST", "/sub/api/dashboards/db")
MESSAGE = json.dumps({"message": "no luck\nat all"})


@pytest.mark.parametrize(
    ("request_", "status", "body", "said"),
    [
        (LOOKUP, 401, MESSAGE, "401; no luck; expected the token of a service account in"),
        (LOOKUP, 403, MESSAGE, "403; no luck; expected a service account of the role Editor"),
        (SAVING, 412, MESSAGE, "412; no luck; expected nobody else to be changing it"),
        (SAVING, 400, MESSAGE, "400; no luck"),
        (SAVING, 500, MESSAGE, "500; no luck"),
        (SAVING, 502, "<html>bad gateway</html>", "502"),
        (LOOKUP, 200, "<html>welcome</html>", "the answer is not Grafana's; expected its address"),
        (LOOKUP, 404, "<html>nothing here</html>", "404; expected Grafana's address in MARQUEE_GR"),
        (LOOKUP, 404, "no such page: message us", "the answer is not Grafana's; expected its addr"),
        (LOOKUP, 200, '{"name": "another"}', "the answer is no dashboard; expected Grafana's"),
    ],
)
def test_a_refusal_is_one_line_without_the_token(
    grafana: GrafanaServer, request_: tuple[str, str], status: int, body: str, said: str
) -> None:
    grafana.trouble[request_] = (status, body)
    with pytest.raises(GrafanaError) as caught:
        run("push")
    assert str(caught.value).startswith(f"Grafana at {grafana.url}: {said}")
    assert "\n" not in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_another_token_is_refused(grafana: GrafanaServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARQUEE_GRAFANA_TOKEN", "stale")
    with pytest.raises(GrafanaError, match=r": 401; Invalid API key; expected the token"):
        run("push")


def test_a_grafana_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setenv("MARQUEE_GRAFANA_URL", url)
    monkeypatch.setenv("MARQUEE_GRAFANA_TOKEN", TOKEN)
    with pytest.raises(GrafanaError, match=rf"^Grafana at {url}: cannot be reached"):
        run("push")


def test_a_token_with_a_line_break_is_not_shown() -> None:
    with pytest.raises(GrafanaError, match=r"^MARQUEE_GRAFANA_TOKEN: found blanks") as caught:
        Grafana("http://127.0.0.1", "glsa_a\n")
    assert "glsa" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["grafana:3000", "ftp://grafana", "http://", "http://me:word@grafana", "http://a b"]
)
def test_what_is_no_address_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("MARQUEE_GRAFANA_URL", url)
    with pytest.raises(SettingsError, match=r"^MARQUEE_GRAFANA_URL: "):
        run("push")


@pytest.mark.parametrize("name", ["MARQUEE_GRAFANA_URL", "MARQUEE_GRAFANA_TOKEN"])
def test_what_is_missing_is_named(
    grafana: GrafanaServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(SettingsError, match=rf"^{name} is not set: expected"):
        run("push")


NOW = datetime.now(UTC).replace(microsecond=123_000)


@pytest.fixture
def deployed(migrated: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with a deploy of yesterday and one of last year."""
    monkeypatch.setenv("MARQUEE_DSN", migrated)
    with psycopg2.connect(migrated) as connection, connection.cursor() as cursor:
        for at in (NOW - timedelta(days=1), NOW - timedelta(days=365)):
            cursor.execute(
                "INSERT INTO telemetry.model_deploy VALUES ('v1', %s, 'treatment', 'ab')", (at,)
            )
    connection.close()
    return migrated


def test_deploys_are_marked_once(grafana: GrafanaServer, deployed: str) -> None:
    assert [line[:8] for line in run("annotate")] == ["marked  "]
    (mark,) = grafana.annotations
    assert mark["time"] == round((NOW - timedelta(days=1)).timestamp() * 1000)
    assert mark["tags"] == ["marquee", "deploy", "treatment"]
    assert mark["text"] == "treatment: v1"
    assert run("annotate") == []
    assert len(grafana.annotations) == 1
    assert len(run("annotate", "--since", "400d")) == 1


def test_a_dry_run_marks_nothing(grafana: GrafanaServer, deployed: str) -> None:
    (said,) = run("annotate", "--dry-run")
    assert said.startswith("would be marked  ")
    assert said.endswith("treatment: v1")
    assert grafana.writes() == []


def test_where_nothing_was_deployed_grafana_is_not_asked(
    grafana: GrafanaServer, migrated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARQUEE_DSN", migrated)
    assert run("annotate") == []
    assert grafana.requests == []


def test_a_database_without_views_is_one_line(
    grafana: GrafanaServer, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARQUEE_DSN", database)
    with pytest.raises(DatabaseError, match=r"^the database has no views .* telemetry migrate`$"):
        run("annotate")
