"""Counter-based randomness: a draw is a pure function of (seed, stream, entity, counter).

No generator is carried along, so neither the order in which users are visited nor the presence of
other users changes what happens to one. The hash is the finaliser of splitmix64 (Steele, Lea and
Flood, Fast Splittable Pseudorandom Number Generators, 2014), applied once a key.
"""

from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from marquee.simulation.exact import FloatArray, normal_quantile

_GOLDEN = 0x9E3779B97F4A7C15


class Stream(IntEnum):
    """What a draw decides; the entity it belongs to is a user, a movie, or an event."""

    AGE = 1
    GENDER = 2
    OCCUPATION = 3
    ACTIVITY = 4
    JOINED = 5
    USER_BIAS = 6
    TASTE = 7
    USER_ROW = 8
    MOVIE_TASTE = 20
    QUALITY = 21
    POPULARITY = 22
    YEAR = 23
    RUNTIME = 24
    RELEASE = 25
    METADATA = 26
    SESSION = 40
    CHOICE = 41
    WATCH = 42
    RATE = 43
    REQUEST = 44
    ANSWER = 45
    FOLLOW = 46
    WHIM = 47
    FAULT = 60
    DAMAGE = 61


def hashes(
    seed: int, stream: Stream, entities: ArrayLike, counters: ArrayLike = 0
) -> NDArray[np.uint64]:
    """Return 64 random bits for each pair of entity and counter; the two broadcast."""
    key = _mixed(np.array([seed * 256 + stream], dtype=np.uint64))
    ids = np.atleast_1d(np.asarray(entities)).astype(np.uint64)
    steps = np.atleast_1d(np.asarray(counters)).astype(np.uint64)
    golden = np.uint64(_GOLDEN)
    return _mixed(_mixed(ids * golden + key) + steps * golden)


def _mixed(h: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble ``h`` in place."""
    h ^= h >> np.uint64(30)
    h *= np.uint64(0xBF58476D1CE4E5B9)
    h ^= h >> np.uint64(27)
    h *= np.uint64(0x94D049BB133111EB)
    h ^= h >> np.uint64(31)
    return h


def uniforms(seed: int, stream: Stream, entities: ArrayLike, counters: ArrayLike = 0) -> FloatArray:
    """Return draws from the open interval (0, 1), multiples of 2**-53."""
    bits = hashes(seed, stream, entities, counters) >> np.uint64(12)
    return (bits.astype(np.float64) + 0.5) * 2.0**-52


def normals(seed: int, stream: Stream, entities: ArrayLike, counters: ArrayLike = 0) -> FloatArray:
    """Return draws from the standard normal distribution."""
    return normal_quantile(uniforms(seed, stream, entities, counters))


def pick(cumulative: FloatArray, draws: FloatArray) -> NDArray[np.intp]:
    """Return the category of each draw, given cumulative shares that end at 1."""
    return np.minimum(np.searchsorted(cumulative, draws, side="right"), len(cumulative) - 1)
