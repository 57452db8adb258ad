"""A generated text → what was thought and what was said, or the reason why it is no reply to learn from."""

from dataclasses import dataclass
from typing import Literal

from .generation import Generated

Rejection = Literal["unfinished", "malformed", "empty", "looping", "controlTokens"]
OPEN, CLOSE = "<think>", "</think>"
LOOP_REPEATS, LOOP_CHARACTERS = 4, 24


@dataclass(frozen=True)
class Reply:
    reasoning: str | None
    answer: str

    def message(self) -> dict[str, str]:
        said = {"role": "assistant", "content": self.answer}
        return said | ({"reasoning_content": self.reasoning} if self.reasoning else {})


def parse(generated: Generated, thinking: bool, control: list[str]) -> Reply | Rejection:
    """In thinking mode exactly one block, not empty, at the beginning; in the other mode none. (A model whose prompt
    has opened the block writes no opening mark.)"""
    text = generated.text
    if not generated.finished:
        return "unfinished"
    if any(token in text for token in control):
        return "controlTokens"
    reasoning, answer = None, text
    if thinking:
        before, closed, answer = text.partition(CLOSE)
        reasoning = before.strip().removeprefix(OPEN).strip()
        if not closed or OPEN in reasoning:
            return "malformed"
    if OPEN in answer or CLOSE in answer:
        return "malformed"
    if not answer.strip() or (thinking and not reasoning):
        return "empty"
    if loops(answer) or loops(reasoning or ""):
        return "looping"
    return Reply(reasoning, answer.strip())


def loops(text: str) -> bool:
    """Whether it ends in one piece said four times or more (and 24 characters in all), as degenerate decoding does
    (Holtzman et al. 2019, arXiv 1904.09751)."""
    text = text.rstrip()
    for period in range(1, len(text) // LOOP_REPEATS + 1):
        span = max(period * LOOP_REPEATS, LOOP_CHARACTERS)
        tail = text[-span:]
        if len(tail) == span and tail[period:] == tail[:-period] and any(c.isalnum() for c in tail):
            return True
    return False
