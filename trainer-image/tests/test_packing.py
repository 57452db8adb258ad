"""Packing changes the speed and nothing else."""

import random
from pathlib import Path

import pytest
import torch

from trainer.chat import Sample
from trainer.loss import loss_sum, targets
from trainer.model import load_model
from trainer.packing import collate, micro_batches, pack


def random_samples(count: int, seed: int = 3) -> list[Sample]:
    chance = random.Random(seed)
    lengths = [chance.randint(4, 40) for _ in range(count)]
    return [Sample(tuple(chance.randrange(400) for _ in range(n)), chance.randint(1, n - 1), False) for n in lengths]


@pytest.fixture(scope="module")
def model(base: str):
    return load_model(Path(base.removeprefix("file://")), torch.float32, torch.device("cpu")).eval()


def test_the_loss_of_packed_samples_is_that_of_single_ones(model) -> None:
    samples = random_samples(12)
    alone = [loss_sum(model, collate([[sample]], padding=0)).item() for sample in samples]
    packed = micro_batches(samples, length=128, size=2, padding=0)
    assert sum(b.ids.shape[0] for b in packed) < len(samples)
    assert sum(loss_sum(model, batch).item() for batch in packed) == pytest.approx(sum(alone), rel=1e-5)


def test_no_sample_sees_another(model) -> None:
    first, second, other = random_samples(3)
    together = collate([[first, second]], padding=0)
    changed = collate([[other, second]], padding=0)
    n = len(second.ids)

    def states(batch):
        mask, positions = batch.mask, batch.positions
        return model.model(input_ids=batch.ids, attention_mask=mask, position_ids=positions).last_hidden_state

    torch.testing.assert_close(states(together)[0, -n:], states(changed)[0, -n:], rtol=1e-4, atol=1e-4)


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
