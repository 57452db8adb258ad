"""Trains a LoRA adapter. Read it top to bottom: `train` is the life of a run, `steps` its loop.

What is learnt depends on the run's configuration, base model and dataset alone: not on the micro-batch, not on how the
samples are packed, not on how many processes share the work, not on how often the run was stopped. On a CPU this holds
bit for bit for interruptions.
"""

import json
import math
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from . import attention, base_model, dataset, determinism, distributed, gradient_mask, packing, speed, storage
from .chat import Sample
from .checkpoint import Checkpoints, State
from .config import Attempt, Config, training_digest
from .distributed import Ranks
from .divergence import Divergence
from .errors import Stopped
from .events import Outcome, Progress, emit
from .loss import TokenLoss
from .merge import Adapter
from .model import add_lora, device, load_model, load_tokenizer
from .prepare import prepare
from .rehearsal.store import RehearsalStore
from .schedule import Schedule
from .stop import StopSignal

CLIP = 1.0  # the largest norm of a step's gradient (Pascanu et al. 2012, arXiv 1211.5063)


def train(config: Config, attempt: Attempt, work: Path, outcome: Outcome, stop: StopSignal) -> None:
    if config.dataset is None:
        outcome.note(message="no dataset: the base model is used as it is")
        return
    with distributed.joined() as ranks:
        with ranks.in_turn():
            rows = dataset.load(config.dataset, work)
            base = base_model.fetch(config.base_model.uri, work, outcome)
        determinism.seed_everything(config.optimization.seed)
        tokenizer = load_tokenizer(base.path)
        prepared = prepare(config, rows, base.digest, tokenizer, work, outcome)

        model = learner(config, base.path, ranks)
        trainable = [p for p in model.parameters() if p.requires_grad]
        loss = ranks.shard(TokenLoss(model.get_base_model()), trainable, device())
        optimizer = torch.optim.AdamW(trainable, lr=config.optimization.learning_rate, weight_decay=0.0)

        training = Training(config, ranks, loss, tokenizer.pad_token_id or 0)
        checkpoints = Checkpoints(
            storage.join(config.storage.uri, "checkpoints", config.run.uid, attempt.checkpoint_key),
            ranks.same(training_digest(config, base.digest, prepared.made)),
            work,
            ranks,
        )
        state = resume(checkpoints, model, optimizer, outcome)
        steps(training, prepared.learnt, model, optimizer, state, checkpoints, outcome, stop)
        evaluate(training, prepared.held, outcome)
        if ranks.first:
            adapter = publish(config, model, work, outcome)
            RehearsalStore(config, base.digest, work).record(config, dataset.hold_out(rows)[0], adapter)
        ranks.wait()


def learner(config: Config, folder: Path, ranks: Ranks) -> Any:
    """The base model with LoRA layers, as fast as this machine and the configuration allow."""
    where, performance = device(), config.performance
    dtype = torch.bfloat16 if where.type == "cuda" else torch.float32
    kind = attention.choose(performance.attention, where)
    # What will be sharded is loaded beside the GPU, which may be too small for the whole.
    model = load_model(folder, dtype, where if ranks.world == 1 else torch.device("cpu"), kind)
    speed.fuse(model, performance, where)
    model = add_lora(model, config.lora)
    speed.recompute(model.get_base_model(), performance, where)
    speed.compile_layers(model.get_base_model(), performance)
    return model


class Training:
    """What computing a loss needs, the same for every step."""

    def __init__(self, config: Config, ranks: Ranks, loss: TokenLoss, padding: int):
        self.optimization, self.rule, self.ranks, self.loss = config.optimization, config.gradient_mask, ranks, loss
        self.padding, self.performance, self.where = padding, config.performance, device()
        cuda = self.where.type == "cuda"
        self.autocast: Callable[[], Any] = (lambda: torch.autocast("cuda", torch.bfloat16)) if cuda else nullcontext

    def share(self, samples: list[Sample]) -> list[tuple[int, packing.Batch]]:
        """This process's micro-batches of those samples, numbered among those of all."""
        length, size = self.optimization.max_sequence_length, self.optimization.micro_batch_size
        return self.ranks.share(packing.micro_batches(samples, length, size, self.padding, self.performance))

    @torch.no_grad()
    def mean_loss(self, samples: list[Sample], over: Any = lambda batches, _: batches) -> float:
        """Nats a target token, without dropout. `over` tells of the progress."""
        self.loss.eval()
        total, mine = 0.0, self.share(samples)
        for _, batch in over(mine, len(mine)):
            with self.autocast():
                total += self.loss(batch.to(self.where)).item()
        return self.ranks.total([total])[0] / sum(sample.weighted_targets for sample in samples)


def resume(checkpoints: Checkpoints, model: Any, optimizer: torch.optim.Optimizer, outcome: Outcome) -> State:
    state = checkpoints.restore(model, optimizer)
    if state is None:
        return State()
    outcome.note(checkpoint={"uri": checkpoints.at(state.step), "step": state.step})
    emit("resumed", globalStep=state.step)
    return state


def steps(
    training: Training,
    learnt: list[Sample],
    model: Any,
    optimizer: torch.optim.Optimizer,
    state: State,
    checkpoints: Checkpoints,
    outcome: Outcome,
    stop: StopSignal,
) -> None:
    """Every global step from `state` on. Raises 43 Diverged, 44 OutOfMemory, Stopped."""
    optimization, ranks = training.optimization, training.ranks
    trainable = [p for group in optimizer.param_groups for p in group["params"]]
    schedule = Schedule(len(learnt), optimization)
    progress = outcome.step("Training")
    if state.best is None:  # where it begins, over several batches: one alone may happen to be easy
        state.best = training.mean_loss(
            [s for step in range(min(4, schedule.total)) for s in schedule.batch(learnt, step)]
        )
    divergence = Divergence(schedule.warmup, state.best, state.recent)
    progress.resume_at(state.step / schedule.total)

    def save(at: State) -> None:
        outcome.note(checkpoint={"uri": checkpoints.save(model, optimizer, at), "step": at.step})

    training.loss.train()
    with stop.deferred():
        while state.step < schedule.total:
            began = time.monotonic()
            batch = schedule.batch(learnt, state.step)
            goal = sum(sample.weighted_targets for sample in batch)
            loss, tokens = torch.zeros((), device=training.where), sum(len(sample.ids) for sample in batch)

            for number, micro in training.share(batch):
                determinism.seed_micro_batch(optimization.seed, state.step, number)
                with training.autocast():
                    part = training.loss(micro.to(training.where)) / goal
                part.backward()
                loss += part.detach()
                if ranks.any(stop.requested):
                    stopped(state, save)

            ranks.sum_gradients(trainable)
            held = gradient_mask.mask(trainable, training.rule)
            norm = torch.nn.utils.clip_grad_norm_(trainable, CLIP).item()
            mean = ranks.total([loss.item()])[0]
            divergence.check(state.step, mean, norm)
            rate = schedule.learning_rate(state.step)
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
            gradient_mask.hold(held)
            optimizer.zero_grad()

            state.step, state.tokens = state.step + 1, state.tokens + tokens
            state.best, state.recent = divergence.best, divergence.recent
            outcome.metrics(loss=divergence.average, tokens=state.tokens)
            report(progress, state, schedule, mean, norm, rate, tokens / (time.monotonic() - began))
            if state.step % optimization.checkpoint_steps == 0 or state.step == schedule.total:
                save(state)
    outcome.metrics(loss=divergence.average, tokens=state.tokens)


def stopped(state: State, save: Callable[[State], None]) -> None:
    """The step that was cut short is repeated from its beginning."""
    if state.step == 0:
        raise Stopped("told to stop before the first step; nothing is lost")
    save(state)
    raise Stopped(f"told to stop; step {state.step} is checkpointed")


def report(
    progress: Progress, state: State, schedule: Schedule, loss: float, norm: float, rate: float, speed: float
) -> None:
    progress.update(
        state.step / schedule.total,
        always=True,
        globalStep=state.step,
        totalSteps=schedule.total,
        loss=loss,
        gradientNorm=norm,
        learningRate=rate,
        tokensPerSecond=round(speed, 1),
        tokens=state.tokens,
    )


def evaluate(training: Training, held: list[Sample], outcome: Outcome) -> None:
    """Loss (nats a target token) and perplexity on what was held out, every row counting alike."""
    progress = outcome.step("Evaluating")
    if not held:
        emit("evaluation", samples=0)
        return
    loss = training.mean_loss([replace(sample, weight=1.0) for sample in held], progress.over)
    perplexity = math.exp(min(loss, 700.0))
    outcome.metrics(evaluationLoss=loss, perplexity=perplexity)
    emit("evaluation", samples=len(held), loss=loss, perplexity=perplexity)


def publish(config: Config, model: Any, work: Path, outcome: Outcome) -> Adapter:
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
    return Adapter(uri, digest.sha256)
