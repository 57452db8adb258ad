"""Turns the merged model into the GGUF that will be served, proves it equal, and publishes it with its manifest."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from . import manifest, storage
from .config import Config, digest
from .errors import invalid
from .events import Outcome, emit
from .gguf_writer import write_gguf
from .llama_quantize import quantize, quantizer
from .merge import MARKER
from .ollama import Ollama
from .parity import Parity, compare, verdict
from .reference import Reference
from .storage import Digest


def export(config: Config, work: Path, outcome: Outcome) -> None:
    merged = work / "merged"
    if not (merged / MARKER).is_file():
        raise invalid("MergedModelMissing", f"{merged}: no finished merge there; run merge first")
    inputs = manifest.inputs_of(config, json.loads((merged / MARKER).read_text()))
    outcome.note(adapter=inputs["adapter"])
    path, gguf = written(config, merged, work, inputs, quantizer(config.export.quantization), outcome)

    models = storage.join(config.storage.uri, "models")
    uri = storage.join(models, gguf.sha256)
    manifest_uri, finished = manifest.place(models, gguf, inputs)
    if finished is None or storage.store_for(uri).digest(uri) != gguf:
        parity, version = validated(config, merged, path, gguf, outcome)
        progress = outcome.step("Publishing")
        storage.upload(path, uri, gguf)
        progress.update(0.9, always=True)
        finished = manifest.build(config, inputs, uri, gguf, parity.report(), version)
        manifest.write(finished, manifest_uri, work)
    else:
        outcome.step("Publishing")
        outcome.note(message="already published")
    manifest_digest = storage.store_for(manifest_uri).digest(manifest_uri)
    artifact: dict[str, Any] = {"uri": uri, **asdict(gguf), "quantization": config.export.quantization}
    artifact |= {"manifestUri": manifest_uri, "manifestSha256": manifest_digest.sha256 if manifest_digest else None}
    outcome.note(artifact=artifact, parity=finished["parity"])
    emit("artifact", **artifact)


def written(
    config: Config, merged: Path, work: Path, inputs: dict, program: Path | None, outcome: Outcome
) -> tuple[Path, Digest]:
    """The GGUF in the working directory, from an earlier try if there is one."""
    path, marker = work / "export" / "model.gguf", work / "export" / "model.json"
    wanted = digest([inputs["base"], inputs["adapter"], config.export.quantization])
    if marker.is_file() and (seen := json.loads(marker.read_text()))["inputs"] == wanted:
        return path, Digest(seen["sha256"], seen["size"])
    path.parent.mkdir(parents=True, exist_ok=True)
    marker.unlink(missing_ok=True)
    name, progress = config.base_model.name, outcome.step("Exporting")
    if program:
        source = path.with_name("source.gguf")
        write_gguf(merged, source, name, "F16", progress)
        quantize(program, source, path, config.export.quantization)
        source.unlink()
    else:
        write_gguf(merged, path, name, config.export.quantization, progress)
    gguf = storage.digest_file(path)
    marker.write_text(json.dumps({"inputs": wanted, **asdict(gguf)}))
    return path, gguf


def validated(config: Config, merged: Path, path: Path, gguf: Digest, outcome: Outcome) -> tuple[Parity, str]:
    """The figures and Ollama's version. Raises 43 ParityFailed, 42 ServingInvalid, 45 OllamaUnavailable."""
    progress = outcome.step("Validating")
    ollama, model = Ollama(), f"qi-parity-{gguf.sha256[:12]}"
    version = ollama.wait()
    try:
        ollama.create(model, path, gguf, config.serving.template, config.serving.parameters)
        if ollama.show(model).get("template") != config.serving.template:
            raise invalid(
                "ServingInvalid", "Ollama uses another template than the one sent (is OLLAMA_GO_TEMPLATE=1 set?)"
            )
        parity = compare(config, Reference(merged), ollama, model, progress)
    finally:
        ollama.remove(model)
    outcome.note(parity=parity.report())
    emit("parity", **parity.report())
    verdict(parity)
    return parity, version
