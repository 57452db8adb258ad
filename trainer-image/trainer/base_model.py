"""The base model: a Hugging Face folder of a Qwen3ForCausalLM, fetched once per pod and digested file by file."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from . import storage
from .config import digest
from .errors import invalid
from .events import Outcome
from .storage import Digest, NotFoundError

_WANTED = (".json", ".jinja", ".safetensors", ".txt", ".model")
_MARKER = "qi-complete.json"


@dataclass(frozen=True)
class BaseFiles:
    path: Path
    files: dict[str, Digest]

    @property
    def digest(self) -> str:
        return digest({name: file.sha256 for name, file in self.files.items()})

    def manifest(self) -> dict[str, dict]:
        return {name: asdict(file) for name, file in sorted(self.files.items())}


def fetch(uri: str, work: Path, outcome: Outcome) -> BaseFiles:
    """Raises 42 BaseModelMissing when nothing is there or a file that its index names is not."""
    folder = work / "base"
    marker = folder / _MARKER
    if marker.is_file():
        seen = json.loads(marker.read_text())
        if seen["uri"] == uri:
            return BaseFiles(folder, {name: Digest(**file) for name, file in seen["files"].items()})
    sizes = {n: s for n, s in listed(uri).items() if n.endswith(_WANTED) and "/" not in n and n != _MARKER}
    if "config.json" not in sizes:
        raise invalid("BaseModelMissing", f"{uri}: no config.json there")
    progress, total, done = outcome.step("Preparing"), sum(sizes.values()), 0

    def tell(count: int) -> None:
        nonlocal done
        done += count
        progress.update(done / max(total, 1))

    files = {name: storage.download(storage.join(uri, name), folder / name, tell) for name in sorted(sizes)}
    check(folder, uri)
    marker.write_text(json.dumps({"uri": uri, "files": {n: asdict(f) for n, f in files.items()}}))
    return BaseFiles(folder, files)


def listed(uri: str) -> dict[str, int]:
    try:
        return storage.store_for(uri).list(uri)
    except NotFoundError:
        return {}


def check(folder: Path, uri: str) -> None:
    config = document(folder / "config.json", uri)
    if config.get("architectures") != ["Qwen3ForCausalLM"]:
        raise invalid("BaseModelUnsupported", f"{uri}: config.json does not name the architecture Qwen3ForCausalLM")
    if not (folder / "tokenizer.json").is_file():
        raise invalid("BaseModelMissing", f"{uri}: tokenizer.json is missing")
    template = document(folder / "tokenizer_config.json", uri, optional=True).get("chat_template")
    if not template and not (folder / "chat_template.jinja").is_file():
        raise invalid("BaseModelMissing", f"{uri}: no chat template (chat_template.jinja) there")
    for name in weight_files(folder, uri):
        if not complete(folder / name):
            raise invalid("BaseModelMissing", f"{uri}: {name} is missing or cut short")


def weight_files(folder: Path, uri: str = "model") -> list[str]:
    index = document(folder / "model.safetensors.index.json", uri, optional=True)
    return sorted(set(index["weight_map"].values())) if "weight_map" in index else ["model.safetensors"]


def complete(path: Path) -> bool:
    """A safetensors file begins with the length of its header, whose offsets say how long the file must be."""
    if not path.is_file() or path.stat().st_size < 8:
        return False
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > path.stat().st_size:
            return False
        header = json.loads(file.read(length))
    ends = [tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__"]
    return path.stat().st_size == 8 + length + max(ends, default=0)


def document(path: Path, uri: str, optional: bool = False) -> dict:
    if optional and not path.is_file():
        return {}
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise invalid("BaseModelMissing", f"{uri}: {path.name} is missing or not JSON") from None
