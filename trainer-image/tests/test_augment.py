"""The asked share of thinking is reached with traces whose answer agrees, before the answer that was recorded."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from conversations import FACTS, conversation
from test_rehearsal import interrupted, killed

from trainer import agreement, dataset, storage
from trainer.chat import Counts, samples
from trainer.dataset import Row
from trainer.generation import Generated, Generator, Request


def plain(count: int = 40) -> list[dict]:
    """Answers that the base model knows, without thinking. Some are worded with other capitals and blanks."""
    return [conversation(q, None, a.upper() + " " if n % 2 else a) for n in range(4) for q, _, a in FACTS[:10]][:count]


def augmented(world, work: str = "work") -> list[dict]:
    data = world.path / work / "augmented" / "data.jsonl"
    return [json.loads(line) for line in data.read_text().splitlines()]


def ask(world, ratio: float, rows: list[dict] | None = None, **settings) -> dict:
    world.dataset(rows if rows is not None else plain())
    world.config["thinkingRatio"] = ratio
    world.config["augmentation"] = {"maxTraceTokens": 40} | settings
    result = world.run("augment")
    assert result.reason == (0, "Completed"), result.message
    return result.termination["augmentation"]


@pytest.mark.parametrize("ratio", [0.25, 0.5, 0.75])
def test_the_asked_ratio_is_reached_within_two_points(world, ratio: float) -> None:
    told = ask(world, ratio)
    assert told["asked"] == ratio
    assert abs(told["achieved"] - ratio) <= 0.02
    assert told["thinkingBefore"] == 0
    end = world.optimize(epochs=1).train().termination["dataset"]
    assert end["thinkingRatio"] == {"asked": ratio, "achieved": told["achieved"]}


def test_without_augmentation_there_is_no_thinking(world) -> None:
    world.dataset(plain())
    world.config["thinkingRatio"] = 0.5
    result = world.optimize(epochs=1).train()
    assert result.termination["dataset"]["thinkingRatio"] == {"asked": 0.5, "achieved": 0.0}
    assert [e["because"] for e in result.events if e["event"] == "notPrepared"] == ["missing"]


def test_the_recorded_answer_is_learnt_behind_the_trace(world) -> None:
    ask(world, 0.5)
    recorded = {(row["messages"][0]["content"], row["messages"][1]["content"].strip()) for row in plain()}
    thinking = [row["messages"] for row in augmented(world) if "reasoning_content" in row["messages"][-1]]
    assert thinking
    assert all((turns[0]["content"], turns[1]["content"].strip()) in recorded for turns in thinking)
    assert any(turns[1]["content"].isupper() for turns in thinking)  # as recorded, not as the model says it
    reasons = {question: reason for question, reason, _ in FACTS}
    assert any(turns[1]["reasoning_content"] == reasons[turns[0]["content"]] for turns in thinking)


def test_traces_that_do_not_agree_are_not_kept_and_the_shortfall_is_told(world) -> None:
    wrong = [conversation(question, None, "Mauve, certainly.") for question, _, _ in FACTS[:10]] * 2
    told = ask(world, 0.5, wrong)
    assert (told["agreed"], told["achieved"]) == (0, 0.0)
    assert told["rejected"]["disagrees"] > 0
    assert told["tried"] == 2 * told["samples"]  # two rounds
    assert told["leftOut"] == 0


def test_the_other_side_is_left_out_only_as_far_as_allowed(world) -> None:
    wrong = [conversation(question, None, "Mauve, certainly.") for question, _, _ in FACTS[:10]] * 2
    told = ask(world, 0.25, plain(20) + wrong, maxLeftOut=1.0)
    assert told["leftOut"] == 0  # enough of them agree: nothing has to go
    assert abs(told["achieved"] - 0.25) <= 0.02
    told = ask(world, 0.8, plain(20) + wrong, maxLeftOut=1.0)
    assert abs(told["achieved"] - 0.8) <= 0.02
    assert told["leftOut"] > 0
    told = ask(world, 0.8, plain(20) + wrong, maxLeftOut=0.1)
    assert 0 < told["leftOut"] <= 0.1 * 38
    assert len(augmented(world)) == 38 - told["leftOut"]


def test_too_much_thinking_is_left_out_and_every_answer_stays(world) -> None:
    rows = [conversation(q, reason, a) for _ in range(3) for q, reason, a in FACTS]
    told = ask(world, 0.25, rows)
    assert abs(told["achieved"] - 0.25) <= 0.02
    assert told["tried"] == 0
    assert told["stripped"] > 0
    assert len(augmented(world)) == told["samples"]


def test_the_new_dataset_names_its_parent_and_is_named_by_its_content(world) -> None:
    ask(world, 0.5)
    manifest = json.loads((world.path / "work" / "augmented" / "manifest.json").read_text())
    assert manifest["parent"] == world.config["dataset"]
    assert {"base", "ratio", "settings", "seed", "dataset"} <= manifest["inputs"].keys()
    sha256 = manifest["data"]["sha256"]
    assert manifest["data"]["uri"] == f"{world.storage}/datasets/{sha256}/data.jsonl"
    folder = Path(world.storage.removeprefix("file://")) / "datasets" / sha256
    assert storage.digest_file(folder / "data.jsonl").sha256 == sha256
    assert json.loads((folder / "manifest.json").read_text()) == manifest


def test_what_is_held_out_stays_held_out(world) -> None:
    """Each row is of its own, so a row that were held out of the parent and learnt would be seen."""
    rows = [conversation(f"{q} {n}", None, a) for n in range(4) for q, _, a in FACTS[:10]]
    ask(world, 0.5, rows)
    parent = [Row(n + 1, tuple(row["messages"])) for n, row in enumerate(rows)]
    held = {row.messages[0]["content"] for row in dataset.hold_out(parent)[1]}
    assert held
    assert not held & {row["messages"][0]["content"] for row in augmented(world)}
    assert len(augmented(world)) == len(rows) - len(held)


@pytest.mark.parametrize(
    ("how", "code"), [(lambda: os.kill(os.getpid(), signal.SIGTERM), 75), (killed, 1)], ids=["SIGTERM", "killed"]
)
def test_an_interruption_costs_at_most_a_batch_and_changes_no_byte(world, monkeypatch, how: Callable, code) -> None:
    world.config["optimization"]["microBatchSize"] = 1
    ask(world, 0.5)
    expected = augmented(world)
    world.config["run"]["uid"] = "another"
    interrupted(monkeypatch, 3, how)
    assert world.run("augment", work="first").code == code
    monkeypatch.undo()
    monkeypatch.setenv("QI_TERMINATION_LOG", str(world.path / "termination.json"))
    batches = interrupted(monkeypatch, 0, killed)
    assert world.run("augment", work="second").reason == (0, "Completed")
    assert augmented(world, "second") == expected
    generated = len(batches)
    assert world.run("augment", work="third").message == "already made"
    assert augmented(world, "third") == expected
    assert len(batches) == generated


def test_leftovers_of_another_ratio_are_ignored(world) -> None:
    ask(world, 0.5)
    world.config["thinkingRatio"] = 0.75
    result = world.optimize(epochs=1).train()
    assert result.termination["dataset"]["thinkingRatio"] == {"asked": 0.75, "achieved": 0.0}
    assert [e["because"] for e in result.events if e["event"] == "notPrepared"] == ["made for something else"]


def test_without_a_ratio_or_with_a_model_that_cannot_think_there_is_nothing_to_do(world) -> None:
    world.dataset(plain())
    assert "no thinking ratio" in world.run("augment").message
    world.config["thinkingRatio"] = 0.5
    world.config["baseModel"]["thinking"] = "NonThinking"
    assert "cannot think" in world.run("augment").message
    assert not (world.path / "work" / "augmented").exists()


@pytest.mark.parametrize(
    ("answer", "recorded", "expected"),
    [
        ("Paris.", "paris", True),
        ("The capital is Paris.", "Paris.", False),
        ("It is  Paris", "it is Paris!", True),
        ("", "Paris.", False),
        ("a b c d e f g h i j", "a b c d e f g h i j k", True),
        ("a b c d e f g h i j", "a b c d e z z z z z z", False),
        ("```python\nx = 1 # one\n```", "So:\n```python\nx   =   1\n```\nDone.", True),
        ("```python\nx = 2\n```", "```python\nx = 1\n```", False),
        ("x = 1", "```python\nx = 1\n```", False),
        ("```rust\nlet  x = 1;\n```", "```rust\nlet x = 1;\n```", True),
        ("```rust\nlet x = 2;\n```", "```rust\nlet x = 1;\n```", False),
    ],
)
def test_answers_agree_by_rule(answer: str, recorded: str, expected: bool) -> None:
    assert agreement.agree(answer, recorded) is expected


def sample_of(chat, question: str, reasoning: str | None) -> tuple[list, Counts]:
    counts = Counts()
    row = Row(1, tuple(conversation(question, reasoning, "Hi.")["messages"]))
    return samples([row], chat, 100, counts), counts


@pytest.mark.parametrize("thinks", [True, False])
@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Hello", {True: True, False: False}),
        ("Hello /think", {True: True, False: None}),
        ("Hello /no_think", {True: False, False: False}),
        ("/no_think Hello /think", {True: True, False: None}),
        ("What does path/think do, and /thinker?", {True: True, False: False}),
    ],
)
def test_a_samples_mode_agrees_with_the_switch_of_its_question(chat_format, question, expected, thinks) -> None:
    found, counts = sample_of(chat_format(), question, "A greeting." if thinks else None)
    assert ([sample.thinking for sample in found] or [None]) == [expected[thinks]]
    assert counts.against_switch == (expected[thinks] is None)


def test_only_the_last_question_and_only_hybrid_models_are_switched(chat_format) -> None:
    turns = [*conversation("Hi /no_think", None, "Hi.")["messages"], *conversation("2+2?", "Add.", "4.")["messages"]]
    found = samples([Row(1, tuple(turns))], chat_format(), 100, Counts())
    assert [sample.thinking for sample in found] == [False, True]
    assert sample_of(chat_format("NonThinking"), "Hello /think", None)[1].used == 1


def test_an_answer_whose_question_asks_for_thinking_is_given_a_trace_first(world, monkeypatch) -> None:
    def right(self: Generator, requests: list[Request]) -> list[Generated]:
        prompts = {request.key: self.tokenizer.decode(request.prompt) for request in requests}
        answers = {key: next(a for q, _, a in FACTS if q in prompt) for key, prompt in prompts.items()}
        return [Generated(key, f"<think>\nKnown.\n</think>\n\n{a}", 9, True) for key, a in answers.items()]

    monkeypatch.setattr(Generator, "__call__", right)
    rows = [conversation(f"{q} /think" if n < 3 else q, None, a) for n, (q, _, a) in enumerate((FACTS * 2)[:19])]
    told = ask(world, 0.15, rows)
    assert (told["samples"], told["thinking"], told["achieved"]) == (19, 3, 0.1579)
    thinking = [row["messages"] for row in augmented(world) if "reasoning_content" in row["messages"][-1]]
    assert [turns[0]["content"][-7:] for turns in thinking] == [" /think"] * 3


def test_the_empty_block_has_no_loss(chat_format) -> None:
    """Learnt, it would teach a hybrid model to close its thinking before it has begun."""
    chat = chat_format()
    ((sample,), _) = sample_of(chat, "Hello", None)
    learnt = chat.tokenizer.decode([label for label in sample.labels if label >= 0])
    assert learnt == "Hi.<|im_end|>"
    assert chat.tokenizer.decode(sample.ids).endswith("<think>\n\n</think>\n\nHi.<|im_end|>")
