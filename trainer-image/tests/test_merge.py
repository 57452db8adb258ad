"""Merging file by file gives the bits of peft's merge, and takes no memory that grows with the model."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import Qwen3Config, Qwen3ForCausalLM

from trainer import lora_delta, merge, shapes, storage, weights
from trainer.errors import TrainerError
from trainer.events import Progress

ROOT = Path(__file__).parents[1]


def small_qwen3(folder: Path, dtype: torch.dtype = torch.float32, shard: str = "2GB", **changes: object) -> Path:
    torch.manual_seed(3)
    given = {
        "vocab_size": 1031,
        "hidden_size": 192,
        "intermediate_size": 330,
        "num_hidden_layers": 2,
        "num_attention_heads": 5,
        "num_key_value_heads": 1,
        "head_dim": 64,
        "max_position_embeddings": 256,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e6},
        "tie_word_embeddings": False,
    }
    Qwen3ForCausalLM(Qwen3Config(**given | changes)).to(dtype).save_pretrained(folder, max_shard_size=shard)
    return folder


def random_adapter(base: Path, folder: Path, rank: int = 7) -> Path:
    """With a B that is not zero, as after training."""
    model = Qwen3ForCausalLM.from_pretrained(base, dtype=torch.float32)
    lora = LoraConfig(r=rank, lora_alpha=12, target_modules="all-linear", task_type="CAUSAL_LM")
    adapted = get_peft_model(model, lora)
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.02)
    adapted.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("tied", [True, False])
def test_the_bits_are_those_of_peft(tmp_path: Path, monkeypatch, dtype: torch.dtype, tied: bool) -> None:
    """With so little in hand at a time that every matrix is merged in parts."""
    base = small_qwen3(tmp_path / "base", dtype, "300KB", tie_word_embeddings=tied)
    adapter = random_adapter(base, tmp_path / "adapter")
    model = Qwen3ForCausalLM.from_pretrained(base, dtype=torch.float32)
    wanted = PeftModel.from_pretrained(model, adapter).merge_and_unload(safe_merge=True).state_dict()

    monkeypatch.setattr(weights.Stored.rows, "__defaults__", (50_000,))
    found = shapes.checked(shapes.configuration(base), weights.weights(base))
    (tmp_path / "merged").mkdir()
    merge.write(found, lora_delta.deltas(adapter, found), tmp_path / "merged", Progress("Merging"))
    files = sorted((tmp_path / "merged").glob("*.safetensors"))
    assert len(files) == len(list(base.glob("*.safetensors"))) > 1
    merged = {name: tensor for file in files for name, tensor in load_file(file).items()}
    assert merged.keys() == {name for name in wanted if not (tied and name == "lm_head.weight")}
    assert all(tensor.dtype == torch.float32 for tensor in merged.values())
    different = {name for name, tensor in merged.items() if not torch.equal(tensor, wanted[name])}
    assert different == set()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"use_dora": True}, "use_dora must be off"),
        ({"rank_pattern": {"q_proj": 4}}, "rank_pattern must be off"),
        ({"peft_type": "IA3"}, "not a LoRA adapter"),
        ({"bias": "all"}, "not a LoRA adapter without biases"),
    ],
)
def test_an_adapter_of_another_kind_is_refused(tmp_path: Path, change: dict, complaint: str) -> None:
    base = small_qwen3(tmp_path / "base")
    adapter = random_adapter(base, tmp_path / "adapter")
    described = json.loads((adapter / "adapter_config.json").read_text())
    (adapter / "adapter_config.json").write_text(json.dumps(described | change))
    with pytest.raises(TrainerError, match=complaint) as caught:
        lora_delta.deltas(adapter, weights.weights(base))
    assert (caught.value.code, caught.value.reason) == (42, "AdapterInvalid")


def test_an_adapter_of_another_model_is_refused(tmp_path: Path) -> None:
    base = small_qwen3(tmp_path / "base")
    adapter = random_adapter(small_qwen3(tmp_path / "other", hidden_size=128), tmp_path / "adapter")
    with pytest.raises(TrainerError, match=r"AdapterInvalid: the adapter changes model\.layers\.0\.mlp\.down_proj"):
        lora_delta.deltas(adapter, weights.weights(base))


def test_an_adapter_that_is_no_number_does_not_merge(world) -> None:
    trained = world.optimize(epochs=1).train()
    folder = Path(trained.termination["adapter"]["uri"].removeprefix("file://"))
    tensors = load_file(folder / "adapter_model.safetensors")
    next(iter(tensors.values()))[0, 0] = float("nan")
    save_file(tensors, folder / "adapter_model.safetensors")
    spoilt = storage.digest_file(folder / "adapter_model.safetensors").sha256
    trained.termination["adapter"]["sha256"] = spoilt
    assert world.merge(trained).reason == (43, "MergeFailed")


def test_weights_that_contradict_the_configuration_are_named(tmp_path: Path) -> None:
    base = small_qwen3(tmp_path / "base")
    described = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps(described | {"head_dim": 32}))
    with pytest.raises(TrainerError, match=r"BaseModelInvalid: the weights have model\.layers\.0\.self_attn") as caught:
        shapes.checked(shapes.configuration(base), weights.weights(base))
    assert caught.value.code == 42


MEASURE = """
import json, sys
from pathlib import Path
import torch
from trainer import lora_delta, merge, shapes, weights
from trainer.events import Progress
from trainer.gguf_writer import write_gguf
from trainer.reference import Answer, Reference
base, adapter, work = map(Path, sys.argv[1:])
config, found = shapes.configuration(base), weights.weights(base)

def resident(figure):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(figure))

def growth(step):
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = resident("VmRSS")
    step()
    return resident("VmHWM") - before

def merging():
    merge.write(shapes.checked(config, found), lora_delta.deltas(adapter, found), work, Progress("Merging"))

# Once a process, however large the model: transformers' models are imported, and what multiplies is started.
shapes.checked(config, found)
torch.ones(4096, 8) @ torch.ones(8, 1024)
grown = {"merge": growth(merging)}
for kind in ("F16", "BF16", "Q8_0", "Q4_0"):
    grown[kind] = growth(lambda: write_gguf(base, work / "m.gguf", "m", kind, Progress("Exporting")))
# Once a process, too: what PyTorch keeps for each thread that multiplies.
def judging():
    Reference(base).judge([Answer([1, 2, 3], [4, 5], False)] * 4, lambda *_: None)

judging()
grown["parity"] = growth(judging)
print(json.dumps(grown))
"""


def test_memory_stays_below_the_largest_shard(tmp_path: Path, base: str) -> None:
    """The bound is 1.3 times the largest shard; shards of real models are far larger than what is in hand at a time."""
    source = Path(base.removeprefix("file://"))
    vocabulary = json.loads((source / "config.json").read_text())["vocab_size"]
    shape = {"hidden_size": 1024, "intermediate_size": 20_000, "num_hidden_layers": 1}
    large = small_qwen3(tmp_path / "large", torch.bfloat16, "90MB", vocab_size=vocabulary, **shape)
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        (large / name).write_bytes((source / name).read_bytes())
    adapter = random_adapter(large, tmp_path / "adapter", rank=8)
    shards = [path.stat().st_size for path in large.glob("*.safetensors")]
    assert len(shards) > 1
    command = [sys.executable, "-c", MEASURE, str(large), str(adapter), str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    grown = json.loads(run.stdout.splitlines()[-1])
    assert grown.keys() == {"merge", "F16", "BF16", "Q8_0", "Q4_0", "parity"}
    over = {step: grown[step] / max(shards) for step in grown if grown[step] >= 1.3 * max(shards)}
    assert not over
