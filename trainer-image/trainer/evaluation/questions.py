"""What a model is asked: the last question of a conversation, in each mode that it has, and the recorded answer.

One question a conversation, since the turns of one are not independent samples. Its id is the conversation's digest, so
that two evaluations can be paired item by item without knowing a word of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from .. import soft_switch
from ..chat import ChatFormat
from ..dataset import Row
from ..generation import Request
from ..rehearsal.refinement import MODES

MODE = {True: "Thinking", False: "NonThinking"}


@dataclass(frozen=True)
class Question:
    id: str
    answer: str  # as recorded, without thinking
    tests: str | None
    prompts: dict[bool, tuple[int, ...]]  # by whether it asks for thinking


def questions(rows: Iterable[Row], chat: ChatFormat, most: int, longest: int) -> list[Question]:
    """At most so many, chosen by their digest, none twice. A question with a soft switch is asked in that mode only;
    one longer than `longest` tokens, or with a control token as text, is not asked."""
    found: dict[str, Question] = {}
    for row in sorted(rows, key=lambda row: row.digest):
        if len(found) == most:
            break
        last = next((i for i in reversed(range(len(row.messages))) if row.messages[i]["role"] == "assistant"), None)
        if last is None or row.digest in found:
            continue
        turns = chat.turns(row.messages[: last + 1])
        if any(token in text for turn in turns for text in turn.values() for token in chat.control):
            continue
        switch = soft_switch.asked(turns[:-1]) if chat.thinking == "Hybrid" else None
        modes = MODES[chat.thinking] if switch is None else (switch,)
        prompts = {
            thinks: tuple(chat.tokenizer(chat.prompt(turns[:-1], thinks), add_special_tokens=False)["input_ids"])
            for thinks in modes
        }
        if all(len(prompt) <= longest for prompt in prompts.values()):
            found[row.digest] = Question(row.digest, turns[-1]["content"], row.tests, prompts)
    return list(found.values())


def key(question: Question, thinks: bool) -> str:
    return f"{question.id}/{MODE[thinks]}"


def requests(asked: list[Question]) -> list[Request]:
    return [Request(key(question, thinks), prompt) for question in asked for thinks, prompt in question.prompts.items()]
