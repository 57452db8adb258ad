"""How likely a model holds texts to be: nats of each sample; of a held-out split nats a target token, and perplexity.

Perplexity is the exponential of the mean loss over all targets (Jelinek et al. 1977), not the mean of the samples' own.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from .. import attention, packing
from ..chat import IGNORED, Sample
from ..loss import TARGETS_AT_ONCE
from ..model import device
from .intervals import exponential, ratio


@torch.no_grad()
def nats(
    model: Any, samples: list[Sample], size: int, padding: int, over: Callable = lambda items, _: items
) -> list[float]:
    """The loss of each sample, summed over its targets. `size` sequences at once, each one sample."""
    order = sorted(range(len(samples)), key=lambda at: -len(samples[at].ids))
    groups = [order[at : at + size] for at in range(0, len(order), size)]
    found = [0.0] * len(samples)
    for group in over(groups, len(groups)):
        batch = packing.collate([[samples[at]] for at in group], padding).to(device())
        hidden = attention.hidden_states(model, batch)
        wanted = batch.labels != IGNORED
        rows = wanted.nonzero()[:, 0]
        for states, labels, row in zip(
            *(part.split(TARGETS_AT_ONCE) for part in (hidden[wanted], batch.labels[wanted], rows)), strict=True
        ):
            losses = cross_entropy(model.lm_head(states).float(), labels, reduction="none").double()
            sums = torch.zeros(len(group), dtype=torch.float64, device=losses.device).index_add_(0, row, losses)
            for at, value in zip(group, sums.tolist(), strict=True):
                found[at] += value
    return found


def report(losses: list[float], samples: list[Sample]) -> dict[str, Any]:
    targets = [float(sample.targets) for sample in samples]
    loss = ratio(losses, targets)
    return {"targets": int(sum(targets)), "loss": loss, "perplexity": exponential(loss)}
