"""Gradient-Mask Tuning (Li et al. 2024, arXiv 2406.15330): a step moves only the coordinates with the largest
gradients, so that what the model knows is disturbed where it has to be and nowhere else.

Per tensor, once a step: after the micro-batches are accumulated and summed over processes (one of them alone is noise),
before clipping (the norm that is clipped is that of what will be applied). The adapter is whole in every process, so
the threshold is over whole tensors however many processes there are.

What Adam makes of a gradient that is masked to zero has to be decided, since it would move the coordinate anyhow, by
its momentum and by weight decay:
- The parameter is put back after the step: a masked coordinate does not move, neither by momentum nor by decay. Else
  the mask would only damp, and the share that moves would be 1.
- Its moments see the zero and decay (by beta1 and beta2), as in the paper. To freeze them would keep a direction from
  some earlier time, which the coordinate would follow when it is chosen again.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch

from .config import GradientMask


@dataclass(frozen=True)
class Held:
    parameter: torch.nn.Parameter
    kept: torch.Tensor  # True where the step may move it
    before: torch.Tensor


def mask(parameters: Iterable[torch.nn.Parameter], rule: GradientMask | None) -> list[Held]:
    """Zeroes the smallest gradients in place; what it returns goes to `hold` after the step."""
    if rule is None or rule.method == "None":
        return []
    held = []
    for parameter in parameters:
        kept = largest(parameter.grad, rule.keep)
        parameter.grad.masked_fill_(~kept, 0)
        held.append(Held(parameter, kept, parameter.detach().clone()))
    return held


def largest(gradient: torch.Tensor, keep: float) -> torch.Tensor:
    """True for that share of coordinates, rounded up. Equal ones in the order in which they lie in memory, so that the
    choice is a function of the gradient also in bf16, where many are equal. What is no number counts as largest: it is
    for the check for divergence to see, not for the mask to hide."""
    size = gradient.abs().flatten().float()
    size = torch.where(size.isnan(), math.inf, size)
    chosen = size.argsort(descending=True, stable=True)[: math.ceil(keep * size.numel())]
    return torch.zeros_like(size, dtype=torch.bool).index_fill_(0, chosen, True).view_as(gradient)


@torch.no_grad()
def hold(held: list[Held]) -> None:
    for one in held:
        one.parameter.copy_(torch.where(one.kept, one.parameter, one.before))
