"""What becomes of thinking when a dataset has none: trained as it is, and with traces made for a share of it.

    python bench/thinking.py [--seeds 7 8 9] [--ratios 0.25 0.5 0.75]

The tiny base model answers a dozen questions, thinking and not. The dataset says the same answers in capitals, without
a trace; `augment` lets the base model think before a share of them. Afterwards the model is asked all questions in both
modes: does it still think when asked to (well-formed, not empty), and only then?
"""

import argparse
import hashlib
import json
import tempfile
from pathlib import Path

import continual
import torch
from conversations import FACTS, base_examples, conversation, write_jsonl
from peft import PeftModel
from world import run_json

from trainer.chat import ChatFormat
from trainer.generation import Generator, Sampling, encoded
from trainer.model import load_model, load_tokenizer
from trainer.replies import Reply, parse

BASE_STEPS = 120
TIMES = 4  # each question stands in the dataset


def base_model(work: Path) -> str:
    examples = write_jsonl(work / "examples.jsonl", base_examples())
    where = ["--examples", str(examples), "--output", f"file://{work}/base", "--work", str(work / "base-work")]
    continual.step(work, ["tiny-model", "--steps", str(BASE_STEPS), *where])
    return f"file://{work}/base"


def trained(base: str, ratio: float | None, seed: int, work: Path) -> tuple[float, str]:
    """The thinking ratio that was reached, and the adapter's URI."""
    work.mkdir()
    rows = [conversation(question, None, answer.upper()) for _ in range(TIMES) for question, _, answer in FACTS]
    data = write_jsonl(work / "data.jsonl", rows)
    config = run_json(f"file://{work}/store", base)
    config["dataset"] = {"uri": f"file://{data}", "sha256": hashlib.sha256(data.read_bytes()).hexdigest()}
    config["optimization"] |= {"epochs": 20, "microBatchSize": 4, "seed": seed}
    if ratio is not None:
        config |= {"thinkingRatio": ratio, "augmentation": {"maxTraceTokens": 40}}
    (work / "run.json").write_text(json.dumps(config))
    given = ["--config", str(work / "run.json"), "--work", str(work / "run")]
    reached = 0.0
    if ratio is not None:
        reached = continual.step(work, ["augment", *given])["augmentation"]["achieved"]
    return reached, continual.step(work, ["train", *given])["adapter"]["uri"]


def asked(base: str, adapter: str | None) -> tuple[float, float]:
    """Shares: thinks when asked to, does not when not."""
    folder = Path(base.removeprefix("file://"))
    model = load_model(folder, torch.float32, torch.device("cpu"))
    if adapter:
        model = PeftModel.from_pretrained(model, adapter.removeprefix("file://"))
    tokenizer = load_tokenizer(folder)
    chat, generator = ChatFormat(tokenizer, "Hybrid"), Generator(model, tokenizer, Sampling(max_tokens=64))
    formed = []
    for mode in (True, False):
        prompts = {
            f"{n:03d}": chat.prompt([{"role": "user", "content": question}], mode)
            for n, (question, *_) in enumerate(FACTS)
        }
        replies = [parse(said, mode, []) for said in generator(list(encoded(prompts, tokenizer)))]
        formed.append(sum(isinstance(reply, Reply) for reply in replies) / len(FACTS))
    thinking, plain = formed
    return thinking, plain


def experiment() -> None:
    parser = argparse.ArgumentParser(description="Thinking, kept or lost, by the share of it in the dataset.")
    parser.add_argument("--seeds", type=int, nargs="+", default=[7, 8, 9])
    parser.add_argument("--ratios", type=float, nargs="+", default=[0.25, 0.5, 0.75])
    options = parser.parse_args()
    heads = ["%", "ratio reached", "thinks when asked to", "does not when not"]
    with tempfile.TemporaryDirectory() as folder:
        base = base_model(Path(folder))
        rows = [["base model", "", *(continual.spread([share]) for share in asked(base, None))]]
        for ratio in [None, *options.ratios]:
            found = []
            for seed in options.seeds:
                reached, adapter = trained(base, ratio, seed, Path(folder) / f"{ratio}-{seed}")
                found.append((reached, *asked(base, adapter)))
            name = "as it is" if ratio is None else f"`augment`, asked {100 * ratio:.0f}"
            rows.append([name, *(continual.spread(share) for share in zip(*found, strict=True))])
    print(continual.table(heads, rows))


if __name__ == "__main__":
    experiment()
