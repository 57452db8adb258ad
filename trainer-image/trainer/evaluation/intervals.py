"""An estimate with its sample size and its 95 % confidence interval. Which method made the interval stands in it.

Wilson       shares (Wilson 1927): holds its level for few samples and shares near 0 or 1, where the normal one fails.
ClopperPearson  shares that must not be underestimated, as of leaks (Clopper and Pearson 1934): exact, hence wide.
Bootstrap    means and ratios (Efron 1979): percentiles of 1,000 resamplings, their seed fixed.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

LEVEL = 0.95
Z = 1.959963984540054  # the normal distribution's 97.5th percentile
RESAMPLINGS, SEED = 1000, 7
Estimate = dict[str, Any]


def estimate(n: int, value: float | None, low: float | None, high: float | None, method: str) -> Estimate:
    """`n` 0 is no value, never a zero."""
    figures = {"value": value, "low": low, "high": high}
    return {"n": n, **{key: None if v is None else round(v, 6) for key, v in figures.items()}, "method": method}


def wilson(successes: int, n: int) -> Estimate:
    if n == 0:
        return estimate(0, None, None, None, "Wilson")
    share, spread = successes / n, Z * Z / n
    middle = (share + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * math.sqrt(share * (1 - share) / n + spread / (4 * n))
    return estimate(n, share, max(0.0, middle - half), min(1.0, middle + half), "Wilson")


def clopper_pearson(successes: int, n: int) -> Estimate:
    """Two-sided. With nothing found in n, `high` is what may still be there: about 3.7 / n."""
    if n == 0:
        return estimate(0, None, None, None, "ClopperPearson")
    tail = (1 - LEVEL) / 2
    low = 0.0 if successes == 0 else solve(lambda p: 1 - binomial(successes - 1, n, p) - tail, rising=True)
    high = 1.0 if successes == n else solve(lambda p: binomial(successes, n, p) - tail, rising=False)
    return estimate(n, successes / n, low, high, "ClopperPearson")


def binomial(most: int, n: int, p: float) -> float:
    """The chance of at most so many successes."""
    if p <= 0.0 or p >= 1.0:
        return 1.0 if p <= 0.0 or most >= n else 0.0
    log = [
        math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * math.log(p) + (n - k) * math.log1p(-p)
        for k in range(most + 1)
    ]
    return min(1.0, math.fsum(math.exp(value) for value in log))


def solve(function: Callable[[float], float], rising: bool) -> float:
    """Where a monotonic function of [0, 1] is 0, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if (function(middle) < 0) == rising:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def ratio(numerators: Sequence[float], denominators: Sequence[float]) -> Estimate:
    """Of the two sums, over samples that belong together: nats per target, a mean (denominators 1), one length to
    another. Whole samples are drawn again, since the tokens of one depend on each other."""
    above, below = np.asarray(numerators, dtype=np.float64), np.asarray(denominators, dtype=np.float64)
    n = len(above)
    if n == 0 or below.sum() == 0:
        return estimate(n, None, None, None, "Bootstrap")
    drawn = np.random.default_rng(SEED).integers(0, n, (RESAMPLINGS, n))
    parts = below[drawn].sum(1)
    ratios = above[drawn].sum(1)[parts > 0] / parts[parts > 0]
    low, high = np.percentile(ratios, [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
    return estimate(n, float(above.sum() / below.sum()), float(low), float(high), "Bootstrap")


def mean(values: Sequence[float]) -> Estimate:
    return ratio(values, [1.0] * len(values))


def exponential(of: Estimate) -> Estimate:
    """Perplexity from nats a token; the bounds go with it, the exponential being monotonic."""
    return of | {key: None if of[key] is None else round(math.exp(min(of[key], 700.0)), 6) for key in _FIGURES}


_FIGURES = ("value", "low", "high")
