"""A model that may be larger than memory, run from its files.

Each weight is read when what it belongs to computes, and let go: what is in hand is one matrix and the activations.
One run reads every file once, so that asking all at once costs about what reading costs.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from accelerate import init_empty_weights
from accelerate.hooks import attach_align_device_hook
from transformers import Qwen3Model
from transformers.utils import logging as transformers_logging

from . import shapes
from .weights import Stored, weights

HEAD_AT_ONCE = 64 << 20  # bytes of the output head
ROOM = 4 << 30  # bytes of a GPU that one matrix and the activations need at most


class Streamed:
    """A Qwen3 model in fp32, in a Hugging Face folder. Raises 42 BaseModelInvalid when its files contradict each
    other."""

    def __init__(self, folder: Path):
        transformers_logging.set_verbosity_error()
        config = shapes.configuration(folder)
        self.device = roomiest()
        self.stored = shapes.checked(config, weights(folder))
        self.embedding = self.stored["model.embed_tokens.weight"]
        self.head = self.embedding if config.tie_word_embeddings else self.stored["lm_head.weight"]
        with init_empty_weights(include_buffers=False):
            self.model: Any = Qwen3Model._from_config(config, dtype=torch.float32, attn_implementation="sdpa").eval()
        attach_align_device_hook(
            self.model, execution_device=self.device, offload=True, weights_map=FromFiles(self.stored)
        )

    @torch.no_grad()
    def logits(
        self, sequences: list[list[int]], last: list[int], layer_done: Callable[[int, int], None]
    ) -> list[torch.Tensor]:
        """What follows each of the `last` tokens of each sequence: fp32 (last, vocabulary). `layer_done`: layers that
        have computed, of how many."""
        longest = max(map(len, sequences))
        # On the right, where nothing that counts looks at it.
        ids = torch.tensor([[*ids, *[0] * (longest - len(ids))] for ids in sequences])
        layers = self.model.layers
        told = [
            layer.register_forward_hook(lambda *_, done=number + 1: layer_done(done, len(layers)))
            for number, layer in enumerate(layers)
        ]
        try:
            hidden = self.model(
                inputs_embeds=self.embedding.picked(ids).to(self.device), use_cache=False
            ).last_hidden_state
        finally:
            for hook in told:
                hook.remove()
        wanted = [row[len(ids) - count : len(ids)] for row, ids, count in zip(hidden, sequences, last, strict=True)]
        together = torch.cat(wanted)
        found = torch.empty(len(together), self.head.shape[0])
        for first, rows in self.head.rows(HEAD_AT_ONCE):
            found[:, first : first + len(rows)] = together @ rows.to(self.device).T
        return list(found.split(last))


class FromFiles(Mapping[str, torch.Tensor]):
    """The weights of a model without its head by their names there, read anew each time."""

    def __init__(self, stored: dict[str, Stored]):
        self.stored = {name.removeprefix("model."): tensor for name, tensor in stored.items()}

    def __getitem__(self, name: str) -> torch.Tensor:
        return self.stored[name].whole()

    def __iter__(self) -> Iterator[str]:
        return iter(self.stored)

    def __len__(self) -> int:
        return len(self.stored)


def roomiest() -> torch.device:
    """The GPU where there is room beside what is there: the serving Ollama uses it too."""
    if torch.cuda.is_available() and torch.cuda.mem_get_info()[0] > ROOM:
        return torch.device("cuda")
    return torch.device("cpu")
