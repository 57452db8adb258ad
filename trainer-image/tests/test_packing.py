"""Packing changes the speed and nothing else."""

import random
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest
import torch
import transformers.integrations.flex_attention as flex
from torch.nn.attention.flex_attention import flex_attention
from torch.nn.functional import scaled_dot_product_attention

from trainer import attention, loss, speed
from trainer.chat import Sample
from trainer.config import Lora, Performance
from trainer.errors import TrainerError
from trainer.loss import loss_sum, targets
from trainer.model import add_lora, load_model
from trainer.packing import Batch, collate, micro_batches, pack


def random_samples(count: int, seed: int = 3) -> list[Sample]:
    chance = random.Random(seed)
    lengths = [chance.randint(4, 40) for _ in range(count)]
    return [Sample(tuple(chance.randrange(400) for _ in range(n)), chance.randint(1, n - 1), False) for n in lengths]


def folder(base: str) -> Path:
    return Path(base.removeprefix("file://"))


@pytest.fixture(scope="module")
def model(base: str):
    return load_model(folder(base), torch.float32, torch.device("cpu")).eval()


def test_the_loss_of_packed_samples_is_that_of_single_ones(model) -> None:
    samples = random_samples(12)
    alone = [loss_sum(model, collate([[sample]], padding=0)).item() for sample in samples]
    packed = micro_batches(samples, length=128, size=2, padding=0)
    assert sum(b.ids.shape[0] for b in packed) < len(samples)
    assert sum(loss_sum(model, batch).item() for batch in packed) == pytest.approx(sum(alone), rel=1e-5)


@pytest.fixture(scope="module")
def adapted(base: str):
    """With LoRA layers whose B matrices are no longer zero, so that gradients reach both."""
    model = load_model(folder(base), torch.float32, torch.device("cpu"))
    model = add_lora(model, Lora(4, 8, 0.0, "AllLinear")).train()
    chance = torch.Generator().manual_seed(1)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            parameter.data.normal_(0, 0.05, generator=chance)
    return model


def learnt(adapted, batches: list[Batch]) -> tuple[float, dict[str, torch.Tensor]]:
    """The loss of all batches, and the gradient that they leave."""
    adapted.zero_grad()
    losses = [loss_sum(adapted.get_base_model(), batch) for batch in batches]
    for one in losses:
        one.backward()
    gradients = {name: p.grad.clone() for name, p in adapted.named_parameters() if p.requires_grad}
    return sum(one.item() for one in losses), gradients


def assert_the_same(found, wanted) -> None:
    assert found[0] == pytest.approx(wanted[0], rel=1e-5)
    for name, gradient in wanted[1].items():
        torch.testing.assert_close(found[1][name], gradient, rtol=1e-3, atol=1e-4 * gradient.abs().max().item())


def alone(samples: list[Sample]) -> list[Batch]:
    return [collate([[sample]], padding=0) for sample in samples]


@pytest.mark.parametrize("packing", [True, False])
@pytest.mark.parametrize("grouping", [True, False])
def test_what_is_learnt_from_packed_samples_is_learnt_from_single_ones(adapted, packing: bool, grouping: bool) -> None:
    samples = [replace(s, weight=1 / (1 + n % 3)) for n, s in enumerate(random_samples(12))]
    performance = Performance(packing=packing, length_grouping=grouping)
    batches = micro_batches(samples, 128, 3, 0, performance)
    assert_the_same(learnt(adapted, batches), learnt(adapted, alone(samples)))


def test_grouping_by_length_pads_less() -> None:
    def padding(grouping: bool) -> int:
        batches = micro_batches(random_samples(40), 64, 4, 0, Performance(packing=False, length_grouping=grouping))
        return sum(batch.ids.numel() for batch in batches) - sum(len(s.ids) for s in random_samples(40))

    assert padding(True) < padding(False) / 4


def test_a_mask_that_lets_samples_see_each_other_is_noticed(adapted, monkeypatch) -> None:
    """The tests above fail when packing leaks: this is how much."""
    samples = random_samples(12)
    wanted = learnt(adapted, alone(samples))
    monkeypatch.setattr(Batch, "owner", property(lambda batch: torch.zeros_like(batch.ids)))
    leaking = learnt(adapted, micro_batches(samples, 128, 3, 0))
    with pytest.raises(AssertionError):
        assert_the_same(leaking, wanted)


def by_documents(query, key, value, ends, _ends, _longest, _longest_too, *, scale, window_size, enable_gqa):
    """What a kernel for samples of varying length computes, one after the other."""
    assert (window_size, enable_gqa) == ((-1, 0), True)
    parts = []
    for begin, end in pairwise(ends.tolist()):
        one = [t[begin:end].transpose(0, 1).unsqueeze(0) for t in (query, key, value)]
        parts.append(scaled_dot_product_attention(*one, is_causal=True, scale=scale, enable_gqa=True))
    return torch.cat([part.squeeze(0).transpose(0, 1) for part in parts])


def test_attention_by_lengths_learns_the_same(adapted, monkeypatch) -> None:
    """Where the documents begin and end is ours, and is tested here; the kernel is torch's and needs a GPU."""
    monkeypatch.setattr(attention, "varlen_attn", by_documents)
    samples = random_samples(12)
    wanted = learnt(adapted, alone(samples))
    model = adapted.get_base_model()
    monkeypatch.setattr(model.config, "_attn_implementation", attention.FLASH)
    assert_the_same(learnt(adapted, micro_batches(samples, 128, 3, 0)), wanted)


def test_attention_by_blocks_computes_the_same(adapted, monkeypatch) -> None:
    """Flex learns on CUDA only; on a CPU it computes losses."""
    samples = random_samples(12)
    model, batches = adapted.get_base_model().eval(), micro_batches(samples, 128, 3, 0)
    with torch.no_grad():
        wanted = [loss_sum(model, batch).item() for batch in batches]
        monkeypatch.setattr(model.config, "_attn_implementation", "flex_attention")
        monkeypatch.setattr(flex, "compile_friendly_flex_attention", uncompiled)
        assert [loss_sum(model, batch).item() for batch in batches] == pytest.approx(wanted, rel=1e-5)
    model.train()


def uncompiled(*tensors, training, **options):
    return flex_attention(*tensors, **options)


def test_asked_for_attention_is_refused_where_it_does_not_work() -> None:
    with pytest.raises(TrainerError, match=r"performance\.attention: Flash does not work here \(.*Error.*\); Auto or"):
        attention.choose("Flash", torch.device("cpu"))
    assert attention.choose("Auto", torch.device("cpu")) == attention.choose("SDPA", torch.device("cpu")) == "sdpa"


def test_attention_that_computes_something_else_is_not_used(monkeypatch) -> None:
    cpu = torch.device("cpu")
    monkeypatch.setattr(attention, "varlen_attn", by_documents)
    assert attention.probe("Flash", cpu) is None
    monkeypatch.setattr(attention, "varlen_attn", lambda *given, **options: 2 * by_documents(*given, **options))
    assert attention.probe("Flash", cpu).startswith("it differs from SDPA by")


def test_recomputing_activations_learns_the_same(adapted) -> None:
    samples = random_samples(6)
    model, cpu = adapted.get_base_model(), torch.device("cpu")
    wanted = learnt(adapted, micro_batches(samples, 128, 2, 0))
    speed.recompute(model, Performance(gradient_checkpointing="Auto"), cpu)
    assert not model.is_activation_checkpointing
    speed.recompute(model, Performance(gradient_checkpointing="On"), cpu)
    assert model.is_activation_checkpointing
    assert_the_same(learnt(adapted, micro_batches(samples, 128, 2, 0)), wanted)
    model.activation_checkpointing_disable()


def test_the_vocabulary_in_chunks_learns_the_same(adapted, monkeypatch) -> None:
    samples = random_samples(12)
    wanted = learnt(adapted, micro_batches(samples, 128, 3, 0))
    monkeypatch.setattr(loss, "TARGETS_AT_ONCE", 7)
    assert_the_same(learnt(adapted, micro_batches(samples, 128, 3, 0)), wanted)


def test_compiled_layers_learn_the_same(base: str, adapted) -> None:
    samples = random_samples(4)
    wanted = learnt(adapted, micro_batches(samples, 128, 3, 0))
    for layer in adapted.get_base_model().model.layers:
        layer.compile(backend="aot_eager")
    assert_the_same(learnt(adapted, micro_batches(samples, 128, 3, 0)), wanted)
    for layer in adapted.get_base_model().model.layers:
        layer._compiled_call_impl = None


def test_compiling_without_a_compiler_is_refused(adapted, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(TrainerError, match=r"performance\.compile: true needs a C compiler"):
        speed.compile_layers(adapted.get_base_model(), Performance(compile=True))


def test_liger_is_used_where_it_is_and_never_needed(monkeypatch) -> None:
    used = []
    kernels = ModuleType("liger_kernel.transformers")
    kernels.apply_liger_kernel_to_qwen3 = lambda **chosen: used.append(chosen)
    cuda = torch.device("cuda")
    speed.fuse("model", Performance(), cuda)
    monkeypatch.setitem(sys.modules, "liger_kernel", ModuleType("liger_kernel"))
    monkeypatch.setitem(sys.modules, "liger_kernel.transformers", kernels)
    monkeypatch.setattr(speed.importlib.util, "find_spec", lambda name: name)
    speed.fuse("model", Performance(liger="Off"), cuda)
    speed.fuse("model", Performance(), torch.device("cpu"))
    assert used == []
    speed.fuse("model", Performance(), cuda)
    assert used[0]["model"] == "model"
    assert not used[0]["cross_entropy"]


def test_no_sample_sees_another(model) -> None:
    first, second, other = random_samples(3)
    together = collate([[first, second]], padding=0)
    changed = collate([[other, second]], padding=0)
    n = len(second.ids)

    seen = [attention.hidden_states(model, batch)[0, -n:] for batch in (together, changed)]
    torch.testing.assert_close(*seen, rtol=1e-4, atol=1e-4)


def test_the_loss_is_that_of_the_plain_model(model) -> None:
    (sample,) = random_samples(1)
    plain = model(input_ids=torch.tensor([sample.ids]), labels=torch.tensor([sample.labels])).loss
    batch = collate([[sample]], padding=0)
    assert (loss_sum(model, batch) / targets(batch)).item() == pytest.approx(plain.item(), rel=1e-5)


def test_padding_is_finite_and_without_loss(model) -> None:
    samples = sorted(random_samples(2), key=lambda s: len(s.ids))
    batch = collate([[samples[0]], [samples[1]]], padding=0)
    assert torch.isfinite(loss_sum(model, batch))
    assert targets(batch) == sum(sample.targets for sample in samples)


def test_every_sample_is_packed_once_and_nothing_overflows() -> None:
    samples = random_samples(50)
    sequences = pack(samples, 64)
    assert sorted(s.ids for sequence in sequences for s in sequence) == sorted(s.ids for s in samples)
    assert all(sum(len(s.ids) for s in sequence) <= 64 for sequence in sequences)
