"""Whether an answer says what the recorded one says, so that the thinking before it may stand before the recorded one.

Code decides where there is any: equal syntax trees for Python, equal text but for blanks otherwise. Short answers must
be equal after normalisation (SQuAD's, Rajpurkar et al. 2016, arXiv 1606.05250); longer ones, which nobody words twice
alike, need a token F1 of at least 0.8.
"""

import ast
import re
from collections import Counter

SHORT = 8  # words up to which an answer must be equal
LEAST_F1 = 0.8
_FENCE = re.compile(r"```([\w+-]*)[^\n]*\n(.*?)```", re.DOTALL)


def agree(answer: str, recorded: str) -> bool:
    if code(recorded):
        return code(answer) == code(recorded)
    said, wanted = words(answer), words(recorded)
    if len(wanted) <= SHORT:
        return said == wanted
    return f1(said, wanted) >= LEAST_F1


def code(text: str) -> list[str]:
    """The fenced blocks of a text, each in a form that does not depend on its layout."""
    return [canonical(language.lower(), body) for language, body in _FENCE.findall(text)]


def canonical(language: str, body: str) -> str:
    if language in ("", "py", "python", "python3"):
        try:
            return ast.dump(ast.parse(body))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            pass
    return " ".join(body.split())


def words(text: str) -> list[str]:
    """Without case, punctuation at the ends of words, and blanks."""
    stripped = (word.strip(".,;:!?\"'()[]`*") for word in text.casefold().split())
    return [word for word in stripped if word]


def f1(said: list[str], wanted: list[str]) -> float:
    shared = (Counter(said) & Counter(wanted)).total()
    return 2 * shared / (len(said) + len(wanted)) if said else 0.0
