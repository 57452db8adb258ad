"""Whatever kills a run and whenever, it goes on from the last checkpoint to the very same bytes."""

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from world import World

ROOT = Path(__file__).parents[1]


def folder(world: World, uid: str = "0f1e") -> Path:
    return Path(world.storage.removeprefix("file://")) / "checkpoints" / uid / "attempt-1"


def killed(world: World, work: str, after: int, delay: float) -> dict[int, float]:
    """The losses that a process told before SIGKILL, `delay` seconds after its line number `after`."""
    command = [sys.executable, "-m", "trainer", *world.command("train", work=work)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    output = [process.stdout.readline() for _ in range(after)]
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    output += process.stdout.read().splitlines()
    assert process.wait() == -9
    told = [json.loads(line) for line in output if line.endswith(("}", "}\n"))]
    return {e["globalStep"]: e["loss"] for e in told if e["event"] == "progress" and "loss" in e}


def test_kills_at_random_moments_lose_at_most_the_steps_since_the_last_checkpoint(world: World) -> None:
    """Each kill falls somewhere within a step or the writing of a checkpoint, which here is every second line."""
    world.optimize(epochs=3, checkpointSteps=2)
    uninterrupted = world.train(work="uninterrupted")
    world.config["run"]["uid"] = "killed"
    chance, losses = random.Random(7), {}
    for n in range(3):
        told = killed(world, f"killed-{n}", after=chance.randint(6, 10), delay=chance.random() * 0.1)
        again = losses.keys() & told.keys()
        assert len(again) <= 2
        assert all(told[step] == losses[step] for step in again)
        losses |= told
    last = world.train(work="last")
    assert last.reason == (0, "Completed")
    assert len(losses.keys() & last.losses.keys()) <= 2
    assert losses | last.losses == uninterrupted.losses
    assert last.termination["adapter"]["sha256"] == uninterrupted.termination["adapter"]["sha256"]


@pytest.fixture
def trained(world: World):
    """Checkpoints at the steps 8 and 10, and what the run ended in."""
    return world.train(work="first")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


DAMAGE = {
    "the tar is cut short": lambda at: cut(at / "step-00000010.tar"),
    "the tar is empty": lambda at: (at / "step-00000010.tar").write_bytes(b""),
    "the tar is missing": lambda at: (at / "step-00000010.tar").unlink(),
    "the note is missing": lambda at: (at / "step-00000010.json").unlink(),
    "the note is cut short": lambda at: cut(at / "step-00000010.json"),
    "the note is of another kind": lambda at: (at / "step-00000010.json").write_text("[]"),
    "the tar is that of another step": lambda at: shutil.copy(at / "step-00000008.tar", at / "step-00000010.tar"),
}


def test_the_newest_two_checkpoints_are_kept(world: World, trained) -> None:
    names = {f"step-{step:08d}.{suffix}" for step in (8, 10) for suffix in ("json", "tar")}
    assert {path.name for path in folder(world).iterdir()} == names


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_checkpoint_that_is_not_whole_gives_way_to_the_one_before(world: World, trained, damage: str) -> None:
    DAMAGE[damage](folder(world))
    again = world.train(work="again")
    assert sorted(again.losses) == [9, 10]
    assert again.termination["adapter"] == trained.termination["adapter"]


def test_without_a_whole_checkpoint_it_begins_anew(world: World, trained) -> None:
    for path in folder(world).glob("*.tar"):
        cut(path)
    again = world.train(work="again")
    assert again.losses == trained.losses
    assert again.termination["adapter"] == trained.termination["adapter"]


@pytest.mark.parametrize("what", ["step-00000008.tar", "step-00000008.json"])
def test_a_store_that_fills_up_ends_with_45_and_is_resumed_when_there_is_room(
    world: World, monkeypatch, what: str
) -> None:
    """It fills up in the midst of a file. What was there before stays, and nothing of the half is ever read."""
    copy = shutil.copyfile

    def fills_up(source: Path, target: Path) -> None:
        if what in str(target):
            Path(target).write_bytes(Path(source).read_bytes()[:100])
            raise OSError(errno.ENOSPC, "No space left on device")
        copy(source, target)

    uninterrupted = world.train(work="uninterrupted")
    world.config["run"]["uid"] = "full"
    with monkeypatch.context() as full:
        full.setattr(shutil, "copyfile", fills_up)
        first = world.train(work="first")
    assert first.reason == (45, "StorageFull")
    assert first.termination["checkpoint"]["step"] == 4
    second = world.train(work="second")
    assert [e["globalStep"] for e in second.events if e["event"] == "resumed"] == [4]
    assert first.losses | second.losses == uninterrupted.losses
    assert second.termination["adapter"]["sha256"] == uninterrupted.termination["adapter"]["sha256"]


def test_a_working_folder_that_is_full_ends_with_45(world: World, monkeypatch) -> None:
    import tarfile

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as within:
        within.setattr(tarfile, "open", full)
        result = world.train()
    assert result.reason == (45, "StorageFull")
    assert list(folder(world).glob("*")) == []
    assert world.train(work="again").reason == (0, "Completed")


def test_a_store_that_is_lost_ends_with_45_and_is_resumed_when_it_is_back(
    world: World, object_store, monkeypatch
) -> None:
    """A real S3 server, stopped between two checkpoints and started again."""
    from trainer import train as training

    monkeypatch.setenv("QI_STORAGE_RETRY_SECONDS", "1")
    world.config["storage"]["uri"] = "s3://learning"
    original = training.report

    def report(progress, state, *rest) -> None:
        original(progress, state, *rest)
        if state.step == 6:
            object_store.stop()

    with monkeypatch.context() as lost:
        lost.setattr(training, "report", report)
        first = world.train(work="first")
    assert first.reason == (45, "StorageUnavailable")
    object_store.start()
    second = world.train(work="second")
    assert [e["globalStep"] for e in second.events if e["event"] == "resumed"] == [4]
    assert all(first.losses[step] == second.losses[step] for step in first.losses.keys() & second.losses.keys())
    assert second.reason == (0, "Completed")
