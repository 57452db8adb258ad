"""Trains a LoRA adapter. Read it top to bottom: `train` is the life of a run, `steps` its loop.

What is learnt depends on the run's configuration, base model and dataset alone: not on the micro-batch, not on how the
samples are packed, not on how often the run was stopped. On a CPU this holds bit for bit for interruptions.
"""

import json
import math
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch

from . import base_model, dataset, determinism, packing, storage
from .chat import ChatFormat, Counts, Sample, samples
from .checkpoint import Checkpoints, State
from .config import Attempt, Config, training_digest
from .divergence import Divergence
from .errors import Stopped, invalid
from .events import Outcome, Progress, emit
from .loss import loss_sum, targets
from .model import add_lora, device, load_model, load_tokenizer
from .schedule import Schedule
from .stop import StopSignal

CLIP = 1.0  # the largest norm of a step's gradient (Pascanu et al. 2012, arXiv 1211.5063)


def train(config: Config, attempt: Attempt, work: Path, outcome: Outcome, stop: StopSignal) -> None:
    if config.dataset is None:
        outcome.note(message="no dataset: the base model is used as it is")
        return
    rows = dataset.load(config.dataset, work)
    base = base_model.fetch(config.base_model.uri, work, outcome)
    determinism.seed_everything(config.optimization.seed)
    tokenizer = load_tokenizer(base.path)
    learnt, held = prepare(config, rows, tokenizer, outcome)

    where = device()
    model = add_lora(
        load_model(base.path, torch.bfloat16 if where.type == "cuda" else torch.float32, where), config.lora
    )
    if where.type == "cuda":  # compute for memory (Chen et al. 2016, arXiv 1604.06174)
        model.get_base_model().gradient_checkpointing_enable({"use_reentrant": False})
    trainable = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trainable, lr=config.optimization.learning_rate, weight_decay=0.0)

    schedule = Schedule(len(learnt), config.optimization)
    checkpoints = Checkpoints(
        storage.join(config.storage.uri, "checkpoints", config.run.uid, attempt.checkpoint_key),
        training_digest(config, base.digest),
        work,
    )
    state = resume(checkpoints, model, optimizer, outcome)
    steps(config, schedule, learnt, tokenizer.pad_token_id or 0, model, optimizer, state, checkpoints, outcome, stop)
    evaluate(config, model, held, tokenizer.pad_token_id or 0, outcome)
    publish(config, model, work, outcome)


def prepare(
    config: Config, rows: list[dataset.Row], tokenizer: Any, outcome: Outcome
) -> tuple[list[Sample], list[Sample]]:
    """(to learn from, to evaluate with). Raises 42 DatasetInvalid when nothing fits."""
    chat, counts = ChatFormat(tokenizer, config.base_model.thinking), Counts()
    longest = config.optimization.max_sequence_length
    for_training, for_evaluation = dataset.hold_out(rows)
    learnt = samples(for_training, chat, longest, counts)
    held = samples(for_evaluation, chat, longest, counts)
    outcome.note(dataset=counts.report())
    emit("dataset", **counts.report(), evaluation=len(held), controlTokens=counts.with_control_tokens)
    if not learnt:
        message = (
            f"of {counts.rows} rows no assistant turn can be used: {counts.too_long} are longer than {longest} tokens"
        )
        raise invalid("DatasetInvalid", f"{message}, {counts.with_control_tokens} hold control tokens")
    return learnt, held


def resume(checkpoints: Checkpoints, model: Any, optimizer: torch.optim.Optimizer, outcome: Outcome) -> State:
    state = checkpoints.restore(model, optimizer)
    if state is None:
        return State()
    determinism.restore(state.rng or {})
    outcome.note(checkpoint={"uri": checkpoints.at(state.step), "step": state.step})
    emit("resumed", globalStep=state.step)
    return state


def steps(
    config: Config,
    schedule: Schedule,
    learnt: list[Sample],
    padding: int,
    model: Any,
    optimizer: torch.optim.Optimizer,
    state: State,
    checkpoints: Checkpoints,
    outcome: Outcome,
    stop: StopSignal,
) -> None:
    """Every global step from `state` on. Raises 43 Diverged, 44 OutOfMemory, Stopped."""
    optimization, where = config.optimization, device()
    progress = outcome.step("Training")
    if state.best is None:  # where it begins, over several batches: one alone may happen to be easy
        beginning = [sample for step in range(min(4, schedule.total)) for sample in schedule.batch(learnt, step)]
        state.best = mean_loss(config, model, beginning, padding)
    divergence = Divergence(schedule.warmup, state.best, state.recent)
    progress.resume_at(state.step / schedule.total)
    autocast = torch.autocast("cuda", torch.bfloat16) if where.type == "cuda" else nullcontext()

    def save(at: State) -> None:
        outcome.note(checkpoint={"uri": checkpoints.save(model, optimizer, at), "step": at.step})

    model.train()
    with stop.deferred():
        while state.step < schedule.total:
            began = time.monotonic()
            state.rng = determinism.snapshot()  # as of the boundary: a step cut short is repeated from here
            batch = schedule.batch(learnt, state.step)
            micros = packing.micro_batches(
                batch, optimization.max_sequence_length, optimization.micro_batch_size, padding
            )
            goal = sum(sample.targets for sample in batch)
            loss, tokens = 0.0, sum(len(sample.ids) for sample in batch)

            for micro in micros:
                with autocast:
                    part = loss_sum(model.get_base_model(), micro.to(where)) / goal
                part.backward()
                loss += part.item()
                if stop.requested:
                    stopped(state, save)

            norm = torch.nn.utils.clip_grad_norm_([p for g in optimizer.param_groups for p in g["params"]], CLIP)
            divergence.check(state.step, loss, norm.item())
            rate = schedule.learning_rate(state.step)
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
            optimizer.zero_grad()

            state.step, state.tokens = state.step + 1, state.tokens + tokens
            state.best, state.recent = divergence.best, divergence.recent
            state.rng = determinism.snapshot()
            outcome.metrics(loss=divergence.average, tokens=state.tokens)
            report(progress, state, schedule, loss, rate, tokens / (time.monotonic() - began))
            if state.step % optimization.checkpoint_steps == 0 or state.step == schedule.total:
                save(state)
    outcome.metrics(loss=divergence.average, tokens=state.tokens)


def stopped(state: State, save: Any) -> None:
    if state.step == 0:
        raise Stopped("told to stop before the first step; nothing is lost")
    save(state)
    raise Stopped(f"told to stop; step {state.step} is checkpointed")


def report(progress: Progress, state: State, schedule: Schedule, loss: float, rate: float, speed: float) -> None:
    progress.update(
        state.step / schedule.total,
        always=True,
        globalStep=state.step,
        totalSteps=schedule.total,
        loss=loss,
        learningRate=rate,
        tokensPerSecond=round(speed, 1),
    )


def evaluate(config: Config, model: Any, held: list[Sample], padding: int, outcome: Outcome) -> None:
    """Loss (nats a target token) and perplexity on what was held out."""
    progress = outcome.step("Evaluating")
    if not held:
        emit("evaluation", samples=0)
        return
    loss = mean_loss(config, model, held, padding, progress.over)
    perplexity = math.exp(min(loss, 700.0))
    outcome.metrics(evaluationLoss=loss, perplexity=perplexity)
    emit("evaluation", samples=len(held), loss=loss, perplexity=perplexity)


@torch.no_grad()
def mean_loss(
    config: Config, model: Any, chosen: list[Sample], padding: int, over: Any = lambda batches, _: batches
) -> float:
    """Nats a target token, without dropout. `over` tells of the progress."""
    model.eval()
    where, optimization = device(), config.optimization
    batches = packing.micro_batches(chosen, optimization.max_sequence_length, optimization.micro_batch_size, padding)
    total = sum(loss_sum(model.get_base_model(), batch.to(where)).item() for batch in over(batches, len(batches)))
    return total / sum(targets(batch) for batch in batches)


def publish(config: Config, model: Any, work: Path, outcome: Outcome) -> None:
    """The adapter under its digest, and its configuration without anything that differs between two equal runs."""
    outcome.step("Publishing")
    folder = work / "adapter"
    model.save_pretrained(folder)
    described = json.loads((folder / "adapter_config.json").read_text())
    described |= {
        "base_model_name_or_path": config.base_model.name,
        "target_modules": sorted(described["target_modules"]),
    }
    (folder / "adapter_config.json").write_text(json.dumps(described, indent=2, sort_keys=True))
    digest = storage.digest_file(folder / "adapter_model.safetensors")
    uri = storage.join(config.storage.uri, "adapters", digest.sha256)
    storage.upload(folder / "adapter_config.json", storage.join(uri, "adapter_config.json"))
    storage.upload(folder / "adapter_model.safetensors", storage.join(uri, "adapter_model.safetensors"), digest)
    outcome.note(adapter={"uri": uri, "sha256": digest.sha256})
    emit("adapter", uri=uri, sha256=digest.sha256, size=digest.size)
