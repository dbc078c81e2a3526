from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given

from marquee.events import (
    MAX_LINE_BYTES,
    Account,
    Event,
    Fault,
    MalformedLine,
    Rating,
    RatingScale,
    Recommendation,
    Served,
    Watch,
    format_event,
    make_movie_id,
    parse_line,
    request_id,
)

from .lines import events, lines, separators

TIMEOUT = (
    "java.util.concurrent.TimeoutException: Request timeout to "
    "17645-team12.isri.cmu.edu/128.2.205.130:8082 after 800 ms"
)
REFUSED = "Connection refused: fall2020-comp598-1.cs.mcgill.ca/132.206.51.156:8082"
HEAD = "2025-01-03T00:09:39,61139,"


def at(*fields: int) -> datetime:
    return datetime(*fields, tzinfo=UTC)


REAL_LINES: dict[str, Event | Fault] = {
    "2025-01-03T00:09:39,61139,GET /rate/natural+born+killers+1994=3": Rating(
        at(2025, 1, 3, 0, 9, 39), 61139, "natural+born+killers+1994", 3.0
    ),
    "2020-04-07T09:26,617950,GET /data/m/the+karate+kid+1984/0.mpg": Watch(
        at(2020, 4, 7, 9, 26), 617950, "the+karate+kid+1984", 0
    ),
    "2023-04-23T23:46:19.304519,207747,recommendation request 17645-team12.isri.cmu.edu:8082, "
    "status 200, result: the+shawshank+redemption+1994, the+godfather+1972, winchester+73+1950, "
    "391 ms": Recommendation(
        at(2023, 4, 23, 23, 46, 19, 304519),
        207747,
        "17645-team12.isri.cmu.edu:8082",
        200,
        ("the+shawshank+redemption+1994", "the+godfather+1972", "winchester+73+1950"),
        None,
        391,
    ),
    "2023-04-23T23:46:34.877212,960601,recommendation request 17645-team12.isri.cmu.edu:8082, "
    f"status 0, result: {TIMEOUT}, 828 ms": Recommendation(
        at(2023, 4, 23, 23, 46, 34, 877212),
        960601,
        "17645-team12.isri.cmu.edu:8082",
        0,
        (),
        TIMEOUT,
        828,
    ),
    "2020-10-23T14:32:43.149,23,recommendation request fall2020-comp598-1.cs.mcgill.ca:8082, "
    f"status 0, result: {REFUSED}, 1369 ms": Recommendation(
        at(2020, 10, 23, 14, 32, 43, 149000),
        23,
        "fall2020-comp598-1.cs.mcgill.ca:8082",
        0,
        (),
        REFUSED,
        1369,
    ),
    "2026-11-01T20:15,23,recommendation request marquee:8082, status 200, result: up+2009, 42 ms, "
    "request 12345678-1234-5678-1234-567812345678, variant user_knn, model 3f2a9c, "
    "personalised yes": Recommendation(
        at(2026, 11, 1, 20, 15),
        23,
        "marquee:8082",
        200,
        ("up+2009",),
        None,
        42,
        Served(UUID("12345678-1234-5678-1234-567812345678"), "user_knn", "3f2a9c", True),
    ),
    "2023-10-29T15:22:57,352591,GET /data/m/a+man+Qfor+all+seasons+1966/93.mpg": Fault.MOVIE_ID,
    "2023-11-29T18:49:38,56R6484,GET /rate/whiplash+2014=4": Fault.USER_ID,
    "2023-11-29T18:50:10,743846,GET /rate/pulp+fiction+199w4=4": Fault.MOVIE_ID,
    "2024-170-14T15:34:12,49623,GET /rate/rude+awakening+1989=2": Fault.TIMESTAMP,
    "2024-12-07T15:37:42,354526,GET /rate/das+boot+1981=15": Fault.RATING,
    "2022-09-28T17:20:44,GET /rate/it+happened+in+saint-tropez+2013=3": Fault.FIELDS,
    "2022-10-25T21:33:41, 11833, GET /data/m/the+tulse+luper+suitcases_+part+1+the+moab+story+2003/"
    "6x1.mpg": Fault.USER_ID,
}

FAULTS: dict[Fault, tuple[bytes, ...]] = {
    Fault.EMPTY: (b"", b"\r"),
    Fault.TOO_LONG: (b"x" * (MAX_LINE_BYTES + 1),),
    Fault.NOT_UTF8: (b"\xff", b"2025-01-03T00:09:39,1,GET /rate/caf\xe9+1994=3"),
    Fault.TORN: (f"{HEAD}GET /rate/up+{HEAD}GET /rate/up+2009=3".encode(),),
    Fault.FIELDS: (b"hello", b"2025-01-03T00:09:39,1", b"\0\0\0"),
    Fault.TIMESTAMP: tuple(
        f"{timestamp},1,GET /rate/up+2009=3".encode()
        for timestamp in (
            "2025-02-29T00:00",
            "2025-13-01T00:00",
            "2025-01-01T24:00",
            "2025-01-01T00:00:60",
            "0000-01-01T00:00",
            "2025-01-01 00:00",
            "2025-01-01T00:00:00Z",
            "2025-01-01T00:00:00.1",
            "٢٠٢٥-01-01T00:00",
        )
    ),
    Fault.USER_ID: tuple(
        f"2025-01-03T00:09:39,{user_id},GET /rate/up+2009=3".encode()
        for user_id in ("", "007", "-1", " 1", "1.0", "٣", str(2**63))
    ),
    Fault.REQUEST: tuple(
        f"{HEAD}{request}".encode()
        for request in ("", "GET /", "POST /rate/up+2009=3", "GET /data/m/up+2009/3", "GET /rate/")
    ),
    Fault.MOVIE_ID: tuple(
        f"{HEAD}GET /rate/{movie_id}=3".encode()
        for movie_id in ("", "up", "Up+2009", "up+200", "up+2009+x", "%c3+2009", "%4+2009")
    ),
    Fault.MINUTE: tuple(
        f"{HEAD}GET /data/m/up+2009/{minute}.mpg".encode()
        for minute in ("", "x", "07", "10000", "-1", "1.5")
    ),
    Fault.RATING: tuple(
        f"{HEAD}GET /rate/up+2009={rating}".encode()
        for rating in ("", "0", "6", "15", "3.5", "05", "x", "3 ", "nan")
    ),
    Fault.RESULT: tuple(
        f"{HEAD}recommendation request a:1, status 200, result: {body}, 3 ms".encode()
        for body in ("Connection refused", "up+2009, Up+2009", "up+2009,  up+2009", "up+2009,,")
    ),
}


@pytest.mark.parametrize(("line", "expected"), REAL_LINES.items())
def test_real_lines_are_read_as_what_they_say(line: str, expected: Event | Fault) -> None:
    if isinstance(expected, Fault):
        with pytest.raises(MalformedLine) as caught:
            parse_line(line.encode())
        assert caught.value.fault == expected
    else:
        assert parse_line(line.encode()) == expected


@pytest.mark.parametrize(
    ("fault", "line"), [(fault, line) for fault, lines in FAULTS.items() for line in lines]
)
def test_a_damaged_line_gives_its_reason(fault: Fault, line: bytes) -> None:
    with pytest.raises(MalformedLine) as caught:
        parse_line(line)
    assert caught.value.fault == fault
    assert len(str(caught.value)) < 150


def test_every_reason_is_tried() -> None:
    assert set(FAULTS) == set(Fault)


@given(events, separators)
def test_a_formatted_event_is_read_as_itself(event: Event, separator: str) -> None:
    assert parse_line(format_event(event, separator).encode()) == event


@given(lines)
def test_what_is_read_once_is_read_again_from_its_format(line: bytes) -> None:
    try:
        event = parse_line(line)
    except MalformedLine:
        return
    assert parse_line(format_event(event).encode()) == event


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-01-03T00:09", at(2025, 1, 3, 0, 9)),
        ("2025-01-03T00:09:00", at(2025, 1, 3, 0, 9)),
        ("2025-01-03T00:09:39", at(2025, 1, 3, 0, 9, 39)),
        ("2025-01-03T00:09:39.149", at(2025, 1, 3, 0, 9, 39, 149000)),
        ("2025-01-03T00:09:39.149001", at(2025, 1, 3, 0, 9, 39, 149001)),
        ("2025-01-03T00:09:39.149001999", at(2025, 1, 3, 0, 9, 39, 149001)),
        ("2024-02-29T23:59:59", at(2024, 2, 29, 23, 59, 59)),
    ],
)
def test_every_shape_of_timestamp_is_read_as_utc(text: str, expected: datetime) -> None:
    assert parse_line(f"{text},1,GET /create_account".encode()) == Account(expected, 1)


def test_a_final_carriage_return_is_no_part_of_the_line() -> None:
    assert parse_line(f"{HEAD}GET /rate/up+2009=3\r".encode()).user_id == 61139


def test_both_separators_of_an_answer_mean_the_same() -> None:
    line = f"{HEAD}recommendation request a:1, status 200, result: up+2009%s4+2005, 3 ms"
    assert parse_line((line % ",").encode()) == parse_line((line % ", ").encode())


def test_an_answer_may_hold_no_movie() -> None:
    event = parse_line(f"{HEAD}recommendation request a:1, status 200, result: , 3 ms".encode())
    assert isinstance(event, Recommendation)
    assert event.movie_ids == ()


@pytest.mark.parametrize(
    ("scale", "accepted", "rejected"),
    [
        (RatingScale(), (1, 2, 5), (0, 0.5, 1.5, 6)),
        (RatingScale(0.5, 5, 0.5), (0.5, 3.5, 5), (0, 0.25, 5.5)),
        (RatingScale(1, 10, 1), (1, 10), (0, 11, 9.5)),
        (RatingScale(0, 1, 0.1), (0, 0.3, 0.7, 1), (0.35, 1.1)),
    ],
)
def test_a_scale_holds_its_steps_and_nothing_between(
    scale: RatingScale, accepted: tuple[float, ...], rejected: tuple[float, ...]
) -> None:
    assert all(value in scale for value in accepted)
    assert not any(value in scale for value in rejected)


def test_ratings_are_read_on_the_scale_given() -> None:
    line = f"{HEAD}GET /rate/up+2009=4.5".encode()
    event = parse_line(line, RatingScale(0.5, 5, 0.5))
    assert isinstance(event, Rating)
    assert event.value == 4.5


@pytest.mark.parametrize(
    ("text", "year", "movie_id"),
    [
        ("The Dark Knight", 2008, "the+dark+knight+2008"),
        ("The Tulse Luper Suitcases, Part 1: The Moab Story", 2003,
         "the+tulse+luper+suitcases_+part+1+the+moab+story+2003"),
        ("M*A*S*H", 1970, "m*a*s*h+1970"),
        ("4", 2005, "4+2005"),
        ("Rosemary's Café & Bar", None, "rosemarys+caf++bar+"),
    ],
)  # fmt: skip
def test_a_movie_id_is_made_of_a_title_as_the_platform_does(
    text: str, year: int | None, movie_id: str
) -> None:
    assert make_movie_id(text, year) == movie_id


def test_an_answer_without_an_id_gets_the_same_one_on_every_delivery() -> None:
    line = b"2025-01-03T00:09:39,1,recommendation request a:1, status 200, result: up+2009, 3 ms"
    once, again = parse_line(line), parse_line(line + b"\r")
    other = parse_line(line.replace(b"3 ms", b"4 ms"))
    assert isinstance(once, Recommendation)
    assert isinstance(again, Recommendation)
    assert isinstance(other, Recommendation)
    assert request_id(once) == request_id(again) != request_id(other)
    assert request_id(once).version == 5


def test_an_answer_keeps_the_id_that_the_service_gave() -> None:
    served = Served(UUID(int=7), "control", "v1", personalised=False)
    answer = Recommendation(at(2025, 1, 3), 1, "a:1", 200, (), None, 3, served)
    assert request_id(answer) == UUID(int=7)
