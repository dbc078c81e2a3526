"""Elementary functions with the same bits on every CPU.

The SIMD ``exp`` and ``log`` of numpy differ in their last bits from one instruction set to the
next. These use only what IEEE 754 defines exactly: ``+ - * /``, square root, and powers of two.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

_LN2_HIGH = 0.693147180369123816490
_LN2_LOW = 1.90821492927058770002e-10
_SQRT_HALF = 0.70710678118654752440
_INVERSE_FACTORIALS = (
    1.6059043836821613e-10,
    2.08767569878681e-09,
    2.505210838544172e-08,
    2.755731922398589e-07,
    2.7557319223985893e-06,
    2.48015873015873e-05,
    0.0001984126984126984,
    0.001388888888888889,
    0.008333333333333333,
    0.041666666666666664,
    0.16666666666666666,
    0.5,
    1.0,
    1.0,
)
_ODD_RECIPROCALS = tuple(1 / odd for odd in range(23, 0, -2))


def exp(x: ArrayLike) -> FloatArray:
    """Return e**x, within 2 units in the last place, for x from -700 to 700."""
    x = np.asarray(x, dtype=np.float64)
    power = np.rint(x / (_LN2_HIGH + _LN2_LOW))
    rest = (x - power * _LN2_HIGH) - power * _LN2_LOW
    return np.asarray(np.ldexp(_horner(_INVERSE_FACTORIALS, rest), power.astype(np.int32)))


def log(x: ArrayLike) -> FloatArray:
    """Return the natural logarithm of x > 0, within 3 units in the last place."""
    mantissa, power = np.frexp(np.asarray(x, dtype=np.float64))
    small = mantissa < _SQRT_HALF
    mantissa, power = np.where(small, 2 * mantissa, mantissa), power - small
    s = (mantissa - 1) / (mantissa + 1)
    series = 2 * s * _horner(_ODD_RECIPROCALS, s * s)
    return np.asarray(series + power * _LN2_LOW + power * _LN2_HIGH)


def _horner(coefficients: Sequence[float], x: FloatArray) -> FloatArray:
    """Evaluate a polynomial, highest power first."""
    total = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        total *= x
        total += coefficient
    return total


# Wichura, Algorithm AS 241: The Percentage Points of the Normal Distribution (PPND16), 1988.
_CENTRE = (
    (
        2.5090809287301226727e3,
        3.3430575583588128105e4,
        6.7265770927008700853e4,
        4.5921953931549871457e4,
        1.3731693765509461125e4,
        1.9715909503065514427e3,
        1.3314166789178437745e2,
        3.3871328727963666080,
    ),
    (
        5.2264952788528545610e3,
        2.8729085735721942674e4,
        3.9307895800092710610e4,
        2.1213794301586595867e4,
        5.3941960214247511077e3,
        6.8718700749205790830e2,
        4.2313330701600911252e1,
        1.0,
    ),
)
_SHOULDER = (
    (
        7.74545014278341407640e-4,
        2.27238449892691845833e-2,
        2.41780725177450611770e-1,
        1.27045825245236838258,
        3.64784832476320460504,
        5.76949722146069140550,
        4.63033784615654529590,
        1.42343711074968357734,
    ),
    (
        1.05075007164441684324e-9,
        5.47593808499534494600e-4,
        1.51986665636164571966e-2,
        1.48103976427480074590e-1,
        6.89767334985100004550e-1,
        1.67638483018380384940,
        2.05319162663775882187,
        1.0,
    ),
)
_TAIL = (
    (
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        1.24266094738807843860e-3,
        2.65321895265761230930e-2,
        2.96560571828504891230e-1,
        1.78482653991729133580,
        5.46378491116411436990,
        6.65790464350110377720,
    ),
    (
        2.04426310338993978564e-15,
        1.42151175831644588870e-7,
        1.84631831751005468180e-5,
        7.86869131145613259100e-4,
        1.48753612908506148525e-2,
        1.36929880922735805310e-1,
        5.99832206555887937690e-1,
        1.0,
    ),
)
# Hart's rational approximation as given by West, Better Approximations to Cumulative Normal
# Functions, 2005.
_CUMULATIVE = (
    (
        3.52624965998911e-2,
        0.700383064443688,
        6.37396220353165,
        33.912866078383,
        112.079291497871,
        221.213596169931,
        220.206867912376,
    ),
    (
        8.83883476483184e-2,
        1.75566716318264,
        16.064177579207,
        86.7807322029461,
        296.564248779674,
        637.333633378831,
        793.826512519948,
        440.413735824752,
    ),
)


def normal_quantile(p: ArrayLike) -> FloatArray:
    """Return the standard normal quantile of 0 < p < 1 (Wichura's AS 241), to 1e-14 relative."""
    p = np.asarray(p, dtype=np.float64)
    q = p - 0.5
    z = np.asarray(q * _ratio(_CENTRE, 0.180625 - q * q))
    outer = np.abs(q) > 0.425
    if outer.any():
        r = np.sqrt(-log(np.minimum(p[outer], 1 - p[outer])))
        far = np.where(r <= 5, _ratio(_SHOULDER, r - 1.6), _ratio(_TAIL, r - 5.0))
        z[outer] = np.where(q[outer] < 0, -far, far)
    return z


def normal_cdf(z: ArrayLike) -> FloatArray:
    """Return the standard normal distribution function, to 1e-12 absolute."""
    z = np.asarray(z, dtype=np.float64)
    x = np.minimum(np.abs(z), 7.07)
    upper = exp(-0.5 * x * x) * _ratio(_CUMULATIVE, x)
    return np.where(z > 0, 1 - upper, upper)


def _ratio(coefficients: tuple[Sequence[float], Sequence[float]], x: FloatArray) -> FloatArray:
    return _horner(coefficients[0], x) / _horner(coefficients[1], x)
