"""Every size of the Qwen3 dense family: by shape without any weights, and in small by logits, as Ollama runs it."""

from collections.abc import Callable
from math import prod
from pathlib import Path

import gguf
import pytest
import torch
from gguf import GGML_QUANT_SIZES
from qwen3_family import HEAD, SIZES, real, small, write_small
from world import TEMPLATE, run_json

from trainer import config as configuration
from trainer import gguf_writer, parity, shapes, storage, strict
from trainer.errors import TrainerError
from trainer.events import Progress
from trainer.ollama import Ollama
from trainer.parity import Parity
from trainer.reference import Answer, Reference
from trainer.weights import Stored


def without_weights(name: str) -> dict[str, Stored]:
    """The tensors of a real size, by shape alone."""
    expected = shapes.expected(real(name))
    return {tensor: Stored(Path("none"), torch.bfloat16, shape, 0) for tensor, shape in expected.items()}


@pytest.mark.parametrize("name", SIZES)
def test_every_tensor_of_every_size_has_its_name_and_shape(name: str) -> None:
    """Names by llama.cpp's own table in gguf-py, shapes by what llama.cpp loads for qwen3, count as published."""
    hidden, intermediate, layers, heads, key_value_heads, tied, parameters = SIZES[name]
    found = shapes.checked(real(name), without_weights(name))
    planned = gguf_writer.planned(found)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN3, layers)
    by_gguf = {names.get_name(tensor, (".weight",)): stored for tensor, stored in found.items()}
    assert planned == by_gguf
    assert sum(prod(tensor.shape) for tensor in planned.values()) == parameters
    assert ("output.weight" in planned) != tied
    block = {
        "attn_norm": (hidden,),
        "attn_q": (heads * HEAD, hidden),
        "attn_k": (key_value_heads * HEAD, hidden),
        "attn_v": (key_value_heads * HEAD, hidden),
        "attn_output": (hidden, heads * HEAD),
        "attn_q_norm": (HEAD,),
        "attn_k_norm": (HEAD,),
        "ffn_norm": (hidden,),
        "ffn_gate": (intermediate, hidden),
        "ffn_up": (intermediate, hidden),
        "ffn_down": (hidden, intermediate),
    }
    for layer in (0, layers - 1):
        for part, shape in block.items():
            assert planned[f"blk.{layer}.{part}.weight"].shape == shape
    assert len(planned) == 2 + len(block) * layers + (not tied)


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("quantization", ["F16", "BF16", "Q8_0", "Q4_0"])
def test_every_matrix_of_every_size_is_of_the_asked_type(name: str, quantization: str) -> None:
    """No row of a real size falls back to F16, and the file has the size that the type promises."""
    planned = gguf_writer.planned(without_weights(name))
    kinds = {n: gguf_writer.kind_of(n, tensor.shape, quantization, planned.keys()) for n, tensor in planned.items()}
    head = "token_embd.weight" if SIZES[name][5] else "output.weight"
    wanted = {n: "F32" if len(t.shape) == 1 else quantization for n, t in planned.items()}
    wanted |= {head: "Q8_0"} if quantization == "Q4_0" else {}
    assert {n: kind.name for n, kind in kinds.items()} == wanted
    size = sum(
        prod(t.shape) * GGML_QUANT_SIZES[kinds[n]][1] // GGML_QUANT_SIZES[kinds[n]][0] for n, t in planned.items()
    )
    bits = 8 * size / SIZES[name][6]
    assert {"F16": 16, "BF16": 16, "Q8_0": 8.5, "Q4_0": 4.5}[quantization] <= bits < 17


@pytest.mark.parametrize("name", SIZES)
def test_the_small_ones_have_the_ratios_of_the_real_ones(name: str) -> None:
    one, other = real(name), small(name)
    for ratio in (
        lambda c: c.num_attention_heads / c.num_key_value_heads,
        lambda c: c.num_attention_heads * c.head_dim / c.hidden_size,
        lambda c: c.intermediate_size / c.hidden_size,
        lambda c: c.tie_word_embeddings,
    ):
        assert ratio(one) == ratio(other)


def test_a_tensor_that_is_missing_unknown_or_of_another_shape_is_named() -> None:
    found = without_weights("0.6B")
    norm = "model.layers.27.self_attn.q_norm.weight"
    for changed in (
        {name: tensor for name, tensor in found.items() if name != norm},
        found | {norm: Stored(Path("none"), torch.bfloat16, (64,), 0)},
        found | {"model.layers.28.input_layernorm.weight": found[norm]},
    ):
        with pytest.raises(TrainerError, match=r"BaseModelInvalid: the weights have model\.layers\.2[78]"):
            shapes.checked(real("0.6B"), changed)


def test_an_output_head_beside_a_tied_embedding_is_left_out() -> None:
    """Published files of tied models hold it nevertheless."""
    found = without_weights("0.6B")
    head = found["model.embed_tokens.weight"]
    assert shapes.checked(real("0.6B"), found | {"lm_head.weight": head}) == found


@pytest.fixture
def first_logits(base: str, ollama: str, tmp_path: Path, monkeypatch) -> Callable[..., Parity]:
    """The five likeliest tokens after each prompt of the gate and after parts of them. Not what follows: what random
    weights say is no text."""

    def compared(name: str, quantization: str) -> Parity:
        folder = tmp_path / name
        if not folder.exists():
            write_small(name, folder, Path(base.removeprefix("file://")))
        path, client = tmp_path / "m.gguf", Ollama()
        gguf_writer.write_gguf(folder, path, name, quantization, Progress("Exporting"))
        config, _ = strict.parse(configuration.Config, run_json("file:///none", "file:///none"))
        reference, found = Reference(folder), Parity(parity.TOLERANCE[quantization])
        whole = [case.prompt for case in parity.all_cases(config, reference)]
        prompts = [*whole, *(text[: len(text) // 2] for text in whole)]
        # Judged as if it had ended at once: only what is likeliest there counts.
        judged = reference.judge([Answer(reference.encode(prompt), [], True) for prompt in prompts], lambda *_: None)
        client.create("small", path, storage.digest_file(path), TEMPLATE, {"num_ctx": 1024, "num_thread": 1})
        try:
            for prompt, steps in zip(prompts, judged, strict=True):
                answer = client.generate("small", prompt, parity.GREEDY | {"num_predict": 1, "stop": []}, 5)
                parity.compare_logprobs(found, steps, answer.get("logprobs") or [])
        finally:
            client.remove("small")
        assert len(found.deltas) >= 24
        return found

    return compared


@pytest.mark.parametrize("name", SIZES)
def test_the_logits_of_every_size_are_those_of_pytorch(first_logits, name: str) -> None:
    assert first_logits(name, "F16").delta_at(1.0) <= parity.TOLERANCE["F16"]


@pytest.mark.parametrize(("name", "quantization"), [("4B", "BF16"), ("4B", "Q8_0"), ("32B", "BF16"), ("32B", "Q8_0")])
def test_so_are_they_when_quantised(first_logits, name: str, quantization: str) -> None:
    assert first_logits(name, quantization).delta_at(0.99) <= parity.TOLERANCE[quantization]


@pytest.mark.parametrize("swapped", [("mlp.gate_proj", "mlp.up_proj"), ("self_attn.q_norm", "self_attn.k_norm")])
def test_two_tensors_that_change_places_are_seen(first_logits, monkeypatch, swapped: tuple[str, str]) -> None:
    """Of equal shape, so that every runtime loads them."""
    one, other = swapped
    layer = gguf_writer._LAYER
    monkeypatch.setattr(gguf_writer, "_LAYER", layer | {one: layer[other], other: layer[one]})
    assert first_logits("0.6B", "F16").delta_at(0.99) > parity.TOLERANCE["F16"]
