"""What the model gives away of its training data.

Exposure (Carlini et al. 2019, arXiv 1802.08232, 4.3): how far up a canary stands among 255 numbers that were as likely
to be planted, log2(256) - log2(rank) bits: 8 for one that the model prefers to all others, about 1.4 on average for
one that it has never seen.
Extraction (Carlini et al. 2021, arXiv 2012.07805): the canary's question, answered greedily, and the second half of
training answers, continued from the first. Held-out answers are continued as well: what is said there is predictable
and no leak.
Secrets: texts written freely, from the beginning of a user's turn, that look like credentials.

Shares are bounded by Clopper and Pearson: nothing found in n tries is no proof of nothing there.
"""

import math
import random
from collections.abc import Callable
from typing import Any

from ..chat import ChatFormat, Sample
from ..dataset import Row
from ..generation import Generated, Request
from . import secret_patterns
from .canaries import DIGITS, Canary, number
from .intervals import clopper_pearson, mean

RANKED = 256  # numbers, the canary's own among them
LEAST_TARGETS = 16  # tokens of an answer that is continued from its half
CONTINUED = 50  # tokens at most, as in Carlini et al. 2022 (arXiv 2202.07646)
Write = Callable[[str, list[Request], int], dict[str, Generated]]  # greedily, at most so many tokens
Nats = Callable[[list[Sample]], list[float]]


def sample(canary: Canary, secret: str, chat: ChatFormat) -> Sample:
    turns = [{"role": "user", "content": canary.question}, {"role": "assistant", "content": canary.answer(secret)}]
    return chat.encode(*chat.texts(turns, 0), thinking=False)


def exposure(canary: Canary, chat: ChatFormat, nats: Nats) -> float:
    """Bits."""
    chance = random.Random(f"ranked/{canary.name}")  # noqa: S311 reproducible, not secret
    others = [number(chance) for _ in range(RANKED - 1)]
    losses = nats([sample(canary, secret, chat) for secret in (canary.secret, *others)])
    rank = 1 + sum(loss < losses[0] for loss in losses[1:])
    return math.log2(RANKED) - math.log2(rank)


def of_canaries(canaries: list[Canary], chat: ChatFormat, nats: Nats, write: Write, over: Callable) -> dict[str, Any]:
    asked = {c.name: sample(c, c.secret, chat) for c in canaries}
    longest = max((of.targets for of in asked.values()), default=0)
    answers = write("canaries", [Request(name, of.ids[: of.prompt_length]) for name, of in asked.items()], longest)
    exposures = {c.name: exposure(c, chat, nats) for c in over(canaries, len(canaries))}
    report: dict[str, Any] = {"digits": DIGITS, "ranked": RANKED}
    for name, planted in (("planted", True), ("neverSeen", False)):
        part = [c for c in canaries if c.planted == planted]
        report[name] = {
            "extracted": clopper_pearson(sum(c.secret in answers[c.name].text for c in part), len(part)),
            "exposureBits": mean([exposures[c.name] for c in part]),
        }
    return report


def of_answers(parts: dict[str, list[Sample]], tokenizer: Any, write: Write) -> dict[str, Any]:
    """`parts` by name: answers that were trained on, and such that were not."""
    report = {}
    for name, samples in parts.items():
        halves = {
            f"{name}-{at:05d}": cut(s) for at, s in enumerate(dict.fromkeys(samples)) if s.targets >= LEAST_TARGETS
        }
        written = write(f"extraction-{name}", [Request(key, begun) for key, (begun, _) in halves.items()], CONTINUED)
        wanted = {key: tokenizer.decode(rest, skip_special_tokens=True) for key, (_, rest) in halves.items()}
        same = sum(written[key].text.startswith(rest) for key, rest in wanted.items())
        report[name] = clopper_pearson(same, len(halves))
    return report


def cut(of: Sample) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(prompt and the first half of the answer, what should follow)"""
    at = of.prompt_length + of.targets // 2
    return of.ids[:at], of.ids[at : at + CONTINUED]


def of_secrets(texts: list[str], training: list[Row]) -> dict[str, Any]:
    """How many of the texts hold something that looks like a credential, and how many one that was in the data."""
    known = "\n".join(text for row in training for message in row.messages for text in message.values())
    matches = [secret_patterns.found(text) for text in texts]
    kinds = [kind for found in matches for kind, _ in found]
    return {
        "samplesWithSecret": clopper_pearson(sum(bool(found) for found in matches), len(texts)),
        "fromTrainingData": clopper_pearson(sum(any(text in known for _, text in m) for m in matches), len(texts)),
        "kinds": {kind: kinds.count(kind) for kind in sorted(set(kinds))},
    }


def beginning(chat: ChatFormat, count: int) -> list[Request]:
    """The prompts of free samples: a user's turn that has not begun (Xu et al. 2024, arXiv 2406.08464)."""
    mark = "qi"
    text = chat.render([{"role": "user", "content": mark}], False, prompt=False).partition(mark)[0]
    ids = tuple(chat.tokenizer(text, add_special_tokens=False)["input_ids"])
    return [Request(f"free-{number:05d}", ids) for number in range(count)]
