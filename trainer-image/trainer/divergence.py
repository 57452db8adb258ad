"""Stops a training that has gone wrong while it is cheap: a loss that is no number, or one far above where it was.

What is held against each other are means: that of the last steps against the best of such means and of the loss before
the first update. Single batches say little, since one may happen to be easy or hard.
"""

import math

from .errors import rejected

WINDOW = 10
ENOUGH = 5  # losses that make a mean worth comparing
FACTOR = 1.5
LEAST = 0.5  # nats: what is below counts as this much, since half as much again would be noise and not divergence


class Divergence:
    """`best` is the lowest of the loss before the first update and all means over a full window."""

    def __init__(self, warmup: int, best: float, recent: list[float] | None = None):
        self.warmup, self.best, self.recent = warmup, best, recent or []

    @property
    def average(self) -> float | None:
        return sum(self.recent) / len(self.recent) if self.recent else None

    def check(self, step: int, loss: float, gradient_norm: float) -> None:
        """Raises 43 Diverged. `step` counts from 0."""
        if not math.isfinite(loss) or not math.isfinite(gradient_norm):
            what = "loss" if not math.isfinite(loss) else "gradient"
            raise rejected("Diverged", f"step {step + 1}: the {what} is not a finite number")
        self.recent = [*self.recent, loss][-WINDOW:]
        mean = sum(self.recent) / len(self.recent)
        bound = FACTOR * max(self.best, LEAST)
        if step >= self.warmup and len(self.recent) >= ENOUGH and mean > bound:
            raise rejected(
                "Diverged",
                f"step {step + 1}: the mean loss {mean:.4g} of the last {len(self.recent)} steps exceeds {bound:.4g}, "
                f"{FACTOR:g} times the best",
            )
        if len(self.recent) == WINDOW:
            self.best = min(self.best, mean)
