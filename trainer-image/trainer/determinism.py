"""One seed for every source of chance.

Within training chance is a function of seed, step and micro-batch, not a state that is carried along: whoever computes
a micro-batch, after whatever interruption and in whichever process, draws the same dropout.
"""

import hashlib
import random

import numpy
import torch


def seed_everything(seed: int) -> None:
    random.seed(seed)
    numpy.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def seed_micro_batch(seed: int, step: int, number: int) -> None:
    """`number` counts the micro-batches of a global step, those of all processes."""
    digest = hashlib.sha256(f"{seed}/{step}/{number}".encode()).digest()
    torch.manual_seed(int.from_bytes(digest[:8], "big") >> 1)


def order(count: int, seed: int, epoch: int) -> list[int]:
    """The order of an epoch's samples: a function of seed and epoch, so that a data position is a step number."""
    shuffled = list(range(count))
    random.Random(f"{seed}/{epoch}").shuffle(shuffled)  # noqa: S311 chance, not secrets
    return shuffled
