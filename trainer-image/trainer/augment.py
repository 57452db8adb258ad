"""`augment`: brings the share of answers with thinking to the asked ratio (`distillation.py`).

The result is a dataset of its own, named by its sha256, whose manifest names its parent. It holds what is trained on;
the rows held out for the evaluation stay in the parent.
"""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from . import base_model, dataset, storage
from .config import Augmentation, Config, digest
from .distillation import Distillation
from .events import Outcome, emit
from .first_pod import made_once
from .storage import NotFoundError

SCHEMA = "learning.qi.dev/augmented-dataset/v1"


def wanted(config: Config) -> bool:
    return bool(config.dataset and config.thinking_ratio is not None and config.base_model.thinking != "NonThinking")


def inputs_of(config: Config, base_digest: str) -> dict[str, Any]:
    """What the data must have been made for."""
    return {
        "base": base_digest,
        "thinking": config.base_model.thinking,
        "dataset": config.dataset.sha256,
        "ratio": config.thinking_ratio,
        "settings": asdict(config.augmentation or Augmentation()),
        "seed": config.optimization.seed,
        "maxSequenceLength": config.optimization.max_sequence_length,
    }


def augment(config: Config, work: Path, outcome: Outcome) -> None:
    folder = work / "augmented"
    if not wanted(config):
        shutil.rmtree(folder, ignore_errors=True)
        outcome.note(message="no thinking ratio is asked for, or the base model cannot think")
        return
    rows = dataset.load(config.dataset, work)
    base = base_model.fetch(config.base_model.uri, work, outcome)
    inputs = inputs_of(config, base.digest)
    pinned = storage.join(config.storage.uri, "checkpoints", config.run.uid, "augmented.json")

    def made() -> dict[str, Any] | None:
        found = pick_up(pinned, folder, inputs)
        outcome.note(message="already made" if found else "")
        return found

    def make() -> dict[str, Any]:
        lines, counts = Distillation(config, base, work, outcome).make(rows)
        return publish(config, folder, inputs, lines, counts, pinned)

    manifest = made_once(made, make)
    outcome.note(augmentation=manifest["counts"])
    emit("augmented", sha256=manifest["data"]["sha256"], **manifest["counts"])


def pick_up(pinned: str, folder: Path, inputs: dict[str, Any]) -> dict[str, Any] | None:
    """The manifest of what this run has made before, with its data in the folder."""
    try:
        manifest = json.loads(storage.read(pinned))
        if manifest["inputs"] != inputs:
            return None
        found = storage.download(manifest["data"]["uri"], folder / "data.jsonl")
    except (NotFoundError, ValueError):
        return None
    if found.sha256 != manifest["data"]["sha256"]:
        return None
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n")
    return manifest


def publish(
    config: Config, folder: Path, inputs: dict[str, Any], lines: list[str], counts: dict[str, Any], pinned: str
) -> dict[str, Any]:
    """The manifest is written last. Where the same data was made of other inputs, that manifest stays as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "data.jsonl").write_text("".join(lines), encoding="utf-8")
    found = storage.digest_file(folder / "data.jsonl")
    uri = storage.join(config.storage.uri, "datasets", found.sha256)
    manifest = {"schema": SCHEMA, "parent": asdict(config.dataset), "inputs": inputs, "counts": counts}
    manifest["data"] = asdict(found) | {"uri": storage.join(uri, "data.jsonl"), "rows": len(lines)}
    path = folder / "manifest.json"
    path.write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n")
    storage.upload(folder / "data.jsonl", manifest["data"]["uri"], found)
    others = [name for name in storage.store_for(uri).list(uri) if name.endswith("manifest.json")]
    equal = any(storage.read(storage.join(uri, name)) == path.read_bytes() for name in others)
    if not equal:
        storage.upload(path, storage.join(uri, f"{digest(inputs)[:12]}.manifest.json" if others else "manifest.json"))
    storage.upload(path, pinned)
    return manifest
