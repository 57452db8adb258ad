"""The sum of cross-entropies over a batch's targets, without ever holding the logits of a whole sequence: with Qwen3's
vocabulary of 151,936 those would be larger than the model's activations (Wijmans et al. 2024, arXiv 2411.09009)."""

from typing import Any

import torch
from torch.nn.functional import cross_entropy
from torch.utils.checkpoint import checkpoint

from .chat import IGNORED
from .packing import Batch

TARGETS_AT_ONCE = 2048


def loss_sum(model: Any, batch: Batch) -> torch.Tensor:
    """`model` is a Qwen3ForCausalLM, its layers possibly wrapped by LoRA. Nats."""
    hidden = model.model(
        input_ids=batch.ids, attention_mask=batch.mask, position_ids=batch.positions, use_cache=False
    ).last_hidden_state
    wanted = batch.labels != IGNORED
    hidden, labels = hidden[wanted], batch.labels[wanted]
    total = hidden.new_zeros((), dtype=torch.float32)
    for states, targets in zip(hidden.split(TARGETS_AT_ONCE), labels.split(TARGETS_AT_ONCE), strict=True):
        total = total + checkpoint(head_loss, model.lm_head, states, targets, use_reentrant=False)
    return total


def head_loss(head: torch.nn.Module, states: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return cross_entropy(head(states).float(), targets, reduction="sum")


def targets(batch: Batch) -> int:
    return int((batch.labels != IGNORED).sum())
