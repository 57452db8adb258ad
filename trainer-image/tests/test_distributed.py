"""Several processes learn what one does, stop together, and end with the code of the one that failed."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from world import Result, World

from trainer import launch
from trainer.chat import Sample
from trainer.distributed import Ranks
from trainer.errors import TrainerError, classify
from trainer.loss import targets
from trainer.packing import collate
from trainer.stop import StopSignal

ROOT = Path(__file__).parents[1]


def started(world: World, *arguments: str, processes: int = 2, **environment: str) -> subprocess.Popen:
    given = os.environ | {"OMP_NUM_THREADS": "1", "QI_PROCESSES": str(processes)} | environment
    command = [sys.executable, "-m", "trainer", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=given, stdout=subprocess.PIPE, text=True)


def finished(world: World, process: subprocess.Popen, before: str = "") -> Result:
    output, _ = process.communicate(timeout=120)
    return Result(process.returncode, before + output, json.loads((world.path / "termination.json").read_text()))


def test_two_processes_stop_together_and_one_goes_on_with_what_one_alone_would_have_learnt(world: World) -> None:
    """SIGTERM reaches only one of the two, in the midst of a step; both end at the same checkpoint."""
    world.optimize(epochs=1, maxSequenceLength=64, globalBatchSize=6).config["performance"] = {"lengthGrouping": False}
    alone = world.train(work="alone")
    assert len(alone.losses) == 7
    world.config["run"]["uid"] = "two"
    process = started(world, *world.command("train", work="two"))
    output = ""
    for line in process.stdout:
        output += line
        if '"globalStep": 3,' in line:
            os.kill(children(process.pid)[1], signal.SIGTERM)
            break
    first = finished(world, process, output)
    assert first.reason == (75, "Checkpointed")
    step = first.termination["checkpoint"]["step"]
    assert 3 <= step < 7
    second = world.train(work="one")
    assert [e["globalStep"] for e in second.events if e["event"] == "resumed"] == [step]
    assert first.losses | second.losses == pytest.approx(alone.losses, rel=1e-4)
    assert sorted(second.losses) == list(range(step + 1, 8))
    evaluation = second.termination["metrics"]["evaluationLoss"]
    assert evaluation == pytest.approx(alone.termination["metrics"]["evaluationLoss"], rel=1e-2)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize(("count", "world"), [(1, 1), (5, 2), (4, 2), (1, 4), (9, 4)])
def test_each_micro_batch_is_computed_once_and_all_processes_compute_equally_many(count: int, world: int) -> None:
    batches = [collate([[Sample((n, n, n), 1, False)]], padding=0) for n in range(count)]
    shares = [Ranks(rank, world).share(batches) for rank in range(world)]
    assert len({len(share) for share in shares}) == 1
    counted = [(number, batch) for share in shares for number, batch in share if targets(batch)]
    assert sorted(number for number, _ in counted) == list(range(count))
    assert all(batch is batches[number] for number, batch in counted)


def test_processes_that_have_prepared_different_data_do_not_train(monkeypatch) -> None:
    monkeypatch.setattr(Ranks, "from_first", lambda *_: "the first one's")
    assert Ranks(1, 2).same("the first one's") == "the first one's"
    with pytest.raises(TrainerError, match="DatasetInvalid: process 1 has prepared other data"):
        Ranks(1, 2).same("another")


@pytest.mark.parametrize(
    ("ends", "code", "reason"),
    [
        ({0: (45, "PeerLost"), 1: (44, "OutOfMemory")}, 44, "OutOfMemory"),
        ({0: (75, "Checkpointed"), 1: (75, "Checkpointed")}, 75, "Checkpointed"),
        ({0: (0, "Completed"), 1: (0, "Completed")}, 0, "Completed"),
        ({1: (43, "Diverged")}, 43, "Diverged"),
    ],
)
def test_the_process_that_failed_first_decides(
    tmp_path: Path, monkeypatch, ends: dict[int, tuple[int, str]], code: int, reason: str
) -> None:
    """Those that have no end here hang, and are ended."""
    monkeypatch.setenv("QI_TERMINATION_LOG", str(tmp_path / "termination.json"))
    monkeypatch.setattr(launch, "GRACE_SECONDS", 0.5)

    def start(_arguments, _where, local: int, log: Path) -> subprocess.Popen:
        if local not in ends:
            return subprocess.Popen(["sleep", "60"])
        ended, why = ends[local]
        log.write_text(json.dumps({"reason": why}))
        return subprocess.Popen(["sh", "-c", f"exit {ended}"])

    monkeypatch.setattr(launch, "start", start)
    assert launch.launch([], launch.Place(1, 0, 2), StopSignal()) == code
    assert json.loads((tmp_path / "termination.json").read_text())["reason"] == reason


def test_a_process_that_was_killed_is_told(monkeypatch) -> None:
    monkeypatch.setattr(launch, "start", lambda *_: subprocess.Popen(["sh", "-c", "kill -9 $$"]))
    with pytest.raises(TrainerError, match="ProcessLost: process 0 ended by itself with -9"):
        launch.launch([], launch.Place(1, 0, 1), StopSignal())


@pytest.mark.parametrize(
    ("environment", "place"),
    [
        ({"QI_PROCESSES": "8"}, launch.Place(1, 0, 8)),
        ({"RANK": "3", "QI_PROCESSES": "8"}, launch.Place(1, 0, 1)),
        (
            {"QI_NODES": "4", "JOB_COMPLETION_INDEX": "2", "MASTER_ADDR": "train-0.train", "QI_PROCESSES": "8"},
            launch.Place(4, 2, 8),
        ),
        ({"JOB_COMPLETION_INDEX": "0"}, launch.Place(1, 0, 1)),
    ],
)
def test_a_pod_finds_its_place_in_its_environment(monkeypatch, environment: dict, place: launch.Place) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert launch.place() == place


@pytest.mark.parametrize(
    ("environment", "complaint"),
    [
        ({"QI_NODES": "two"}, "environment: QI_NODES must be an integer >= 1, got 'two'"),
        ({"QI_PROCESSES": "0"}, "environment: QI_PROCESSES must be an integer >= 1, got '0'"),
        ({"QI_NODES": "2"}, "environment: QI_NODES is 2 and MASTER_ADDR is missing"),
        (
            {"QI_NODES": "2", "MASTER_ADDR": "a", "JOB_COMPLETION_INDEX": "2"},
            "environment: JOB_COMPLETION_INDEX must be < QI_NODES, which is 2, got '2'",
        ),
    ],
)
def test_an_environment_that_places_nothing_is_refused(monkeypatch, environment: dict, complaint: str) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(TrainerError) as caught:
        launch.place()
    assert (caught.value.code, caught.value.message) == (42, complaint)


def test_a_lost_peer_is_no_fault_of_the_training() -> None:
    import torch.distributed as dist

    closed = RuntimeError("[/pytorch/third_party/gloo/gloo/transport/tcp/pair.cc:547] Connection closed by peer")
    for error in (dist.DistNetworkError("connect timed out"), dist.DistBackendError("NCCL error"), closed):
        assert (classify(error).code, classify(error).reason) == (45, "PeerLost")


def test_only_the_first_of_several_pods_evaluates(world, monkeypatch):
    for name, value in {"QI_NODES": "2", "JOB_COMPLETION_INDEX": "1", "MASTER_ADDR": "train-0.train"}.items():
        monkeypatch.setenv(name, value)
    other = world.run("evaluate")
    assert other.reason == (0, "Completed")
    assert "first of the pods" in other.message and "evaluation" not in other.termination
