"""Several samples in one sequence, none seeing another: block-diagonal causal attention, positions from 0 in each.

Concatenation without the mask leaks (Krell et al. 2021, arXiv 2107.02027); with it the loss is the unpacked one, which
the tests hold, and so are its gradients. The global batch is a set of samples, packed as a whole, so that neither
packing nor the micro-batch decides what is learnt in a step. How attention keeps to the blocks: `attention.py`.
"""

from dataclasses import dataclass, replace

import torch

from .chat import IGNORED, Sample
from .config import Performance


@dataclass(frozen=True)
class Batch:
    ids: torch.Tensor  # [sequences, length]
    labels: torch.Tensor  # [sequences, length], label i belongs to the token *after* i
    positions: torch.Tensor  # [sequences, length]
    weights: torch.Tensor  # [sequences, length], of a label in the loss
    documents: tuple[int, ...]  # tokens of each sample and of each sequence's padding, one sequence after the other

    def to(self, device: torch.device) -> "Batch":
        names = ("ids", "labels", "positions", "weights")
        return replace(self, **{name: getattr(self, name).to(device, non_blocking=True) for name in names})

    def without_loss(self) -> "Batch":
        return replace(self, labels=torch.full_like(self.labels, IGNORED))

    @property
    def owner(self) -> torch.Tensor:
        """[sequences, length]: the document that a token belongs to."""
        lengths = torch.tensor(self.documents, device=self.ids.device)
        numbers = torch.arange(len(self.documents), device=self.ids.device)
        return numbers.repeat_interleave(lengths, output_size=self.ids.numel()).view_as(self.ids)

    @property
    def mask(self) -> torch.Tensor:
        """[sequences, 1, length, length], True where a token may look. Padding is a block of its own: a row that may
        look nowhere would be NaN."""
        owner, length = self.owner, self.ids.shape[1]
        causal = torch.ones(length, length, dtype=torch.bool, device=owner.device).tril()
        return ((owner.unsqueeze(2) == owner.unsqueeze(1)) & causal).unsqueeze(1)


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


def micro_batches(
    samples: list[Sample], length: int, size: int, padding: int, performance: Performance | None = None
) -> list[Batch]:
    """The samples as batches of `size` sequences. Grouping by length keeps padding small where there is any."""
    performance = performance or Performance()
    sequences = pack(samples, length) if performance.packing else [[sample] for sample in samples]
    if performance.length_grouping:
        sequences.sort(key=tokens, reverse=True)
    return [collate(sequences[i : i + size], padding) for i in range(0, len(sequences), size)]


def tokens(sequence: list[Sample]) -> int:
    return sum(len(sample.ids) for sample in sequence)


def collate(sequences: list[list[Sample]], padding: int) -> Batch:
    longest = max(tokens(sequence) for sequence in sequences)
    shape = (len(sequences), longest)
    ids, labels = torch.full(shape, padding), torch.full(shape, IGNORED)
    positions, weights = torch.zeros(shape, dtype=torch.long), torch.zeros(shape)
    documents: list[int] = []
    for row, sequence in enumerate(sequences):
        at = 0
        for sample in sequence:
            end = at + len(sample.ids)
            ids[row, at:end] = torch.tensor(sample.ids)
            labels[row, at : end - 1] = torch.tensor(sample.labels[1:])
            positions[row, at:end] = torch.arange(len(sample.ids))
            weights[row, at:end] = sample.weight
            documents.append(len(sample.ids))
            at = end
        if at < longest:
            documents.append(longest - at)
    return Batch(ids, labels, positions, weights, tuple(documents))
