"""Quantisations that gguf-py cannot make (k-quants): llama.cpp's own `llama-quantize`, where there is one.

It is no part of the image. It is looked for under `QI_LLAMA_QUANTIZE`, then on the PATH, before anything is written.
"""

import os
import shutil
import subprocess
from pathlib import Path

from gguf import GGUFReader, LlamaFileType

from .errors import invalid, rejected

FILE_TYPE = {"Q4_K_M": LlamaFileType.MOSTLY_Q4_K_M}


def quantizer(quantization: str) -> Path | None:
    """The program, None where none is needed. Raises 42 QuantizerMissing."""
    if quantization not in FILE_TYPE:
        return None
    asked = os.environ.get("QI_LLAMA_QUANTIZE", "llama-quantize")
    if found := shutil.which(asked):
        return Path(found)
    where = "QI_LLAMA_QUANTIZE names no program" if "QI_LLAMA_QUANTIZE" in os.environ else "it is not on the PATH"
    message = f"export.quantization: {quantization} needs llama.cpp's llama-quantize, and {where}"
    raise invalid("QuantizerMissing", f"{message}; F16, BF16, Q8_0 and Q4_0 need none")


def quantize(program: Path, source: Path, target: Path, quantization: str) -> None:
    """One GGUF to another. Raises 43 ExportFailed. It sees nothing of our environment but the PATH."""
    command = [str(program), str(source), str(target), quantization]
    environment = {"PATH": os.environ.get("PATH", os.defpath)}
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603 the installer's program
    if done.returncode:
        raise rejected("ExportFailed", f"llama-quantize ended with {done.returncode}")
    if (kind := file_type(target)) != FILE_TYPE[quantization]:
        raise rejected("ExportFailed", f"llama-quantize wrote a file of type {kind}, not {quantization}")


def file_type(path: Path) -> int | None:
    try:
        return GGUFReader(path).fields["general.file_type"].contents()
    except (OSError, ValueError, KeyError, IndexError):
        return None
