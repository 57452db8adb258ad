"""Writes a merged Qwen3 as one GGUF file, tensor by tensor, so that memory holds one tensor and not the model.

Matrices are F16 or Q8_0, norms F32, as llama.cpp's own converter does. Qwen3 needs no permutation of Q and K (NeoX
rotary order). The file is a function of the folder and the quantization: its sha256 is the model's name.
"""

import json
import re
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import torch
from gguf import GGMLQuantizationType, GGUFWriter, LlamaFileType
from gguf.quants import quantize
from safetensors import safe_open

from .base_model import weight_files
from .config import Quantization
from .errors import invalid, rejected
from .events import Progress
from .gguf_tokenizer import write_tokenizer

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
_FILE_TYPE = {"F16": LlamaFileType.MOSTLY_F16, "Q8_0": LlamaFileType.MOSTLY_Q8_0}
BLOCK = 32  # values that share a scale in Q8_0


def write_gguf(folder: Path, target: Path, name: str, quantization: Quantization, progress: Progress) -> None:
    config = json.loads((folder / "config.json").read_text())
    check(config)
    writer = GGUFWriter(target, "qwen3")
    write_shape(writer, config, name, quantization)
    write_tokenizer(writer, folder, config)
    with ExitStack() as stack:
        tensors = opened(folder, bool(config["tie_word_embeddings"]), stack)
        for source, (file, gguf_name) in tensors.items():
            described = file.get_slice(source)
            shape = described.get_shape()
            kind = kind_of(shape, quantization)
            bytes_shape = [*shape[:-1], shape[-1] // BLOCK * 34] if kind == GGMLQuantizationType.Q8_0 else shape
            dtype = {GGMLQuantizationType.F32: np.float32, GGMLQuantizationType.F16: np.float16}.get(kind, np.uint8)
            size = int(np.prod(bytes_shape)) * np.dtype(dtype).itemsize
            writer.add_tensor_info(gguf_name, bytes_shape, np.dtype(dtype), size, raw_dtype=kind)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for source, (file, gguf_name) in progress.over(tensors.items(), len(tensors)):
            writer.write_tensor_data(converted(file.get_tensor(source), gguf_name, quantization))
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


def write_shape(writer: GGUFWriter, config: dict, name: str, quantization: Quantization) -> None:
    """transformers 5 keeps rope_theta in rope_parameters; without it llama.cpp assumes 10000 and answers plausibly
    and wrong. key_length must be told because Qwen3's heads are not hidden_size / heads wide."""
    head = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
    theta = (config.get("rope_parameters") or {}).get("rope_theta", config.get("rope_theta"))
    if theta is None:
        raise invalid("BaseModelUnsupported", "config.json: no rope_theta")
    writer.add_name(name)
    writer.add_file_type(_FILE_TYPE[quantization])
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


def opened(folder: Path, tied: bool, stack: ExitStack) -> dict[str, tuple]:
    """Every tensor by its name in safetensors: (open file, name in the GGUF), layer after layer."""
    files = [stack.enter_context(safe_open(folder / name, framework="pt")) for name in weight_files(folder)]
    found = {name: (file, gguf_name(name)) for file in files for name in file.keys()}  # noqa: SIM118 safetensors files are no dicts
    if tied:
        found.pop("lm_head.weight", None)
    return dict(sorted(found.items(), key=lambda item: sort_key(item[0])))


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


def kind_of(shape: list[int], quantization: Quantization) -> GGMLQuantizationType:
    if len(shape) == 1:
        return GGMLQuantizationType.F32
    if quantization == "Q8_0" and shape[-1] % BLOCK == 0:
        return GGMLQuantizationType.Q8_0
    return GGMLQuantizationType.F16


def converted(tensor: torch.Tensor, name: str, quantization: Quantization) -> np.ndarray:
    """Raises 43 ExportFailed for a weight that is no number, or none in half precision."""
    values = quantize(tensor.float().numpy(), kind_of(list(tensor.shape), quantization))
    plain = values.dtype != np.uint8
    if not torch.isfinite(tensor).all() or (plain and not np.isfinite(values).all()):
        raise rejected("ExportFailed", f"{name}: weights that {quantization} cannot hold")
    return values
