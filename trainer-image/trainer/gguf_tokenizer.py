"""The tokenizer's part of a GGUF: tokens, their types, merges, and what ends a turn.

Types decide how a runtime treats a token in a prompt: special ones are CONTROL; added ones that are text to the user
(<think>) must be USER_DEFINED, or Ollama 0.34 drops them from its answers. Ids without a token are UNUSED.
"""

import json
from pathlib import Path

from gguf import GGUFWriter, TokenType

from .errors import invalid


def write_tokenizer(writer: GGUFWriter, folder: Path, config: dict) -> None:
    """Raises 42 BaseModelUnsupported for anything but a byte-level BPE."""
    described = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    model = described["model"]
    if model["type"] != "BPE":
        raise invalid("BaseModelUnsupported", f"tokenizer.json: a tokenizer of type {model['type']}, not BPE")
    tokens, types = vocabulary(model["vocab"], described.get("added_tokens", []), config["vocab_size"])
    end, padding = config.get("eos_token_id"), config.get("pad_token_id")
    end = end[0] if isinstance(end, list) else end
    ids = {token: number for number, token in enumerate(tokens)}
    end = ids.get("<|im_end|>", end)  # base checkpoints name <|endoftext|>, after which a chat would run on
    padding = ids.get("<|endoftext|>", padding if padding is not None else end)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]])
    writer.add_eos_token_id(end)
    writer.add_pad_token_id(padding)
    writer.add_bos_token_id(padding)
    writer.add_add_bos_token(False)
    writer.add_chat_template(chat_template(folder))


def vocabulary(known: dict[str, int], added: list[dict], size: int) -> tuple[list[str], list[TokenType]]:
    tokens = [f"[PAD{number}]" for number in range(size)]
    types = [TokenType.UNUSED] * size
    for token, number in known.items():
        tokens[number], types[number] = token, TokenType.NORMAL
    for entry in added:
        number = entry["id"]
        tokens[number] = entry["content"]
        types[number] = TokenType.CONTROL if entry["special"] else TokenType.USER_DEFINED
    return tokens, types


def chat_template(folder: Path) -> str:
    path = folder / "chat_template.jinja"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    return json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))["chat_template"]
