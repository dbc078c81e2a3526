import json
from collections import Counter
from collections.abc import Callable

import pytest

from marquee.events import MalformedLine, RatingScale, parse_line
from marquee.params import SimulatorParams
from marquee.simulation import Platform
from marquee.simulation.corruption import LineFault

MakeParams = Callable[..., SimulatorParams]


def readings(lines: list[bytes]) -> Counter[str]:
    found: Counter[str] = Counter()
    for line in lines:
        try:
            parse_line(line)
        except MalformedLine as error:
            found[error.fault] += 1
    return found


@pytest.fixture(scope="module")
def damaged(make_params: MakeParams) -> tuple[Platform, list[bytes]]:
    platform = Platform(make_params(fault_rate=0.05), RatingScale())
    return platform, b"".join(platform.lines()).splitlines()


def test_every_fault_happens_and_is_counted(damaged: tuple[Platform, list[bytes]]) -> None:
    platform, _ = damaged
    assert set(platform.ledger.faults) == set(LineFault)


def test_the_ledger_knows_how_many_lines_there_are(damaged: tuple[Platform, list[bytes]]) -> None:
    platform, lines = damaged
    assert platform.ledger.lines == len(lines)


def test_the_ledger_knows_every_line_that_cannot_be_read(
    damaged: tuple[Platform, list[bytes]],
) -> None:
    platform, lines = damaged
    expected = sum(platform.ledger.faults.values(), Counter())
    del expected["event"]
    assert readings(lines) == expected


def test_the_ledger_knows_every_line_that_is_repeated(
    damaged: tuple[Platform, list[bytes]],
) -> None:
    platform, lines = damaged
    assert len(lines) - len(set(lines)) == platform.ledger.faults["duplicate"].total()


def test_faults_come_at_the_chosen_rate(damaged: tuple[Platform, list[bytes]]) -> None:
    platform, lines = damaged
    faults = sum(counts.total() for counts in platform.ledger.faults.values())
    assert 0.045 < faults / len(lines) < 0.055


def test_all_lines_but_the_damaged_are_those_of_the_clean_log(
    damaged: tuple[Platform, list[bytes]], clean_log: list[bytes]
) -> None:
    _, lines = damaged
    lost = len(clean_log) - len(set(lines) & set(clean_log))
    assert 0 < lost < 0.06 * len(clean_log)


def test_damage_to_a_users_lines_does_not_depend_on_other_users(make_params: MakeParams) -> None:
    def inserted(users: int, lines: int) -> set[bytes]:
        params = make_params(users=users, lines=lines, fault_rate=0.05)
        text = b"".join(Platform(params, RatingScale()).lines())
        return {line for line in text.splitlines() if b",7,GET /rate/" in line}

    assert inserted(100, 20_000) <= inserted(300, 60_000)


def test_everything_may_be_damaged(make_params: MakeParams) -> None:
    platform = Platform(make_params(lines=3_000, fault_rate=1.0), RatingScale())
    lines = b"".join(platform.lines()).splitlines()
    assert platform.ledger.lines == len(lines)
    assert sum(readings(lines).values()) > len(lines) / 2


def test_user_metadata_suffers_too_and_it_is_counted(make_params: MakeParams) -> None:
    platform = Platform(make_params(fault_rate=0.1), RatingScale())
    rows = list(platform.users())
    users = [row for row in rows if "user_id" in row]
    faults = platform.ledger.faults
    assert len(users) == 300 - faults["user_missing"].total() < 300
    assert len(rows) - len(users) == faults["movie_among_users"].total() > 0
    added = ["country" in row for row in users]
    assert sum(added) == faults["column_added"].total() > 0
    assert added == sorted(added)
    json.dumps(rows)
