"""The weights of a Hugging Face folder, some rows at a time.

A memory-mapped safetensors file counts as the process's memory once it was read through, and a model in fp32 is twice
its files. Merge and export touch each weight once and in order, so they read rows into a buffer and let them go: their
memory does not depend on the size of the model.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import torch

from .base_model import weight_files
from .errors import invalid

AT_ONCE = 4 << 20  # bytes of fp32 that are in hand at a time
TYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


@dataclass(frozen=True)
class Stored:
    """A tensor in its file."""

    path: Path
    dtype: torch.dtype
    shape: tuple[int, ...]
    offset: int  # bytes from the beginning of the file

    def rows(self, at_once: int = AT_ONCE) -> Iterator[tuple[int, torch.Tensor]]:
        """(number of the first row, rows in fp32), one after the other; a vector is one row."""
        count, width = (self.shape[0], prod(self.shape[1:])) if len(self.shape) > 1 else (1, prod(self.shape))
        step = max(1, at_once // (4 * max(width, 1)))
        with self.path.open("rb") as file:
            file.seek(self.offset)
            for first in range(0, count, step):
                some = min(step, count - first)
                buffer = bytearray(some * width * self.dtype.itemsize)
                if file.readinto(buffer) != len(buffer):
                    raise invalid("BaseModelInvalid", f"{self.path.name} ends within a tensor")
                rows = torch.frombuffer(buffer, dtype=self.dtype).float()
                yield first, rows.reshape(some, *self.shape[1:]) if len(self.shape) > 1 else rows

    def whole(self) -> torch.Tensor:
        """In fp32. Of what is small, or needed whole."""
        found = torch.empty(self.shape)
        for first, rows in self.rows():
            found[first : first + len(rows)] = rows
        return found

    def picked(self, numbers: torch.Tensor) -> torch.Tensor:
        """Rows of these numbers, in fp32: (*numbers, *row). Reads only them."""
        distinct, places = numbers.unique(return_inverse=True)
        width = prod(self.shape[1:])
        found = torch.empty(len(distinct), width)
        with self.path.open("rb") as file:
            for place, number in enumerate(distinct.tolist()):
                file.seek(self.offset + number * width * self.dtype.itemsize)
                buffer = bytearray(file.read(width * self.dtype.itemsize))
                found[place] = torch.frombuffer(buffer, dtype=self.dtype)
        return found[places].reshape(*numbers.shape, *self.shape[1:])


def stored(path: Path) -> dict[str, Stored]:
    """Every tensor of a safetensors file, in the order of its bytes. Raises 42 BaseModelUnsupported for a type that is
    no plain float."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header: dict[str, Any] = json.loads(file.read(length))
    header.pop("__metadata__", None)
    found = {}
    for name, tensor in sorted(header.items(), key=lambda item: item[1]["data_offsets"][0]):
        if tensor["dtype"] not in TYPES:
            raise invalid("BaseModelUnsupported", f"{path.name}: {name} is {tensor['dtype']}, not {', '.join(TYPES)}")
        begin = 8 + length + tensor["data_offsets"][0]
        found[name] = Stored(path, TYPES[tensor["dtype"]], tuple(tensor["shape"]), begin)
    return found


def weights(folder: Path) -> dict[str, Stored]:
    """Of all files of a model."""
    return {name: tensor for file in weight_files(folder) for name, tensor in stored(folder / file).items()}


def write(path: Path, shapes: dict[str, tuple[int, ...]], rows: Iterator[torch.Tensor]) -> None:
    """A safetensors file of fp32 tensors from their rows, in the order of `shapes`."""
    header, end = {}, 0
    for name, shape in shapes.items():
        begin, end = end, end + 4 * prod(shape)
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [begin, end]}
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for part in rows:
            part.numpy().tofile(file)
