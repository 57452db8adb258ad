"""The base model writes new requests from pairs of demonstrations, in context.

The sampling is SSR's: two demonstrations in changing order, temperature 0.9, nucleus 0.6, repetition penalty 1.2, three
rounds. Only the request is written: its answer would be replaced by the refinement anyway.
"""

import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import permutations

from ..generation import Generated, Sampling
from .store import Demonstration, Task

ROUNDS = 3
PROBE = 16  # requests that show whether a model can do this at all, before it is asked for hundreds
CANDIDATES_PER_INSTANCE = 2  # so that the selection has something to choose from
LONGEST_REQUEST = 800  # characters, as in SSR
SHORTEST_REQUEST = 3

PROMPT = """Two requests that an assistant was given:

<request>
{first}
</request>
<request>
{second}
</request>

Write another request of the same kind, about something else, in the same form."""


def sampling(seed: int) -> Sampling:
    return Sampling(max_tokens=256, temperature=0.9, top_p=0.6, repetition_penalty=1.2, seed=seed)


@dataclass(frozen=True)
class Instance:
    request: str
    system: str | None


@dataclass
class Candidates:
    """What was written and is worth keeping, and what became of the rest."""

    task: Task
    control: list[str]
    kept: list[Instance] = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.seen = {normalised(shown.request) for shown in self.task.demonstrations}
        self.copies = set(self.seen)

    def take(self, generated: Generated, shown: Demonstration) -> None:
        self.counts["generated"] += 1
        request = parse(generated.text)
        complaint = "malformed" if request is None or not generated.finished else self.complaint(request)
        if complaint:
            self.counts[complaint] += 1
            return
        self.seen.add(normalised(request))
        self.kept.append(Instance(request, shown.system))

    def complaint(self, request: str) -> str | None:
        if len(normalised(request)) < SHORTEST_REQUEST or len(request) > LONGEST_REQUEST:
            return "length"
        if any(token in request for token in self.control):
            return "controlTokens"
        if normalised(request) in self.copies:
            return "copies"
        return "duplicates" if normalised(request) in self.seen else None


def synthesise(
    task: Task, wanted: int, seed: int, control: list[str], write: Callable[[dict[str, str]], dict[str, Generated]]
) -> Candidates:
    """`write` answers prompts by key. Stops when a first few have brought none, when there are enough candidates, or
    after three rounds."""
    found = Candidates(task, control)
    pairs = list(permutations(task.demonstrations, 2))
    random.Random(f"{seed}/{task.name}").shuffle(pairs)  # noqa: S311 chance, not secrets
    asked = 0
    for number, size in enumerate([min(PROBE, wanted), *[wanted] * ROUNDS] if pairs else []):
        chosen = {f"{number}-{n:05d}": pairs[(asked + n) % len(pairs)] for n in range(size)}
        written = write({key: prompt(*pair) for key, pair in chosen.items()})
        for key, (first, _) in chosen.items():
            found.take(written[key], first)
        asked += size
        if len(found.kept) >= wanted or not found.kept:
            break
    return found


def prompt(first: Demonstration, second: Demonstration) -> str:
    return PROMPT.format(first=first.request, second=second.request)


def parse(text: str) -> str | None:
    """The one request of a text. More than one is no answer to what was asked."""
    found = re.fullmatch(r"\s*<request>\n?(.*?)\n?</request>\s*", text, re.DOTALL)
    return found[1].strip() if found and "<request>" not in found[1] else None


def normalised(request: str) -> str:
    return " ".join(re.findall(r"\w+", request.casefold()))
