"""Times in the spellings that tables have: numbers of any usual unit, ISO 8601, typed columns."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import types

from marquee.errors import DataError

UNITS = {"s": 1_000_000, "ms": 1000, "µs": 1, "ns": 0}
"""How many microseconds each is; a thousand nanoseconds are one."""
_ABOVE = {"ns": 1e17, "µs": 1e14, "ms": 1e11}
"""Numbers from here on are of the unit: each bound is in the year 1973 in one, 5138 in the next."""
_FIRST, _END = -62_135_596_800_000_000, 253_402_300_800_000_000
"""The years 1 to 9999, in microseconds since 1970."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = tuple(pa.timestamp(unit, zone) for unit in ("us", "ns") for zone in (None, "UTC"))
_ZONE = re.compile(r"\s*(?:UTC|GMT|Z)$")


class Times:
    """Reads a column of times, batch by batch.

    What the first batch holds decides for the whole column whether it has numbers or texts, and by
    the middle one the numbers' unit. Texts without a zone are UTC.
    """

    def __init__(self) -> None:
        self.spelling: str | None = None
        """A unit of ``UNITS``, or ISO 8601."""

    def add(self, column: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return microseconds since 1970, and which rows have a time from year 1 to 9999."""
        if types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if types.is_date(column.type) or types.is_timestamp(column.type):
            self.spelling = self.spelling or "timestamps"
            return _filled(column.cast(pa.timestamp("us"), safe=False).cast(pa.int64()))
        if types.is_nested(column.type) or types.is_boolean(column.type):
            raise DataError(f"a column of {column.type} cannot be a time")
        if types.is_integer(column.type) or types.is_floating(column.type):
            return self._numbers(column)
        try:
            texts = column.cast(pa.string())
        except pa.ArrowInvalid:
            raise DataError(f"a column of {column.type} that is no text cannot be a time") from None
        if self.spelling is None and not _first_is_number(texts):
            self.spelling = "ISO 8601"
        if self.spelling == "ISO 8601":
            return _filled(_from_iso(texts))
        return self._numbers(_from_digits(texts))

    def _numbers(self, column: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        if types.is_floating(column.type):
            column = column.cast(pa.float64())  # 16 bits cannot hold the bounds
            column = pc.if_else(pc.is_finite(column), column, pa.scalar(None, column.type))
        if self.spelling is None:
            self.spelling = _unit(column)
        if self.spelling not in UNITS:
            raise DataError(f"times as {self.spelling} and as numbers in one column")
        known = column.is_valid().to_numpy(zero_copy_only=False)
        values = column.fill_null(0).to_numpy(zero_copy_only=False)
        factor = UNITS[self.spelling]
        low, high = 0, _END / factor if factor else _END * 1000.0
        good = known & (values >= low) & (values < high)
        values = np.where(good, values, 0)
        if not factor:
            return (values // 1000).astype(np.int64), good
        if values.dtype.kind == "f":
            return np.rint(values * factor).astype(np.int64), good
        return values.astype(np.int64) * factor, good


def _unit(numbers: pa.Array) -> str:
    """Tell the unit of times since 1970 by how large the middle one is."""
    middle = pc.quantile(numbers.cast(pa.float64(), safe=False), 0.5)[0].as_py() or 0
    return next((unit for unit, bound in _ABOVE.items() if middle >= bound), "s")


def _filled(at: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    known = at.is_valid().to_numpy(zero_copy_only=False)
    values = at.fill_null(0).to_numpy(zero_copy_only=False)
    return values, known & (values >= _FIRST) & (values < _END)


def _first_is_number(texts: pa.Array) -> bool:
    return next((_number(t) is not None for t in texts.to_pylist() if t and t.strip()), True)


def _from_digits(texts: pa.Array) -> pa.Array:
    """Read numbers; null where a text is none."""
    for kind in (pa.int64(), pa.float64()):
        with suppress(pa.ArrowInvalid):
            return texts.cast(kind)
    numbers = [_number(text) for text in texts.to_pylist()]
    whole = all(number is None or number == int(number) for number in numbers)
    return pa.array(
        [None if n is None else int(n) if whole else float(n) for n in numbers],
        pa.int64() if whole else pa.float64(),
    )


def _number(text: str | None) -> Decimal | None:
    with suppress(InvalidOperation):
        number = Decimal((text or "").strip())
        return number if number.is_finite() and abs(number) < 2**63 else None
    return None


def _from_iso(texts: pa.Array) -> pa.Array:
    """Read ISO 8601, in bulk where all have the same shape; null where a text is none."""
    for kind in _ISO:
        with suppress(pa.ArrowInvalid):
            return texts.cast(kind).cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.int64())
    return pa.array([_iso(text) for text in texts.to_pylist()], pa.int64())


def _iso(text: str | None) -> int | None:
    """Read one text; ``2020-01-01 10:00:00 UTC`` too, which some databases write."""
    plain = (text or "").strip()
    zoned = _ZONE.search(plain)
    try:
        at = datetime.fromisoformat(_ZONE.sub("", plain) if zoned else plain)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return (at - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        return None
