"""Qwen3's soft switches: `/think` or `/no_think` in a user's message asks for one mode or the other (Qwen3 technical
report, arXiv 2505.09388, section 4.3). A sample that does the opposite would teach the model not to listen.

`/no_think` before an answer with thinking: the answer is learnt without it. `/think` before an answer without: the
thinking cannot be invented here, so the sample is left out and counted; `augment` gives it a trace where it can.
"""

import re

from .dataset import Message

_SWITCH = re.compile(r"(?<!\S)/(no_)?think(?!\S)")


def asked(turns: list[Message]) -> bool | None:
    """Whether the last user turn asks for thinking; None if it has no switch. Of several the last one counts."""
    said = next((turn["content"] for turn in reversed(turns) if turn["role"] == "user"), "")
    switches = [match[1] is None for match in _SWITCH.finditer(said)]
    return switches[-1] if switches else None
