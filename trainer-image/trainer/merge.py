"""Folds the adapter into the base model, in fp32, and leaves a Hugging Face folder for the export.

File by file and row by row: of the model, memory holds a few rows, whatever its size.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from . import base_model, shapes, storage, weights
from .config import Config, is_sha256, is_uri
from .errors import invalid, rejected
from .events import Outcome, Progress, emit
from .lora_delta import Delta, deltas
from .storage import NotFoundError
from .weights import Stored

MARKER = "qi-merged.json"
_NOT_WEIGHTS = (".json", ".jinja", ".txt", ".model")


@dataclass(frozen=True)
class Adapter:
    uri: str
    sha256: str


def adapter_from(uri: str | None, sha256: str | None) -> Adapter | None:
    """Both or neither. None: the base model as it is."""
    if not uri and not sha256:
        return None
    if not uri or not sha256 or is_uri(uri) or is_sha256(sha256):
        raise invalid("ConfigInvalid", "--adapter-uri and --adapter-sha256: both must be given, and well-formed")
    return Adapter(uri, sha256)


def merge(config: Config, adapter: Adapter | None, work: Path, outcome: Outcome) -> None:
    target, temporary = work / "merged", work / "merged.part"
    outcome.note(adapter=asdict(adapter) if adapter else None)
    if (target / MARKER).is_file() and same(target, config, adapter):
        outcome.note(message="already merged")
        return
    base = base_model.fetch(config.base_model.uri, work, outcome)
    folder = fetch(adapter, work) if adapter else None
    progress = outcome.step("Merging")
    config_of_base = shapes.configuration(base.path)
    found = shapes.checked(config_of_base, weights.weights(base.path))
    added = deltas(folder, found) if folder else {}
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    write(found, added, temporary, progress)
    config_of_base.dtype = "float32"
    config_of_base.save_pretrained(temporary)
    for name in base.files:
        if name.endswith(_NOT_WEIGHTS) and not name.endswith("index.json") and name != "config.json":
            shutil.copyfile(base.path / name, temporary / name)
    inputs = {"base": {"uri": config.base_model.uri, "files": base.manifest()}}
    inputs["adapter"] = asdict(adapter) if adapter else None
    (temporary / MARKER).write_text(json.dumps(inputs))
    shutil.rmtree(target, ignore_errors=True)
    temporary.replace(target)
    progress.update(1.0, always=True)
    emit("merged", adapter=adapter is not None)


def write(found: dict[str, Stored], added: dict[str, Delta], target: Path, progress: Progress) -> None:
    """One file for each of the base model's, with the same tensors. Raises 43 MergeFailed."""
    files = sorted({tensor.path for tensor in found.values()})
    index, done = {}, 0
    for number, path in enumerate(files, 1):
        name = "model.safetensors" if len(files) == 1 else f"model-{number:05d}-of-{len(files):05d}.safetensors"
        within = {tensor: of for tensor, of in found.items() if of.path == path}
        rows = (part for tensor, of in within.items() for part in merged(tensor, of, added.get(tensor)))
        weights.write(target / name, {tensor: of.shape for tensor, of in within.items()}, rows)
        index |= dict.fromkeys(within, name)
        progress.update((done := done + len(within)) / len(found))
    if len(files) > 1:
        (target / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}))


def merged(name: str, tensor: Stored, delta: Delta | None) -> Iterator[torch.Tensor]:
    for first, rows in tensor.rows():
        if delta is not None:
            rows += delta.rows(first, len(rows))
        if not torch.isfinite(rows).all():
            raise rejected("MergeFailed", f"{name}: weights that are not finite, merged or as they were")
        yield rows


def same(folder: Path, config: Config, adapter: Adapter | None) -> bool:
    inputs = json.loads((folder / MARKER).read_text())
    return inputs["base"]["uri"] == config.base_model.uri and inputs["adapter"] == (
        asdict(adapter) if adapter else None
    )


def fetch(adapter: Adapter, work: Path) -> Path:
    """Raises 42 AdapterMissing, AdapterChecksumMismatch."""
    folder = work / "adapter-in"
    try:
        storage.download(storage.join(adapter.uri, "adapter_config.json"), folder / "adapter_config.json")
        name = "adapter_model.safetensors"
        found = storage.download(storage.join(adapter.uri, name), folder / name)
    except NotFoundError:
        raise invalid("AdapterMissing", f"{adapter.uri}: no complete adapter there") from None
    if found.sha256 != adapter.sha256:
        raise invalid("AdapterChecksumMismatch", f"{adapter.uri}: sha256 is {found.sha256}, not {adapter.sha256}")
    return folder
