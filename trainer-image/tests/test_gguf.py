"""The GGUF says of the model what runtimes need to know, and holds its weights."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from gguf import GGUFReader, GGUFValueType
from gguf.quants import dequantize
from transformers import Qwen3Config, Qwen3ForCausalLM

from trainer.errors import TrainerError
from trainer.events import Progress
from trainer.gguf_writer import check, converted, kind_of, write_gguf


def fields(path: Path) -> dict:
    return {name: field.contents() for name, field in GGUFReader(path).fields.items() if not name.startswith("GGUF.")}


@pytest.fixture
def untied(tmp_path: Path, base: str) -> Path:
    """The proportions of a real Qwen3: heads wider than hidden / heads, an output head of its own, several files."""
    source = Path(base.removeprefix("file://"))
    known = json.loads((source / "config.json").read_text())
    torch.manual_seed(1)
    config = Qwen3Config(
        vocab_size=known["vocab_size"] + 7,
        hidden_size=96,
        intermediate_size=160,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=64,
        max_position_embeddings=512,
        rope_parameters={"rope_type": "default", "rope_theta": 5e6},
        tie_word_embeddings=False,
        eos_token_id=known["eos_token_id"],
    )
    folder = tmp_path / "untied"
    Qwen3ForCausalLM(config).save_pretrained(folder, max_shard_size="200KB")
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        (folder / name).write_bytes((source / name).read_bytes())
    assert len(list(folder.glob("*.safetensors"))) > 1
    return folder


@pytest.mark.parametrize("quantization", ["F16", "BF16", "Q8_0", "Q4_0"])
def test_keys_of_a_model_with_a_real_ones_proportions(untied: Path, tmp_path: Path, quantization) -> None:
    write_gguf(untied, tmp_path / "m.gguf", "a name", quantization, Progress("Exporting"))
    found = fields(tmp_path / "m.gguf")
    expected = {
        "general.architecture": "qwen3",
        "general.name": "a name",
        "general.file_type": {"F16": 1, "BF16": 32, "Q8_0": 7, "Q4_0": 2}[quantization],
        "qwen3.block_count": 2,
        "qwen3.context_length": 512,
        "qwen3.embedding_length": 96,
        "qwen3.feed_forward_length": 160,
        "qwen3.attention.head_count": 4,
        "qwen3.attention.head_count_kv": 2,
        "qwen3.attention.key_length": 64,
        "qwen3.attention.value_length": 64,
        "qwen3.rope.freq_base": 5e6,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "qwen2",
        "tokenizer.ggml.add_bos_token": False,
    }
    assert {key: found[key] for key in expected} == expected
    assert found["qwen3.attention.layer_norm_rms_epsilon"] == pytest.approx(1e-6)
    assert found["tokenizer.chat_template"] == (untied / "chat_template.jinja").read_text()


def test_types_of_tokens(untied: Path, tmp_path: Path) -> None:
    write_gguf(untied, tmp_path / "m.gguf", "m", "F16", Progress("Exporting"))
    found = fields(tmp_path / "m.gguf")
    tokens, types = found["tokenizer.ggml.tokens"], found["tokenizer.ggml.token_type"]
    kind = dict(zip(tokens, types, strict=True))
    assert (kind["<|im_end|>"], kind["<think>"], kind["</think>"], kind["a"]) == (3, 4, 4, 1)
    assert tokens[-1] == f"[PAD{len(tokens) - 1}]"
    assert types[-7:] == [5] * 7
    assert tokens[found["tokenizer.ggml.eos_token_id"]] == "<|im_end|>"
    assert tokens[found["tokenizer.ggml.padding_token_id"]] == "<|endoftext|>"


@pytest.mark.parametrize(("quantization", "tolerance"), [("F16", 2e-4), ("BF16", 1e-3), ("Q8_0", 2e-3), ("Q4_0", 2e-2)])
def test_weights_are_the_models(untied: Path, tmp_path: Path, quantization, tolerance: float) -> None:
    write_gguf(untied, tmp_path / "m.gguf", "m", quantization, Progress("Exporting"))
    model = Qwen3ForCausalLM.from_pretrained(untied).state_dict()
    tensors = {t.name: t for t in GGUFReader(tmp_path / "m.gguf").tensors}
    assert len(tensors) == len(model)
    pairs = {
        "token_embd.weight": "model.embed_tokens.weight",
        "output.weight": "lm_head.weight",
        "output_norm.weight": "model.norm.weight",
        "blk.1.attn_q.weight": "model.layers.1.self_attn.q_proj.weight",
        "blk.0.attn_k_norm.weight": "model.layers.0.self_attn.k_norm.weight",
        "blk.1.ffn_down.weight": "model.layers.1.mlp.down_proj.weight",
    }
    for name, source in pairs.items():
        values = dequantize(tensors[name].data, tensors[name].tensor_type).reshape(model[source].shape)
        np.testing.assert_allclose(values, model[source].numpy(), atol=tolerance)


def test_equal_folders_give_equal_files(untied: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_gguf(untied, tmp_path / name, "m", "Q8_0", Progress("Exporting"))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_tied_model_has_no_output_tensor(base: str, tmp_path: Path) -> None:
    write_gguf(Path(base.removeprefix("file://")), tmp_path / "m.gguf", "m", "Q8_0", Progress("Exporting"))
    reader = GGUFReader(tmp_path / "m.gguf")
    assert "output.weight" not in {t.name for t in reader.tensors}
    assert reader.fields["tokenizer.ggml.tokens"].types[0] == GGUFValueType.ARRAY


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"attention_bias": True}, "attention_bias must be false"),
        ({"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e6}}, "rope_type must be default"),
        ({"use_sliding_window": True}, "use_sliding_window must be false"),
        ({"model_type": "llama"}, "model_type must be qwen3"),
    ],
)
def test_what_a_gguf_cannot_say_is_refused(base: str, change: dict, complaint: str) -> None:
    config = json.loads((Path(base.removeprefix("file://")) / "config.json").read_text())
    with pytest.raises(TrainerError, match=complaint):
        check(config | change)


@pytest.mark.parametrize("quantization", ["F16", "BF16", "Q8_0", "Q4_0"])
@pytest.mark.parametrize("value", [float("nan"), 3.4e38])
def test_a_weight_that_the_type_cannot_hold_is_refused(quantization, value: float) -> None:
    rows = torch.zeros(2, 64)
    rows[1, 5] = value
    with pytest.raises(TrainerError, match=r"ExportFailed: blk\.0\.ffn_up\.weight"):
        converted(rows, "blk.0.ffn_up.weight", kind_of("blk.0.ffn_up.weight", (2, 64), quantization, []))


def test_the_output_head_is_spared_from_four_bits() -> None:
    tied, untied = ["token_embd.weight"], ["token_embd.weight", "output.weight"]
    assert kind_of("token_embd.weight", (64, 64), "Q4_0", tied).name == "Q8_0"
    assert kind_of("token_embd.weight", (64, 64), "Q4_0", untied).name == "Q4_0"
    assert kind_of("output.weight", (64, 64), "Q4_0", untied).name == "Q8_0"
    assert kind_of("blk.0.ffn_up.weight", (64, 33), "Q4_0", tied).name == "F16"
