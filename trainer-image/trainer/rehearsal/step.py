"""`rehearse`: makes the rehearsal data that is missing in the store, and puts together what this run mixes in.

What a run rehearses is pinned under its checkpoints: other trainings may add tasks to the store meanwhile, and a run
whose pod is replaced must go on with the data it began with.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from itertools import zip_longest
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel

from .. import base_model, determinism, storage
from ..chat import ChatFormat
from ..config import Config
from ..errors import TrainerError
from ..events import Outcome, emit
from ..first_pod import made_once
from ..generation import SEQUENCES_PER_MICRO_BATCH, Generated, Generator, Sampling, encoded, generate
from ..journal import Journal
from ..merge import Adapter
from ..merge import fetch as fetch_adapter
from ..model import device, load_model, load_tokenizer
from ..storage import NotFoundError
from . import refinement, selection, synthesis
from .store import GENERAL, RehearsalStore, Task, document, general, write_rows

SCHEMA = "learning.qi.dev/rehearsal/v1"


def wanted(config: Config) -> bool:
    asked = config.rehearsal
    return bool(config.dataset and asked and asked.method == "SSR" and asked.ratio > 0)


def inputs_of(config: Config, base_digest: str) -> dict[str, Any]:
    """What the data must have been made for. The ratio is not among it: `train` takes as much as it asks for."""
    return {
        "base": base_digest,
        "thinking": config.base_model.thinking,
        "dataset": config.dataset.sha256,
        "instances": config.rehearsal.instances,
        "seed": config.optimization.seed,
        "maxSequenceLength": config.optimization.max_sequence_length,
    }


def rehearse(config: Config, work: Path, outcome: Outcome) -> None:
    folder = work / "rehearsal"
    if not wanted(config):
        shutil.rmtree(folder, ignore_errors=True)
        outcome.note(message="no rehearsal is asked for")
        return
    base = base_model.fetch(config.base_model.uri, work, outcome)
    inputs = inputs_of(config, base.digest)
    pinned = storage.join(config.storage.uri, "checkpoints", config.run.uid, "rehearsal")

    def made() -> dict[str, Any] | None:
        found = pick_up(pinned, folder, inputs)
        outcome.note(message="already made" if found else "")
        return found

    def make_and_pin() -> dict[str, Any]:
        rows, tasks = make(config, base, work, outcome)
        manifest = {"schema": SCHEMA, "inputs": inputs, "tasks": tasks}
        manifest["data"] = asdict(write_rows(folder / "data.jsonl", rows)) | {"rows": len(rows)}
        (folder / "manifest.json").write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n")
        storage.upload(folder / "data.jsonl", storage.join(pinned, "data.jsonl"))
        storage.upload(folder / "manifest.json", storage.join(pinned, "manifest.json"))
        return manifest

    manifest = made_once(made, make_and_pin)
    told = {"samples": manifest["data"]["rows"], "tasks": len(manifest["tasks"])}
    if not manifest["data"]["rows"]:
        outcome.note(message="the base model wrote nothing that can be rehearsed; the training goes on without")
    outcome.note(rehearsal=told)
    emit("rehearsal", **told, sha256=manifest["data"]["sha256"])


def pick_up(pinned: str, folder: Path, inputs: dict[str, Any]) -> dict[str, Any] | None:
    """The manifest of what this run has made before, with its data in the folder."""
    manifest = document(storage.join(pinned, "manifest.json"))
    if manifest is None or manifest["inputs"] != inputs:
        return None
    try:
        found = storage.download(storage.join(pinned, "data.jsonl"), folder / "data.jsonl")
    except NotFoundError:
        return None
    if found.sha256 != manifest["data"]["sha256"]:
        return None
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n")
    return manifest


def make(
    config: Config, base: base_model.BaseFiles, work: Path, outcome: Outcome
) -> tuple[list[dict], list[dict[str, Any]]]:
    """(rows to rehearse, which tasks they are of)."""
    store = RehearsalStore(config, base.digest, work)
    trained = [task for task in store.tasks() if task.name != config.dataset.sha256]
    tasks = [general(), *trained]
    entries = {task.name: (store.entry(task.name), store.rows(task.name)) for task in tasks}
    missing = [task for task in tasks if entries[task.name][1] is None]
    if missing:
        adapters = [task.adapter for task in reversed(trained) if task.adapter]
        made = Rehearsal(config, base, work, outcome).make(missing, adapters)
        for task in missing:
            entries[task.name] = (store.publish(task.name, *made[task.name]), made[task.name][0])
    mixed = interleave({name: rows for name, (_, rows) in entries.items()}, config.optimization.seed)
    of_tasks = [
        {"task": task.name, "order": task.order, "sha256": manifest["data"]["sha256"], "samples": len(rows)}
        for task in tasks
        for manifest, rows in [entries[task.name]]
    ]
    return mixed, of_tasks


def interleave(tasks: dict[str, list[dict]], seed: int) -> list[dict]:
    """Task by task in turn, one sample each, every other task beginning with its other mode: whatever is cut off the
    end, all tasks and both modes keep their share."""
    queues = []
    for at, (name, rows) in enumerate(tasks.items()):
        instances: dict[int, list[dict]] = {}
        for row in rows:
            instances.setdefault(row["instance"], []).append(row)
        groups = [instances[number][:: 1 if at % 2 else -1] for number in sorted(instances)]
        order = determinism.order(len(groups), seed, 0)
        queues.append([named(name, row) for number in order for row in groups[number]])
    return [row for turn in zip_longest(*queues) for row in turn if row]


def named(task: str, row: dict) -> dict:
    return {"id": f"{task[:16]}/{row['instance']}", "messages": row["messages"]}


class Rehearsal:
    """Holds the model while it makes data: first as the base, then with the latest adapter."""

    def __init__(self, config: Config, base: base_model.BaseFiles, work: Path, outcome: Outcome):
        self.config, self.base, self.work = config, base, work
        self.progress = outcome.step("Preparing")
        where = device()
        self.model = load_model(base.path, torch.bfloat16 if where.type == "cuda" else torch.float32, where).eval()
        self.tokenizer = load_tokenizer(base.path)
        self.chat = ChatFormat(self.tokenizer, config.base_model.thinking)
        self.size = SEQUENCES_PER_MICRO_BATCH * config.optimization.micro_batch_size

    def make(self, tasks: list[Task], adapters: list[Adapter]) -> dict[str, tuple[list[dict], dict[str, Any]]]:
        """(rows, manifest) of each task. What the base could do before is answered by the base itself."""
        chosen, made, parts = {}, {}, 2 * len(tasks)
        for at, task in enumerate(tasks):
            chosen[task.name] = self.choose(task)
            self.progress.update((at + 1) / parts, always=True)
        refined_by = None
        for at, task in enumerate(tasks):
            if task.name != GENERAL and refined_by is None:
                refined_by = self.adapt(adapters)
            made[task.name] = self.refine(task, *chosen[task.name], refined_by)
            self.progress.update((len(tasks) + at + 1) / parts, always=True)
        return made

    def choose(self, task: Task) -> tuple[list[synthesis.Instance], dict[str, int]]:
        count, seed = self.config.rehearsal.instances, self.config.optimization.seed
        sampling = synthesis.sampling(seed)
        shown = [asdict(demonstration) for demonstration in task.demonstrations]
        write = self.writer(f"synthesis-{task.name[:16]}", sampling, [shown, count])
        found = synthesis.synthesise(
            task,
            count * synthesis.CANDIDATES_PER_INSTANCE,
            seed,
            self.chat.control,
            lambda prompts: write({key: self.asking(prompt) for key, prompt in prompts.items()}),
        )
        instances = found.kept
        if instances:
            vectors = selection.embed(self.model, self.tokenizer, [item.request for item in instances], self.size)
            instances = [instances[at] for at in selection.select(vectors, count, seed)]
        counts = {"asked": count, **found.counts, "candidates": len(found.kept), "selected": len(instances)}
        return instances, counts

    def asking(self, prompt: str) -> str:
        return self.chat.prompt([{"role": "user", "content": prompt}], thinks=False)

    def adapt(self, adapters: list[Adapter]) -> Adapter | None:
        """The newest that is still there. An old one may have been cleaned away; that must not stop a training."""
        for adapter in adapters:
            try:
                folder = fetch_adapter(adapter, self.work)
            except TrainerError as error:
                emit("adapterSkipped", level="warn", uri=adapter.uri, reason=error.reason)
                continue
            self.model = PeftModel.from_pretrained(self.model, folder).eval()
            return adapter
        return None

    def refine(
        self, task: Task, instances: list[synthesis.Instance], counts: dict[str, int], refined_by: Adapter | None
    ) -> tuple[list[dict], dict[str, Any]]:
        sampling = refinement.sampling(self.config.optimization.max_sequence_length)
        by = asdict(refined_by) if refined_by else None
        decides = [by, [asdict(instance) for instance in instances]]
        write = self.writer(f"refinement-{task.name[:16]}", sampling, decides)
        rows, refined = refinement.refine(instances, self.chat, write)
        told = counts | {"samples": len(rows), "refined": dict(refined)}
        emit("rehearsalEntry", order=task.order, **told)
        manifest = {"task": task.name, "order": task.order, "demonstrations": len(task.demonstrations)}
        manifest |= {"thinking": self.chat.thinking, "seed": self.config.optimization.seed, "refinedBy": by}
        return rows, manifest | {"counts": told}

    def writer(self, name: str, sampling: Sampling, decides: Any) -> Callable[[dict[str, str]], dict[str, Generated]]:
        """Answers prompts through the journal `name`, which belongs to this model and what else `decides`."""
        journal = Journal(self.config, name, [self.base.digest, asdict(sampling), decides], self.work)
        generator = Generator(self.model, self.tokenizer, sampling)
        return lambda prompts: generate(generator, list(encoded(prompts, self.tokenizer)), self.size, journal)
