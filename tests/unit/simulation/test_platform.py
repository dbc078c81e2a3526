import hashlib
import re
import tracemalloc
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from marquee.events import (
    Rating,
    RatingScale,
    Recommendation,
    Watch,
    format_event,
    parse_line,
)
from marquee.params import SimulatorParams
from marquee.simulation import Platform

MakeParams = Callable[..., SimulatorParams]
STARS = RatingScale()


def log(params: SimulatorParams, scale: RatingScale = STARS) -> bytes:
    return b"".join(Platform(params, scale).lines())


def test_every_line_is_what_format_event_writes_of_what_parse_line_reads(
    clean_log: list[bytes],
) -> None:
    assert [format_event(parse_line(line)).encode() for line in clean_log] == clean_log


def test_lines_are_in_order_of_time(clean_log: list[bytes]) -> None:
    times = [parse_line(line).at for line in clean_log]
    assert all(before <= after for before, after in pairwise(times))


def test_no_line_occurs_twice_without_faults(clean_log: list[bytes]) -> None:
    assert len(set(clean_log)) == len(clean_log)


def test_there_are_about_as_many_lines_as_asked_for(make_params: MakeParams) -> None:
    lines = log(make_params(users=2_000, lines=300_000, days=30)).count(b"\n")
    assert abs(lines - 300_000) < 15_000


def test_kinds_occur_as_often_as_in_real_logs(clean_log: list[bytes]) -> None:
    kinds = Counter(type(parse_line(line)) for line in clean_log)
    assert 0.010 < kinds[Rating] / len(clean_log) < 0.014
    assert 0.010 < kinds[Recommendation] / kinds[Watch] < 0.014


def test_one_line_in_sixty_leaves_out_its_seconds(clean_log: list[bytes]) -> None:
    short = sum(bool(re.match(rb"\d{4}-\d\d-\d\dT\d\d:\d\d,", line)) for line in clean_log)
    assert 0.012 < short / len(clean_log) < 0.024


def test_ratings_are_distributed_as_real_ones(make_params: MakeParams) -> None:
    text = log(make_params(users=1_500, movies=800, lines=500_000, days=60))
    found = np.array(re.findall(rb"GET /rate/[^=]*=(\d)", text)).astype(int)
    shares = np.bincount(found, minlength=6)[1:] / len(found)
    np.testing.assert_allclose(shares, [0.006, 0.044, 0.315, 0.473, 0.161], atol=0.035)
    assert abs(found.std() - 0.82) < 0.03


def test_requests_fail_and_take_time_as_real_ones(make_params: MakeParams) -> None:
    text = log(make_params(users=1_500, lines=300_000, days=30))
    lines = [line for line in text.splitlines() if b"recommendation" in line]
    answers = [event for event in map(parse_line, lines) if isinstance(event, Recommendation)]
    failures = [event for event in answers if event.status != 200]
    latency = [event.latency_ms for event in answers if event.status == 200]
    assert {event.server for event in answers} == {"simulator-1.marquee.example:8082"}
    assert 0.015 < len(failures) / len(answers) < 0.04
    assert {event.status for event in failures} == {0, 503}
    assert all(event.latency_ms > 800 for event in failures if event.status == 0)
    assert any("java.util.concurrent.TimeoutException" in (e.error or "") for e in failures)
    assert 100 < np.quantile(latency, 0.25) < np.quantile(latency, 0.75) < 300


def test_the_same_parameters_give_the_same_bytes_and_another_seed_others(
    make_params: MakeParams,
) -> None:
    params = make_params(fault_rate=0.02)
    assert log(params) == log(params)
    assert log(params) != log(make_params(fault_rate=0.02, seed=8))


def test_bytes_are_the_same_on_every_machine(make_params: MakeParams) -> None:
    text = log(make_params(fault_rate=0.01))
    assert (
        hashlib.sha256(text).hexdigest()
        == "585faf0be5df9dafae14437d84d6fe918811d8538488681b10f32526c0ace9e7"
    )


def test_another_scale_is_used_from_end_to_end(make_params: MakeParams) -> None:
    scale = RatingScale(1, 10, 1)
    found = re.findall(rb"GET /rate/[^=]*=(\d+)", log(make_params(), scale))
    assert {int(value) for value in found} >= set(range(3, 11))
    assert max(map(int, found)) == 10


def test_memory_does_not_grow_with_the_log(make_params: MakeParams) -> None:
    peaks = []
    for days in (4, 20):
        platform = Platform(make_params(lines=8_000 * days, days=days), STARS)
        tracemalloc.start()
        lines = sum(block.count(b"\n") for block in platform.lines())
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert lines > 7_000 * days
    assert peaks[1] < 1.3 * peaks[0]


def test_one_user_and_one_movie_make_a_log(make_params: MakeParams) -> None:
    text = log(make_params(users=1, movies=1, lines=400))
    events = [parse_line(line) for line in text.splitlines()]
    assert {event.user_id for event in events} == {1}
    assert any(isinstance(event, Watch) for event in events)


@pytest.mark.parametrize("lines", [1, 2_000])
def test_a_single_day_is_enough(make_params: MakeParams, lines: int) -> None:
    text = log(make_params(days=1, lines=lines))
    assert all(line.startswith(b"2025-01-01") for line in text.splitlines())


def test_metadata_has_a_row_for_every_user_and_movie_of_the_log(
    make_params: MakeParams, clean_log: list[bytes]
) -> None:
    platform = Platform(make_params(), STARS)
    users = {row["user_id"] for row in platform.users()}
    movies = {row["id"] for row in platform.movies()}
    events = [parse_line(line) for line in clean_log]
    assert users == set(range(1, 301))
    assert {event.user_id for event in events} <= users
    assert {e.movie_id for e in events if isinstance(e, Watch | Rating)} <= movies
