"""Greedy answers against the recorded ones, item by item, so that two models can be compared on the same questions
(McNemar 1947) instead of two shares with their own noise. An item holds no text."""

from collections.abc import Callable
from typing import Any

from ..chat import ChatFormat
from ..generation import Generated
from ..replies import Reply, parse
from .grading import Grade, grade
from .intervals import Estimate, mean, wilson
from .questions import MODE, Question, key

Items = list[dict[str, Any]]


def items(asked: list[Question], answers: dict[str, Generated], chat: ChatFormat, over: Callable) -> Items:
    pairs = [(question, thinks) for question in asked for thinks in question.prompts]
    return [item(question, thinks, answers, chat) for question, thinks in over(pairs, len(pairs))]


def item(question: Question, thinks: bool, answers: dict[str, Generated], chat: ChatFormat) -> dict[str, Any]:
    written = answers[key(question, thinks)]
    reply = parse(written, thinks, chat.control)
    found: Grade = grade(reply.answer if isinstance(reply, Reply) else None, question.answer, question.tests)
    return {
        "id": question.id,
        "mode": MODE[thinks],
        "correct": found.correct,
        "f1": found.f1,
        "by": found.kind,
        "tokens": written.tokens,
        "end": "finished" if isinstance(reply, Reply) else reply,
    }


def report(found: Items) -> dict[str, dict[str, Estimate]]:
    """By mode: the share that is correct, and the mean F1."""
    modes = {mode: [i for i in found if i["mode"] == mode and i["correct"] is not None] for mode in MODE.values()}
    return {
        mode: {"correct": wilson(sum(i["correct"] for i in part), len(part)), "f1": mean([i["f1"] for i in part])}
        for mode, part in modes.items()
    }
