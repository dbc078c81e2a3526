"""Events, lines and damage for property tests."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from marquee.events import (
    MAX_USER_ID,
    Account,
    Rating,
    Recommendation,
    Served,
    Watch,
    format_event,
)

ODD_MOVIE_IDS = (
    "++++++1959",
    "4+2005",
    "m*a*s*h+1970",
    "no+year+",
    "+",
    "la+moiti%C3%A9+gauche+du+frigo+2000",
)

times = st.builds(
    lambda at, microsecond: at.replace(microsecond=microsecond),
    st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)),
    st.sampled_from([0, 0, 0, 123_000, 123_456]),
)
user_ids = st.integers(0, 1_000_000) | st.sampled_from([0, 7, MAX_USER_ID])
movie_ids = st.sampled_from(ODD_MOVIE_IDS) | st.from_regex(
    r"(?:[-*+._a-z0-9]|%[0-9A-F]{2}){0,12}\+(?:[0-9]{4})?", fullmatch=True
)
servers = st.from_regex(r"[a-z0-9.-]{1,12}:[0-9]{1,5}", fullmatch=True)
latencies = st.integers(0, 999_999_999)
errors = st.sampled_from(
    [
        "java.util.concurrent.TimeoutException: Request timeout to a.b/1.2.3.4:8082 after 800 ms",
        "Connection refused: a.b/132.206.51.156:8082",
        "",
    ]
) | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)

labels = st.from_regex(r"[-._a-zA-Z0-9]{1,12}", fullmatch=True)
told = st.none() | st.builds(Served, st.uuids(), labels, labels, st.booleans())

watches = st.builds(Watch, times, user_ids, movie_ids, st.integers(0, 9999))
ratings = st.builds(Rating, times, user_ids, movie_ids, st.integers(1, 5).map(float))
answers = st.builds(
    Recommendation,
    times,
    user_ids,
    servers,
    st.just(200),
    st.lists(movie_ids, max_size=4).map(tuple),
    st.none(),
    latencies,
    told,
)
failures = st.builds(
    Recommendation,
    times,
    user_ids,
    servers,
    st.sampled_from([0, 404, 500, 503]),
    st.just(()),
    errors,
    latencies,
    told,
)
events = watches | ratings | answers | failures | st.builds(Account, times, user_ids)

separators = st.sampled_from([", ", ","])
valid_lines = st.builds(lambda event, by: format_event(event, by).encode(), events, separators)

near_times = st.builds(
    "{:04}-{:02}-{:02}T{:02}:{:02}{}".format,
    st.sampled_from([0, 1, 1900, 1969, 2000, 2023, 2024, 9999]),
    st.integers(0, 13),
    st.sampled_from([0, 1, 28, 29, 30, 31, 32]),
    st.integers(0, 25),
    st.sampled_from([0, 59, 60]),
    st.sampled_from(["", ":00", ":59", ":60", ":9", ":07.5", ":07.123", ":07.123456789", "Z"]),
)
near_user_ids = st.sampled_from(
    ["0", "7", "007", "", " 7", "-1", "1e3", "٣", str(2**63 - 1), str(2**63), "9" * 19, "9" * 40]
)
near_movie_ids = st.sampled_from(
    [*ODD_MOVIE_IDS, "up", "", "up+199", "up+19950", "Up+1995", "up+1995%c3", "up+1995%C", "ü+2000"]
)
near_actions = st.sampled_from(
    [
        *(f"GET /data/m/{{}}/{minute}.mpg" for minute in ("0", "9999", "10000", "07", "", "6x1")),
        *(f"GET /rate/{{}}={stars}" for stars in ("1", "5", "4.5", "4.50", "0", "6", "05", "15")),
        *(f"GET /rate/{{}}={stars}" for stars in ("", "4.", "4.555", "+4", "1e0", "nan", "4,5")),
        "GET /data/m/{}/3.mpg/4.mpg",
        "GET /data/m/{}/3.mpgs",
        "GET /data/m/{}/3",
        "GET /rate/{}=3=4",
        "GET  /rate/{}=3",
        "GET /create_account",
        "POST /rate/{}=3",
    ]
)
near_lines = st.builds(
    lambda at, user_id, action, movie_id: f"{at},{user_id},{action.format(movie_id)}".encode(),
    near_times,
    near_user_ids,
    near_actions,
    near_movie_ids,
)


@st.composite
def damaged_lines(draw: st.DrawFn) -> bytes:
    """Damage a line: bytes put in, taken out or changed, cut short, or run into another line."""
    line = draw(valid_lines | near_lines)
    at = draw(st.integers(0, len(line)))
    match draw(st.sampled_from(["insert", "delete", "replace", "cut", "tear"])):
        case "insert":
            return line[:at] + draw(noise) + line[at:]
        case "delete":
            return line[:at] + line[at + draw(st.integers(1, 4)) :]
        case "replace":
            return line[:at] + draw(noise) + line[at + 1 :]
        case "cut":
            return line[:at]
    return line[:at] + draw(valid_lines)


noise = st.sampled_from([b"\0", b"\r", b"\n", b"\xff", b"\xc3", b" ", b"0", b"x", b",", b"/"]) | (
    st.binary(min_size=1, max_size=3)
)
lines = valid_lines | near_lines | damaged_lines() | st.sampled_from([b"", b"\r", b"hello"])


@st.composite
def logs(draw: st.DrawFn) -> bytes:
    """Join lines of all sorts to a log, with either line ending and perhaps no last one."""
    ending = draw(st.sampled_from([b"\n", b"\r\n"]))
    log = ending.join(draw(st.lists(lines, max_size=8)))
    return log + draw(st.sampled_from([b"", b"\n", b"\r\n"]))
