"""Everything a run depends on: `run.json`, mounted from an immutable ConfigMap, and the attempt's overrides."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from . import strict
from .errors import invalid
from .strict import above, at_least, between, field, share, within

Thinking = Literal["Hybrid", "Thinking", "NonThinking"]
Quantization = Literal["F16", "BF16", "Q8_0", "Q4_0", "Q4_K_M"]


def is_uri(value: str) -> str | None:
    return (
        None if re.fullmatch(r"(s3://[^/\s]+(/\S+)?|file:///\S*)", value) else "must be s3://bucket/key or file:///path"
    )


def is_sha256(value: str) -> str | None:
    return None if re.fullmatch(r"[0-9a-f]{64}", value) else "must be 64 lower-case hexadecimal digits"


def not_empty(value: str) -> str | None:
    return None if value else "must not be empty"


def is_key(value: str) -> str | None:
    return None if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", value) else "must be letters, digits, '.', '_' and '-'"


@dataclass(frozen=True)
class Run:
    namespace: str = field(not_empty)
    name: str = field(not_empty)
    uid: str = field(is_key)


@dataclass(frozen=True)
class StorageRoot:
    uri: str = field(is_uri)


@dataclass(frozen=True)
class BaseModel:
    uri: str = field(is_uri)
    name: str = field(not_empty)
    thinking: Thinking = field()


@dataclass(frozen=True)
class Dataset:
    uri: str = field(is_uri)
    sha256: str = field(is_sha256)


@dataclass(frozen=True)
class Lora:
    """LoRA (Hu et al. 2021, arXiv 2106.09685) on every linear layer but the output head."""

    rank: int = field(above(0))
    alpha: float = field(above(0))
    dropout: float = field(within(0, 1))
    targets: Literal["AllLinear"] = field()


@dataclass(frozen=True)
class Optimization:
    """`global_batch_size` counts samples, `micro_batch_size` packed sequences of `max_sequence_length` tokens."""

    learning_rate: float = field(above(0))
    epochs: int = field(above(0))
    global_batch_size: int = field(above(0))
    micro_batch_size: int = field(above(0))
    max_sequence_length: int = field(at_least(16))
    seed: int = field(at_least(0))
    warmup_fraction: float = field(within(0, 1))
    checkpoint_steps: int = field(above(0))


@dataclass(frozen=True)
class Export:
    quantization: Quantization = field()


@dataclass(frozen=True)
class Serving:
    template: str = field(not_empty)
    parameters: dict = field()
    context_length: int = field(above(0))


@dataclass(frozen=True)
class Rehearsal:
    """`ratio`: rehearsal samples per sample of the dataset. `instances`: requests that are kept of each task."""

    method: Literal["None", "SSR"] = field(default="None")
    ratio: float = field(between(0, 1), default=0.2)
    instances: int = field(above(0), default=200)


@dataclass(frozen=True)
class Augmentation:
    """`max_left_out`: share of the dataset's answers without thinking that may be left out for the thinking ratio."""

    max_trace_tokens: int = field(above(0), default=1024)
    rounds: int = field(above(0), default=2)
    max_left_out: float = field(between(0, 1), default=0.0)


@dataclass(frozen=True)
class GradientMask:
    """GMT (arXiv 2406.15330): `keep` is the share of each tensor's coordinates that a step may move."""

    method: Literal["None", "GMT"] = field(default="None")
    keep: float = field(share, default=0.7)


@dataclass(frozen=True)
class Evaluation:
    """`max_items`: conversations asked of each task. `samples`: texts written freely, to look for secrets in.
    `canaries`: planted by `train`, each `canary_repetitions` times, and looked for by `evaluate`."""

    max_items: int = field(above(0), default=200)
    max_new_tokens: int = field(above(0), default=512)
    samples: int = field(at_least(0), default=32)
    canaries: int = field(between(0, 32), default=0)
    canary_repetitions: int = field(between(1, 64), default=1)


@dataclass(frozen=True)
class Performance:
    """How fast it is computed, never what: hence no part of what a checkpoint depends on."""

    attention: Literal["Auto", "SDPA", "Flex", "Flash"] = field(default="Auto")
    compile: bool = field(default=False)
    liger: Literal["Auto", "Off"] = field(default="Auto")
    gradient_checkpointing: Literal["Auto", "On", "Off"] = field(default="Auto")
    packing: bool = field(default=True)
    length_grouping: bool = field(default=True)


@dataclass(frozen=True)
class Attempt:
    number: int = field(above(0), default=1)
    learning_rate: float | None = field(above(0), default=None)
    micro_batch_size: int | None = field(above(0), default=None)
    checkpoint_key: str = field(is_key, default="attempt-1")


@dataclass(frozen=True)
class Config:
    run: Run
    storage: StorageRoot
    base_model: BaseModel
    dataset: Dataset | None
    lora: Lora
    optimization: Optimization
    export: Export
    serving: Serving
    rehearsal: Rehearsal | None = None
    thinking_ratio: float | None = field(between(0, 1), default=None)
    augmentation: Augmentation | None = None
    gradient_mask: GradientMask | None = None
    evaluation: Evaluation = Evaluation()
    performance: Performance = Performance()


def load(path: Path, attempt_json: str | None) -> tuple[Config, Attempt]:
    """The run with the attempt's overrides applied. Raises 42 ConfigInvalid naming every bad field."""
    config, errors = strict.parse(Config, read_json(path.name, read_text(path)))
    attempt, found = strict.parse(Attempt, read_json("--attempt", attempt_json) if attempt_json else {}, "attempt")
    if errors or found or config is None or attempt is None:
        raise invalid("ConfigInvalid", "; ".join(errors + found))
    overrides = {
        key: value for key in ("learning_rate", "micro_batch_size") if (value := getattr(attempt, key)) is not None
    }
    return replace(config, optimization=replace(config.optimization, **overrides)), attempt


def read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise invalid("ConfigInvalid", f"{path.name}: cannot be read ({type(error).__name__})") from None


def read_json(where: str, text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=without_duplicates)
    except json.JSONDecodeError as error:
        raise invalid("ConfigInvalid", f"{where}: not JSON, line {error.lineno} column {error.colno}") from None
    except DuplicateKeyError as error:
        raise invalid("ConfigInvalid", f"{where}: key {error} stands twice") from None


class DuplicateKeyError(Exception):
    """The second of two equal keys would silently win."""


def without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise DuplicateKeyError(key)
    return dict(pairs)


def digest(value: Any) -> str:
    """sha256 of a value's canonical JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def config_digest(config: Config) -> str:
    return digest(asdict(config))


def training_digest(config: Config, base_digest: str, made: dict[str, str]) -> str:
    """What a checkpoint depends on; `made` are the digests of what earlier steps added to the dataset. The micro-batch
    is left out: after running out of memory a run goes on with half of it. So is how often to checkpoint, how fast to
    compute, and everything that matters only after training."""
    optimization = {
        key: value
        for key, value in asdict(config.optimization).items()
        if key not in ("micro_batch_size", "checkpoint_steps")
    }
    dataset = config.dataset.sha256 if config.dataset else None
    thinking = config.base_model.thinking
    parts = [base_digest, thinking, dataset, asdict(config.lora), optimization]
    if config.gradient_mask and config.gradient_mask.method != "None":
        parts.append(asdict(config.gradient_mask))
    if made:
        parts.append([made, config.rehearsal.ratio if config.rehearsal else None])
    return digest(parts)
