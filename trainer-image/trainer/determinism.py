"""One seed for every source of chance, and their states as plain data for a checkpoint."""

import random
from typing import Any

import numpy
import torch


def seed_everything(seed: int) -> None:
    random.seed(seed)
    numpy.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def snapshot() -> dict[str, Any]:
    name, keys, position, has_gauss, gauss = numpy.random.get_state()
    return {
        "python": random.getstate(),
        "numpy": (str(name), keys.tolist(), int(position), int(has_gauss), float(gauss)),
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def restore(state: dict[str, Any]) -> None:
    random.setstate(state["python"])
    name, keys, position, has_gauss, gauss = state["numpy"]
    numpy.random.set_state((name, numpy.array(keys, dtype=numpy.uint32), position, has_gauss, gauss))
    torch.set_rng_state(state["torch"])
    if state["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])


def order(count: int, seed: int, epoch: int) -> list[int]:
    """The order of an epoch's samples: a function of seed and epoch, so that a data position is a step number."""
    shuffled = list(range(count))
    random.Random(f"{seed}/{epoch}").shuffle(shuffled)  # noqa: S311 chance, not secrets
    return shuffled
