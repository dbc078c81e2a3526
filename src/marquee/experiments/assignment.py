"""Who sees what: a pure hash, so that every process and platform gives a user the same arm."""

import hashlib
from collections.abc import Mapping

from marquee.errors import ParameterError

_HASH_BITS = 64


def assign(user_id: int, experiment: str, arms: Mapping[str, int]) -> str:
    """Return the user's arm in an experiment; ``arms`` maps each name to its whole-number weight.

    An arm gets ``weight / sum of weights`` of all users, and none with weight 0. The order of
    ``arms`` does not matter, and another experiment shuffles users anew. Integers alone decide:
    SHA-256 gives a user 64 bits, uniform on [0, 1), and the arms, by name, divide that range.
    :class:`ParameterError` where no arm has weight, or one has less than none.
    """
    total = sum(arms.values())
    if total <= 0 or min(arms.values()) < 0:
        raise ParameterError(
            f"experiment {experiment}: found weights {dict(arms)}, expected none below 0, one above"
        )
    share = _bits(user_id, experiment) * total >> _HASH_BITS
    for name in sorted(arms):
        share -= arms[name]
        if share < 0:
            return name
    raise AssertionError("a share below the total lies in an arm")


def _bits(user_id: int, experiment: str) -> int:
    digest = hashlib.sha256(f"{experiment}:{user_id}".encode()).digest()
    return int.from_bytes(digest[: _HASH_BITS // 8], "big")
