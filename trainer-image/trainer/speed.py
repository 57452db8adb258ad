"""What makes a step faster or smaller without changing what it computes, each where it is asked for and present."""

import importlib.util
import shutil
from typing import Any

import torch

from .config import Performance
from .errors import invalid
from .events import emit


def fuse(model: Any, performance: Performance, where: torch.device) -> None:
    """Liger's kernels (Hsu et al. 2024, arXiv 2410.10989) for norms, rotary positions and SwiGLU, where the package is
    there and a GPU. Its cross-entropy is not used: ours is chunked already, and weighs."""
    if performance.liger == "Off" or where.type != "cuda" or importlib.util.find_spec("liger_kernel") is None:
        return
    from liger_kernel.transformers import apply_liger_kernel_to_qwen3

    apply_liger_kernel_to_qwen3(
        rope=True, rms_norm=True, swiglu=True, cross_entropy=False, fused_linear_cross_entropy=False, model=model
    )
    emit("liger", kernels=["rope", "rmsNorm", "swiglu"])


def recompute(model: Any, performance: Performance, where: torch.device) -> None:
    """Activations computed anew in the backward pass: a third more compute for a fraction of the memory (Chen et al.
    2016, arXiv 1604.06174). Auto: on a GPU."""
    asked = performance.gradient_checkpointing
    if asked == "On" or (asked == "Auto" and where.type == "cuda"):
        model.activation_checkpointing_enable({"use_reentrant": False})


def compile_layers(model: Any, performance: Performance) -> None:
    """Layer by layer, since they are alike: one compilation serves all. Raises 42 ConfigInvalid without a compiler."""
    if not performance.compile:
        return
    if not any(shutil.which(compiler) for compiler in ("gcc", "clang", "cc")):
        raise invalid("ConfigInvalid", "performance.compile: true needs a C compiler, and there is none here")
    for layer in model.model.layers:
        layer.compile()
    emit("compiled", layers=len(model.model.layers))
