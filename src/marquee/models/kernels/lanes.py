"""The dot product that a compiler can vectorise without changing its bits.

A plain loop adds in order, one number at a time; ``fastmath`` lets the compiler choose the order,
and it chooses by the CPU. Here the order is written down: ``LANES`` sums side by side, then halved.
"""

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

LANES = 8
"""Arrays given to :func:`dot` have a length that is a multiple of this."""

_INDEX = ir.IntType(32)
_VECTOR = ir.VectorType(ir.FloatType(), LANES)


def padded(length: int) -> int:
    """Return the next multiple of :data:`LANES`."""
    return -(-length // LANES) * LANES


@intrinsic
def dot(_context: Any, a: Any, b: Any) -> Any:
    """Return the sum of ``a[k] * b[k]``: float32, contiguous, zero-padded to whole lanes."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        left, right = (
            context.make_array(kind)(context, builder, value)
            for kind, value in zip(signature.args, arguments, strict=True)
        )
        (length,) = cgutils.unpack_tuple(builder, left.shape)
        total = cgutils.alloca_once_value(builder, ir.Constant(_VECTOR, [0.0] * LANES))
        zero, step = ir.Constant(length.type, 0), ir.Constant(length.type, LANES)
        with cgutils.for_range_slice(builder, zero, length, step) as (k, _):
            product = builder.fmul(_load(builder, left.data, k), _load(builder, right.data, k))
            builder.store(builder.fadd(builder.load(total), product), total)
        return _halve(builder, builder.load(total))

    return types.float32(a, b), generate


def _load(builder: Any, data: Any, k: Any) -> Any:
    pointer = builder.bitcast(builder.gep(data, [k]), _VECTOR.as_pointer())
    return builder.load(pointer, align=4)


def _halve(builder: Any, vector: Any) -> Any:
    width = LANES
    while width > 1:
        width //= 2
        low, high = (_pick(builder, vector, range(at, at + width)) for at in (0, width))
        vector = builder.fadd(low, high)
    return builder.extract_element(vector, ir.Constant(_INDEX, 0))


def _pick(builder: Any, vector: Any, lanes: range) -> Any:
    mask = ir.Constant(ir.VectorType(_INDEX, len(lanes)), list(lanes))
    return builder.shuffle_vector(vector, ir.Constant(vector.type, ir.Undefined), mask)
