"""`evaluate`: asks the trained model everything, and says how sure the answers are.

Held-out rows are those that `train` has not seen, by the same rule. The result holds no time and no name of a run: the
same model on the same data gives the same bytes, and is published under their digest.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .. import base_model, dataset, merge, sandbox, storage
from ..chat import Counts, samples
from ..config import Config, digest
from ..errors import invalid
from ..events import Outcome, emit
from ..generation import Sampling
from ..merge import Adapter
from ..rehearsal.store import RehearsalStore, document
from . import accuracy, canaries, forgetting, leakage, likelihood, reasoning
from .model import Evaluated, tell, texts
from .questions import Question, questions

SCHEMA = "learning.qi.dev/evaluation/v1"
PARTS = ("loss", "answers", "base", "grading", "canaries", "extraction", "secrets", "forgetting")


def evaluate(config: Config, adapter: Adapter | None, work: Path, outcome: Outcome) -> None:
    if config.dataset is None:
        outcome.note(message="no dataset: there is nothing that was learnt to evaluate")
        return
    folder, adapter = trained(config, adapter, work)
    outcome.note(adapter=asdict(adapter))
    rows = dataset.load(config.dataset, work)
    base = base_model.fetch(config.base_model.uri, work, outcome)
    tasks = [t for t in RehearsalStore(config, base.digest, work).tasks() if t.name != config.dataset.sha256]
    inputs = inputs_of(config, base.digest, adapter) | {
        "tasks": [[t.name, t.order, t.adapter.sha256 if t.adapter else None] for t in tasks]
    }
    pinned = storage.join(config.storage.uri, "checkpoints", config.run.uid, f"evaluation-{digest(inputs)[:16]}.json")
    result = pick_up(pinned, work)
    if result is None:
        outcome.step("Evaluating")
        model = Evaluated(config, base, folder, adapter, work)
        result = {"schema": SCHEMA, "inputs": inputs, **measured(config, rows, tasks, model, work, outcome)}
        publish(config, result, pinned, work)
    else:
        outcome.note(message="already evaluated")
    told = {**json.loads(storage.read(pinned)), **summary(result)}
    outcome.note(evaluation=told)
    outcome.metrics(evaluationLoss=told["loss"]["value"], perplexity=told["perplexity"]["value"])
    emit("evaluated", **told)


def trained(config: Config, adapter: Adapter | None, work: Path) -> tuple[Path, Adapter]:
    """The given one, or what `train` left. Raises 42 AdapterMissing, AdapterChecksumMismatch."""
    if adapter:
        return merge.fetch(adapter, work), adapter
    folder = work / "adapter"
    if not (folder / "adapter_model.safetensors").is_file():
        raise invalid("AdapterMissing", f"{folder}: no adapter there; run train first, or give --adapter-uri")
    sha256 = storage.digest_file(folder / "adapter_model.safetensors").sha256
    return folder, Adapter(storage.join(config.storage.uri, "adapters", sha256), sha256)


def inputs_of(config: Config, base_digest: str, adapter: Adapter) -> dict[str, Any]:
    return {
        "base": {"name": config.base_model.name, "digest": base_digest, "thinking": config.base_model.thinking},
        "adapter": {"sha256": adapter.sha256},
        "dataset": {"sha256": config.dataset.sha256},
        "settings": asdict(config.evaluation),
        "seed": config.optimization.seed,
        "maxSequenceLength": config.optimization.max_sequence_length,
    }


def measured(
    config: Config, rows: list[dataset.Row], tasks: list, model: Evaluated, work: Path, outcome: Outcome
) -> dict[str, Any]:
    settings, longest, chat = config.evaluation, config.optimization.max_sequence_length, model.chat
    over = dict(zip(PARTS, map(tell(outcome.step("Evaluating"), len(PARTS)), range(len(PARTS))), strict=True))
    for_training, for_evaluation = dataset.hold_out(rows)
    held = samples(for_evaluation, chat, longest, Counts())
    asked = questions(for_evaluation, chat, settings.max_items, longest)

    losses = likelihood.nats(model.model, held, model.size, model.padding, over["loss"])
    model.over = over["answers"]
    answers = model.answers("held-out", asked)
    model.over = over["base"]
    thinking = [Question(q.id, q.answer, q.tests, {True: q.prompts[True]}) for q in asked if True in q.prompts]
    with model.as_base():
        of_base = model.answers("held-out", thinking)
    items = accuracy.items(asked, answers, chat, over["grading"])

    def greedy(name: str, wanted: list, tokens: int) -> dict:
        return model.write(name, wanted, Sampling(tokens))

    model.over = over["extraction"]
    drawn = canaries.drawn(config)
    of_canaries = leakage.of_canaries(drawn, chat, model.nats, greedy, over["canaries"])
    training = samples(for_training, chat, longest, Counts())[: settings.max_items]
    of_answers = leakage.of_answers(
        {"training": training, "heldOut": held[: settings.max_items]}, model.tokenizer, greedy
    )
    model.over = over["secrets"]
    freely = Sampling(settings.max_new_tokens, temperature=1.0, seed=config.optimization.seed)
    free = model.write("free", leakage.beginning(chat, settings.samples), freely)
    model.over = lambda items, _: items
    earlier = [forgetting.of_task(config, task, model, work) for task in over["forgetting"](tasks, len(tasks))]
    wants_code = any(question.tests is not None for question in asked)
    return {
        "heldOut": {"rows": len(for_evaluation), "samples": len(held), **likelihood.report(losses, held)},
        "accuracy": accuracy.report(items),
        "items": items,
        "reasoning": reasoning.report(asked, answers, of_base, model.tokenizer),
        "leakage": {
            "canaries": of_canaries,
            "continued": of_answers,
            "secrets": leakage.of_secrets(texts(free), for_training),
        },
        "forgetting": forgetting.report(earlier),
        "codeExecution": ("Available" if sandbox.available() else "Unavailable") if wants_code else "NotNeeded",
    }


def publish(config: Config, result: dict[str, Any], pinned: str, work: Path) -> None:
    path, pointer = work / "evaluation.json", work / "evaluation-pointer.json"
    path.write_text(json.dumps(result, indent=2, sort_keys=True, allow_nan=False) + "\n")
    found = storage.digest_file(path)
    uri = storage.join(config.storage.uri, "evaluations", f"{found.sha256}.json")
    storage.upload(path, uri, found)
    pointer.write_text(json.dumps({"uri": uri, "sha256": found.sha256}))
    storage.upload(pointer, pinned)


def pick_up(pinned: str, work: Path) -> dict[str, Any] | None:
    """What an earlier process has published for the same inputs."""
    pointer = document(pinned)
    if pointer is None or document(pointer["uri"]) is None:
        return None
    found = storage.download(pointer["uri"], work / "evaluation.json")
    return document(f"file://{work / 'evaluation.json'}") if found.sha256 == pointer["sha256"] else None


def summary(result: dict[str, Any]) -> dict[str, Any]:
    """What fits into a termination message."""

    def short(estimate: dict[str, Any]) -> dict[str, Any]:
        return {k: round(v, 4) if isinstance(v, float) else v for k, v in estimate.items() if k != "method"}

    leaks, kept = result["leakage"], result["forgetting"]
    return {
        "loss": short(result["heldOut"]["loss"]),
        "perplexity": short(result["heldOut"]["perplexity"]),
        "accuracy": {mode: short(found["correct"]) for mode, found in result["accuracy"].items()},
        "reasoning": {
            name: short(result["reasoning"][name])
            for name in ("wellFormed", "noneWhenNotAsked", "traceLengthRatio", "loops")
        },
        "leakage": {
            "canariesExtracted": short(leaks["canaries"]["planted"]["extracted"]),
            "exposureBits": short(leaks["canaries"]["planted"]["exposureBits"]),
            "secrets": short(leaks["secrets"]["samplesWithSecret"]),
        },
        "forgetting": {"tasks": len(kept["tasks"]), "backwardTransfer": short(kept["backwardTransfer"])},
        "codeExecution": result["codeExecution"],
    }
