"""Batched generation with a PyTorch Qwen3: left padding, a KV cache, greedy or nucleus sampling.

Every request draws from a random stream of its own, named by its key, so what is drawn for it does not depend on which
others share its batch. (The logits still differ in their last bits with the shape of a batch; hence batches are a
function of the requests alone, and a resumed run repeats whole ones: the same bytes on a CPU.)
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch

SEQUENCES_PER_MICRO_BATCH = 8  # without gradients and optimizer a sequence takes a fraction of the memory of training


@dataclass(frozen=True)
class Sampling:
    """`temperature` 0 is greedy. Nucleus: Holtzman et al. 2019 (arXiv 1904.09751); repetition penalty: Keskar et al.
    2019 (arXiv 1909.05858), over the prompt too, as transformers does."""

    max_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    repetition_penalty: float = 1.0
    seed: int = 0


@dataclass(frozen=True)
class Request:
    key: str
    prompt: tuple[int, ...]


@dataclass(frozen=True)
class Generated:
    key: str
    text: str
    tokens: int
    finished: bool  # the model ended by itself


def batches(requests: Iterable[Request], size: int) -> list[list[Request]]:
    """Of prompts of like length, so that little is padded."""
    ordered = sorted(requests, key=lambda request: (len(request.prompt), request.key))
    return [ordered[at : at + size] for at in range(0, len(ordered), size)]


@dataclass
class Row:
    """One request while it is being answered."""

    request: Request
    stream: torch.Generator
    written: list[int] = field(default_factory=list)
    finished: bool = False


class Generator:
    def __init__(self, model: Any, tokenizer: Any, sampling: Sampling):
        self.model, self.tokenizer, self.sampling = model.eval(), tokenizer, sampling
        known = tokenizer.get_vocab()
        self.ends = {tokenizer.eos_token_id} | {known[t] for t in ("<|im_end|>", "<|endoftext|>") if t in known}
        self.padding = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id

    @torch.no_grad()
    def __call__(self, requests: list[Request]) -> list[Generated]:
        rows = [Row(request, stream(self.sampling.seed, request.key)) for request in requests]
        width = max(len(row.request.prompt) for row in rows)
        where = self.model.device
        ids = torch.full((len(rows), width), self.padding)
        mask = torch.zeros((len(rows), width), dtype=torch.long)
        seen = torch.zeros((len(rows), self.model.config.vocab_size), dtype=torch.bool)
        for at, row in enumerate(rows):
            prompt = torch.tensor(row.request.prompt)
            ids[at, width - len(prompt) :] = prompt
            mask[at, width - len(prompt) :] = 1
            seen[at, prompt] = True
        ids, mask, seen, active, cache = ids.to(where), mask.to(where), seen.to(where), rows, None
        for _ in range(self.sampling.max_tokens):
            positions = (mask.cumsum(1) - 1).clamp(min=0)[:, -ids.shape[1] :]
            out = self.model(
                input_ids=ids,
                attention_mask=mask,
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
            cache = out.past_key_values
            chosen = self.choose(out.logits[:, -1].float(), seen, active)
            for row, token in zip(active, chosen.tolist(), strict=True):
                row.finished = row.finished or token in self.ends
                if not row.finished:
                    row.written.append(token)
            going = [at for at, row in enumerate(active) if not row.finished]
            if not going:
                break
            seen.scatter_(1, chosen[:, None], True)
            ids, mask = chosen[:, None], torch.cat([mask, mask.new_ones(len(active), 1)], 1)
            if len(going) <= len(active) // 2:  # what has ended is let go when it is worth a copy of the cache
                kept = torch.tensor(going, device=where)
                cache.batch_select_indices(kept)
                ids, mask, seen, active = ids[kept], mask[kept], seen[kept], [active[at] for at in going]
        return [self.result(row) for row in rows]

    def choose(self, logits: torch.Tensor, seen: torch.Tensor, rows: list[Row]) -> torch.Tensor:
        """[rows, vocabulary] → [rows]"""
        sampling = self.sampling
        if sampling.repetition_penalty != 1.0:
            penalised = torch.where(
                logits > 0, logits / sampling.repetition_penalty, logits * sampling.repetition_penalty
            )
            logits = torch.where(seen, penalised, logits)
        if sampling.temperature == 0.0:
            return logits.argmax(-1)
        probabilities, tokens = (logits / sampling.temperature).softmax(-1).sort(dim=-1, descending=True, stable=True)
        before = probabilities.cumsum(-1) - probabilities
        probabilities = probabilities.masked_fill(before >= sampling.top_p, 0.0)
        draws = torch.stack([torch.rand((), generator=row.stream) for row in rows]).to(logits.device)
        edges = probabilities.cumsum(-1)
        at = torch.searchsorted(edges, (draws * edges[:, -1])[:, None], right=True)
        last = (probabilities > 0).sum(-1, keepdim=True) - 1  # rounding must not lead beyond the nucleus
        return tokens.gather(1, torch.minimum(at, last)).squeeze(1)

    def result(self, row: Row) -> Generated:
        """Special tokens stay out of the text; the marks of thinking are none and stay in."""
        text = self.tokenizer.decode(row.written, skip_special_tokens=True)
        return Generated(row.request.key, text, len(row.written), row.finished)


def stream(seed: int, key: str) -> torch.Generator:
    """On the CPU whatever the model runs on: the same draws everywhere."""
    number = int.from_bytes(hashlib.sha256(f"{seed}/{key}".encode()).digest()[:8], "little") >> 1
    return torch.Generator().manual_seed(number)


def generate(
    generator: Generator, requests: list[Request], size: int, journal: Any, over: Callable = lambda items, _: items
) -> dict[str, Generated]:
    """All answers by key, those included that an earlier process has written in the journal."""
    todo = batches(requests, size)
    for batch in over(todo, len(todo)):
        if any(request.key not in journal.items for request in batch):
            journal.write(generator(batch))
    return {request.key: journal.items[request.key] for request in requests}


def encoded(prompts: dict[str, str], tokenizer: Any) -> Iterator[Request]:
    for key, prompt in prompts.items():
        yield Request(key, tuple(tokenizer(prompt, add_special_tokens=False)["input_ids"]))
