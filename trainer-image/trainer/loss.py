"""The weighted sum of cross-entropies over a batch's targets, without ever holding the logits of a whole sequence: with
Qwen3's vocabulary of 151,936 those would be larger than the model's activations (Wijmans et al. 2024, arXiv
2411.09009).
"""

from typing import Any

import torch
from torch.nn.functional import cross_entropy
from torch.utils.checkpoint import checkpoint

from . import attention
from .chat import IGNORED
from .packing import Batch

TARGETS_AT_ONCE = 2048


class TokenLoss(torch.nn.Module):
    """A Qwen3ForCausalLM, its layers possibly wrapped by LoRA, as a function from a batch to its loss: one module, so
    that whoever shards parameters knows when the first is needed and when the last."""

    def __init__(self, model: Any):
        super().__init__()
        self.model = model

    def forward(self, batch: Batch) -> torch.Tensor:
        return loss_sum(self.model, batch)


def loss_sum(model: Any, batch: Batch) -> torch.Tensor:
    """Nats, each target's times its sample's weight."""
    hidden = attention.hidden_states(model, batch)
    wanted = batch.labels != IGNORED
    parts = (hidden[wanted], batch.labels[wanted], batch.weights[wanted])
    total = hidden.new_zeros((), dtype=torch.float32)
    for states, targets, weights in zip(*(part.split(TARGETS_AT_ONCE) for part in parts), strict=True):
        total = total + checkpoint(head_loss, model.lm_head, states, targets, weights, use_reentrant=False)
    return total


def head_loss(
    head: torch.nn.Module, states: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    return (cross_entropy(head(states).float(), targets, reduction="none") * weights).sum()


def targets(batch: Batch) -> int:
    return int((batch.labels != IGNORED).sum())
