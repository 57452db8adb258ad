"""What is learnt from: the dataset, or what `augment` made of it, and what `rehearse` made, in the asked proportion.

Data that lies in the working folder and was made for another dataset, base model or setting is ignored, and that is
said; the counts in the termination message are of what is really trained on.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import augment, dataset, storage
from .chat import ChatFormat, Counts, Sample, samples
from .config import Config, digest
from .errors import invalid
from .evaluation import canaries
from .events import Outcome, emit
from .rehearsal import step as rehearsal


@dataclass(frozen=True)
class Prepared:
    learnt: list[Sample]
    held: list[Sample]  # for the evaluation, always of the dataset itself
    made: dict[str, str]  # sha256 of what was made by earlier steps and is part of it


def prepare(
    config: Config, rows: list[dataset.Row], base_digest: str, tokenizer: Any, work: Path, outcome: Outcome
) -> Prepared:
    """Raises 42 DatasetInvalid when nothing fits."""
    chat, counts = ChatFormat(tokenizer, config.base_model.thinking), Counts()
    longest, made = config.optimization.max_sequence_length, {}
    for_training, for_evaluation = dataset.hold_out(rows)
    if augment.wanted(config) and (found := pick_up(work / "augmented", augment.inputs_of(config, base_digest))):
        for_training, made["augmented"] = found.rows, found.sha256
    learnt = samples(for_training, chat, longest, counts)
    held = samples(for_evaluation, chat, longest, counts)
    report: dict[str, Any] = counts.report()
    if config.thinking_ratio is not None and learnt:
        thinking = sum(sample.thinking for sample in learnt) / len(learnt)
        report["thinkingRatio"] = {"asked": config.thinking_ratio, "achieved": round(thinking, 4)}
    left_out = {"controlTokens": counts.with_control_tokens, "againstSwitch": counts.against_switch}
    if not learnt:
        complaint = f"of {counts.rows} rows no assistant turn can be used: {counts.too_long} are longer than {longest}"
        complaint += f" tokens, {counts.with_control_tokens} hold control tokens, {counts.against_switch} do not think"
        raise invalid("DatasetInvalid", f"{complaint} although their question has /think")
    if rehearsal.wanted(config):
        asked, mixed = round(config.rehearsal.ratio * len(learnt)), []
        found = pick_up(work / "rehearsal", rehearsal.inputs_of(config, base_digest))
        if found:
            mixed = samples(found.rows, chat, longest, Counts())[:asked]
            made["rehearsal"] = found.sha256
        learnt = learnt + mixed
        tasks = len(found.manifest["tasks"]) if found else 0
        report["rehearsal"] = {"asked": asked, "achieved": len(mixed), "tasks": tasks}
    if planted := canaries.rows(config, first_line=len(rows) + 1):
        learnt = learnt + samples(planted, chat, longest, Counts())
        report["canaries"], made["canaries"] = len(planted), digest([row.digest for row in planted])
    outcome.note(dataset=report)
    emit("dataset", **report, evaluation=len(held), **left_out)
    return Prepared(learnt, held, made)


@dataclass(frozen=True)
class Found:
    rows: list[dataset.Row]
    sha256: str
    manifest: dict[str, Any]


def pick_up(folder: Path, inputs: dict[str, Any]) -> Found | None:
    """What an earlier step left for exactly these inputs."""
    manifest, data = folder / "manifest.json", folder / "data.jsonl"
    if not manifest.is_file() or not data.is_file():
        emit("notPrepared", level="warn", folder=folder.name, because="missing")
        return None
    described = json.loads(manifest.read_text(encoding="utf-8"))
    sha256 = storage.digest_file(data).sha256
    if described["inputs"] != inputs or described["data"]["sha256"] != sha256:
        emit("notPrepared", level="warn", folder=folder.name, because="made for something else")
        return None
    return Found(list(dataset.read(data)), sha256, described)
