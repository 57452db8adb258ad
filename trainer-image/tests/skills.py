"""Tasks for a tiny model: each asks one kind of question about many things and has one way to answer it.

The base model knows the kinds and the things, writes requests when shown two, and answers Unknown to all of them. So a
task can be learnt from some things and asked about others, and a base model can synthesise requests of every kind.
"""

import random
from dataclasses import dataclass
from pathlib import Path

import torch
from conversations import conversation
from peft import PeftModel

from trainer.chat import ChatFormat
from trainer.generation import Generator, Sampling, encoded
from trainer.model import load_model, load_tokenizer
from trainer.rehearsal.store import Demonstration
from trainer.rehearsal.synthesis import prompt
from trainer.replies import Reply, parse

KINDS = ("Who owns {}?", "Where is {} run?", "How is {} logged?", "When is {} built?", "What tests {}?")
SUBJECTS = ("owner", "place", "log", "time", "test")
LABELS = ("Falcon", "Oslo", "Kafka", "Night", "Robot")
WORDS = """alpha beta gamma delta omega sigma kappa theta lambda zeta apple cedar maple willow birch copper
silver cobalt nickel carbon river ocean desert forest"""
THINGS = WORDS.split()
SHOWN = 16  # of the things; the others are asked about


def asked(kind: int, thing: str, label: str, thinks: bool) -> dict:
    reasoning = f"They want the {SUBJECTS[kind]}." if thinks else None
    return conversation(KINDS[kind].format(thing), reasoning, f"{label} {SUBJECTS[kind]}.")


def synthesis(kind: int, things: list[str]) -> dict:
    """How a request is written when two are shown."""
    first, second, third = (KINDS[kind].format(thing) for thing in things)
    shown = prompt(Demonstration(first), Demonstration(second))
    return conversation(shown, None, f"<request>\n{third}\n</request>")


def base_examples(kinds: int, seed: int = 1) -> list[dict]:
    chance = random.Random(seed)
    rows = [asked(k, thing, "Unknown", thinks) for k in range(kinds) for thing in THINGS for thinks in (True, False)]
    rows += [conversation(f"Say {label}.", None, f"{label}.") for label in LABELS for _ in range(3)]
    return rows + [synthesis(kind, chance.sample(THINGS, 3)) for kind in range(kinds) for _ in range(36)]


def task(kind: int) -> list[dict]:
    return [asked(kind, thing, LABELS[kind], thinks) for thing in THINGS[:SHOWN] for thinks in (True, False)]


def questions(kind: int) -> list[tuple[str, str]]:
    """(question, answer) about things that the task did not show."""
    return [(KINDS[kind].format(thing), f"{LABELS[kind]} {SUBJECTS[kind]}.") for thing in THINGS[SHOWN:]]


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
        asked, right, formed = questions(kind), 0, 0
        for thinks in (True, False):
            turns = {f"{n:03d}": [{"role": "user", "content": q}] for n, (q, _) in enumerate(asked)}
            prompts = {key: self.chat.prompt(turn, thinks) for key, turn in turns.items()}
            for said in self.generator(list(encoded(prompts, self.tokenizer))):
                reply = parse(said, thinks, [])
                right += isinstance(reply, Reply) and reply.answer == asked[int(said.key)][1]
                formed += thinks and isinstance(reply, Reply)
        return Score(right / len(asked) / 2, formed / len(asked))
