"""A complete Qwen3 of two million parameters, pretrained on given conversations: the base model of demos and tests.

Small enough for a minute on a CPU and yet able to learn a fact, keep others and think or not as asked. Assistant-only
loss: with loss on the prompts it would learn to write the empty thinking block that belongs to them.
"""

from pathlib import Path

import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

from . import dataset, determinism, packing, storage
from .chat import ChatFormat, Counts, samples
from .errors import invalid
from .events import Outcome, emit
from .loss import loss_sum
from .model import device
from .schedule import share_of_peak
from .tiny_tokenizer import train_tokenizer

BATCH, LEARNING_RATE, WARMUP_FRACTION, LENGTH = 8, 3e-3, 0.05, 512


def tiny_model(examples: Path, output: str, steps: int, seed: int, work: Path, outcome: Outcome) -> None:
    if not examples.is_file():
        raise invalid("DatasetMissing", "--examples: no such file")
    rows = list(dataset.read(examples))
    determinism.seed_everything(seed)
    tokenizer = train_tokenizer(
        m.get(key, "") for row in rows for m in row.messages for key in ("content", "reasoning_content")
    )
    learnt = samples(rows, ChatFormat(tokenizer, "Hybrid"), LENGTH, Counts())
    if not learnt:
        raise invalid("DatasetHasNoAssistantTurn", "--examples: no assistant turn to learn from")
    model = Qwen3ForCausalLM(shape(tokenizer)).to(device())
    progress = outcome.step("Training")
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    # Without the way down what the last steps happened to see decides what the model can do, and so does rounding.
    warmup = round(steps * WARMUP_FRACTION)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: share_of_peak(step, warmup, steps))
    queue: list[int] = []
    for step in range(steps):
        if len(queue) < BATCH:
            queue += determinism.order(len(learnt), seed, step)
        chosen, queue = [learnt[i] for i in queue[:BATCH]], queue[BATCH:]
        batch = packing.collate([[sample] for sample in chosen], tokenizer.pad_token_id)
        loss = loss_sum(model, batch.to(device())) / sum(sample.targets for sample in chosen)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        progress.update((step + 1) / steps, globalStep=step + 1, totalSteps=steps, loss=loss.item())
    outcome.metrics(loss=loss.item() if steps else None)
    outcome.step("Publishing")
    folder = work / "tiny-model"
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    for path in sorted(folder.iterdir()):
        storage.upload(path, storage.join(output, path.name))
    emit("tinyModel", uri=output, parameters=sum(p.numel() for p in model.parameters()))


def shape(tokenizer) -> Qwen3Config:
    return Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=256,
        intermediate_size=512,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=64,
        max_position_embeddings=2048,
        rope_parameters={"rope_type": "default", "rope_theta": 1e6},
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
