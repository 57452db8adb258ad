"""What the merged model says in PyTorch: the reference that the served GGUF is held against.

The served model answers first and PyTorch judges each of its tokens after the same words, in one run over all answers:
so the merged model is read once, layer by layer, and need not fit into memory.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch

from .model import load_tokenizer
from .streamed import Streamed

TOP = 5
END_TOKENS = ("<|im_end|>", "<|endoftext|>")  # what llama.cpp ends a generation at, whatever eos_token_id says


@dataclass(frozen=True)
class Answer:
    """What was answered to a prompt, as tokens."""

    prompt: list[int]
    tokens: list[int]
    ended: bool  # by itself, with a token that is not among them


@dataclass(frozen=True)
class Step:
    """What the reference says at one token of an answer."""

    lead: float  # nats by which it prefers another token to the one that was served; 0 where it would say the same
    top: dict[str, float]  # the likeliest with their logprobs, unambiguous texts only


class Reference:
    def __init__(self, folder: Path):
        self.tokenizer = load_tokenizer(folder)
        self.model = Streamed(folder)
        ids = self.tokenizer.convert_tokens_to_ids(list(END_TOKENS))
        self.ends = [i for i in ids if i is not None] or [self.tokenizer.eos_token_id]

    def encode(self, prompt: str) -> list[int]:
        return self.tokenizer(prompt, add_special_tokens=False)["input_ids"]

    def render(self, messages: list[dict], think: bool) -> str:
        return self.tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True, enable_thinking=think
        )

    def judge(self, answers: list[Answer], layer_done: Callable[[int, int], None]) -> list[list[Step]]:
        """For each answer a step for each of its tokens, and one for its end if it ended by itself."""
        counts = [len(answer.tokens) + answer.ended for answer in answers]
        sequences = [
            [*answer.prompt, *answer.tokens][: len(answer.prompt) + count - 1]
            for answer, count in zip(answers, counts, strict=True)
        ]
        logits = self.model.logits(sequences, counts, layer_done)
        return [
            [
                self.step(row.log_softmax(-1), [token] if token is not None else self.ends)
                for row, token in zip(rows, [*answer.tokens, None], strict=False)
            ]
            for rows, answer in zip(logits, answers, strict=True)
        ]

    def step(self, logprobs: torch.Tensor, served: list[int]) -> Step:
        """`served`: the tokens any of which it may have been."""
        values, ids = (t.tolist() for t in logprobs.topk(TOP))
        texts = [self.text(i).decode("utf-8", "replace") for i in ids]
        top = {t: v for t, v in zip(texts, values, strict=True) if t and "\ufffd" not in t and texts.count(t) == 1}
        return Step(values[0] - float(logprobs[served].max()), top)

    def token(self, text: bytes) -> int | None:
        """The one token of these bytes that is no control token."""
        return self.tokens.get(text)

    @cached_property
    def tokens(self) -> dict[bytes, int]:
        return {self.text(i): i for i in range(len(self.tokenizer)) if i not in self.control}

    def text(self, token: int) -> bytes:
        """The bytes of one token; none for a control token, which no runtime shows."""
        piece = self.tokenizer.convert_ids_to_tokens(token)
        if piece is None or token in self.control:  # a vocabulary may be padded
            return b""
        if token in self.tokenizer.added_tokens_decoder:
            return piece.encode()
        return bytes(BYTE_OF[c] for c in piece if c in BYTE_OF)

    @cached_property
    def control(self) -> set[int]:
        return {i for i, token in self.tokenizer.added_tokens_decoder.items() if token.special}


def byte_alphabet() -> dict[str, int]:
    """GPT-2's printable stand-in for every byte (Radford et al. 2019), inverted."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [b for b in range(256) if b not in printable]
    return {chr(b): b for b in printable} | {chr(256 + n): b for n, b in enumerate(hidden)}


BYTE_OF = byte_alphabet()
