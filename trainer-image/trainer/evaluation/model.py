"""The model that is evaluated: base and adapter in one, so that the base model and earlier adapters are asked by
switching, not by loading again. All answers are journalled: a pod that is replaced goes on where the last one was."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel

from .. import merge, shapes, weights
from ..base_model import BaseFiles
from ..chat import ChatFormat, Sample
from ..config import Config
from ..generation import SEQUENCES_PER_MICRO_BATCH, Generated, Generator, Request, Sampling, generate
from ..journal import Journal
from ..lora_delta import deltas
from ..model import device, load_model, load_tokenizer
from . import likelihood
from .questions import Question, requests

BASE = "base"


class Evaluated:
    def __init__(self, config: Config, base: BaseFiles, folder: Path, adapter: merge.Adapter, work: Path):
        self.config, self.base, self.work = config, base, work
        where = device()
        self.tokenizer = load_tokenizer(base.path)
        self.chat = ChatFormat(self.tokenizer, config.base_model.thinking)
        self.check(folder)
        loaded = load_model(base.path, torch.bfloat16 if where.type == "cuda" else torch.float32, where)
        self.peft = PeftModel.from_pretrained(loaded, folder).eval()
        self.model, self.active = self.peft.get_base_model(), adapter.sha256  # its layers stay adapted
        self.size = SEQUENCES_PER_MICRO_BATCH * config.optimization.micro_batch_size
        self.padding = self.tokenizer.pad_token_id or 0
        self.over: Callable = lambda items, _: items

    def check(self, folder: Path) -> None:
        """Raises 42 AdapterInvalid for what merge would refuse too."""
        deltas(folder, shapes.checked(shapes.configuration(self.base.path), weights.weights(self.base.path)))

    def nats(self, samples: list[Sample]) -> list[float]:
        return likelihood.nats(self.model, samples, self.size, self.padding)

    def answers(self, name: str, asked: list[Question]) -> dict[str, Generated]:
        """Greedy, in all of the questions' modes."""
        return self.write(name, requests(asked), Sampling(self.config.evaluation.max_new_tokens))

    def write(self, name: str, wanted: list[Request], sampling: Sampling) -> dict[str, Generated]:
        decides = [self.base.digest, self.active, asdict(sampling), self.size, [asdict(request) for request in wanted]]
        journal = Journal(self.config, f"evaluate-{name}", decides, self.work)
        return generate(Generator(self.model, self.tokenizer, sampling), wanted, self.size, journal, self.over)

    @contextmanager
    def as_base(self) -> Iterator[None]:
        before, self.active = self.active, BASE
        try:
            with self.peft.disable_adapter():
                yield
        finally:
            self.active = before

    @contextmanager
    def of(self, folder: Path, sha256: str) -> Iterator[None]:
        """With another adapter of the same base model."""
        self.check(folder)
        before, self.active = self.active, sha256
        self.peft.load_adapter(folder, "other")
        self.peft.set_adapter("other")
        try:
            yield
        finally:
            self.peft.set_adapter("default")
            self.peft.delete_adapter("other")
            self.active = before


def texts(answers: dict[str, Generated]) -> list[str]:
    return [answer.text for answer in answers.values()]


def tell(progress: Any, parts: int) -> Callable[[int], Callable]:
    """For each part of the evaluation, an `over` that tells of the progress of the whole."""

    def of_part(part: int) -> Callable:
        def over(items: Any, total: int) -> Iterator:
            for done, item in enumerate(items):
                yield item
                progress.update((part + (done + 1) / max(total, 1)) / parts)

        return over

    return of_part
