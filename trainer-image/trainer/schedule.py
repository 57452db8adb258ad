"""How many steps there are, which samples each one sees, and at what learning rate."""

import math
from dataclasses import dataclass
from typing import TypeVar

from .config import Optimization
from .determinism import order

T = TypeVar("T")


@dataclass(frozen=True)
class Schedule:
    samples: int
    optimization: Optimization

    @property
    def steps_per_epoch(self) -> int:
        return math.ceil(self.samples / self.optimization.global_batch_size)

    @property
    def total(self) -> int:
        return self.steps_per_epoch * self.optimization.epochs

    @property
    def warmup(self) -> int:
        return round(self.total * self.optimization.warmup_fraction)

    def batch(self, samples: list[T], step: int) -> list[T]:
        """The global batch of a step, the last of an epoch possibly smaller. The micro-batch has no say in it."""
        epoch, within = divmod(step, self.steps_per_epoch)
        size = self.optimization.global_batch_size
        chosen = order(len(samples), self.optimization.seed, epoch)[within * size : (within + 1) * size]
        return [samples[i] for i in chosen]

    def learning_rate(self, step: int) -> float:
        return self.optimization.learning_rate * share_of_peak(step, self.warmup, self.total)


def share_of_peak(step: int, warmup: int, total: int) -> float:
    """Linear warm-up, then half a cosine towards zero (Loshchilov & Hutter 2016, arXiv 1608.03983)."""
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(total - warmup, 1)))
