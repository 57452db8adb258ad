"""Whether thinking has survived the training: there when it is asked for, absent when not, as long as it was, and not
going round in circles.

A fine-tuned hybrid model loses one of its modes first (Qwen3 technical report, arXiv 2505.09388, section 4.3 fuses
them). Circles: the share of repeated 4-grams (Welleck et al. 2019, arXiv 1908.04319, seq-rep-4); a text with more than
half of them repeated is a loop.
"""

from typing import Any

from ..generation import Generated
from ..replies import CLOSE, OPEN
from .intervals import mean, ratio, wilson
from .questions import Question, key

N, LEAST_NGRAMS, LOOP = 4, 20, 0.5


def trace(text: str) -> str | None:
    """The thinking of a text with exactly one block, at its beginning, closed and not empty. (A model whose prompt has
    opened the block writes no opening mark.)"""
    before, closed, after = text.partition(CLOSE)
    thought = before.strip().removeprefix(OPEN).strip()
    well_formed = closed and thought and OPEN not in thought and OPEN not in after and CLOSE not in after
    return thought if well_formed else None


def repetition(text: str) -> float:
    """The share of 4-grams of words that have been there before; 0 for what is too short to go round."""
    said = text.split()
    ngrams = [tuple(said[at : at + N]) for at in range(len(said) - N + 1)]
    return 1 - len(set(ngrams)) / len(ngrams) if len(ngrams) >= LEAST_NGRAMS else 0.0


def loops(text: str) -> bool:
    return repetition(text) > LOOP


def report(
    asked: list[Question], trained: dict[str, Generated], base: dict[str, Generated], tokenizer: Any
) -> dict[str, Any]:
    """`base` are the base model's answers to the same questions in thinking mode."""

    def length(thought: str) -> int:
        return len(tokenizer(thought, add_special_tokens=False)["input_ids"])

    thinking = [(trained[key(q, True)].text, base[key(q, True)].text) for q in asked if True in q.prompts]
    plain = [trained[key(q, False)].text for q in asked if False in q.prompts]
    ours, theirs = [trace(text) for text, _ in thinking], [trace(text) for _, text in thinking]
    lengths = [(length(a), length(b)) for a, b in zip(ours, theirs, strict=True) if a and b]
    texts = [text for text, _ in thinking] + plain
    return {
        "wellFormed": wilson(sum(t is not None for t in ours), len(ours)),
        "wellFormedOfBase": wilson(sum(t is not None for t in theirs), len(theirs)),
        "noneWhenNotAsked": wilson(sum(OPEN not in text and CLOSE not in text for text in plain), len(plain)),
        "traceTokens": mean([float(a) for a, _ in lengths]),
        "traceLengthRatio": ratio([float(a) for a, _ in lengths], [float(b) for _, b in lengths]),
        "loops": wilson(sum(loops(text) for text in texts), len(texts)),
        "loopsOfBase": wilson(sum(loops(text) for _, text in thinking), len(thinking)),
    }
