"""Every end has its exit code, and no text of an example in anything that leaves the process."""

import errno
import json
from pathlib import Path

import pytest
import torch
from conversations import code_word_examples, conversation

from trainer import chat, dataset, events, train
from trainer import loss as losses
from trainer.divergence import Divergence
from trainer.errors import TrainerError, classify, rejected
from trainer.events import Outcome

CANARY = "canary-7f3a"


def test_a_heap_that_is_full_is_out_of_memory() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60)
    assert (classify(caught.value).code, classify(caught.value).reason) == (44, "OutOfMemory")


@pytest.mark.parametrize(
    ("error", "end"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), (44, "OutOfMemory")),
        (MemoryError(), (44, "OutOfMemory")),
        (OSError(errno.ENOSPC, "No space left on device"), (45, "StorageFull")),
        (OSError("65536 requested and 512 written"), (45, "StorageFull")),
        (rejected("Diverged", "x"), (43, "Diverged")),
        (KeyError("k"), (1, "InternalError")),
    ],
)
def test_exceptions_become_exit_codes(world, monkeypatch, error: Exception, end: tuple[int, str]) -> None:
    def fail(*_):
        raise error

    monkeypatch.setattr(train, "prepare", fail)
    result = world.train()
    assert result.reason == end
    assert result.termination["exitCode"] == end[0]
    assert result.termination["outcome"] == "Failed"


def test_what_caused_an_exception_decides() -> None:
    try:
        try:
            raise OSError(errno.ENOSPC, "full")
        except OSError:
            raise RuntimeError("writing failed")  # noqa: B904 a chain of exceptions is what is tested
    except RuntimeError as error:
        assert classify(error).reason == "StorageFull"


def test_a_bad_configuration_is_told_in_the_termination_message(world) -> None:
    result = world.optimize(learningRate=-1).train()
    assert result.reason == (42, "ConfigInvalid")
    assert result.message == "optimization.learningRate: must be > 0, got -1.0"


def test_a_bad_command_line_is_a_bad_configuration(world) -> None:
    assert world.run("train", "--colour", "blue").reason == (42, "ConfigInvalid")


@pytest.mark.parametrize("where", ["malformed", "tokenizer", "template", "training", "good"])
def test_no_text_of_an_example_leaves_the_process(world, monkeypatch, where: str) -> None:
    """Whatever fails, and however libraries quote what they choked on."""

    def quote(*arguments, **_):
        raise ValueError(f"cannot handle {arguments!r} {CANARY}") from KeyError(CANARY)

    rows = [conversation(f"{CANARY} {n}", CANARY, f"{CANARY} answer {n}") for n in range(24)]
    world.dataset(rows)
    if where == "malformed":
        world.dataset(b'{"messages": [{"role": "user", "content": "' + CANARY.encode() + b'"]}\n')
    elif where == "tokenizer":
        monkeypatch.setattr(chat.ChatFormat, "encode", quote)
    elif where == "template":
        monkeypatch.setattr(dataset, "message", quote)
    elif where == "training":
        monkeypatch.setattr(losses, "loss_sum", quote)
    result = world.optimize(epochs=1).train()
    assert result.code == {"malformed": 42, "good": 0}.get(where, 1)
    assert CANARY not in result.output
    assert CANARY not in json.dumps(result.termination)
    if result.code == 1:
        assert result.message.startswith("ValueError at ")


def test_the_termination_message_fits_and_stays_json(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("QI_TERMINATION_LOG", str(tmp_path / "log"))
    outcome = Outcome(attempt=3)
    outcome.close("Failed", "ConfigInvalid", "x: must be é\n" * 2000, 42)
    text = (tmp_path / "log").read_bytes()
    assert len(text) <= 4096
    assert json.loads(text)["attempt"] == 3


def test_every_line_is_json_with_time_level_and_event(world) -> None:
    world.dataset(code_word_examples())
    result = world.optimize(epochs=1).train()
    assert all({"time", "level", "event"} <= event.keys() for event in result.events)
    training = [e for e in result.events if e["event"] == "progress" and e["step"] == "Training"]
    assert training[-1]["progress"] == 1.0
    told = {"globalStep", "totalSteps", "loss", "gradientNorm", "learningRate", "tokensPerSecond", "expectedAt"}
    assert told <= training[-1].keys()


def test_an_unwritable_termination_log_does_not_hide_the_end(monkeypatch, capsys) -> None:
    monkeypatch.setenv("QI_TERMINATION_LOG", "/nowhere/at/all")
    events.write_termination({"message": ""})
    assert "terminationLogUnwritable" in capsys.readouterr().out


def test_a_loss_spoilt_from_the_second_step_on_is_divergence() -> None:
    watch = Divergence(warmup=2, best=0.01)
    for step, loss in enumerate([0.01, 8.0, 9.0, 8.5]):
        watch.check(step, loss, 1.0)
    with pytest.raises(TrainerError, match="Diverged: step 5"):
        watch.check(4, 8.0, 1.0)


def test_a_loss_that_climbs_far_above_its_best_is_divergence() -> None:
    watch = Divergence(warmup=2, best=4.0)
    for step in range(20):
        watch.check(step, 4.0 / (step + 1), 1.0)
    with pytest.raises(TrainerError, match=r"1\.5 times the best"):
        for step in range(20, 30):
            watch.check(step, 4.0, 1.0)


def test_one_hard_batch_is_not_divergence() -> None:
    watch = Divergence(warmup=0, best=1.0)
    for step, loss in enumerate([1.0, 0.9, 1.1, 3.0, 1.0, 0.9, 1.0, 1.1, 1.0, 0.9]):
        watch.check(step, loss, 1.0)


def test_a_loss_or_gradient_that_is_no_number_is_divergence() -> None:
    for loss, norm in ((float("nan"), 1.0), (1.0, float("inf"))):
        with pytest.raises(TrainerError, match="not a finite number"):
            Divergence(warmup=0, best=1.0).check(0, loss, norm)
