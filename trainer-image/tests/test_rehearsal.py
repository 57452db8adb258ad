"""Without rehearsal an earlier task is forgotten, with it it is kept; and what is rehearsed does not depend on chance,
interruptions or what else lies around."""

import json
import os
import shutil
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest
import skills
from conversations import conversation, write_jsonl
from world import Result, World

from trainer import first_pod
from trainer.__main__ import main
from trainer.dataset import Row
from trainer.generation import Generated, Generator
from trainer.rehearsal import selection, step, synthesis
from trainer.rehearsal.store import Demonstration, Task, demonstrations, general


@pytest.fixture(scope="session")
def skilled(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URI of a tiny base model that writes requests when shown two, and knows none of the answers."""
    path = tmp_path_factory.mktemp("skilled")
    examples = write_jsonl(path / "examples.jsonl", skills.base_examples(tasks=2))
    os.environ["QI_TERMINATION_LOG"] = str(path / "termination.json")
    given = ["--examples", str(examples), "--output", f"file://{path}/model", "--work", str(path / "work")]
    assert main(["tiny-model", "--steps", "300", *given]) == 0
    return f"file://{path}/model"


@pytest.fixture(scope="session")
def history(skilled: str, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """The store after a first task was trained on the base model, made once: {"store": its folder, "adapter": …}."""
    path = tmp_path_factory.mktemp("history")
    with pytest.MonkeyPatch.context() as patch:
        world = World(path, skilled, NoCapture(), patch)
        asked(world)
        task(world, 0, "first")
        assert world.run("rehearse", work="first").reason == (0, "Completed")
        trained = world.train(work="first")
    assert trained.reason == (0, "Completed")
    return {"store": path / "store", "end": trained.termination}


class NoCapture:
    """A fixture of the session has no capture of its own; what the steps print is not looked at."""

    class Nothing:
        out = err = ""

    def readouterr(self) -> "NoCapture.Nothing":
        return self.Nothing()


def asked(world: World) -> World:
    world.config["rehearsal"] = {"method": "SSR", "ratio": 1.0, "instances": 12}
    world.config["lora"]["dropout"] = 0.0
    return world.optimize(epochs=10, microBatchSize=4, maxSequenceLength=192)


def task(world: World, kind: int, uid: str) -> None:
    world.dataset(skills.task(kind), f"task-{kind}.jsonl")
    world.config["run"]["uid"] = uid


@pytest.fixture
def world(tmp_path: Path, skilled: str, history: dict, capfd, monkeypatch) -> World:
    """A second task is about to be trained."""
    shutil.copytree(history["store"], tmp_path / "store")
    made = asked(World(tmp_path, skilled, capfd, monkeypatch))
    task(made, 1, "second")
    return made


def made_by(result: Result, world: World, work: str = "work") -> bytes:
    assert result.reason == (0, "Completed"), result.message
    return (world.path / work / "rehearsal" / "data.jsonl").read_bytes()


def test_rehearsal_keeps_what_is_forgotten_without(world, skilled: str, history: dict) -> None:
    assert skills.Examiner(skilled, history["end"]["adapter"]["uri"]).score(0).correct > 0.9

    world.config["rehearsal"]["method"] = "None"
    assert world.run("rehearse").message == "no rehearsal is asked for"
    without = world.train(work="without").termination
    forgotten = skills.Examiner(skilled, without["adapter"]["uri"])
    assert forgotten.score(1).correct > 0.9
    assert forgotten.score(0).correct < 0.1
    assert forgotten.score(skills.NEVER_TAUGHT).correct < 0.5
    assert "rehearsal" not in without["dataset"]

    world.config["rehearsal"]["method"] = "SSR"
    world.config["run"]["uid"] = "third"
    assert world.run("rehearse").reason == (0, "Completed")
    rehearsed = world.train().termination
    kept = skills.Examiner(skilled, rehearsed["adapter"]["uri"])
    assert kept.score(1).correct > 0.9
    assert kept.score(0).correct > 0.9
    assert kept.score(0).thinking > 0.9
    assert kept.score(skills.NEVER_TAUGHT).correct > 0.9  # what the base model could do
    told = rehearsed["dataset"]["rehearsal"]
    assert told["asked"] == 30
    assert 20 <= told["achieved"] <= 30
    assert told["tasks"] == 2


def test_the_ratio_decides_how_much_is_mixed_in(world) -> None:
    world.config["rehearsal"]["ratio"] = 0.1
    world.run("rehearse")
    told = world.optimize(epochs=1).train().termination["dataset"]["rehearsal"]
    assert told == {"asked": 3, "achieved": 3, "tasks": 2}


def test_whatever_the_ratio_every_task_and_both_modes_have_their_share() -> None:
    def rows(name: str, instances: int) -> list[dict]:
        said = [{"content": "Yes.", "reasoning_content": "Because."}, {"content": "Yes."}]
        return [{"instance": n, "messages": [{"content": name}, reply]} for n in range(instances) for reply in said]

    tasks = {name: rows(name, instances) for name, instances in {"a": 9, "b": 9, "c": 9, "d": 2}.items()}
    mixed = step.interleave(tasks, seed=7)
    assert len(mixed) == sum(map(len, tasks.values()))
    for asked in (4, 8, 16):
        shares = Counter(row["messages"][0]["content"] for row in mixed[:asked])
        assert set(shares.values()) == {asked // 4}
        thinking = sum("reasoning_content" in row["messages"][1] for row in mixed[:asked])
        assert thinking == asked // 2


def test_rehearsal_covers_both_modes_and_its_answers_are_the_latest_models(world) -> None:
    rows = [json.loads(line) for line in made_by(world.run("rehearse"), world).splitlines()]
    rows = [row for row in rows if not row["id"].startswith("general")]
    replies = [row["messages"][-1] for row in rows]
    assert {"reasoning_content" in reply for reply in replies} == {True, False}
    assert {reply["content"] for reply in replies} == {"Owner Falcon."}  # not the base model's unknown
    assert all(skills.KINDS[0].format("").split()[0] in row["messages"][0]["content"] for row in rows)


def test_the_store_holds_each_task_with_its_adapter_and_its_data(world, history: dict) -> None:
    world.run("rehearse")
    (base,) = (world.path / "store" / "rehearsal").iterdir()
    (name,) = (path.name for path in base.iterdir() if path.name != "general")
    recorded = json.loads((base / name / "task.json").read_text())
    assert recorded["adapter"] == history["end"]["adapter"]
    assert recorded["dataset"]["sha256"] == name
    assert recorded["order"] == 1
    manifest = json.loads((base / name / "manifest.json").read_text())
    assert manifest["refinedBy"] == history["end"]["adapter"]
    assert manifest["counts"]["asked"] == 12
    assert manifest["counts"]["samples"] == manifest["data"]["rows"] > 0


def test_a_base_model_that_cannot_synthesise_trains_without_and_says_so(world, base: str) -> None:
    world.config["baseModel"]["uri"] = base
    result = world.run("rehearse")
    assert result.reason == (0, "Completed")
    assert "goes on without" in result.message
    assert result.termination["rehearsal"] == {"samples": 0, "tasks": 1}
    told = world.optimize(epochs=1).train().termination["dataset"]["rehearsal"]
    assert told == {"asked": 30, "achieved": 0, "tasks": 1}


def interrupted(monkeypatch, at: int, how: Callable[[], None]) -> list[int]:
    """Ends the process at the beginning of the batch `at`; the list counts the batches."""
    original, seen = Generator.__call__, []

    def batch(self: Generator, requests: list) -> list[Generated]:
        seen.append(len(requests))
        if len(seen) == at:
            how()
        return original(self, requests)

    monkeypatch.setattr(Generator, "__call__", batch)
    return seen


def killed() -> None:
    raise SystemExit(137)


@pytest.mark.parametrize(
    ("how", "code"), [(lambda: os.kill(os.getpid(), signal.SIGTERM), 75), (killed, 1)], ids=["SIGTERM", "killed"]
)
@pytest.mark.parametrize("at", [3])
def test_an_interruption_costs_at_most_a_batch_and_changes_no_byte(world, monkeypatch, how, code, at) -> None:
    """`general` is in the store already: synthesis takes some batches, refinement the rest."""
    world.config["optimization"]["microBatchSize"] = 1
    pristine = world.path / "pristine"
    shutil.copytree(world.path / "store", pristine)
    batches = interrupted(monkeypatch, 0, killed)
    expected = made_by(world.run("rehearse", work="whole"), world, "whole")
    total = len(batches)
    assert total > at
    monkeypatch.undo()
    monkeypatch.setenv("QI_TERMINATION_LOG", str(world.path / "termination.json"))
    shutil.rmtree(world.path / "store")
    shutil.copytree(pristine, world.path / "store")
    interrupted(monkeypatch, at, how)
    assert world.run("rehearse", work="first").code == code
    monkeypatch.undo()
    monkeypatch.setenv("QI_TERMINATION_LOG", str(world.path / "termination.json"))
    batches = interrupted(monkeypatch, 0, killed)
    assert made_by(world.run("rehearse", work="second"), world, "second") == expected
    assert len(batches) == total - (at - 1)


def test_a_replaced_pod_finds_its_rehearsal_made_whatever_was_trained_meanwhile(world, monkeypatch) -> None:
    expected = made_by(world.run("rehearse"), world)
    (base,) = (world.path / "store" / "rehearsal").iterdir()
    (name,) = (path.name for path in base.iterdir() if path.name != "general")
    other = json.loads((base / name / "task.json").read_text()) | {"order": 2}
    (base / ("f" * 64)).mkdir()
    (base / ("f" * 64) / "task.json").write_text(json.dumps(other))
    batches = interrupted(monkeypatch, 0, killed)
    again = world.run("rehearse", work="replaced")
    assert again.message == "already made"
    assert made_by(again, world, "replaced") == expected
    assert batches == []


def test_the_store_may_be_s3(world, object_store) -> None:
    buckets = object_store.path / "buckets" / "learning"
    shutil.copytree(world.path / "store", buckets, dirs_exist_ok=True)
    world.config["storage"]["uri"] = "s3://learning"
    rows = made_by(world.run("rehearse"), world)
    assert len(rows.splitlines()) > 12
    assert world.run("rehearse", work="replaced").message == "already made"


def test_only_the_first_of_several_pods_generates(world, monkeypatch) -> None:
    """The others wait for what it makes, and get the same bytes."""
    expected, slept = [], []

    def first_pod_is_done(seconds: float) -> None:
        slept.append(seconds)
        monkeypatch.setenv("JOB_COMPLETION_INDEX", "0")
        expected.append(made_by(world.run("rehearse", work="first"), world, "first"))
        monkeypatch.setenv("JOB_COMPLETION_INDEX", "1")

    monkeypatch.setenv("JOB_COMPLETION_INDEX", "1")
    monkeypatch.setattr(first_pod.made_once, "__defaults__", (first_pod_is_done,))
    assert made_by(world.run("rehearse"), world) == expected[0]
    assert len(slept) == 1


@pytest.mark.parametrize("change", ["dataset", "seed", "data"])
def test_what_was_made_for_something_else_is_not_mixed_in(world, change: str) -> None:
    world.run("rehearse")
    if change == "dataset":
        world.dataset(skills.task(1)[:30], "other.jsonl")
    elif change == "seed":
        world.optimize(seed=8)
    else:
        (world.path / "work" / "rehearsal" / "data.jsonl").write_text("")
    result = world.optimize(epochs=1).train()
    assert result.termination["dataset"]["rehearsal"]["achieved"] == 0
    assert [e["because"] for e in result.events if e["event"] == "notPrepared"] == ["made for something else"]


def test_another_rehearsal_does_not_resume_a_checkpoint(world) -> None:
    world.run("rehearse")
    first = world.optimize(epochs=1).train()
    world.config["rehearsal"]["ratio"] = 0.2
    again = world.train()
    assert min(again.losses) == 1
    assert again.termination["adapter"] != first.termination["adapter"]


def test_an_adapter_that_was_cleaned_away_does_not_stop_a_training(world, history: dict) -> None:
    shutil.rmtree(world.path / "store" / "adapters", ignore_errors=True)
    (base,) = (world.path / "store" / "rehearsal").iterdir()
    (name,) = (path.name for path in base.iterdir() if path.name != "general")
    recorded = json.loads((base / name / "task.json").read_text())
    recorded["adapter"]["uri"] = f"{world.storage}/adapters/gone"
    (base / name / "task.json").write_text(json.dumps(recorded))
    result = world.run("rehearse")
    assert result.reason == (0, "Completed")
    assert [e["reason"] for e in result.events if e["event"] == "adapterSkipped"] == ["AdapterMissing"]
    assert json.loads((base / name / "manifest.json").read_text())["refinedBy"] is None


def candidates(*texts: str, shown: tuple[str, ...] = ("Who owns alpha?", "Who owns beta?")) -> synthesis.Candidates:
    found = synthesis.Candidates(Task("t", 1, tuple(Demonstration(text) for text in shown)), ["<|im_end|>"])
    for text in texts:
        found.take(Generated("k", text, 1, finished=True), Demonstration("x", "Be brief."))
    return found


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("<request>\nWho owns gamma?\n</request>", None),
        ("Sure! Who owns gamma?", "malformed"),
        ("<request>a question</request><request>another</request>", "malformed"),
        ("<request>\nwho OWNS  alpha\n</request>", "copies"),
        ("<request>?</request>", "length"),
        ("<request>" + "long " * 200 + "</request>", "length"),
        ("<request>Who owns <|im_end|>?</request>", "controlTokens"),
    ],
)
def test_what_is_no_new_request_is_left_out(text: str, complaint: str | None) -> None:
    found = candidates(text)
    assert found.counts == {"generated": 1} | ({complaint: 1} if complaint else {})
    assert len(found.kept) == (complaint is None)


def test_a_request_is_kept_once_with_the_system_message_of_what_was_shown() -> None:
    found = candidates(*["<request>\nWho owns gamma?\n</request>"] * 3)
    assert [(item.request, item.system) for item in found.kept] == [("Who owns gamma?", "Be brief.")]
    assert found.counts["duplicates"] == 2


def test_selection_takes_of_every_cluster_in_proportion_and_nearest_first() -> None:
    chance = numpy.random.default_rng(1)
    centres = numpy.eye(3)[[0] * 60 + [1] * 30 + [2] * 10]
    vectors = centres + chance.normal(0, 0.02, centres.shape)
    vectors /= numpy.linalg.norm(vectors, axis=1, keepdims=True)
    labels, _ = selection.k_means(vectors, 3, seed=7)
    assert len({(labels[i], i >= 60, i >= 90) for i in range(100)}) == 3
    assert selection.quotas(numpy.array([60, 30, 10]), 10) == [6, 3, 1]
    chosen = selection.select(vectors, 10, seed=7)
    assert len(chosen) == len(set(chosen)) == 10
    assert {int(centres[i].argmax()) for i in chosen} == {0, 1, 2}
    assert chosen == selection.select(vectors, 10, seed=7)


def test_selection_of_few_takes_all_and_of_equal_ones_does_not_fail() -> None:
    assert selection.select(numpy.eye(3), 5, seed=1) == [0, 1, 2]
    assert len(selection.select(numpy.ones((9, 2)) / 2**0.5, 4, seed=1)) == 4


def test_demonstrations_are_a_hundredth_of_the_requests_at_least_two_at_most_thirty_two() -> None:
    def of(count: int) -> int:
        rows = [conversation(f"Question {n}?", None, "Yes.", system=True)["messages"] for n in range(count)]
        found = demonstrations([Row(n + 1, tuple(messages)) for n, messages in enumerate(rows)])
        assert all(item.system for item in found)
        return len(found)

    assert (of(1), of(30), of(500), of(5000)) == (1, 2, 5, 32)


def test_what_the_base_model_could_do_is_shown_by_seeds_of_our_own() -> None:
    assert len({shown.request for shown in general().demonstrations}) == 24
