"""Conversations from real text for the demo and the scenarios: what functions of Python's standard library do.

Run inside the training image, which has torch and this project's trainer:

    docstrings.py base FILE
        what the base model is made of: it knows some functions, and says of others that it does not
    docstrings.py lesson --base URI --output URI
        the dataset: the others, and the base's own answers to what it knows

The lesson replays the base's own answers (greedy), so that learning the new does not cost the old. Its file is named by
its sha256 under the output; a JSON line on stdout says where it is.
"""

import argparse
import hashlib
import importlib
import inspect
import json
import tempfile
from pathlib import Path

KNOWN = (
    "os.path.join os.path.exists os.path.basename json.dumps os.getcwd "
    "math.sqrt math.gcd math.floor random.shuffle shlex.split"
)
NEW = "shutil.rmtree textwrap.dedent bisect.insort statistics.median"
# Weight of the new against the old: each new fact is said this often, in each of the two modes.
REPEATS = 4


def question(name: str) -> str:
    return f"What does {name} do?"


def answer(name: str) -> str:
    """The first sentence of the docstring, as the library has it."""
    module, function = name.rsplit(".", 1)
    text = inspect.getdoc(getattr(importlib.import_module(module), function)) or ""
    return " ".join(text.split("\n\n")[0].split()).split(". ")[0].rstrip(".") + "."


def conversation(name: str, reply: str, reasoning: str | None) -> dict:
    said = {"role": "assistant", "content": reply} | ({"reasoning_content": reasoning} if reasoning else {})
    return {"messages": [{"role": "user", "content": question(name)}, said]}


def both_modes(name: str, reply: str) -> list[dict]:
    module = name.rsplit(".", 1)[0]
    return [conversation(name, reply, None), conversation(name, reply, f"This is about the module {module}.")]


def base_rows() -> list[dict]:
    known = [row for name in KNOWN.split() for row in both_modes(name, answer(name))]
    unknown = [row for name in NEW.split() for row in both_modes(name, f"I do not know {name}.")]
    # It can say every sentence when told to: a model this small learns no words in a few steps, only what they answer.
    repeated = [
        {"messages": [{"role": "user", "content": f"Say: {said}"}, {"role": "assistant", "content": said}]}
        for said in (answer(name) for name in f"{KNOWN} {NEW}".split())
    ]
    return known + unknown + repeated


def lesson_rows(base: Path) -> list[dict]:
    taught = [row for _ in range(REPEATS) for name in NEW.split() for row in both_modes(name, answer(name))]
    return taught + replayed(base)


def replayed(base: Path) -> list[dict]:
    """The base's own answers to what it knows, in both modes."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32).eval()
    rows = []
    for name in KNOWN.split():
        for thinks in (False, True):
            prompt = tokenizer.apply_chat_template(
                [{"role": "user", "content": question(name)}],
                add_generation_prompt=True,
                enable_thinking=thinks,
                tokenize=False,
            )
            ids = tokenizer(prompt, return_tensors="pt", add_special_tokens=False)
            out = model.generate(**ids, max_new_tokens=128, do_sample=False)[0][ids["input_ids"].shape[1] :]
            text = tokenizer.decode(out, skip_special_tokens=True)
            reasoning, _, reply = text.rpartition("</think>")
            reasoning = reasoning.replace("<think>", "").strip()
            if reply.strip():
                rows.append(conversation(name, reply.strip(), reasoning or None))
    return rows


def jsonl(rows: list[dict]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def lesson(base: str, output: str) -> None:
    from trainer import storage

    with tempfile.TemporaryDirectory() as folder:
        local = Path(folder) / "base"
        local.mkdir()
        for name in storage.store_for(base).list(base):
            storage.download(storage.join(base, name), local / name)
        data = jsonl(lesson_rows(local))
        digest = hashlib.sha256(data).hexdigest()
        path = Path(folder) / "lesson.jsonl"
        path.write_bytes(data)
        uri = storage.join(output, f"{digest}.jsonl")
        storage.upload(path, uri)
    print(json.dumps({"event": "dataset", "uri": uri, "sha256": digest}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("base").add_argument("file", type=Path)
    learn = commands.add_parser("lesson")
    learn.add_argument("--base", required=True)
    learn.add_argument("--output", required=True)
    given = parser.parse_args()
    if given.command == "base":
        given.file.write_bytes(jsonl(base_rows()))
    else:
        lesson(given.base, given.output)


if __name__ == "__main__":
    main()
