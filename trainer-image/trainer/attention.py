"""How attention is kept within each sample of a packed sequence. Three ways to the same numbers:

SDPA   a mask of length² bits, on any device: exact, and the reference.
Flex   a mask of blocks of 128 by 128 that the kernel skips (Dong et al. 2024, arXiv 2412.05496); its kernel is
       compiled on the spot and learns on CUDA only.
Flash  no mask: the samples' lengths are the kernel's input (FlashAttention-2, Dao 2023, arXiv 2307.08691). torch brings
       such kernels itself (its own and cuDNN's); the package flash-attn adds none that are needed.
"""

from types import SimpleNamespace
from typing import Any

import torch
from torch.nn.attention.flex_attention import create_block_mask
from torch.nn.attention.varlen import varlen_attn
from transformers import AttentionInterface

from .errors import chain, invalid, name
from .events import emit
from .packing import Batch

FLASH = "torch_varlen"  # transformers knows no such name until we register it
IMPLEMENTATION = {"SDPA": "sdpa", "Flex": "flex_attention", "Flash": FLASH}
TOLERANCE = 0.05  # of the largest output or gradient of the probe, all in bf16


def choose(asked: str, where: torch.device) -> str:
    """transformers' name of the asked attention; for Auto, of the fastest that is seen to work here. What a driver, a
    compiler or a card's age may break shows in a probe of one call. Raises 42 ConfigInvalid."""
    fast = ("Flash", "Flex") if where.type == "cuda" else ()
    for kind in (*fast, "SDPA") if asked == "Auto" else (asked,):
        problem = None if kind == "SDPA" else probe(kind, where)
        if problem is None:
            emit("attention", kind=kind)
            return IMPLEMENTATION[kind]
        emit("attentionUnusable", level="warn", kind=kind, because=problem)
    raise invalid("ConfigInvalid", f"performance.attention: {asked} does not work here ({problem}); Auto or SDPA do")


def hidden_states(model: Any, batch: Batch) -> torch.Tensor:
    """[sequences, length, hidden] of the last layer."""
    ids, positions = batch.ids, batch.positions
    if model.config._attn_implementation == FLASH:  # one row of all documents
        ids, positions = ids.view(1, -1), positions.view(1, -1)
    mask, bounds = blocks(model.config._attn_implementation, batch)
    masks = dict.fromkeys(model.config.layer_types, mask)  # as a dict transformers takes them as they are
    out = model.model(input_ids=ids, position_ids=positions, attention_mask=masks, use_cache=False, **bounds)
    return out.last_hidden_state.view(*batch.ids.shape, -1)


def blocks(implementation: str, batch: Batch) -> tuple[Any, dict[str, Any]]:
    """What tells an implementation where the documents are: a mask, or bounds in transformers' words."""
    if implementation == FLASH:
        ends = torch.tensor((0, *batch.documents), dtype=torch.int32).cumsum(0, dtype=torch.int32)
        ends = ends.to(batch.ids.device, non_blocking=True)
        return None, {"cu_seq_lens_q": ends, "max_length_q": max(batch.documents)}
    return (sparse(batch.owner) if implementation == "flex_attention" else batch.mask), {}


def sparse(owner: torch.Tensor) -> Any:
    rows, length = owner.shape

    def looks(row: Any, _head: Any, at: Any, to: Any) -> Any:
        return (at >= to) & (owner[row, at] == owner[row, to])

    return create_block_mask(
        looks, rows, None, length, length, device=owner.device, _compile=owner.device.type == "cuda"
    )


def varlen(
    _module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: None,
    scaling: float,
    cu_seq_lens_q: torch.Tensor,
    max_length_q: int,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """transformers hands over [1, heads, tokens, size] and takes back [1, tokens, heads, size]."""
    flat = (tensor.squeeze(0).transpose(0, 1) for tensor in (query, key, value))
    bounds = (cu_seq_lens_q, cu_seq_lens_q, max_length_q, max_length_q)
    return varlen_attn(*flat, *bounds, scale=scaling, window_size=(-1, 0), enable_gqa=True).unsqueeze(0), None


AttentionInterface.register(FLASH, varlen)


def probe(kind: str, where: torch.device) -> str | None:
    """Why this attention is not to be used, or None: one call, forward and backward, held against SDPA."""
    heads, shape = (4, 2, 2), (1, 192)
    batch = Batch(*(torch.zeros(shape, dtype=torch.long, device=where) for _ in range(4)), documents=(70, 100, 22))
    chance = torch.Generator().manual_seed(0)
    given = [torch.randn(1, n, shape[1], 128, generator=chance).to(where, torch.bfloat16) for n in heads]
    try:
        wanted, got = (called(IMPLEMENTATION[k], batch, given) for k in ("SDPA", kind))
    except Exception as error:  # noqa: BLE001 whatever is wrong with it, another attention does the work
        return ", ".join(dict.fromkeys(name(cause) for cause in chain(error)))
    apart = max(((a - b).abs().max() / a.abs().max()).item() for a, b in zip(wanted, got, strict=True))
    return None if apart < TOLERANCE else f"it differs from SDPA by {apart:.2g}"


def called(implementation: str, batch: Batch, given: list[torch.Tensor]) -> list[torch.Tensor]:
    """The output and the three gradients."""
    inputs = [tensor.clone().requires_grad_() for tensor in given]
    mask, bounds = blocks(implementation, batch)
    module = SimpleNamespace(training=True, num_key_value_groups=2, is_causal=True)
    attend = AttentionInterface()[implementation]
    out, _ = attend(module, *inputs, mask, scaling=128**-0.5, dropout=0.0, **bounds)
    out.float().square().sum().backward()
    return [tensor.float() for tensor in (out.detach(), *(given.grad for given in inputs))]
