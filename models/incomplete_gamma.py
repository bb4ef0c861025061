"""The incomplete gamma function and its inverse: the models stand on numpy alone, which has neither."""

import math
from collections.abc import Callable


def log_upper_gamma(shape: float, x: float) -> float:
    """Ln Q(shape, x), the regularised upper incomplete gamma function.

    Series below x = shape + 1, Lentz's continued fraction above (Abramowitz and Stegun 6.5.29, 6.5.31).
    """
    if x <= 0:
        return 0.0
    log_front = shape * math.log(x) - x - math.lgamma(shape)
    if x < shape + 1:
        term = total = 1 / shape
        n = shape
        while term > total * 1e-17:
            n += 1
            term *= x / n
            total += term
        return math.log1p(-min(math.exp(log_front) * total, 1 - 1e-16))
    tiny = 1e-300
    b = x + 1 - shape
    c, d = 1 / tiny, 1 / b
    fraction = d
    for i in range(1, 10_000):
        a = -i * (i - shape)
        b += 2
        d = 1 / (a * d + b or tiny)
        c = b + a / c or tiny
        step = c * d
        fraction *= step
        if abs(step - 1) < 1e-15:
            break
    return log_front + math.log(fraction)


def increasing_root(function: Callable[[float], float], start: float) -> float:
    """The zero on (0, inf) of an increasing function that is negative at 0, by bisection of the exponent."""
    low, high = start, start
    while function(low) > 0:
        low /= 2
    while function(high) < 0:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if function(middle) < 0 else (low, middle)
    return (low + high) / 2
