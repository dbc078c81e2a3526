import errno
import gzip
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from marquee.commands.simulate import command
from marquee.errors import DataError, ParameterError

SMALL = ["--users", "50", "--movies", "40", "--lines", "4000", "--days", "5"]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [*map(str, arguments), *SMALL])


def test_simulate_writes_log_and_metadata(tmp_path: Path) -> None:
    assert run(tmp_path / "sim").exit_code == 0
    names = sorted(path.name for path in (tmp_path / "sim").iterdir())
    assert names == ["events-00000.log", "faults.json", "movies.jsonl", "users.jsonl"]
    lines = (tmp_path / "sim" / "events-00000.log").read_bytes().splitlines()
    assert len(lines) == json.loads((tmp_path / "sim" / "faults.json").read_text())["lines"]
    assert len((tmp_path / "sim" / "movies.jsonl").read_text().splitlines()) == 40


def test_simulate_compresses_to_the_same_bytes_each_time(tmp_path: Path) -> None:
    run(tmp_path / "plain")
    run(tmp_path / "one", "--gzip")
    run(tmp_path / "two", "--gzip")
    packed = (tmp_path / "one" / "events-00000.log.gz").read_bytes()
    assert packed == (tmp_path / "two" / "events-00000.log.gz").read_bytes()
    assert gzip.decompress(packed) == (tmp_path / "plain" / "events-00000.log").read_bytes()


def test_simulate_pipes_the_log_to_standard_output(tmp_path: Path) -> None:
    run(tmp_path / "sim")
    expected = (tmp_path / "sim" / "events-00000.log").read_bytes()
    assert run("-").stdout_bytes == expected


def test_parts_of_the_log_end_with_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path / "whole")
    monkeypatch.setattr("marquee.simulation.export._PART_BYTES", 50_000)
    run(tmp_path / "parts")
    parts = [path.read_bytes() for path in sorted((tmp_path / "parts").glob("events-*.log"))]
    assert len(parts) > 2
    assert all(part.endswith(b"\n") for part in parts)
    assert b"".join(parts) == (tmp_path / "whole" / "events-00000.log").read_bytes()


def test_simulate_leaves_a_folder_with_something_in_it_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    error = run(tmp_path).exception
    assert isinstance(error, DataError)
    assert "expected a new or an empty folder" in str(error)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_simulate_leaves_nothing_when_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("marquee.simulation.export.write_json", full)
    error = run(tmp_path / "sim").exception
    assert isinstance(error, DataError)
    assert "No space left on device" in str(error)
    assert list(tmp_path.iterdir()) == []


def test_simulate_refuses_zero_users(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, [str(tmp_path / "sim"), "--users", "0"])
    assert result.exit_code == 2
    assert "0 is not in the range" in result.stderr


def test_simulate_says_when_the_users_cannot_watch_so_much(tmp_path: Path) -> None:
    size = ["--users", "1", "--lines", "1000000"]
    result = CliRunner().invoke(command, [str(tmp_path / "sim"), *size])
    assert isinstance(result.exception, ParameterError)
    assert re.search(r"lines = 1000000: expected at most \d{4,5}, all that", str(result.exception))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("users", "days", "lines"),
    [(1500, 60, 1_000_000), (60, 7, 4_667), (1, 1, 11), (20_000, 60, 1_000_000)],
)
def test_the_default_of_lines_is_a_pace_and_at_most_a_million(
    users: int, days: int, lines: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(
        "marquee.simulation.export.write_platform",
        lambda platform, *_, **__: asked.append(platform.params.lines),
    )
    size = ["--users", str(users), "--days", str(days), "--movies", "40"]
    assert CliRunner().invoke(command, [str(tmp_path / "sim"), *size]).exit_code == 0
    assert asked == [lines]
