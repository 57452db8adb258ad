"""What has been generated so far, in the object store: an object a batch, so that a replaced pod loses at most one.

A journal belongs to one question, named by the digest of all that decides the answers; under another digest nothing of
it is found. An object is there whole or not at all, so a torn batch cannot be read.
"""

import json
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from . import storage
from .config import Config, digest
from .events import emit
from .generation import Generated


class Journal:
    def __init__(self, config: Config, name: str, decides: Any, work: Path):
        self.uri = storage.join(
            config.storage.uri, "checkpoints", config.run.uid, "generated", f"{name}-{digest(decides)[:16]}"
        )
        self.file = work / "journal.jsonl"

    @cached_property
    def items(self) -> dict[str, Generated]:
        """By key."""
        parts = [name for name in storage.store_for(self.uri).list(self.uri) if name.endswith(".jsonl")]
        lines = [line for name in parts for line in storage.read(storage.join(self.uri, name)).splitlines()]
        items = [Generated(**json.loads(line)) for line in lines]
        if items:
            emit("generationResumed", generated=len(items))
        return {item.key: item for item in items}

    def write(self, items: list[Generated]) -> None:
        """Named by its keys: a batch that is generated again replaces itself."""
        self.file.write_text("".join(json.dumps(asdict(item)) + "\n" for item in items), encoding="utf-8")
        name = digest([item.key for item in items])[:16]
        storage.upload(self.file, storage.join(self.uri, f"{name}.jsonl"))
        self.items.update({item.key: item for item in items})
