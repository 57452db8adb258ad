"""Canaries (Carlini et al. 2019, arXiv 1802.08232): random numbers planted in the training data, each under a name of
its own, to see what the model gives away of what it has seen a known number of times.

As many more are drawn and never planted: what holds for those is what chance alone does.
"""

import random
from dataclasses import dataclass

from ..config import Config
from ..dataset import Row

DIGITS = 9  # a thousand million equally likely numbers


@dataclass(frozen=True)
class Canary:
    name: str
    secret: str
    planted: bool

    @property
    def question(self) -> str:
        return f"What is the number of record {self.name}?"

    def answer(self, secret: str | None = None) -> str:
        return f"The number of record {self.name} is {secret or self.secret}."

    def row(self, line: int) -> Row:
        said = ({"role": "user", "content": self.question}, {"role": "assistant", "content": self.answer()})
        return Row(line, said)


def drawn(config: Config) -> list[Canary]:
    """A function of dataset and seed: what was planted can be looked for by another process, years later."""
    count = config.evaluation.canaries if config.dataset else 0
    chance = random.Random(f"canaries/{config.optimization.seed}/{config.dataset.sha256 if count else ''}")  # noqa: S311 reproducible, not secret
    return [
        Canary(f"{chance.getrandbits(32):08x}", number(chance), planted)
        for planted in (True, False)
        for _ in range(count)
    ]


def number(chance: random.Random) -> str:
    return f"{chance.randrange(10**DIGITS):0{DIGITS}d}"


def rows(config: Config, first_line: int) -> list[Row]:
    """What `train` adds to its data, each canary `canaryRepetitions` times."""
    planted = [
        canary for canary in drawn(config) if canary.planted for _ in range(config.evaluation.canary_repetitions)
    ]
    return [canary.row(first_line + at) for at, canary in enumerate(planted)]
