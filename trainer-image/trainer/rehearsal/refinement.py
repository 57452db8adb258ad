"""The latest model answers the chosen requests, greedily: what is rehearsed is what it knows now, not what the base
model would have said. A hybrid model answers twice, thinking and not, so that rehearsal keeps both modes."""

from collections import Counter
from collections.abc import Callable

from ..chat import ChatFormat
from ..dataset import Message
from ..generation import Generated, Sampling
from ..replies import Reply, parse
from .synthesis import Instance

LONGEST_ANSWER = 1024  # tokens
MODES = {"Hybrid": (True, False), "Thinking": (True,), "NonThinking": (False,)}


def sampling(max_sequence_length: int) -> Sampling:
    return Sampling(max_tokens=min(LONGEST_ANSWER, max_sequence_length))


def refine(
    instances: list[Instance], chat: ChatFormat, write: Callable[[dict[str, str]], dict[str, Generated]]
) -> tuple[list[dict], Counter]:
    """(rows, counts). A row has the number of its instance, so that its two modes stay together."""
    asked = {
        f"{number:05d}-{'think' if thinks else 'answer'}": (number, instance, thinks)
        for number, instance in enumerate(instances)
        for thinks in MODES[chat.thinking]
    }
    written = write({key: chat.prompt(turns(instance), thinks) for key, (_, instance, thinks) in asked.items()})
    rows, counts = [], Counter()
    for key, (number, instance, thinks) in asked.items():
        reply = parse(written[key], thinks, chat.control)
        if isinstance(reply, Reply):
            rows.append({"instance": number, "messages": [*turns(instance), reply.message()]})
            counts["thinking" if thinks else "nonThinking"] += 1
        else:
            counts[reply] += 1
    return rows, counts


def turns(instance: Instance) -> list[Message]:
    system = [{"role": "system", "content": instance.system}] if instance.system else []
    return [*system, {"role": "user", "content": instance.request}]
