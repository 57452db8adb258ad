"""What tensors a Qwen3 has, by its configuration alone: transformers builds the model on the meta device, where a
tensor is a shape without memory. So a 32B is checked in a second, before its first weight is read.
"""

from pathlib import Path

import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

from . import errors
from .errors import invalid
from .weights import Stored

HEAD = "lm_head.weight"  # the same as the embedding where `tie_word_embeddings` says so


def configuration(folder: Path) -> Qwen3Config:
    """Raises 42 BaseModelInvalid."""
    try:
        return Qwen3Config.from_pretrained(folder, local_files_only=True)
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise invalid("BaseModelInvalid", f"config.json does not describe a Qwen3 ({errors.name(error)})") from None


def expected(config: Qwen3Config) -> dict[str, tuple[int, ...]]:
    """Every tensor that has values of its own."""
    with torch.device("meta"):
        tensors = Qwen3ForCausalLM(config).state_dict()
    return {
        name: tuple(tensor.shape)
        for name, tensor in tensors.items()
        if not (config.tie_word_embeddings and name == HEAD)
    }


def checked(config: Qwen3Config, found: dict[str, Stored]) -> dict[str, Stored]:
    """The tensors, without an output head that is tied. Raises 42 BaseModelInvalid for one that is missing, unknown or
    of another shape than the configuration says."""
    wanted = expected(config)
    if config.tie_word_embeddings:
        found = {name: tensor for name, tensor in found.items() if name != HEAD}
    for name in sorted(wanted.keys() | found.keys()):
        has, should = found[name].shape if name in found else None, wanted.get(name)
        if has != should:
            raise invalid("BaseModelInvalid", f"the weights have {name} as {has}, config.json says {should}")
    return found
