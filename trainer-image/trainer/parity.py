"""The gate before publishing: the GGUF, in the very Ollama that will serve it, says what the PyTorch model says.

Tolerances, in nats of a logprob, for 99 of 100 of the five likeliest tokens at every position of what was served, after
the same words. Measured on a trained tiny Qwen3, and on random ones with the proportions of all six sizes, which are
harsher:

         trained      random, 0.6B to 32B   allowed
F16      0.008        0.005 to 0.013         0.05    weights of 11 bits, and runtimes sum in other orders
BF16     0.035        0.020 to 0.063         0.1     weights of 8 bits, activations too
Q8_0     0.09 to 0.16 0.062 to 0.22          0.25    8 bits and a scale for 32, activations too
Q4_K_M   0.58         0.33 to 1.5            1.0     4 to 6 bits; rows below 256 are Q5_0, as tiny models' are
Q4_0     0.50         0.57 to 2.2            1.25    4 bits and a scale for 32

The four-bit types are allowed about twice what a trained model shows, which random weights may exceed; no real size
has been measured. The worst single one of a thousand is no measure of a model (0.17 to 0.35 in sound Q8_0 ones), so it
may be four times that. A missing rotary base, a wrong token type or another template costs whole nats, and is found
with four bits too. If every logprob may be off by d, two candidates may change places when they are less than 2d
apart: so far may PyTorch prefer another token to the one that was served. Logprobs below -7 (1 in 1000) are not
compared, rounding rules there.
"""

import math
from dataclasses import dataclass, field
from typing import Any

from .config import Config
from .errors import rejected
from .events import Progress
from .ollama import Ollama
from .parity_prompts import CHATS, RAW, for_ollama
from .reference import TOP, Answer, Reference, Step

TOLERANCE = {"F16": 0.05, "BF16": 0.1, "Q8_0": 0.25, "Q4_K_M": 1.0, "Q4_0": 1.25}  # nats, of a logprob
TOKENS = 32
WORST = 4  # times the tolerance
LEAST_LOGPROB = -7.0
GREEDY = {"temperature": 0, "num_predict": TOKENS, "repeat_penalty": 1.0, "presence_penalty": 0, "frequency_penalty": 0}


@dataclass
class Parity:
    """The figures, which go into the manifest whether good or not."""

    logprob_tolerance: float
    cases: int = 0
    equal: int = 0
    deltas: list[float] = field(default_factory=list)  # of logprobs
    largest_margin: float = 0.0  # where texts parted
    failures: list[str] = field(default_factory=list)

    @property
    def margin_tolerance(self) -> float:
        return 2 * self.logprob_tolerance

    def delta_at(self, share: float) -> float:
        """The difference that this share of logprobs stays within."""
        return sorted(self.deltas)[max(math.ceil(share * len(self.deltas)) - 1, 0)] if self.deltas else 0.0

    def report(self) -> dict[str, Any]:
        return {
            "cases": self.cases,
            "equal": self.equal,
            "logprobsCompared": len(self.deltas),
            "p99LogprobDelta": round(self.delta_at(0.99), 5),
            "maxLogprobDelta": round(self.delta_at(1.0), 5),
            "logprobTolerance": self.logprob_tolerance,
            "maxMarginAtDivergence": round(self.largest_margin, 5),
            "marginTolerance": self.margin_tolerance,
            "failures": len(self.failures),
        }


@dataclass(frozen=True)
class Case:
    name: str
    prompt: str
    chat: list[dict] | None = None
    think: bool = False


@dataclass(frozen=True)
class Served:
    """What Ollama answered: its text, and every token with its likeliest alternatives as it gave them."""

    text: str
    answer: Answer
    logprobs: list[dict[str, Any]]


def compare(config: Config, reference: Reference, ollama: Ollama, model: str, progress: Progress) -> Parity:
    """Raises nothing for a difference: the caller reports the figures first, then `verdict`."""
    parity = Parity(TOLERANCE[config.export.quantization])
    options = GREEDY | {"num_ctx": min(config.serving.context_length, 2048), "stop": []}
    cases, answers = all_cases(config, reference), []
    for number, case in enumerate(cases):
        parity.cases += 1
        answers.append(served := ask(parity, case, reference, ollama, model, options))
        if case.chat is not None:
            compare_chat(parity, case, ollama, model, served.text, options)
        progress.update((number + 1) / len(cases) / 2)
    judged = reference.judge(
        [served.answer for served in answers], lambda done, layers: progress.update(0.5 + done / layers / 2)
    )
    for case, served, steps in zip(cases, answers, judged, strict=True):
        compare_text(parity, case, served.answer, steps)
        compare_logprobs(parity, steps, served.logprobs)
    return parity


def ask(
    parity: Parity, case: Case, reference: Reference, ollama: Ollama, model: str, options: dict[str, Any]
) -> Served:
    answered = ollama.generate(model, case.prompt, options, TOP)
    prompt, logprobs = reference.encode(case.prompt), answered.get("logprobs") or []
    if (got := answered["prompt_eval_count"]) != len(prompt):
        parity.failures.append(f"{case.name}: the prompt is {got} tokens, not {len(prompt)}")
    tokens = []
    for number, entry in enumerate(logprobs):
        token = reference.token(bytes(entry.get("bytes") or b""))
        if token is None:
            parity.failures.append(f"{case.name}: token {number + 1} of the answer is none of the vocabulary")
            break
        tokens.append(token)
    ended = answered.get("done_reason") == "stop" and len(tokens) == len(logprobs)
    if not tokens and not ended:
        parity.failures.append(f"{case.name}: no answer")
    return Served(answered["response"], Answer(prompt, tokens, ended), logprobs)


def verdict(parity: Parity) -> None:
    """Raises 43 ParityFailed."""
    failures, tolerance = list(parity.failures), parity.logprob_tolerance
    if len(parity.deltas) < parity.cases:
        failures.append(f"only {len(parity.deltas)} logprobs could be compared")
    if (delta := parity.delta_at(0.99)) > tolerance:
        failures.append(f"1 of 100 logprobs differs by more than {delta:.3f} nats, tolerated are {tolerance}")
    if (delta := parity.delta_at(1.0)) > WORST * tolerance:
        failures.append(f"a logprob differs by {delta:.3f} nats, tolerated are {WORST * tolerance}")
    if failures:
        shown = "; ".join(failures[:5])
        raise rejected("ParityFailed", f"{len(failures)} differences in {parity.cases} cases: {shown}")


def all_cases(config: Config, reference: Reference) -> list[Case]:
    modes = {"Hybrid": (True, False), "Thinking": (True,), "NonThinking": (False,)}[config.base_model.thinking]
    raw = [Case(f"raw {name}", prompt) for name, prompt in RAW.items()]
    return raw + [
        Case(f"chat {name}, think {str(think).lower()}", reference.render(messages, think), messages, think)
        for name, messages in CHATS.items()
        for think in modes
    ]


def compare_text(parity: Parity, case: Case, answer: Answer, steps: list[Step]) -> None:
    """What PyTorch would have said everywhere, or did not where it was itself undecided."""
    parted = [(number, step.lead) for number, step in enumerate(steps) if step.lead > 0]
    parity.equal += not parted
    if not parted:
        return
    number, lead = max(parted, key=lambda one: one[1])
    parity.largest_margin = max(parity.largest_margin, lead)
    if lead >= parity.margin_tolerance:
        where = f"at token {number + 1}" if number < len(answer.tokens) else "at its end"
        parity.failures.append(f"{case.name}: PyTorch says something else {where}, and leads by {lead:.3f} nats")


def compare_logprobs(parity: Parity, steps: list[Step], served: list[dict[str, Any]]) -> None:
    for step, token in zip(steps, served, strict=False):
        known = {entry["token"]: entry["logprob"] for entry in token.get("top_logprobs") or []}
        parity.deltas += [
            abs(known[text] - logprob)
            for text, logprob in step.top.items()
            if logprob >= LEAST_LOGPROB and text in known
        ]


def compare_chat(parity: Parity, case: Case, ollama: Ollama, model: str, raw: str, options: dict[str, Any]) -> None:
    """The template renders the very prompt, and the answer is taken apart as it should be."""
    messages = for_ollama(case.chat or [])
    if ollama.render(model, messages, case.think) != case.prompt:
        parity.failures.append(f"{case.name}: the serving template renders another prompt than the model's own")
        return
    answer = ollama.chat(model, messages, case.think, options)
    thinking, content = split(case, raw)
    if (answer.get("thinking", "").strip(), answer.get("content", "").strip()) != (thinking, content):
        parity.failures.append(f"{case.name}: the chat's answer is not the raw one taken apart")


def split(case: Case, raw: str) -> tuple[str, str]:
    """(thinking, content) of a raw answer."""
    text = "<think>" + raw if case.prompt.endswith("<think>\n") else raw
    if not case.think or not text.lstrip().startswith("<think>"):
        return "", text.strip()
    thinking, _, content = text.lstrip().removeprefix("<think>").partition("</think>")
    return thinking.strip(), content.strip()
