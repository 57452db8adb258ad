"""Thinking by self-distillation: the base model writes the traces that recorded answers lack.

The base model, thinking, answers a recorded question; where its answer agrees with the recorded one (`agreement.py`),
its trace is put before the recorded answer: the model learns the answer that was approved, behind its own way of
thinking (rejection sampling as in STaR, Zelikman et al. 2022, arXiv 2203.14465). Where the dataset thinks more than is
asked for, thinking is left out instead: a model that always thinks forgets how to answer at once.
"""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from . import agreement, base_model, dataset, soft_switch
from .chat import ChatFormat, Sample
from .config import Augmentation, Config
from .dataset import Message, Row
from .events import Outcome
from .generation import SEQUENCES_PER_MICRO_BATCH, Generator, Sampling, encoded, generate
from .journal import Journal
from .model import device, load_model, load_tokenizer
from .replies import Rejection, Reply, parse

TEMPERATURE, TOP_P = 0.6, 0.95  # what Qwen3's authors advise for thinking; greedy, its traces tend to loop
BATCHES_AT_ONCE = 4


@dataclass
class Turn:
    """One assistant turn of the dataset, and what is done with it."""

    row: Row
    index: int
    sample: Sample | None  # None: its question asks for thinking that it does not have
    trace: str | None = None
    stripped: bool = False

    @property
    def thinks(self) -> bool:
        return self.trace is not None or (self.sample is not None and self.sample.thinking and not self.stripped)

    @property
    def counted(self) -> bool:
        return self.sample is not None or self.trace is not None

    @property
    def key(self) -> str:
        return f"{self.row.digest[:16]}-{self.row.line}-{self.index}"


@dataclass
class Tally:
    turns: list[Turn]
    ratio: float
    rejected: Counter = field(default_factory=Counter)
    tried: int = 0

    def __post_init__(self) -> None:
        self.thinking = sum(turn.thinks for turn in self.turns)
        self.total = sum(turn.counted for turn in self.turns)

    @property
    def missing(self) -> int:
        """Answers that should think and do not; negative: that do and should not."""
        return round(self.ratio * self.total) - self.thinking

    def give(self, turn: Turn, trace: str) -> None:
        self.thinking += 1
        self.total += not turn.counted
        turn.trace = trace

    def strip(self, turn: Turn) -> None:
        self.thinking -= 1
        turn.stripped = True


class Distillation:
    def __init__(self, config: Config, base: base_model.BaseFiles, work: Path, outcome: Outcome):
        self.config, self.base, self.work, self.outcome = config, base, work, outcome
        self.settings = config.augmentation or Augmentation()
        self.longest = config.optimization.max_sequence_length
        self.tokenizer = load_tokenizer(base.path)
        self.chat = ChatFormat(self.tokenizer, config.base_model.thinking)

    def make(self, rows: list[Row]) -> tuple[list[str], dict[str, Any]]:
        """(the lines of the new dataset, counts)."""
        for_training, _ = dataset.hold_out(rows)
        tally = Tally([turn for row in for_training for turn in self.turns(row)], self.config.thinking_ratio)
        before = tally.thinking
        if tally.missing > 0:
            self.distil(tally)
        stripped = self.strip(tally)
        dropped = self.leave_out(tally) if tally.missing > 0 else set()
        kept = [turn for turn in tally.turns if turn.row.line not in dropped]
        thinking, total = sum(t.thinks for t in kept), sum(t.counted for t in kept)
        counts = {
            "asked": tally.ratio,
            "achieved": round(thinking / total, 4) if total else 0.0,
            "samples": total,
            "thinking": thinking,
            "thinkingBefore": before,
            "tried": tally.tried,
            "agreed": sum(turn.trace is not None for turn in tally.turns),
            "rejected": dict(sorted(tally.rejected.items())),
            "stripped": stripped,
            "leftOut": sum(turn.counted for turn in tally.turns) - total,
        }
        edited: dict[int, dict[int, Turn]] = {}
        for turn in kept:
            edited.setdefault(turn.row.line, {})[turn.index] = turn
        lines = [self.line(row, edited.get(row.line, {})) for row in for_training if row.line not in dropped]
        return lines, counts

    def turns(self, row: Row) -> list[Turn]:
        """Those that can be learnt from, or could with a trace."""
        indices = [index for index, message in enumerate(row.messages) if message["role"] == "assistant"]
        found = []
        for index, sample in zip(indices, self.chat.samples(row), strict=True):
            if sample == "softSwitch":
                found.append(Turn(row, index, None))
            elif isinstance(sample, Sample) and len(sample.ids) <= self.longest:
                found.append(Turn(row, index, sample))
        return found

    def distil(self, tally: Tally) -> None:
        """Asks for traces until enough agree: first where the question asks for thinking, then ordered by hashes."""
        progress = self.outcome.step("Preparing")
        where = device()
        model = load_model(self.base.path, torch.bfloat16 if where.type == "cuda" else torch.float32, where)
        sampling = Sampling(self.settings.max_trace_tokens, TEMPERATURE, TOP_P, seed=self.config.optimization.seed)
        decides = [self.base.digest, asdict(sampling), self.config.dataset.sha256]
        journal = Journal(self.config, "traces", decides, self.work)
        generator = Generator(model, self.tokenizer, sampling)
        size = SEQUENCES_PER_MICRO_BATCH * self.config.optimization.micro_batch_size
        candidates = sorted(
            (turn for turn in tally.turns if not turn.thinks and soft_switch.asked(self.prefix(turn)) is not False),
            key=lambda turn: (turn.sample is not None, turn.key),
        )
        needed = tally.missing
        for number in range(self.settings.rounds):
            pending = [turn for turn in candidates if turn.trace is None]
            for at in range(0, len(pending), size * BATCHES_AT_ONCE):
                if tally.missing <= 0:
                    return
                asked = {f"{number}-{turn.key}": turn for turn in pending[at : at + size * BATCHES_AT_ONCE]}
                prompts = {key: self.chat.prompt(self.prefix(turn), True) for key, turn in asked.items()}
                written = generate(generator, list(encoded(prompts, self.tokenizer)), size, journal)
                for key, turn in asked.items():
                    if tally.missing > 0:
                        self.judge(tally, turn, parse(written[key], True, self.chat.control))
                progress.update(min(1.0, 1 - tally.missing / needed), agreed=needed - tally.missing)

    def judge(self, tally: Tally, turn: Turn, reply: Reply | Rejection) -> None:
        tally.tried += 1
        recorded = turn.row.messages[turn.index]["content"]
        if not isinstance(reply, Reply):
            tally.rejected[reply] += 1
        elif not agreement.agree(reply.answer, recorded):
            tally.rejected["disagrees"] += 1
        elif len(self.with_trace(turn, reply.reasoning).ids) > self.longest:
            tally.rejected["tooLong"] += 1
        else:
            tally.give(turn, reply.reasoning)

    def prefix(self, turn: Turn) -> list[Message]:
        return self.chat.turns(turn.row.messages[: turn.index + 1])[:-1]

    def with_trace(self, turn: Turn, trace: str) -> Sample:
        answer = self.chat.split(turn.row.messages[turn.index]) | {"reasoning_content": trace}
        prompt, completion = self.chat.texts([*self.prefix(turn), answer], turn.row.line)
        return self.chat.encode(prompt, completion, True)

    def strip(self, tally: Tally) -> int:
        """Leaves out the thinking that is too much, but not where the question asks for it."""
        surplus = sorted((turn for turn in tally.turns if turn.thinks), key=lambda turn: turn.key)
        chosen = [turn for turn in surplus if not soft_switch.asked(self.prefix(turn))][: max(0, -tally.missing)]
        for turn in chosen:
            tally.strip(turn)
        return len(chosen)

    def leave_out(self, tally: Tally) -> set[int]:
        """The lines of rows without any thinking that go, as far as the settings allow."""
        by_row: dict[int, list[Turn]] = {}
        for turn in tally.turns:
            if turn.counted:
                by_row.setdefault(turn.row.line, []).append(turn)
        plain = [turns for turns in by_row.values() if not any(turn.thinks for turn in turns)]
        surplus = tally.total - int(tally.thinking / tally.ratio)
        room = min(surplus, int(self.settings.max_left_out * (tally.total - tally.thinking)))
        gone: set[int] = set()
        for turns in sorted(plain, key=lambda turns: turns[0].key):
            if len(turns) <= room:
                room -= len(turns)
                gone.add(turns[0].row.line)
        return gone

    def line(self, row: Row, turns: dict[int, Turn]) -> str:
        said = [self.edited(message, turns.get(index)) for index, message in enumerate(row.messages)]
        weight = {"weight": row.weight} if row.weight != 1.0 else {}
        return json.dumps({"messages": said, **weight}, ensure_ascii=False, sort_keys=True) + "\n"

    def edited(self, message: Message, turn: Turn | None) -> Message:
        if turn is None or (turn.trace is None and not turn.stripped):
            return message
        answer = {key: value for key, value in self.chat.split(message).items() if key != "reasoning_content"}
        return answer | ({"reasoning_content": turn.trace} if turn.trace is not None else {})
