"""What stands in the cells of a table: ids as they are given, ratings in hundredths."""

from decimal import Decimal, InvalidOperation

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import types

from marquee.errors import DataError
from marquee.tables.ids import fault_of_id
from marquee.tables.metadata import NOTHING

NO_RATING, NOT_A_RATING, NOT_SPELLABLE = -1, -2, -3
_MOST_EXAMPLES = 5
_MISSING = frozenset({*NOTHING, "NULL", "NA", "N/A", "<NA>", "none"})


class Ids:
    """Numbers texts in the order in which they are met."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._texts: list[str] = []

    def add(self, column: pa.Array) -> NDArray[np.int32]:
        """Return the number of each id, -1 where there is none; space around an id is dropped."""
        indices, texts = repeated(column)
        codes = [self._code(text.strip()) for text in texts]
        return np.array([*codes, -1], np.int32)[indices]

    def _code(self, text: str) -> int:
        code = self._codes.get(text)
        if code is None:
            code = self._codes[text] = -1 if fault_of_id(text) else len(self._texts)
            self._texts += [text] * (code >= 0)
        return code

    def texts(self) -> list[str]:
        """Return all ids by their number."""
        return self._texts


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
    if not types.is_dictionary(column.type):
        column = column.dictionary_encode()
    texts = as_texts(column.dictionary)
    indices = column.indices.cast(pa.int64()).fill_null(len(texts))
    return indices.to_numpy(zero_copy_only=False), texts


def as_texts(values: pa.Array) -> list[str]:
    """Return values as they would be written: whole numbers without a fraction, no number as ""."""
    if types.is_nested(values.type):
        raise DataError(f"a column of {values.type} cannot be an id or a rating")
    if types.is_binary(values.type) or types.is_large_binary(values.type):
        return [value.decode(errors="backslashreplace") for value in values.to_pylist()]
    if types.is_floating(values.type):
        # Its own spelling, as 3.3 in 32 bits is 3.299999952316284 in 64.
        return [_plain(text) for text in values.cast(pa.string()).to_pylist()]
    return values.cast(pa.string()).to_pylist()  # type: ignore[no-any-return]


def _plain(text: str) -> str:
    if text == "nan":
        return ""
    value = Decimal(text)
    whole = value.is_finite() and value == value.to_integral_value()
    return str(int(value)) if whole else text
