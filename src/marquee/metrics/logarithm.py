"""Logarithms whose bits are the same on every machine."""

import math
from collections.abc import Iterable
from decimal import Context

import numpy as np
from numpy.typing import NDArray

# numpy's and the C library's logarithms differ in the last bit between CPU feature sets; decimal
# arithmetic does not.
_CONTEXT = Context(prec=30)
_LN2 = _CONTEXT.ln(2)


def log2(values: Iterable[int]) -> NDArray[np.float64]:
    """Return the binary logarithm of each integer, correctly rounded; −∞ for zero."""
    return np.array([_log2(int(value)) for value in values], np.float64)


def _log2(value: int) -> float:
    return float(_CONTEXT.divide(_CONTEXT.ln(value), _LN2)) if value else -math.inf
