"""What is kept of every task that was trained on a base model: `<storage>/rehearsal/<base>/<dataset sha256>/`

    task.json       written at the end of the task's own training: its adapter, its place in the order of tasks, and a
                    few requests of its dataset as demonstrations
    data.jsonl      its rehearsal data, made by the next training that needs it
    manifest.json   how that was made, with its digest; written last, so data without it is an interrupted upload

The task `general` stands for what the base model could do before: its demonstrations ship with the trainer.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .. import storage
from ..config import Config
from ..dataset import Row
from ..events import emit
from ..merge import Adapter
from ..storage import Digest, NotFoundError

SCHEMA = "learning.qi.dev/rehearsal-task/v1"
GENERAL = "general"
DEMONSTRATIONS = (2, 32)  # at least, at most
DEMONSTRATED_FRACTION = 0.01


@dataclass(frozen=True)
class Demonstration:
    """A request as it was made. Its answer is not kept: the latest model writes answers."""

    request: str
    system: str | None = None


@dataclass(frozen=True)
class Task:
    name: str
    order: int  # 0: the base model's own abilities
    demonstrations: tuple[Demonstration, ...]
    dataset: dict[str, str] | None = None
    adapter: Adapter | None = None


def general() -> Task:
    path = Path(__file__).parent / "seeds.jsonl"
    seeds = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return Task(GENERAL, 0, tuple(Demonstration(seed["request"]) for seed in seeds))


def demonstrations(rows: list[Row]) -> tuple[Demonstration, ...]:
    """About 1 % of the rows, by their hash: the last request of each."""
    found: dict[str, Demonstration] = {}
    for row in sorted(rows, key=lambda row: row.digest):
        asked = [message["content"] for message in row.messages if message["role"] == "user"]
        system = next((message["content"] for message in row.messages if message["role"] == "system"), None)
        if asked and asked[-1].strip():
            found.setdefault(asked[-1], Demonstration(asked[-1], system))
    least, most = DEMONSTRATIONS
    return tuple(found.values())[: min(most, max(least, round(len(rows) * DEMONSTRATED_FRACTION)))]


class RehearsalStore:
    def __init__(self, config: Config, base_digest: str, work: Path):
        self.uri = storage.join(config.storage.uri, "rehearsal", base_digest[:16])
        self.base_digest, self.work = base_digest, work

    def at(self, task: str, name: str) -> str:
        return storage.join(self.uri, task, name)

    def tasks(self) -> list[Task]:
        """The trained ones, oldest first."""
        names = storage.store_for(self.uri).list(self.uri)
        found = [self.task(name.removesuffix("/task.json")) for name in names if name.endswith("/task.json")]
        return sorted((task for task in found if task), key=lambda task: (task.order, task.name))

    def task(self, name: str) -> Task | None:
        value = document(self.at(name, "task.json"))
        if value is None or value["base"]["digest"] != self.base_digest:
            return None
        shown = tuple(Demonstration(**item) for item in value["demonstrations"])
        return Task(name, value["order"], shown, value["dataset"], Adapter(**value["adapter"]))

    def record(self, config: Config, rows: list[Row], adapter: Adapter) -> None:
        """That this dataset was trained. The same adapter again changes nothing; another one is the newest."""
        dataset = asdict(config.dataset)
        known = self.tasks()
        if any(task.name == dataset["sha256"] and task.adapter == adapter for task in known):
            return
        order = 1 + max((task.order for task in known if task.name != dataset["sha256"]), default=0)
        value = {"schema": SCHEMA, "base": {"digest": self.base_digest}, "dataset": dataset, "order": order}
        value |= {"adapter": asdict(adapter), "demonstrations": [asdict(item) for item in demonstrations(rows)]}
        self.put(value, self.at(dataset["sha256"], "task.json"))
        emit("rehearsalTask", order=order, demonstrations=len(value["demonstrations"]))

    def entry(self, task: str) -> dict[str, Any] | None:
        """The manifest of its rehearsal data, if that is there."""
        return document(self.at(task, "manifest.json"))

    def publish(self, task: str, rows: list[dict], manifest: dict[str, Any]) -> dict[str, Any]:
        data = self.work / "rehearsal-entry.jsonl"
        digest = write_rows(data, rows)
        storage.upload(data, self.at(task, "data.jsonl"), digest)
        manifest = manifest | {"base": {"digest": self.base_digest}, "data": {**asdict(digest), "rows": len(rows)}}
        self.put(manifest, self.at(task, "manifest.json"))
        return manifest

    def rows(self, task: str) -> list[dict] | None:
        """None when there is no manifest yet, or the data is not what it says."""
        manifest, path = self.entry(task), self.work / "rehearsal-entry.jsonl"
        if manifest is None:
            return None
        try:
            found = storage.download(self.at(task, "data.jsonl"), path)
        except NotFoundError:
            return None
        if found.sha256 != manifest["data"]["sha256"]:
            return None
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    def put(self, value: dict[str, Any], uri: str) -> Digest:
        path = self.work / "rehearsal-document.json"
        path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        return storage.upload(path, uri)


def document(uri: str) -> dict[str, Any] | None:
    try:
        return json.loads(storage.read(uri))
    except (NotFoundError, ValueError):
        return None


def write_rows(path: Path, rows: list[dict]) -> Digest:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in rows), "utf-8")
    return storage.digest_file(path)
