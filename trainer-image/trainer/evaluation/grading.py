"""Whether an answer is the recorded one. How it is told follows from what was recorded, in this order:

Tests    the row has `tests`: the answer's code runs with them in the sandbox (HumanEval, Chen et al. 2021, arXiv
         2107.03374). Where there is no sandbox such an item is not graded.
Numeric  the answer is a number, or ends in `#### 42`: the answer's last number is it (GSM8K, Cobbe et al. 2021, arXiv
         2110.14168).
Exact    equal after normalisation, code by its syntax tree (SQuAD, Rajpurkar et al. 2016, arXiv 1606.05250). Beside it
         stands the token F1, because answers of many words are hardly ever worded alike.
"""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from .. import sandbox
from ..agreement import code, f1, words

_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_FENCED = re.compile(r"```[^\n]*\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Grade:
    kind: str
    correct: bool | None  # None: not graded
    f1: float


def grade(answer: str | None, recorded: str, tests: str | None) -> Grade:
    """`answer` None: there was none to grade, because it was cut off or malformed."""
    how = "Tests" if tests is not None else "Numeric" if number_of(recorded) is not None else "Exact"
    if how == "Tests" and not sandbox.available():
        return Grade(how, None, 0.0)
    if answer is None:
        return Grade(how, False, 0.0)
    overlap = round(f1(words(answer), words(recorded)), 4)
    if tests is not None:
        return Grade(how, sandbox.run(program(answer), tests) == "Passed", overlap)
    if how == "Numeric":
        return Grade(how, last_number(answer) == number_of(recorded), overlap)
    equal = code(answer) == code(recorded) if code(recorded) else words(answer) == words(recorded)
    return Grade(how, equal, overlap)


def program(answer: str) -> str:
    """The fenced blocks of an answer, or all of it where it has none."""
    blocks = _FENCED.findall(answer)
    return "\n".join(blocks) if blocks else answer


def number_of(recorded: str) -> Decimal | None:
    """The number that a recorded answer is; None if it is more than a number."""
    _, mark, final = recorded.rpartition("####")
    text = final.strip() if mark else recorded.strip().rstrip(".")
    return decimal(text) if _NUMBER.fullmatch(text) else None


def last_number(answer: str) -> Decimal | None:
    found = _NUMBER.findall(answer)
    return decimal(found[-1]) if found else None


def decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None
