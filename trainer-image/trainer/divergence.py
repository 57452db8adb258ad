"""Stops a training that has gone wrong while it is cheap: a loss that is no number, or one far above where it began."""

import math

from .errors import rejected

WINDOW = 10
FACTOR = 3.0
LEAST = 0.5  # nats: below that, three times the beginning is noise and not divergence


class Divergence:
    def __init__(self, warmup: int, first: list[float] | None = None, recent: list[float] | None = None):
        self.warmup, self.first, self.recent = warmup, first or [], recent or []

    @property
    def average(self) -> float | None:
        return sum(self.recent) / len(self.recent) if self.recent else None

    def check(self, step: int, loss: float, gradient_norm: float) -> None:
        """Raises 43 Diverged. `step` counts from 0; the first steps' average is what later losses are held against."""
        if not math.isfinite(loss) or not math.isfinite(gradient_norm):
            what = "loss" if not math.isfinite(loss) else "gradient"
            raise rejected("Diverged", f"step {step + 1}: the {what} is not a finite number")
        bound = FACTOR * max(sum(self.first) / len(self.first), LEAST) if self.first else math.inf
        if step >= self.warmup and loss > bound:
            raise rejected(
                "Diverged", f"step {step + 1}: the loss {loss:.4g} exceeds {bound:.4g}, {FACTOR:.0f} times the first"
            )
        if len(self.first) < WINDOW:
            self.first.append(loss)
        self.recent = [*self.recent, loss][-WINDOW:]
