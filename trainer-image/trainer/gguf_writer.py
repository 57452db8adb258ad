"""Writes a merged Qwen3 as one GGUF file, some rows at a time, so that memory holds those and not the model.

Matrices are of the asked type, norms F32, as llama.cpp's own converter does. Rows that the type's blocks do not divide
are F16. With Q4_0 the output head is Q8_0: all logits come from it, and llama-quantize spares it too. Qwen3 needs no
permutation of Q and K (NeoX rotary order). The file is a function of the folder and the quantization: its sha256 is the
model's name.
"""

import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFWriter, LlamaFileType
from gguf.quants import quantize

from . import shapes
from .errors import invalid, rejected
from .events import Progress
from .gguf_tokenizer import write_tokenizer
from .weights import Stored, weights

Written = Literal["F16", "BF16", "Q8_0", "Q4_0"]  # what gguf-py quantises to; the rest is llama_quantize.py's

_FIXED = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
_LAYER = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_TYPE = {
    "F16": (GGMLQuantizationType.F16, LlamaFileType.MOSTLY_F16),
    "BF16": (GGMLQuantizationType.BF16, LlamaFileType.MOSTLY_BF16),
    "Q8_0": (GGMLQuantizationType.Q8_0, LlamaFileType.MOSTLY_Q8_0),
    "Q4_0": (GGMLQuantizationType.Q4_0, LlamaFileType.MOSTLY_Q4_0),
}


def write_gguf(folder: Path, target: Path, name: str, quantization: Written, progress: Progress) -> None:
    config = json.loads((folder / "config.json").read_text())
    check(config)
    tensors = planned(shapes.checked(shapes.configuration(folder), weights(folder)))
    writer = GGUFWriter(target, "qwen3")
    write_shape(writer, config, name, quantization)
    write_tokenizer(writer, folder, config)
    kinds = {gguf: kind_of(gguf, tensor.shape, quantization, tensors.keys()) for gguf, tensor in tensors.items()}
    sizes = {gguf: describe(writer, gguf, tensor.shape, kinds[gguf]) for gguf, tensor in tensors.items()}
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    assert writer.fout is not None
    file = writer.fout[0]
    writer.write_padding(file, file.tell())
    for gguf, tensor in progress.over(tensors.items(), len(tensors)):
        for _, rows in tensor.rows():
            converted(rows, gguf, kinds[gguf]).tofile(file)
        writer.write_padding(file, sizes[gguf])
    writer.close()


def check(config: dict) -> None:
    """Raises 42 BaseModelUnsupported for what the GGUF could not express or the runtime would ignore."""
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    complaints = {
        "model_type must be qwen3": config.get("model_type") != "qwen3",
        "attention_bias must be false": bool(config.get("attention_bias")),
        "use_sliding_window must be false": bool(config.get("use_sliding_window")),
        "hidden_act must be silu": config.get("hidden_act") != "silu",
        "rope_type must be default": rope.get("rope_type", rope.get("type", "default")) != "default",
    }
    if found := [text for text, wrong in complaints.items() if wrong]:
        raise invalid("BaseModelUnsupported", "config.json: " + ", ".join(found))


def write_shape(writer: GGUFWriter, config: dict, name: str, quantization: Written) -> None:
    """transformers 5 keeps rope_theta in rope_parameters; without it llama.cpp assumes 10000 and answers plausibly
    and wrong. key_length must be told because Qwen3's heads are not hidden_size / heads wide."""
    head = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
    theta = (config.get("rope_parameters") or {}).get("rope_theta", config.get("rope_theta"))
    if theta is None:
        raise invalid("BaseModelUnsupported", "config.json: no rope_theta")
    writer.add_name(name)
    writer.add_file_type(_TYPE[quantization][1])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_rope_freq_base(float(theta))
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])


def planned(found: dict[str, Stored]) -> dict[str, Stored]:
    """Every tensor by its name in the GGUF, layer after layer."""
    return {gguf_name(name): found[name] for name in sorted(found, key=sort_key)}


def describe(writer: GGUFWriter, name: str, shape: tuple[int, ...], kind: GGMLQuantizationType) -> int:
    """Announces a tensor; its size in bytes."""
    values, size = GGML_QUANT_SIZES[kind]
    count = int(np.prod(shape)) // values * size
    writer.add_tensor_info(name, shape, np.dtype(np.float32), count, raw_dtype=kind)
    return count


def sort_key(name: str) -> tuple[int, str]:
    layer = re.match(r"model\.layers\.(\d+)\.", name)
    return (int(layer[1]) if layer else -1, name)


def gguf_name(name: str) -> str:
    stem = name.removesuffix(".weight")
    layer = re.fullmatch(r"model\.layers\.(\d+)\.(.+)", stem)
    mapped = f"blk.{layer[1]}.{_LAYER[layer[2]]}" if layer and layer[2] in _LAYER else _FIXED.get(stem)
    if mapped is None or not name.endswith(".weight"):
        raise invalid("BaseModelUnsupported", f"a tensor that Qwen3 does not have: {name}")
    return mapped + ".weight"


def kind_of(name: str, shape: tuple[int, ...], quantization: Written, names: Collection[str]) -> GGMLQuantizationType:
    """`names` of all the model's tensors: without an output head the embedding is it."""
    if len(shape) == 1:
        return GGMLQuantizationType.F32
    head = "output.weight" if "output.weight" in names else "token_embd.weight"
    kind = _TYPE["Q8_0" if quantization == "Q4_0" and name == head else quantization][0]
    return kind if shape[-1] % GGML_QUANT_SIZES[kind][0] == 0 else GGMLQuantizationType.F16


def converted(rows: torch.Tensor, name: str, kind: GGMLQuantizationType) -> np.ndarray:
    """Raises 43 ExportFailed for a weight that is no number, or none in half precision: that of a block's scale too."""
    if not torch.isfinite(rows).all() or float(rows.abs().max()) > largest(kind):
        raise rejected("ExportFailed", f"{name}: weights that {kind.name} cannot hold")
    return quantize(rows.numpy(), kind)


def largest(kind: GGMLQuantizationType) -> float:
    """The largest weight of a type: blocks keep their largest weight over 127 or 8, as an F16."""
    if kind in (GGMLQuantizationType.F32, GGMLQuantizationType.BF16):
        return torch.finfo(torch.bfloat16).max
    steps = {GGMLQuantizationType.F16: 1, GGMLQuantizationType.Q8_0: 127, GGMLQuantizationType.Q4_0: 8}
    return torch.finfo(torch.float16).max * steps[kind]
