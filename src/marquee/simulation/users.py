"""Who has an account: age, gender, occupation, how active, since when."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from marquee.simulation.draws import Stream, normals, pick, uniforms
from marquee.simulation.exact import FloatArray, exp

UserIds = NDArray[np.int64]

MALE_SHARE = 0.83
LATE_SHARE = 0.15
"""Users who join at a uniform moment of the simulated time; the others were there before."""
ACTIVITY_SIGMA = 1.0
"""Of the log-normal activity, whose mean is 1."""

_AGE_SHARES = np.array([0.0, 0.035, 0.08, 0.22, 0.5, 0.8, 0.92, 0.98, 1.0])
_AGES = np.array([8.0, 16.0, 18.0, 24.0, 29.5, 35.0, 44.0, 62.0, 91.0])

_OCCUPATIONS = {
    "college/grad student": 0.230,
    "executive/managerial": 0.190,
    "sales/marketing": 0.135,
    "scientist": 0.090,
    "self-employed": 0.068,
    "other or not specified": 0.062,
    "academic/educator": 0.037,
    "homemaker": 0.030,
    "artist": 0.028,
    "technician/engineer": 0.026,
    "clerical/admin": 0.022,
    "programmer": 0.020,
    "tradesman/craftsman": 0.014,
    "writer": 0.011,
    "customer service": 0.009,
    "unemployed": 0.008,
    "lawyer": 0.007,
    "doctor/health care": 0.007,
    "farmer": 0.006,
}
_NAMES = (*_OCCUPATIONS, "K-12 student", "retired")
_PUPIL, _RETIRED = len(_NAMES) - 2, len(_NAMES) - 1
_OCCUPATION_SHARES = np.cumsum(list(_OCCUPATIONS.values()))


def ages(seed: int, users: UserIds) -> NDArray[np.int64]:
    """Return ages from 8 to 90, median 29."""
    draw = uniforms(seed, Stream.AGE, users)
    step = pick(_AGE_SHARES[1:], draw)
    share = (draw - _AGE_SHARES[step]) / (_AGE_SHARES[step + 1] - _AGE_SHARES[step])
    return np.asarray(_AGES[step] + share * (_AGES[step + 1] - _AGES[step])).astype(np.int64)


def males(seed: int, users: UserIds) -> NDArray[np.bool_]:
    """Return who is male."""
    return uniforms(seed, Stream.GENDER, users) < MALE_SHARE


def occupations(seed: int, users: UserIds) -> list[str]:
    """Return one of 21 occupations for each user; the youngest go to school, the old retire."""
    age = ages(seed, users)
    draw = uniforms(seed, Stream.OCCUPATION, users)
    job = pick(_OCCUPATION_SHARES / _OCCUPATION_SHARES[-1], draw)
    job = np.where(age < 18, _PUPIL, job)
    job = np.where((age >= 60) & (draw < 0.7), _RETIRED, job)
    return [_NAMES[position] for position in job]


def activity(seed: int, users: UserIds) -> FloatArray:
    """Return each user's wish to watch, relative to a mean of 1; a few want far more."""
    draw = normals(seed, Stream.ACTIVITY, users)
    return exp(ACTIVITY_SIGMA * draw - ACTIVITY_SIGMA * ACTIVITY_SIGMA / 2)


def joined(seed: int, users: UserIds) -> FloatArray:
    """Return when each user joins, as a share of the simulated time; 0 for those already there."""
    draw = uniforms(seed, Stream.JOINED, users)
    return np.maximum(draw - (1 - LATE_SHARE), 0) / LATE_SHARE


def user_rows(seed: int, users: UserIds) -> Iterator[dict[str, Any]]:
    """Yield each user as the metadata API answers ``GET /user/<id>``."""
    columns = zip(
        users.tolist(),
        ages(seed, users).tolist(),
        occupations(seed, users),
        males(seed, users).tolist(),
        strict=True,
    )
    for user_id, age, occupation, male in columns:
        gender = "M" if male else "F"
        yield {"user_id": user_id, "age": age, "occupation": occupation, "gender": gender}
