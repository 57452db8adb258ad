"""A conversation → samples of token ids with labels, through the model's own chat template.

Each assistant turn is one sample: the prompt is exactly what a server would have been given before that turn, the
completion what the model should have said. So every turn is learnt in the form in which it will be generated: Qwen3
drops the thinking of earlier turns, and in its hybrid models a turn without thinking is prompted with an empty thinking
block. (Training all turns in one pass would teach answers behind a prefix that never occurs when they are asked for.)

The completion is what the template adds to the prompt when the turn is there: a difference of two renderings, nothing
is searched for in the text. Prompt and completion are tokenized apart, as they are when serving, and the labels cover
the completion. The empty block is in the prompt and has no loss (ms-swift calls this ignore_empty_think).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from . import soft_switch
from .config import Thinking
from .dataset import Message, Row
from .errors import invalid

IGNORED = -100  # torch's cross_entropy leaves such labels out
_THINK_CLOSED = "\n</think>\n\n"
LeftOut = Literal["controlToken", "softSwitch"]  # why a turn makes no sample


@dataclass(frozen=True)
class Sample:
    ids: tuple[int, ...]
    prompt_length: int  # tokens without loss
    thinking: bool
    weight: float = 1.0  # of its loss, from its row

    @property
    def labels(self) -> list[int]:
        return [IGNORED] * self.prompt_length + list(self.ids[self.prompt_length :])

    @property
    def targets(self) -> int:
        return len(self.ids) - self.prompt_length

    @property
    def weighted_targets(self) -> float:
        return self.weight * self.targets


class ChatFormat:
    def __init__(self, tokenizer: Any, thinking: Thinking):
        self.tokenizer, self.thinking = tokenizer, thinking
        self.end = tokenizer.convert_ids_to_tokens(tokenizer.eos_token_id)
        added = tokenizer.added_tokens_decoder.values()
        self.control = [token.content for token in added if token.special]

    def samples(self, row: Row) -> Iterator[Sample | LeftOut]:
        """One for each assistant turn, or why there is none: a control token as text would end it early or forge a
        role; for the other reason see soft_switch.py."""
        for index, message in enumerate(row.messages):
            if message["role"] != "assistant":
                continue
            turns = self.turns(row.messages[: index + 1])
            thinks = "reasoning_content" in turns[-1]
            if any(token in text for turn in turns for text in turn.values() for token in self.control):
                yield "controlToken"
            elif self.thinking == "Hybrid" and not thinks and soft_switch.asked(turns):
                yield "softSwitch"
            else:
                prompt, completion = self.texts(turns, row.line)
                yield replace(self.encode(prompt, completion, thinks), weight=row.weight)

    def turns(self, messages: Sequence[Message]) -> list[Message]:
        """As the template takes them, the last one without the thinking that its question did not want."""
        turns = [self.split(message) for message in messages]
        if self.thinking == "Hybrid" and soft_switch.asked(turns) is False:
            turns[-1].pop("reasoning_content", None)
        return turns

    def split(self, message: Message) -> Message:
        """Thinking out of the content and into its field, none at all where it is blank or the model has none."""
        content, reasoning = message["content"], message.get("reasoning_content", "")
        if message["role"] == "assistant" and "reasoning_content" not in message and "</think>" in content:
            reasoning, _, content = content.partition("</think>")
            reasoning = reasoning.partition("<think>")[2] or reasoning
        turn = {"role": message["role"], "content": content.lstrip("\n") if reasoning else content}
        if reasoning.strip() and self.thinking != "NonThinking":
            turn["reasoning_content"] = reasoning.strip("\n")
        elif message["role"] == "assistant":
            turn["content"] = content.lstrip("\n")
        return turn

    def texts(self, turns: list[Message], line: int) -> tuple[str, str]:
        thinks = "reasoning_content" in turns[-1]
        prompt = self.render(turns[:-1], thinks, prompt=True)
        whole = self.render(turns, thinks, prompt=False).rstrip("\n")
        if not whole.startswith(prompt) or not whole.endswith(self.end):
            message = f"line {line}: the base model's chat template does not continue its own prompt"
            raise invalid("BaseModelUnsupported", message)
        completion = whole[len(prompt) :]
        if not thinks and completion.startswith(_THINK_CLOSED):  # a Thinking model: its prompt has opened the block
            prompt, completion = prompt + _THINK_CLOSED, completion.removeprefix(_THINK_CLOSED)
        return prompt, completion

    def prompt(self, turns: list[Message], thinks: bool) -> str:
        """What a server would be given for an answer in that mode."""
        opened = self.thinking == "Thinking" and not thinks
        return self.render(turns, thinks, prompt=True) + (_THINK_CLOSED if opened else "")

    def render(self, turns: list[Message], thinks: bool, prompt: bool) -> str:
        return self.tokenizer.apply_chat_template(
            turns, tokenize=False, add_generation_prompt=prompt, enable_thinking=thinks
        )

    def encode(self, prompt: str, completion: str, thinking: bool) -> Sample:
        before, after = (self.tokenizer(text, add_special_tokens=False)["input_ids"] for text in (prompt, completion))
        return Sample((*before, *after), len(before), thinking)


@dataclass
class Counts:
    """What became of a dataset's assistant turns."""

    rows: int = 0
    used: int = 0
    too_long: int = 0
    thinking: int = 0
    non_thinking: int = 0
    with_control_tokens: int = 0
    against_switch: int = 0

    def report(self) -> dict[str, int]:
        return {
            "rows": self.rows,
            "used": self.used,
            "tooLong": self.too_long,
            "thinking": self.thinking,
            "nonThinking": self.non_thinking,
        }


def samples(rows: list[Row], chat: ChatFormat, longest: int, counts: Counts) -> list[Sample]:
    """All samples of at most `longest` tokens. A longer one is dropped, not cut: its end is its answer."""
    kept: list[Sample] = []
    for row in rows:
        counts.rows += 1
        for sample in chat.samples(row):
            if sample == "controlToken":
                counts.with_control_tokens += 1
            elif sample == "softSwitch":
                counts.against_switch += 1
            elif len(sample.ids) > longest:
                counts.too_long += 1
            else:
                kept.append(sample)
                counts.used += 1
                counts.thinking += sample.thinking
                counts.non_thinking += not sample.thinking
    return kept
