"""What is learnt depends on configuration, base and data: not on interruptions, micro-batches, or chance."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conversations import code_word_examples

from trainer import train as training
from trainer.errors import Stopped
from trainer.schedule import Schedule


def stop_after(monkeypatch, step: int, how=lambda: os.kill(os.getpid(), signal.SIGTERM)) -> None:
    """Stops the run in this process once, when it has told of that step."""
    original = training.report

    def report(progress, state, *rest):
        original(progress, state, *rest)
        if state.step == step:
            monkeypatch.setattr(training, "report", original)
            how()

    monkeypatch.setattr(training, "report", report)


@pytest.fixture
def uninterrupted(world):
    result = world.train(work="work-0")
    assert result.reason == (0, "Completed")
    return result


def test_a_run_ends_with_an_adapter_and_its_figures(world, uninterrupted) -> None:
    end = uninterrupted.termination
    assert end["dataset"] == {"rows": 40, "used": 40, "tooLong": 0, "thinking": 20, "nonThinking": 20}
    assert end["metrics"]["evaluationLoss"] > 0
    assert end["metrics"]["perplexity"] > 1
    assert len(uninterrupted.losses) == 10
    uri = end["adapter"]["uri"]
    assert uri == f"{world.storage}/adapters/{end['adapter']['sha256']}"
    folder = Path(uri.removeprefix("file://"))
    assert {p.name for p in folder.iterdir()} == {"adapter_model.safetensors", "adapter_config.json"}


def test_terminated_and_resumed_is_bit_for_bit_the_same(world, uninterrupted, monkeypatch) -> None:
    world.config["run"]["uid"] = "terminated"
    stop_after(monkeypatch, 6)
    first = world.train(work="work-1")
    assert first.reason == (75, "Checkpointed")
    assert first.termination["outcome"] == "Checkpointed"
    assert first.termination["checkpoint"]["step"] == 6
    second = world.train(work="work-2")
    assert second.reason == (0, "Completed")
    assert [e["globalStep"] for e in second.events if e["event"] == "resumed"] == [6]
    assert first.losses | second.losses == uninterrupted.losses
    assert not first.losses.keys() & second.losses.keys()
    assert second.termination["adapter"]["sha256"] == uninterrupted.termination["adapter"]["sha256"]
    for figure in ("loss", "evaluationLoss", "perplexity", "tokens"):
        assert second.termination["metrics"][figure] == uninterrupted.termination["metrics"][figure]


def test_killed_and_resumed_is_bit_for_bit_the_same(world, uninterrupted, monkeypatch) -> None:
    """A death without a word: the run goes on from the last checkpoint, step 4 of those before 7."""

    def die() -> None:
        raise SystemExit(137)

    world.config["run"]["uid"] = "killed"
    stop_after(monkeypatch, 7, die)
    first = world.train(work="work-1")
    second = world.train(work="work-2")
    assert [e["globalStep"] for e in second.events if e["event"] == "resumed"] == [4]
    assert first.losses | second.losses == uninterrupted.losses
    assert second.termination["adapter"]["sha256"] == uninterrupted.termination["adapter"]["sha256"]


def test_a_real_sigterm_ends_a_real_process_with_75(world) -> None:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "trainer", *world.optimize(epochs=200).command("train")]
    root = Path(__file__).parents[1]
    process = subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if '"globalStep": 2,' in line:
            process.send_signal(signal.SIGTERM)
            break
    process.stdout.read()
    assert process.wait(30) == 75


def test_told_to_stop_before_the_first_step_leaves_no_checkpoint(world, monkeypatch) -> None:
    def at_once(*_):
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(training, "prepare", at_once)
    result = world.train()
    assert result.reason == (75, "Checkpointed")
    assert result.termination["checkpoint"] is None


def test_told_to_stop_within_the_first_step_leaves_no_checkpoint(monkeypatch) -> None:
    with pytest.raises(Stopped, match="before the first step"):
        training.stopped(training.State(step=0), save=lambda _: pytest.fail("saved"))


def test_a_finished_run_started_again_only_publishes(world, uninterrupted) -> None:
    again = world.train(work="work-1")
    assert again.losses == {}
    assert again.termination["adapter"] == uninterrupted.termination["adapter"]
    assert again.termination["metrics"]["loss"] == uninterrupted.termination["metrics"]["loss"]


def test_another_configuration_does_not_resume(world, uninterrupted) -> None:
    again = world.optimize(learningRate=1e-3).train(work="work-1")
    assert min(again.losses) == 1


def test_the_micro_batch_changes_no_sample_and_hardly_a_loss(world, uninterrupted) -> None:
    world.config["lora"]["dropout"] = 0.0
    world.optimize(maxSequenceLength=64, epochs=1)
    losses = []
    for size in (1, 4):
        world.config["run"]["uid"] = f"micro-{size}"
        attempt = f'{{"number": 2, "microBatchSize": {size}}}'
        result = world.train("--attempt", attempt, work=f"work-{size}")
        assert result.termination["attempt"] == 2
        losses.append(result.losses)
    assert losses[0] == pytest.approx(losses[1], rel=2e-3)


def test_a_learning_rate_far_too_high_is_divergence(world) -> None:
    result = world.optimize(learningRate=1000.0, warmupFraction=0.0).train()
    assert result.reason == (43, "Diverged")
    assert result.termination["step"] == "Training"


def test_a_run_without_dataset_has_nothing_to_train(world) -> None:
    world.config["dataset"] = None
    result = world.train()
    assert result.reason == (0, "Completed")
    assert result.termination["adapter"] is None


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors", "tokenizer.json", "chat_template.jinja"])
def test_an_incomplete_base_model_is_named(world, base: str, missing: str) -> None:
    copy = world.path / "copy"
    copy.mkdir()
    for path in Path(base.removeprefix("file://")).iterdir():
        if path.name != missing:
            (copy / path.name).write_bytes(path.read_bytes())
    world.config["baseModel"]["uri"] = f"file://{copy}"
    assert world.train().reason == (42, "BaseModelMissing")


def test_a_base_model_cut_short_is_named(world, base: str) -> None:
    copy = world.path / "copy"
    copy.mkdir()
    for path in Path(base.removeprefix("file://")).iterdir():
        data = path.read_bytes()
        (copy / path.name).write_bytes(data[:-100] if path.suffix == ".safetensors" else data)
    world.config["baseModel"]["uri"] = f"file://{copy}"
    result = world.train()
    assert result.reason == (42, "BaseModelMissing")
    assert "model.safetensors is missing or cut short" in result.message


def test_a_global_step_has_the_same_samples_whatever_the_micro_batch() -> None:
    from trainer.config import Optimization

    def schedule(micro: int) -> Schedule:
        return Schedule(21, Optimization(1e-3, 2, 8, micro, 128, 7, 0.1, 10))

    everything = list(range(21))
    for step in range(schedule(1).total):
        assert schedule(1).batch(everything, step) == schedule(4).batch(everything, step)
    epoch = [i for step in range(3) for i in schedule(1).batch(everything, step)]
    assert sorted(epoch) == everything
    assert schedule(1).batch(everything, 3) != schedule(1).batch(everything, 0)


def test_the_learning_rate_warms_up_and_falls() -> None:
    from trainer.config import Optimization

    schedule = Schedule(100, Optimization(1.0, 10, 10, 1, 128, 7, 0.1, 10))
    rates = [schedule.learning_rate(step) for step in range(schedule.total)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == rates[9] == rates[10] == 1.0
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert 0 < rates[-1] < 0.001


def test_a_row_counts_as_much_as_its_weight(world) -> None:
    """Equal weights change nothing, since only their ratio matters; unequal ones do."""

    def losses(uid: str, weigh) -> dict[int, float]:
        world.config["run"]["uid"] = uid
        world.dataset([row | weigh(n) for n, row in enumerate(code_word_examples())], name=f"{uid}.jsonl")
        result = world.optimize(epochs=1).train(work=uid)
        assert result.reason == (0, "Completed")
        return result.losses

    plain = losses("plain", lambda _: {})
    assert losses("equal", lambda _: {"weight": 0.25}) == pytest.approx(plain, rel=1e-5)
    unequal = losses("unequal", lambda n: {"weight": 1.0 if n % 2 else 0.01})
    assert all(abs(unequal[step] - loss) > 1e-3 * loss for step, loss in plain.items())
