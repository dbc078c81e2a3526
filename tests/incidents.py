"""What goes wrong on a seeded platform, as changes of the lines that a healthy one writes."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from marquee.events import MalformedLine, Recommendation, format_event, parse_line
from marquee.simulation.movies import TASTES, Catalogue

Line = tuple[int, bytes, int]
"""The user, the line without its newline, and its time in microseconds since 1970."""

SLOWER_MS = 450
RARE_TASTE = "history"
_WATCHED = re.compile(rb"(?<=GET /data/m/)[^/]+|(?<=GET /rate/)[^=]+")
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incidents:
    """Each from a moment on, to the end; what has none does not happen."""

    latency_step: datetime = _NEVER
    """Every answer takes 450 ms longer."""
    outage: datetime = _NEVER
    """Every request is refused."""
    hit_rate_drop: datetime = _NEVER
    """Lists name other movies than the models chose, the control's too."""
    uneven_split: datetime = _NEVER
    """60 of 100 users are given the treatment."""
    drifted_genres: datetime = _NEVER
    """What is watched and recommended most becomes movies of one rare taste; hits stay."""
    stuck_writer: datetime = _NEVER
    """Nothing more is applied; when the broker was last asked, it had half an hour more."""
    failed_job: datetime = _NEVER
    """`marquee telemetry maintain` succeeded then for the last time, and has failed since."""
    silence: datetime = _NEVER
    """Nothing more happens."""


def suffer(lines: Iterable[Line], incidents: Incidents, catalogue: Catalogue) -> Iterator[Line]:
    """Yield lines as they are under incidents; a split and a writer are not of the lines."""
    mixed_up = dict(zip(catalogue.ids, np.roll(catalogue.ids, 1).tolist(), strict=True))
    rare = _rare_first(catalogue)
    for user, line, at_us in lines:
        at = datetime.fromtimestamp(at_us / 1e6, UTC)
        if at >= incidents.silence:
            return
        if b",recommendation request " in line:
            yield user, _answered(line, at, incidents, (mixed_up, rare)), at_us
        elif at >= incidents.drifted_genres:
            yield user, _WATCHED.sub(lambda m: _renamed(rare, m), line), at_us
        else:
            yield user, line, at_us


def _renamed(names: Mapping[str, str], found: re.Match[bytes]) -> bytes:
    name = found[0].decode(errors="replace")
    return names[name].encode() if name in names else found[0]


def _rare_first(catalogue: Catalogue) -> Mapping[str, str]:
    """Map the most popular movies to those of a rare taste, and on to the least popular ones."""
    taste = list(TASTES).index(RARE_TASTE)
    popular = np.argsort(-catalogue.popularity, kind="stable")
    rare = popular[np.argsort(catalogue.main[popular] != taste, kind="stable")]
    return {catalogue.ids[a]: catalogue.ids[b] for a, b in zip(popular, rare, strict=True)}


def _answered(
    line: bytes, at: datetime, incidents: Incidents, mappings: Sequence[Mapping[str, str]]
) -> bytes:
    begun = (at >= incidents.hit_rate_drop, at >= incidents.drifted_genres)
    if not any((*begun, at >= incidents.latency_step, at >= incidents.outage)):
        return line
    try:
        answer = parse_line(line)
    except MalformedLine:
        return line
    assert isinstance(answer, Recommendation)
    if at >= incidents.latency_step:
        answer = replace(answer, latency_ms=answer.latency_ms + SLOWER_MS)
    if at >= incidents.outage:
        answer = replace(answer, status=503, movie_ids=(), error="Connection refused")
    for mapping, happens in zip(mappings, begun, strict=True):
        if happens:
            movie_ids = tuple(mapping.get(movie, movie) for movie in answer.movie_ids)
            answer = replace(answer, movie_ids=movie_ids)
    return format_event(answer).encode()
