"""Reads a dataset of conversations, JSONL or Parquet, and refuses it by line number. Never by quoting it."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import storage
from .config import Dataset
from .errors import TrainerError, invalid
from .storage import NotFoundError

ROLES = ("system", "user", "assistant", "tool")
_KEYS = {"role", "content", "reasoning_content"}
HELD_OUT_FRACTION = 0.05
HELD_OUT_FROM_ROWS = 20
Message = dict[str, str]


@dataclass(frozen=True)
class Row:
    line: int  # 1-based
    messages: tuple[Message, ...]
    weight: float = 1.0  # how much its turns count, beside those of other rows
    tests: str | None = None  # Python that an answer's code must pass, for the evaluation

    @property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps(self.messages, sort_keys=True).encode()).hexdigest()


def load(dataset: Dataset, work: Path) -> list[Row]:
    """Raises 42: DatasetMissing, DatasetChecksumMismatch, DatasetInvalid, DatasetHasNoAssistantTurn."""
    path = work / "dataset" / Path(dataset.uri).name
    try:
        here = storage.digest_file(path) if path.is_file() else None
        found = here if here and here.sha256 == dataset.sha256 else storage.download(dataset.uri, path)
    except NotFoundError:
        raise invalid("DatasetMissing", f"{dataset.uri}: not there") from None
    if found.sha256 != dataset.sha256:
        raise invalid("DatasetChecksumMismatch", f"{dataset.uri}: sha256 is {found.sha256}, not {dataset.sha256}")
    rows = list(read(path))
    if not rows:
        raise malformed(1, "the dataset is empty")
    if not any(message["role"] == "assistant" for row in rows for message in row.messages):
        raise invalid("DatasetHasNoAssistantTurn", f"none of {len(rows)} rows has an assistant turn to learn from")
    return rows


def read(path: Path) -> Iterator[Row]:
    """Every row of a JSONL or Parquet file. Raises 42 DatasetInvalid at the first bad one."""
    with path.open("rb") as file:
        parquet = file.read(4) == b"PAR1"
    for line, value in parquet_records(path) if parquet else jsonl_records(path):
        yield Row(line, messages(value["messages"], line), weight(value.get("weight"), line), tests(value, line))


def jsonl_records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                value = json.loads(line.decode("utf-8"))
            except UnicodeDecodeError:
                raise malformed(number, "is not UTF-8") from None
            except (ValueError, RecursionError):
                raise malformed(number, "is not JSON") from None
            if not isinstance(value, dict) or "messages" not in value:
                raise malformed(number, "must be an object with the key messages")
            yield number, value


def parquet_records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Row by row, one row group in memory at a time."""
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(path)
        names = file.schema_arrow.names
    except (OSError, ValueError):
        raise malformed(1, "the Parquet file cannot be read") from None
    if "messages" not in names:
        raise malformed(1, "the Parquet file has no column messages")
    number, wanted = 0, [name for name in ("messages", "weight", "tests") if name in names]
    for group in range(file.num_row_groups):
        for value in file.read_row_group(group, columns=wanted).to_pylist():
            number += 1
            try:
                if isinstance(value["messages"], str):
                    value["messages"] = json.loads(value["messages"])
            except (ValueError, RecursionError):
                raise malformed(number, "messages is not JSON") from None
            yield number, value


def weight(value: Any, line: int) -> float:
    """A row's share in the loss, for data of unequal quality. What should count nothing does not belong in a dataset,
    and above 1 there is nothing to say: only the weights' ratio matters."""
    if value is None:
        return 1.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        raise malformed(line, "weight must be a number > 0 and <= 1")
    return float(value)


def tests(value: dict[str, Any], line: int) -> str | None:
    if (found := value.get("tests")) is None or isinstance(found, str):
        return found
    raise malformed(line, "tests must be a string of Python")


def messages(value: Any, line: int) -> tuple[Message, ...]:
    if not isinstance(value, list) or not value:
        raise malformed(line, "messages must be a list with at least one message")
    return tuple(message(item, f"messages[{index}]", line) for index, item in enumerate(value))


def message(item: Any, where: str, line: int) -> Message:
    if not isinstance(item, dict):
        raise malformed(line, f"{where} must be an object")
    item = {key: content for key, content in item.items() if content is not None}
    if item.keys() - _KEYS:
        raise malformed(line, f"{where} has a key other than role, content and reasoning_content")
    if item.get("role") not in ROLES:
        raise malformed(line, f"{where}.role must be one of {', '.join(ROLES)}")
    if not isinstance(item.get("content"), str):
        raise malformed(line, f"{where}.content must be a string")
    if not isinstance(item.get("reasoning_content", ""), str):
        raise malformed(line, f"{where}.reasoning_content must be a string")
    if "reasoning_content" in item and item["role"] != "assistant":
        raise malformed(line, f"{where}.reasoning_content belongs to assistant messages only")
    return item


def malformed(line: int, complaint: str) -> TrainerError:
    return invalid("DatasetInvalid", f"line {line}: {complaint}")


def hold_out(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """(for training, for evaluation): about 5 % by the hash of the conversation, so that the choice does not depend on
    the order of the file and equal conversations stay on one side wherever that leaves anything to hold out."""
    if len(rows) < HELD_OUT_FROM_ROWS:
        return rows, []
    wanted = max(1, round(len(rows) * HELD_OUT_FRACTION))
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.digest, []).append(row)
    held: list[Row] = []
    for _, group in sorted(groups.items()):
        if len(held) + len(group) <= wanted:
            held += group
    held = held or [min(groups.items())[1][0]]
    lines = {row.line for row in held}
    return [row for row in rows if row.line not in lines], sorted(held, key=lambda row: row.line)
