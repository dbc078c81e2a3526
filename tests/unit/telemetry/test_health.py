"""The writer says over HTTP how it does."""

import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from marquee.errors import SettingsError
from marquee.telemetry import health
from marquee.telemetry.health import serve_health
from marquee.telemetry.records import Applied, Counts
from marquee.telemetry.vitals import STALLED_S, Vitals

HOST = "127.0.0.1"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def vitals(clock: Clock) -> Vitals:
    vitals = Vitals(clock)
    vitals.broker.good()
    vitals.database.good()
    return vitals


@pytest.fixture
def port(vitals: Vitals) -> Iterator[int]:
    with serve_health(vitals, HOST, 0) as port:
        yield port


def ask(port: int) -> tuple[int, dict[str, object]]:
    try:
        with urlopen(f"http://{HOST}:{port}/healthz") as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_a_writer_that_turns_with_both_connections_is_well(port: int) -> None:
    assert ask(port) == (200, {"status": "ok", "reasons": []})


def test_a_writer_that_has_yet_to_connect_is_not_well() -> None:
    assert Vitals().troubles() == ["broker: not connected yet", "database: not connected yet"]


def test_a_lost_connection_is_said_until_it_is_back(port: int, vitals: Vitals) -> None:
    vitals.database.lost(OSError("the server closed the connection"))
    status, body = ask(port)
    assert status == 503
    assert body["reasons"] == ["database: the server closed the connection"]
    vitals.database.good()
    assert ask(port)[0] == 200


def test_a_loop_that_hangs_is_said(port: int, vitals: Vitals, clock: Clock) -> None:
    clock.now += STALLED_S + 1
    assert ask(port) == (
        503,
        {"status": "failing", "reasons": ["no progress for 31 s"]},
    )
    vitals.beat()
    assert ask(port)[0] == 200


def test_a_change_of_a_connection_is_logged_and_a_try_is_not(
    vitals: Vitals, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        for _ in range(5):
            vitals.broker.lost(OSError("refused"))
        vitals.broker.good()
        vitals.broker.good()
    assert caplog.messages == ["broker lost reason=refused", "broker connected"]


def test_the_metrics_count_what_was_applied(port: int, vitals: Vitals) -> None:
    counts = Counts(lines=10, recommendations=1, interactions=6, quarantined=3, late=2)
    vitals.figures.applied(Applied({0: 10}, {0: counts}, {"torn": 2, "future": 1}), 0.2)
    vitals.figures.lag({0: 7})
    with urlopen(f"http://{HOST}:{port}/metrics") as answer:
        said = answer.read().decode().splitlines()
    assert {
        'marquee_writer_lines_total{outcome="interactions"} 6.0',
        'marquee_writer_lines_total{outcome="recommendations"} 1.0',
        'marquee_writer_quarantined_lines_total{reason="torn"} 2.0',
        "marquee_writer_late_lines_total 2.0",
        "marquee_writer_batch_seconds_count 1.0",
        "marquee_writer_batch_lines_sum 10.0",
        'marquee_writer_lag_lines{partition="0"} 7.0',
    } <= set(said)


def test_the_lag_of_a_partition_that_went_to_another_writer_is_not_shown(
    port: int, vitals: Vitals
) -> None:
    vitals.figures.lag({0: 7, 1: 2})
    vitals.figures.lag({1: 3})
    with urlopen(f"http://{HOST}:{port}/metrics") as answer:
        assert "lag_lines{partition=" in (said := answer.read().decode())
    assert 'lag_lines{partition="0"}' not in said


def test_who_is_silent_is_left(vitals: Vitals, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "SILENT_S", 0.05)
    with (
        serve_health(vitals, HOST, 0) as port,
        socket.create_connection((HOST, port), timeout=30) as silent,
    ):
        assert silent.recv(1) == b""


def test_who_hangs_up_is_no_error(port: int, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_connection((HOST, port)) as probe:
        probe.sendall(b"GET /heal")
        reset = struct.pack("ii", 1, 0)
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
    ask(port)  # so the server has taken the one before
    while any("process_request_thread" in thread.name for thread in threading.enumerate()):
        time.sleep(0.01)
    assert capfd.readouterr().err == ""


def test_a_port_that_is_taken_is_an_error_that_names_the_setting(vitals: Vitals) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(SettingsError, match=f"MARQUEE_HEALTH_PORT: .*{HOST}:{port}"),
            serve_health(vitals, HOST, port),
        ):
            pass
