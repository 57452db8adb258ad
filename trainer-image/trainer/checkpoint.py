"""Checkpoints in the object store: a tar with all that a run needs to go on bit for bit, and beside it a small JSON
with its sha256, written last. A tar without its JSON is an interrupted upload and is never used.
"""

import io
import json
import re
import tarfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from peft import get_peft_model_state_dict, set_peft_model_state_dict

from . import storage
from .distributed import Ranks
from .errors import storage as storage_error
from .events import emit
from .storage import Digest, NotFoundError

KEEP = 2


@dataclass
class State:
    """Where a training stands between two steps."""

    step: int = 0
    tokens: int = 0
    best: float | None = None
    recent: list[float] = field(default_factory=list)


class Checkpoints:
    def __init__(self, uri: str, config_digest: str, work: Path, ranks: Ranks):
        self.uri, self.config_digest, self.ranks = uri, config_digest, ranks
        self.file = work / ("checkpoint.tar" if ranks.first else f"checkpoint-{ranks.rank}.tar")
        self.saved_step = 0

    def at(self, step: int) -> str:
        return storage.join(self.uri, f"step-{step:08d}.tar")

    def save(self, model: Any, optimizer: torch.optim.Optimizer, state: State) -> str:
        """Its URI. Written by the first process, the others wait for it. Keeps the newest two."""
        if self.saved_step != state.step and self.ranks.first:
            self.write(model, optimizer, state)
        self.saved_step = state.step
        self.ranks.wait()
        return self.at(state.step)

    def write(self, model: Any, optimizer: torch.optim.Optimizer, state: State) -> None:
        uri = self.at(state.step)
        with tarfile.open(self.file, "w") as tar:
            add(tar, "state.json", json.dumps(asdict(state)).encode())
            add(tar, "adapter.safetensors", safetensors.torch.save(on_cpu(get_peft_model_state_dict(model))))
            add(tar, "optimizer.pt", saved(optimizer.state_dict()))
        digest = storage.upload(self.file, uri)
        record = {"step": state.step, "configDigest": self.config_digest, **asdict(digest)}
        note = self.file.with_suffix(".json")
        note.write_text(json.dumps(record))
        storage.upload(note, uri.removesuffix(".tar") + ".json")
        self.prune()
        emit("checkpoint", globalStep=state.step, uri=uri, size=digest.size)

    def restore(self, model: Any, optimizer: torch.optim.Optimizer) -> State | None:
        """Loads the newest complete checkpoint of this configuration; None if there is none. All processes load the
        one that the first has found. Raises 45 StorageUnavailable where another process does not find it too."""
        step = self.ranks.from_first(self.newest)
        if step is None:
            return None
        if not self.ranks.first and not self.fetch(step):
            raise storage_error("StorageUnavailable", f"{self.at(step)}: not there, though the first process has it")
        self.saved_step = step
        return self.unpack(model, optimizer)

    def newest(self) -> int | None:
        return next((step for step in self.steps() if self.fetch(step)), None)

    def fetch(self, step: int) -> bool:
        """Whether the checkpoint is of this configuration and whole; then it lies in `file`."""
        record = self.record(step)
        if record is None or record["configDigest"] != self.config_digest:
            emit("checkpointSkipped", globalStep=step, because="of another configuration")
            return False
        try:
            found = storage.download(self.at(step), self.file)
        except NotFoundError:
            emit("checkpointSkipped", level="warn", globalStep=step, because="there is a note and no checkpoint")
            return False
        if found != Digest(record["sha256"], record["size"]):
            emit("checkpointSkipped", level="warn", globalStep=step, because="sha256 differs")
            return False
        return True

    def unpack(self, model: Any, optimizer: torch.optim.Optimizer) -> State:
        with tarfile.open(self.file) as tar:
            parts = {member.name: tar.extractfile(member).read() for member in tar.getmembers()}  # type: ignore[union-attr] all are files: we wrote them
        set_peft_model_state_dict(model, safetensors.torch.load(parts["adapter.safetensors"]))
        optimizer.load_state_dict(loaded(parts["optimizer.pt"]))
        return State(**json.loads(parts["state.json"]))

    def record(self, step: int) -> dict[str, Any] | None:
        """The note beside a checkpoint; None if it is not one of ours."""
        try:
            note = json.loads(storage.read(self.at(step).removesuffix(".tar") + ".json"))
        except (NotFoundError, ValueError):
            return None
        return note if isinstance(note, dict) and note.keys() >= {"configDigest", "sha256", "size"} else None

    def steps(self, suffix: str = "json") -> list[int]:
        """Newest first."""
        names = storage.store_for(self.uri).list(self.uri)
        found = (re.fullmatch(rf"step-(\d{{8}})\.{suffix}", name) for name in names)
        return sorted((int(match[1]) for match in found if match), reverse=True)

    def prune(self) -> None:
        kept = self.steps()[:KEEP]
        store = storage.store_for(self.uri)
        for suffix in ("json", "tar"):
            for step in self.steps(suffix):
                if step < min(kept):
                    store.delete(storage.join(self.uri, f"step-{step:08d}.{suffix}"))


def add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))


def on_cpu(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def saved(value: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def loaded(data: bytes) -> Any:
    return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
