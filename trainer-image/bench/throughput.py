"""How fast a training step is, what each feature is worth, and a plain transformers Trainer beside it, in one table.

    python bench/throughput.py                                    the tiny model on this CPU
    python bench/throughput.py --shapes qwen3-8b --data full      Qwen3-8B's shapes on a GPU

Each row is a process of its own, so that peak memory is that row's, and all rows learn from the same samples. Ours is
the real loop (`train.steps`). Tokens are those of samples, without padding. On a CPU they are counted for each second
of CPU time, which other work on the machine hardly changes; on a GPU for each second of the clock.
"""

import argparse
import contextlib
import json
import os
import platform
import random
import re
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from torch.nn.functional import cross_entropy
from transformers import Qwen3Config, Qwen3ForCausalLM

from trainer import attention, events, loss, speed
from trainer.chat import IGNORED, Sample
from trainer.checkpoint import State
from trainer.config import GradientMask, Lora, Optimization, Performance
from trainer.distributed import Ranks
from trainer.events import Outcome, peak_memory
from trainer.loss import TokenLoss
from trainer.model import add_lora
from trainer.stop import StopSignal
from trainer.train import Training, steps

PEAK_FLOPS = {"H100": 989e12, "H200": 989e12, "A100": 312e12}  # bf16, dense, as NVIDIA states them
SHAPES = {
    "tiny": {"hidden_size": 256, "intermediate_size": 512, "num_hidden_layers": 3, "num_attention_heads": 4}
    | {"num_key_value_heads": 2, "head_dim": 64, "vocab_size": 1024, "tie_word_embeddings": True},
    "qwen3-8b": {"hidden_size": 4096, "intermediate_size": 12288, "num_hidden_layers": 36, "num_attention_heads": 32}
    | {"num_key_value_heads": 8, "head_dim": 128, "vocab_size": 151936, "tie_word_embeddings": False},
}
SIZES = {"tiny": {"sequence": 512, "rank": 8, "samples": 16, "steps": 6}}
SIZES["qwen3-8b"] = {"sequence": 4096, "rank": 16, "samples": 16, "steps": 6}
WARM_UP, MICRO_BATCH, RATE = 2, 2, 1e-4


OURS = Performance()


@dataclass(frozen=True)
class Row:
    name: str
    performance: Performance = OURS
    mask: GradientMask | None = None
    whole_logits: bool = False
    half: bool = True  # bf16, where the device is a GPU
    plain: bool = False


def ladder(cuda: bool) -> list[Row]:
    unpacked = replace(OURS, packing=False)
    rows = [
        Row("plain transformers Trainer + peft, padded", plain=True),
        Row("ours"),
        Row("ours, packing off", unpacked),
        Row("ours, packing and length grouping off", replace(unpacked, length_grouping=False)),
        Row("ours, chunked cross-entropy off", whole_logits=True),
        Row("ours, with gradient mask (GMT, keep 0.7)", mask=GradientMask("GMT", 0.7)),
    ]
    if not cuda:
        return [*rows, Row("ours, with gradient checkpointing", replace(OURS, gradient_checkpointing="On"))]
    return [
        *rows,
        Row("ours, gradient checkpointing off", replace(OURS, gradient_checkpointing="Off")),
        Row("ours, attention Flex", replace(OURS, attention="Flex")),
        Row("ours, attention SDPA", replace(OURS, attention="SDPA")),
        Row("ours, with torch.compile", replace(OURS, compile=True)),
        Row("ours, Liger off", replace(OURS, liger="Off")),
        Row("ours, bf16 off", half=False),
    ]


def model(options: argparse.Namespace, implementation: str, dtype: torch.dtype) -> Any:
    """Random weights, made where they are used: speed does not depend on what they are."""
    shape = SHAPES[options.shapes] | ({"vocab_size": options.vocabulary} if options.vocabulary else {})
    rope = {"rope_type": "default", "rope_theta": 1e6}
    config = Qwen3Config(**shape, rope_parameters=rope, max_position_embeddings=40960, pad_token_id=0)
    config._attn_implementation = implementation
    with torch.device(options.device):
        torch.set_default_dtype(dtype)
        made = Qwen3ForCausalLM(config)
        torch.set_default_dtype(torch.float32)
    return made


def samples(options: argparse.Namespace, vocabulary: int) -> list[Sample]:
    """`mixed`: lengths as of conversations, many short and few long. `full`: all as long as a sequence."""
    chance, made = random.Random(7), []  # noqa: S311 chance, not secrets
    for _ in range(options.samples * (WARM_UP + options.steps)):
        drawn = int(chance.lognormvariate(0, 0.9) * options.sequence / 6)
        length = options.sequence if options.data == "full" else min(max(drawn, 16), options.sequence)
        ids = tuple(chance.randrange(vocabulary) for _ in range(length))
        made.append(Sample(ids, length // 3, thinking=False))
    return made


class Clock:
    """Seconds and tokens between the end of the warm-up and the last step."""

    def __init__(self, cuda: bool):
        self.read = self.on_gpu if cuda else time.process_time
        self.seen: list[tuple[float, int]] = []

    def on_gpu(self) -> float:
        torch.cuda.synchronize()
        return time.monotonic()

    def tick(self, tokens: int) -> None:
        self.seen.append((self.read(), tokens))

    @property
    def speed(self) -> float:
        (began, before), (ended, after) = self.seen[WARM_UP - 1], self.seen[-1]
        return (after - before) / (ended - began)


def ours(row: Row, options: argparse.Namespace, clock: Clock) -> Any:
    where = torch.device(options.device)
    kind = attention.choose(row.performance.attention, where)
    base = model(options, kind, torch.bfloat16 if where.type == "cuda" and row.half else torch.float32)
    learnt = samples(options, base.config.vocab_size)
    speed.fuse(base, row.performance, where)
    adapted = add_lora(base, Lora(options.rank, 2 * options.rank, 0.0, "AllLinear"))
    speed.recompute(base, row.performance, where)
    speed.compile_layers(base, row.performance)
    if row.whole_logits:
        loss.loss_sum = whole_logits
    optimization = Optimization(RATE, 1, options.samples, MICRO_BATCH, options.sequence, 7, 0.0, 1 << 30)
    config = SimpleNamespace(optimization=optimization, gradient_mask=row.mask, performance=row.performance)
    training = Training(config, Ranks(), TokenLoss(base), padding=0)
    if not row.half:
        training.autocast = contextlib.nullcontext
    optimizer = torch.optim.AdamW([p for p in adapted.parameters() if p.requires_grad], lr=RATE, weight_decay=0.0)
    nowhere = SimpleNamespace(save=lambda *_: "")
    events.observers.append(lambda told: clock.tick(told["tokens"]) if "tokens" in told else None)
    steps(training, learnt, adapted, optimizer, State(best=1e9), nowhere, Outcome(), StopSignal())
    return base


def whole_logits(base: Any, batch: Any) -> torch.Tensor:
    """The loss as it is without chunks: the logits of every position at once."""
    logits = base.lm_head(attention.hidden_states(base, batch)).float()
    each = cross_entropy(logits.flatten(0, 1), batch.labels.flatten(), ignore_index=IGNORED, reduction="none")
    return (each * batch.weights.flatten()).sum()


def plain(options: argparse.Namespace, clock: Clock) -> Any:
    """What one writes with transformers and peft: the same samples, batches, LoRA, precision and recomputation."""
    from peft import LoraConfig, get_peft_model
    from transformers import Trainer, TrainerCallback, TrainingArguments

    cuda = options.device == "cuda"
    base = model(options, "sdpa", torch.bfloat16 if cuda else torch.float32)
    rank = {"r": options.rank, "lora_alpha": 2 * options.rank, "lora_dropout": 0.0}
    adapted = get_peft_model(base, LoraConfig(**rank, target_modules="all-linear", task_type="CAUSAL_LM"))
    counted = 0

    def padded(chosen: list[Sample]) -> dict[str, torch.Tensor]:
        nonlocal counted
        counted += sum(len(sample.ids) for sample in chosen)
        longest = max(len(sample.ids) for sample in chosen)
        rest = [longest - len(sample.ids) for sample in chosen]
        return {
            "input_ids": torch.tensor([[*s.ids, *[0] * n] for s, n in zip(chosen, rest, strict=True)]),
            "labels": torch.tensor([[*s.labels, *[IGNORED] * n] for s, n in zip(chosen, rest, strict=True)]),
            "attention_mask": torch.tensor([[1] * len(s.ids) + [0] * n for s, n in zip(chosen, rest, strict=True)]),
        }

    class Ticks(TrainerCallback):
        def on_step_end(self, *_: Any, **__: Any) -> None:
            clock.tick(counted)

    settings = TrainingArguments(
        output_dir=tempfile.gettempdir(),  # nothing is saved
        per_device_train_batch_size=MICRO_BATCH,
        gradient_accumulation_steps=options.samples // MICRO_BATCH,
        num_train_epochs=1,
        learning_rate=RATE,
        weight_decay=0.0,
        max_grad_norm=1.0,
        bf16=cuda,
        gradient_checkpointing=cuda,
        gradient_checkpointing_kwargs={"use_reentrant": False},
        use_cpu=not cuda,
        seed=7,
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        remove_unused_columns=False,
        disable_tqdm=True,
    )
    learnt = samples(options, base.config.vocab_size)
    Trainer(adapted, settings, data_collator=padded, train_dataset=learnt, callbacks=[Ticks()]).train()
    return base


def measure(number: int, options: argparse.Namespace) -> dict[str, float]:
    row = ladder(options.device == "cuda")[number]
    clock = Clock(options.device == "cuda")
    with contextlib.redirect_stdout(sys.stderr):
        base = plain(options, clock) if row.plain else ours(row, options, clock)
    embedding = 0 if base.config.tie_word_embeddings else base.get_input_embeddings().weight.numel()
    parameters = sum(p.numel() for name, p in base.named_parameters() if "lora_" not in name) - embedding
    return {"speed": clock.speed, "memory": peak_memory(), "parameters": parameters}


def measured_apart(number: int, arguments: list[str]) -> dict[str, float] | None:
    """None where it did not come to an end, which on a GPU is mostly for want of memory."""
    command = [sys.executable, __file__, *arguments, "--row", str(number)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 ourselves
    if done.returncode:
        print(f"row {number}: {done.stderr.splitlines()[-1:]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def table(rows: list[Row], found: list[list[dict[str, float]]], options: argparse.Namespace) -> str:
    cuda = options.device == "cuda"
    reference = statistics.median(one["speed"] for one in found[0]) if found[0] else None
    unit = "tokens/s" if cuda else "tokens per CPU second"
    peak = next((f for card, f in PEAK_FLOPS.items() if cuda and card in torch.cuda.get_device_name()), None)
    heads = ["", unit, "of plain", "lowest to highest", "peak memory", *(["MFU (4N)"] if peak else [])]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for row, runs in zip(rows, found, strict=True):
        if not runs:
            lines.append(f"| {row.name} | did not run |" + " |" * (len(heads) - 2))
            continue
        speeds = sorted(one["speed"] for one in runs)
        middle, memory = statistics.median(speeds), max(one["memory"] for one in runs)
        cells = [row.name, f"{middle:,.0f}", f"{middle / reference:.2f}" if reference else "–"]
        cells += [f"{speeds[0]:,.0f} to {speeds[-1]:,.0f}", f"{memory / 2**20:,.0f} MiB"]
        if peak:
            cells.append(f"{4 * runs[0]['parameters'] * middle / peak:.1%}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def machine(device: str) -> str:
    if device == "cuda":
        return torch.cuda.get_device_name()
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if "model name" in line
    ]
    return f"{os.cpu_count()} cores ({names[0] if names else platform.machine()}), {torch.get_num_threads()} thread"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", choices=SHAPES, default="tiny")
    parser.add_argument("--data", choices=("mixed", "full"), default="mixed")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--vocabulary", type=int, help="instead of the shapes' own")
    parser.add_argument("--rounds", type=int, default=1, help="each row so many times, in turn; the median counts")
    parser.add_argument("--only", default="", help="rows whose name this pattern finds; the plain one always")
    for name in ("sequence", "rank", "samples", "steps"):
        parser.add_argument(f"--{name}", type=int)
    parser.add_argument("--row", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    for name, value in SIZES[options.shapes].items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    if options.row is not None:
        print(json.dumps(measure(options.row, options)))
        return
    rows = ladder(options.device == "cuda")
    chosen = [n for n, row in enumerate(rows) if row.plain or re.search(options.only, row.name)]
    found: dict[int, list[dict[str, float]]] = {number: [] for number in chosen}
    for _ in range(options.rounds):
        for number in chosen:
            if one := measured_apart(number, sys.argv[1:]):
                found[number].append(one)
    import transformers

    print(f"{machine(options.device)} · torch {torch.__version__} · transformers {transformers.__version__}")
    print(f"`{shlex.join(['python', 'bench/throughput.py', *sys.argv[1:]])}`", end="\n\n")
    print(table([rows[n] for n in chosen], [found[n] for n in chosen], options))


if __name__ == "__main__":
    main()
