"""Folds the adapter into the base model, in fp32, and leaves a Hugging Face folder for the export."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from peft import PeftModel

from . import base_model, storage
from .config import Config, is_sha256, is_uri
from .errors import invalid, rejected
from .events import Outcome, emit
from .model import load_model
from .storage import NotFoundError

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
    model = load_model(base.path, torch.float32, torch.device("cpu"))
    progress.update(0.3, always=True)
    if folder:
        try:
            model = PeftModel.from_pretrained(model, folder).merge_and_unload(safe_merge=True)
        except ValueError as error:  # what safe_merge raises for weights that are no numbers
            raise rejected(
                "MergeFailed", f"the adapter does not merge into finite weights ({type(error).__name__})"
            ) from None
    progress.update(0.6, always=True)
    shutil.rmtree(temporary, ignore_errors=True)
    model.save_pretrained(temporary, max_shard_size="2GB")
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
