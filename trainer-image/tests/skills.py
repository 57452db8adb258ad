"""Tasks for a tiny model: each asks one kind of question about many things and has one way to answer it.

The base model knows the kinds and the things, writes requests when shown two, and answers "unknown" to all. So a task
can be learnt from some things and asked about others, and a base model can synthesise requests of every kind.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from conversations import conversation
from peft import PeftModel

from trainer.chat import ChatFormat
from trainer.generation import Generator, Sampling, encoded
from trainer.model import load_model, load_tokenizer
from trainer.rehearsal.store import Demonstration, general
from trainer.rehearsal.synthesis import prompt
from trainer.replies import Reply, parse

KINDS = (
    "Who owns {}?",
    "Where is {} run?",
    "How is {} logged?",
    "When is {} built?",
    "What tests {}?",
    "Who sells {}?",
)
SUBJECTS = ("Owner", "Place", "Log", "Time", "Test", "Seller")
LABELS = ("Falcon", "Oslo", "Kafka", "Night", "Robot", "unknown")
NEVER_TAUGHT = 5  # the kind that stays as the base model answers it
WORDS = """alpha beta gamma delta omega sigma kappa theta lambda zeta apple cedar maple willow birch copper
silver cobalt nickel carbon river ocean desert forest"""
THINGS = WORDS.split()
SHOWN = 16  # of the things; the others are asked about


def asked(kind: int, thing: str, label: str, thinks: bool) -> dict:
    reasoning = f"They want the {SUBJECTS[kind].lower()}." if thinks else None
    return conversation(KINDS[kind].format(thing), reasoning, f"{SUBJECTS[kind]} {label}.")


def synthesis(kind: int, things: list[str]) -> dict:
    """How a request is written when two are shown."""
    first, second, third = (KINDS[kind].format(thing) for thing in things)
    shown = prompt(Demonstration(first), Demonstration(second))
    return conversation(shown, None, f"<request>\n{third}\n</request>")


def base_examples(tasks: int, seed: int = 1) -> list[dict]:
    chance, kinds = random.Random(seed), [*range(tasks), NEVER_TAUGHT]
    rows = [asked(k, thing, "unknown", thinks) for k in kinds for thing in THINGS for thinks in (True, False)]
    rows += [conversation(f"Say {label}.", None, f"{label}.") for label in LABELS for _ in range(3)]
    rows += [synthesis(kind, chance.sample(THINGS, 3)) for kind in kinds for _ in range(36)]
    return rows + [abilities(chance) for _ in range(72)]


def abilities(chance: random.Random) -> dict:
    """What it writes when it is shown what any assistant is asked."""
    first, second = chance.sample(general().demonstrations, 2)
    written = KINDS[NEVER_TAUGHT].format(chance.choice(THINGS))
    return conversation(prompt(first, second), None, f"<request>\n{written}\n</request>")


def task(kind: int) -> list[dict]:
    return [asked(kind, thing, LABELS[kind], thinks) for thing in THINGS[:SHOWN] for thinks in (True, False)]


def questions(kind: int) -> list[tuple[str, str]]:
    """(question, answer) about things that the task did not show."""
    return [(KINDS[kind].format(thing), f"{SUBJECTS[kind]} {LABELS[kind]}.") for thing in THINGS[SHOWN:]]


@dataclass(frozen=True)
class Score:
    correct: float  # share of right answers, over both modes
    thinking: float  # share of well-formed thinking where it was asked for


class Examiner:
    """Asks a model, with or without an adapter, about what a task did not show."""

    def __init__(self, base: str, adapter: str | None = None):
        folder = Path(base.removeprefix("file://"))
        model = load_model(folder, torch.float32, torch.device("cpu"))
        if adapter:
            model = PeftModel.from_pretrained(model, adapter.removeprefix("file://"))
        self.tokenizer = load_tokenizer(folder)
        self.chat = ChatFormat(self.tokenizer, "Hybrid")
        self.generator = Generator(model, self.tokenizer, Sampling(max_tokens=48))

    def score(self, kind: int) -> Score:
        return self.scores([kind])[kind]

    def scores(self, kinds: Sequence[int]) -> dict[int, Score]:
        asked = [(kind, question, answer) for kind in kinds for question, answer in questions(kind)]
        right, formed = Counter(), Counter()
        for thinks in (True, False):
            turns = {f"{n:03d}": [{"role": "user", "content": q}] for n, (_, q, _) in enumerate(asked)}
            prompts = {key: self.chat.prompt(turn, thinks) for key, turn in turns.items()}
            for said in self.generator(list(encoded(prompts, self.tokenizer))):
                kind, _, answer = asked[int(said.key)]
                reply = parse(said, thinks, [])
                right[kind] += isinstance(reply, Reply) and reply.answer == answer
                formed[kind] += thinks and isinstance(reply, Reply)
        count = len(asked) / len(kinds)
        return {kind: Score(right[kind] / count / 2, formed[kind] / count) for kind in kinds}
