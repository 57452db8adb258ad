"""Several samples in one sequence, none seeing another: block-diagonal causal attention, positions from 0 in each.

Concatenation without the mask leaks (Krell et al. 2021, arXiv 2107.02027); with it the loss is the unpacked one, which
the tests hold. The global batch is a set of samples, packed as a whole, so that neither packing nor the micro-batch
decides what is learnt in a step.
"""

from dataclasses import dataclass

import torch

from .chat import IGNORED, Sample


@dataclass(frozen=True)
class Batch:
    ids: torch.Tensor  # [sequences, length]
    labels: torch.Tensor  # [sequences, length], label i belongs to the token *after* i
    positions: torch.Tensor  # [sequences, length]
    mask: torch.Tensor  # [sequences, 1, length, length], True where a token may look

    def to(self, device: torch.device) -> "Batch":
        return Batch(*(t.to(device) for t in (self.ids, self.labels, self.positions, self.mask)))

    @property
    def tokens(self) -> int:
        return self.ids.numel()


def pack(samples: list[Sample], length: int) -> list[list[Sample]]:
    """First fit, longest first: at most 11/9 of the fewest possible sequences (Johnson 1973). Deterministic."""
    sequences: list[list[Sample]] = []
    room: list[int] = []
    for sample in sorted(samples, key=lambda s: len(s.ids), reverse=True):
        need = len(sample.ids)
        place = next((i for i, free in enumerate(room) if free >= need), None)
        if place is None:
            sequences.append([])
            room.append(length)
            place = len(room) - 1
        sequences[place].append(sample)
        room[place] -= need
    return sequences


def micro_batches(samples: list[Sample], length: int, size: int, padding: int) -> list[Batch]:
    sequences = pack(samples, length)
    return [collate(sequences[i : i + size], padding) for i in range(0, len(sequences), size)]


def collate(sequences: list[list[Sample]], padding: int) -> Batch:
    longest = max(sum(len(s.ids) for s in sequence) for sequence in sequences)
    shape = (len(sequences), longest)
    ids, labels = torch.full(shape, padding), torch.full(shape, IGNORED)
    positions, owner = torch.zeros(shape, dtype=torch.long), torch.full(shape, -1)
    for row, sequence in enumerate(sequences):
        at = 0
        for number, sample in enumerate(sequence):
            end = at + len(sample.ids)
            ids[row, at:end] = torch.tensor(sample.ids)
            labels[row, at : end - 1] = torch.tensor(sample.labels[1:])
            positions[row, at:end] = torch.arange(len(sample.ids))
            owner[row, at:end] = number
            at = end
    return Batch(ids, labels, positions, block_diagonal(owner))


def block_diagonal(owner: torch.Tensor) -> torch.Tensor:
    """Padding is a block of its own: a row that may look nowhere would be NaN."""
    same = owner.unsqueeze(2) == owner.unsqueeze(1)
    causal = torch.ones(owner.shape[1], owner.shape[1], dtype=torch.bool).tril()
    return (same & causal).unsqueeze(1)
