"""What a LoRA adapter adds to each weight: scaling · B·A (Hu et al. 2021, arXiv 2106.09685), a few rows at a time.

The sums are those of peft's `merge_and_unload`: product in fp32, then scaled, then added. So are the bits, as the tests
hold.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import torch

from .errors import invalid
from .weights import Stored, stored

_PREFIX, _A, _B = "base_model.model.", ".lora_A.weight", ".lora_B.weight"
# What peft can do besides plain LoRA, and we do not: each must be off.
_OFF = ("use_dora", "use_rslora", "fan_in_fan_out", "lora_bias", "modules_to_save", "rank_pattern", "alpha_pattern")


@dataclass(frozen=True)
class Delta:
    a: torch.Tensor  # [rank, in], fp32
    b: torch.Tensor  # [out, rank], fp32
    scaling: float

    def rows(self, first: int, count: int) -> torch.Tensor:
        return (self.b[first : first + count] @ self.a) * self.scaling


def deltas(folder: Path, found: dict[str, Stored]) -> dict[str, Delta]:
    """By the name of the weight they belong to. Raises 42 AdapterInvalid for an adapter of another kind, or of another
    model than that of the weights `found`."""
    described = json.loads((folder / "adapter_config.json").read_text())
    if described.get("peft_type") != "LORA" or described.get("bias", "none") != "none":
        raise invalid("AdapterInvalid", "adapter_config.json: not a LoRA adapter without biases")
    if on := [key for key in _OFF if described.get(key)]:
        raise invalid("AdapterInvalid", f"adapter_config.json: {', '.join(on)} must be off")
    tensors = stored(folder / "adapter_model.safetensors")
    modules = {name.removesuffix(_A) for name in tensors if name.endswith(_A)}
    if {module + end for module in modules for end in (_A, _B)} != tensors.keys():
        raise invalid("AdapterInvalid", "adapter_model.safetensors: tensors other than pairs of lora_A and lora_B")
    scaling = described["lora_alpha"] / described["r"]
    loaded = {}
    for module in sorted(modules):
        name = module.removeprefix(_PREFIX) + ".weight"
        delta = Delta(tensors[module + _A].whole(), tensors[module + _B].whole(), scaling)
        shape = (delta.b.shape[0], delta.a.shape[1])
        if name not in found or found[name].shape != shape or delta.b.shape[1] != delta.a.shape[0]:
            raise invalid("AdapterInvalid", f"the adapter changes {name} as {shape}, which the base has not")
        loaded[name] = delta
    return loaded
