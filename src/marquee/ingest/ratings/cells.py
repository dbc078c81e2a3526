"""What stands in the cells of a table: ids as they are given, ratings in hundredths."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import types

from marquee.errors import DataError
from marquee.tables.ids import MAX_ID_LENGTH, fault_of_id
from marquee.tables.metadata import NOTHING

NO_RATING, NOT_A_RATING, NOT_SPELLABLE = -1, -2, -3
_MOST_EXAMPLES = 5
_MISSING = frozenset({*NOTHING, "NULL", "NA", "N/A", "<NA>", "none"})


def read_ids(column: pa.Array) -> tuple[pa.DictionaryArray, NDArray[np.bool_]]:
    """Return the id of each row, and which rows have one; space around an id is dropped."""
    indices, values = _repeated(column)
    texts = pc.utf8_trim_whitespace(_as_strings(values))
    longest = pc.max(pc.utf8_length(texts)).as_py() or 0
    suspect = longest > MAX_ID_LENGTH or pc.any(pc.match_substring(texts, "\0")).as_py()
    if suspect:
        known = np.array([fault_of_id(text) is None for text in texts.to_pylist()])
    else:
        known = pc.not_equal(texts, "").to_numpy(zero_copy_only=False)
    good = np.append(known, False)[indices.fill_null(len(texts)).to_numpy()]
    return pa.DictionaryArray.from_arrays(indices, texts), good


def unite_ids(columns: Sequence[pa.DictionaryArray]) -> tuple[NDArray[np.int32], pa.StringArray]:
    """Return the position of each row's id in the ids, and these, ascending by code point.

    Ids that no row has are left out.
    """
    rows = pa.chunked_array(columns).unify_dictionaries()
    texts = rows.chunk(0).dictionary
    codes = np.concatenate([chunk.indices.to_numpy() for chunk in rows.chunks])
    used = np.flatnonzero(np.bincount(codes, minlength=len(texts)))
    texts = texts.take(pa.array(used))
    order = pc.sort_indices(texts).to_numpy()  # bytes of UTF-8 are in the order of code points
    rank = np.empty(int(used[-1]) + 1, np.int32)
    rank[used[order]] = np.arange(len(order), dtype=np.int32)
    return rank[codes], texts.take(pa.array(order))


class Stars:
    """Reads ratings, and remembers some that the log cannot spell."""

    def __init__(self) -> None:
        self._values: dict[str, int] = {}
        self.examples: list[str] = []

    def add(self, column: pa.Array) -> NDArray[np.int16]:
        """Return hundredths, or one of the codes below 0."""
        indices, texts = repeated(column)
        values = [self._value(text) for text in texts]
        return np.array([*values, NO_RATING], np.int16)[indices]

    def _value(self, text: str) -> int:
        value = self._values.get(text)
        if value is None:
            value = self._values[text] = _hundredths(text.strip())
            if value == NOT_SPELLABLE and len(self.examples) < _MOST_EXAMPLES:
                self.examples.append(text.strip())
        return value


def _hundredths(text: str) -> int:
    if text in _MISSING:
        return NO_RATING
    try:
        value = Decimal(text.replace(",", ".")) * 100
    except InvalidOperation:
        return NOT_A_RATING
    if not value.is_finite():
        return NO_RATING if value.is_nan() else NOT_A_RATING
    return int(value) if value == int(value) and 0 <= value < 10_000 else NOT_SPELLABLE


def repeated(column: pa.Array) -> tuple[NDArray[np.int64], list[str]]:
    """Return which text each row has, and the texts; a null has the one after the last."""
    indices, values = _repeated(column)
    texts = _as_strings(values).to_pylist()
    return indices.cast(pa.int64()).fill_null(len(texts)).to_numpy(), texts


def values_of(column: pa.Array) -> list[Any]:
    """Return each value as it would be written, None where there is none; a list stays one."""
    if types.is_nested(column.type):
        values: list[Any] = column.to_pylist()
        return values
    indices, texts = repeated(column)
    every = [*texts, None]
    return [every[i] for i in indices.tolist()]


def _repeated(column: pa.Array) -> tuple[pa.Array, pa.Array]:
    if types.is_nested(column.type):
        raise DataError(f"a column of {column.type} cannot be an id or a rating")
    if types.is_null(column.type):  # as data frames write a column without any value
        column = column.cast(pa.string())
    if not types.is_dictionary(column.type):
        column = column.dictionary_encode()
    return column.indices.cast(pa.int32()), column.dictionary


def _as_strings(values: pa.Array) -> pa.StringArray:
    """Return values as they would be written: whole numbers without a fraction, no number as ""."""
    if types.is_binary(values.type) or types.is_large_binary(values.type):
        texts = [value.decode(errors="backslashreplace") for value in values.to_pylist()]
        return pa.array(texts, pa.string())
    if types.is_floating(values.type) or types.is_decimal(values.type):
        # Its own spelling, as 3.3 in 32 bits is 3.299999952316284 in 64.
        texts = [_plain(text) for text in values.cast(pa.string()).to_pylist()]
        return pa.array(texts, pa.string())
    return values.cast(pa.string())


def _plain(text: str) -> str:
    if text == "nan":
        return ""
    value = Decimal(text)
    whole = value.is_finite() and value == value.to_integral_value()
    return str(int(value)) if whole else text
