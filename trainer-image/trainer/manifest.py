"""What a published model was made of and how it was proven: every input and output by digest, versions, figures.

Written last, so that a model with a manifest is a finished one. It names no run and holds no time: equal inputs give
an equal manifest, and a second run that makes the same model finds it and is done.
"""

import json
import platform
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from . import __version__, storage
from .config import Config, digest
from .storage import Digest, NotFoundError

SCHEMA = "learning.qi.dev/model-manifest/v1"


def inputs_of(config: Config, merged: dict[str, Any]) -> dict[str, Any]:
    """`merged` is what the merge step noted: base and adapter, file by file."""
    parts = {
        key: value for key, value in asdict(config).items() if key in ("lora", "optimization", "export", "serving")
    }
    return {
        "base": {**merged["base"], "name": config.base_model.name, "thinking": config.base_model.thinking},
        "adapter": merged["adapter"],
        "dataset": asdict(config.dataset) if config.dataset else None,
        "config": {"sha256": digest(parts), "lora": parts["lora"], "optimization": parts["optimization"]},
        "template": {"sha256": text_digest(config.serving.template)},
        "parameters": config.serving.parameters,
        "contextLength": config.serving.context_length,
    }


def text_digest(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


def build(
    config: Config, inputs: dict, gguf_uri: str, gguf: Digest, parity: dict, ollama_version: str
) -> dict[str, Any]:
    packages = ("torch", "transformers", "peft", "gguf", "tokenizers", "safetensors", "numpy")
    tools = {name: version(name) for name in packages}
    return {
        "schema": SCHEMA,
        "inputs": inputs,
        "output": {"uri": gguf_uri, **asdict(gguf), "format": "GGUF", "quantization": config.export.quantization},
        "seed": config.optimization.seed,
        "parity": parity,
        "tools": tools | {"python": platform.python_version(), "trainer": __version__, "ollama": ollama_version},
    }


def place(models: str, gguf: Digest, inputs: dict[str, Any]) -> tuple[str, dict[str, Any] | None]:
    """(its URI, the manifest that is there already for these inputs). Where the same GGUF was published with other
    inputs (another template, say), that manifest stays as it is and ours gets a name of its own."""
    usual = storage.join(models, f"{gguf.sha256}.manifest.json")
    own = storage.join(models, f"{gguf.sha256}.{digest(inputs)[:12]}.manifest.json")
    for uri in (usual, own):
        found = read(uri)
        if found is None or found.get("inputs") == inputs:
            return uri, found
    return own, None


def read(uri: str) -> dict[str, Any] | None:
    try:
        return json.loads(storage.read(uri))
    except (NotFoundError, ValueError):
        return None


def write(value: dict[str, Any], uri: str, work: Path) -> Digest:
    path = work / "manifest.json"
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n")
    return storage.upload(path, uri)
