"""What the model has forgotten of the tasks before: loss and accuracy on each one's held-out rows now, and as they were
right after that task, with the adapter it ended with. The mean change in accuracy is the backward transfer (Lopez-Paz
and Ranzato 2017, arXiv 1706.08840): negative is forgetting.

The rows are read from the task's own dataset, by the digest that the rehearsal store names. No copy is kept: who has
rows erased there has them erased here, and such a task counts as none, with the reason.
"""

from pathlib import Path
from typing import Any

from .. import dataset
from ..chat import Counts, samples
from ..config import Config, Dataset
from ..errors import TrainerError
from ..merge import fetch as fetch_adapter
from ..rehearsal.store import Task
from . import accuracy, likelihood
from .intervals import mean, ratio
from .model import Evaluated
from .questions import questions


def of_task(config: Config, task: Task, model: Evaluated, work: Path) -> dict[str, Any]:
    report: dict[str, Any] = {"dataset": task.name, "order": task.order, "rows": 0}
    try:
        rows = dataset.hold_out(dataset.load(Dataset(**task.dataset), work))[1]
    except TrainerError as error:
        return report | {"because": error.reason}
    chat, longest = model.chat, config.optimization.max_sequence_length
    held = samples(rows, chat, longest, Counts())[: config.evaluation.max_items]
    asked = questions(rows, chat, config.evaluation.max_items, longest)
    report["rows"] = len(rows)
    now = measured(task, "now", held, asked, model)
    report |= {"loss": now["loss"], "accuracy": accuracy.report(now["items"]), "items": now["items"]}
    try:
        if task.adapter is None:
            return report
        with model.of(fetch_adapter(task.adapter, work), task.adapter.sha256):
            then = measured(task, "then", held, asked, model)
    except TrainerError as error:
        return report | {"then": {"because": error.reason}}
    report["then"] = {"loss": then["loss"], "accuracy": accuracy.report(then["items"])}
    changes = [a - b for a, b in zip(now["losses"], then["losses"], strict=True)]
    report["lossChange"] = ratio(changes, [float(sample.targets) for sample in held])
    report["accuracyChange"] = mean(differences(now["items"], then["items"]))
    return report


def measured(task: Task, when: str, held: list, asked: list, model: Evaluated) -> dict[str, Any]:
    losses = model.nats(held)
    answers = model.answers(f"task-{task.name[:16]}-{when}", asked)
    return {
        "losses": losses,
        "loss": likelihood.report(losses, held)["loss"],
        "items": accuracy.items(asked, answers, model.chat, lambda items, _: items),
    }


def differences(now: accuracy.Items, then: accuracy.Items) -> list[float]:
    """Item by item; +1 where only the new model is right."""
    pairs = [(a["correct"], b["correct"]) for a, b in zip(now, then, strict=True)]
    return [float(a) - float(b) for a, b in pairs if a is not None and b is not None]


def report(tasks: list[dict[str, Any]]) -> dict[str, Any]:
    changes = [task["accuracyChange"]["value"] for task in tasks if task.get("accuracyChange", {}).get("n")]
    return {"tasks": tasks, "backwardTransfer": mean(changes)}
