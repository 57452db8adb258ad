"""A run in a folder: its run.json, the steps on it in this process, and what each of them said."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conversations import code_word_examples, write_jsonl

from trainer.__main__ import main

TEMPLATE = (Path(__file__).parents[1] / "trainer" / "templates" / "qwen3.gotmpl").read_text(encoding="utf-8")


@dataclass
class Result:
    code: int
    output: str
    termination: dict[str, Any]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.output.splitlines()]

    @property
    def losses(self) -> dict[int, float]:
        return {e["globalStep"]: e["loss"] for e in self.events if e["event"] == "progress" and "loss" in e}

    @property
    def reason(self) -> tuple[int, str]:
        return self.code, self.termination["reason"]

    @property
    def message(self) -> str:
        return self.termination["message"]


@dataclass
class World:
    path: Path
    base: str
    capture: Any
    monkeypatch: Any
    storage: str = ""
    config: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.storage = self.storage or f"file://{self.path}/store"
        self.config = self.config or run_json(self.storage, self.base)
        self.monkeypatch.setenv("QI_TERMINATION_LOG", str(self.path / "termination.json"))
        if not self.config["dataset"]:
            self.dataset(code_word_examples())

    def dataset(self, rows: list[dict] | bytes, name: str = "data.jsonl") -> None:
        path = self.path / name
        if isinstance(rows, bytes):
            path.write_bytes(rows)
        else:
            write_jsonl(path, rows)
        self.config["dataset"] = {"uri": f"file://{path}", "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}

    def optimize(self, **changes: Any) -> "World":
        self.config["optimization"] |= changes
        return self

    def write(self) -> Path:
        path = self.path / "run.json"
        path.write_text(json.dumps(self.config))
        return path

    def command(self, step: str, *more: str, work: str = "work") -> list[str]:
        return [step, "--config", str(self.write()), "--work", str(self.path / work), *more]

    def run(self, step: str, *more: str, work: str = "work") -> Result:
        self.capture.readouterr()
        code = main(self.command(step, *more, work=work))
        captured = self.capture.readouterr()
        termination = (self.path / "termination.json").read_text()
        return Result(int(code), captured.out + captured.err, json.loads(termination))

    def train(self, *more: str, work: str = "work") -> Result:
        return self.run("train", *more, work=work)

    def merge(self, trained: Result | None = None) -> Result:
        adapter = trained.termination["adapter"] if trained else None
        given = ("--adapter-uri", adapter["uri"], "--adapter-sha256", adapter["sha256"]) if adapter else ()
        return self.run("merge", *given)


def run_json(storage: str, base: str) -> dict[str, Any]:
    return {
        "run": {"namespace": "learning", "name": "coder-x7k2p", "uid": "0f1e"},
        "storage": {"uri": storage},
        "baseModel": {"uri": base, "name": "tiny-qwen3", "thinking": "Hybrid"},
        "dataset": None,
        "lora": {"rank": 8, "alpha": 16, "dropout": 0.05, "targets": "AllLinear"},
        "optimization": {
            "learningRate": 4e-3,
            "epochs": 2,
            "globalBatchSize": 8,
            "microBatchSize": 2,
            "maxSequenceLength": 128,
            "seed": 7,
            "warmupFraction": 0.03,
            "checkpointSteps": 4,
        },
        "export": {"quantization": "Q8_0"},
        "serving": {
            "template": TEMPLATE,
            "parameters": {"num_ctx": 1024, "temperature": 0.7, "num_thread": 1},
            "contextLength": 1024,
        },
    }
