"""Which of the synthesised requests are rehearsed: as varied as the task is, judged by the base model's own states.

SSR embeds with SimCSE and clusters with k-means; here the base model's mean-pooled last hidden states take the place of
another model to ship. Each cluster gives in proportion to its size, nearest to its centre first.
"""

from collections.abc import Sequence
from typing import Any

import numpy
import torch

CLUSTERS = 20
ITERATIONS = 50


def select(vectors: numpy.ndarray, count: int, seed: int) -> list[int]:
    """The indices of at most `count` rows of normalised vectors, ascending."""
    if len(vectors) <= count:
        return list(range(len(vectors)))
    labels, centres = k_means(vectors, min(CLUSTERS, count), seed)
    distances = numpy.linalg.norm(vectors - centres[labels], axis=1)
    chosen: list[int] = []
    for cluster, quota in enumerate(quotas(numpy.bincount(labels, minlength=len(centres)), count)):
        members = numpy.flatnonzero(labels == cluster)
        chosen += members[numpy.argsort(distances[members], kind="stable")][:quota].tolist()
    return sorted(chosen)


def quotas(sizes: numpy.ndarray, count: int) -> list[int]:
    """`count` shared in proportion to the sizes; what rounding leaves goes to the largest remainders."""
    exact = sizes * count / sizes.sum()
    shares = numpy.floor(exact).astype(int)
    order = numpy.argsort(-(exact - shares), kind="stable")
    shares[order[: count - shares.sum()]] += 1
    return shares.tolist()


def k_means(vectors: numpy.ndarray, clusters: int, seed: int) -> tuple[numpy.ndarray, numpy.ndarray]:
    """(label of each vector, centres). Lloyd's algorithm from k-means++ (Arthur & Vassilvitskii 2007)."""
    chance = numpy.random.default_rng(seed)
    centres = vectors[[int(chance.integers(len(vectors)))]]
    while len(centres) < clusters:
        nearest = squared_distances(vectors, centres).min(1)
        if nearest.sum() == 0.0:  # fewer different vectors than clusters
            break
        centres = numpy.vstack([centres, vectors[chance.choice(len(vectors), p=nearest / nearest.sum())]])
    labels = squared_distances(vectors, centres).argmin(1)
    for _ in range(ITERATIONS):
        filled = [k for k in range(len(centres)) if (labels == k).any()]
        centres = numpy.stack([vectors[labels == k].mean(0) for k in filled])
        before, labels = numpy.searchsorted(filled, labels), squared_distances(vectors, centres).argmin(1)
        if (before == labels).all():
            break
    return labels, centres


def squared_distances(vectors: numpy.ndarray, centres: numpy.ndarray) -> numpy.ndarray:
    squares = (vectors**2).sum(1)[:, None] + (centres**2).sum(1)[None] - 2 * vectors @ centres.T
    return squares.clip(min=0.0)


@torch.no_grad()
def embed(model: Any, tokenizer: Any, texts: Sequence[str], size: int) -> numpy.ndarray:
    """[texts, hidden], float64: the mean of the last hidden states of a text's tokens, of length 1."""
    states = []
    for at in range(0, len(texts), size):
        encoded = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts[at : at + size]]
        width = max(len(ids) for ids in encoded)
        ids = torch.tensor([ids + [0] * (width - len(ids)) for ids in encoded], device=model.device)
        mask = torch.tensor([[1] * len(ids) + [0] * (width - len(ids)) for ids in encoded], device=model.device)
        hidden = model.model(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state.float()
        states.append(((hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)).cpu().double())
    pooled = torch.cat(states).numpy()
    return pooled / numpy.linalg.norm(pooled, axis=1, keepdims=True)
