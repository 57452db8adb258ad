"""A trained model is asked everything, and the answers come with their sample sizes and bounds."""

import json
import math
import os
import signal
from pathlib import Path

import pytest
from conversations import CODE_WORD, FACTS, base_examples, code_word_examples, conversation
from world import Result

from trainer import storage
from trainer.dataset import Row, hold_out, messages
from trainer.evaluation import model as evaluated
from trainer.evaluation import reasoning
from trainer.evaluation.grading import grade, number_of
from trainer.evaluation.intervals import clopper_pearson, exponential, mean, ratio, wilson
from trainer.evaluation.questions import questions
from trainer.generation import Generated

SMALL = {"maxItems": 12, "maxNewTokens": 48, "samples": 4}


@pytest.fixture
def trained(world):
    """A short training, evaluated in small."""
    world.config["evaluation"] = SMALL
    world.config["lora"]["dropout"] = 0.0
    assert world.optimize(epochs=2).train().reason == (0, "Completed")
    return world


def result_of(evaluation: Result) -> dict:
    assert evaluation.reason == (0, "Completed"), evaluation.message
    told = evaluation.termination["evaluation"]
    text = storage.read(told["uri"])
    assert told["uri"].endswith(f"/evaluations/{told['sha256']}.json")
    return json.loads(text)


def test_an_evaluation_holds_every_figure_with_its_size_and_bounds(trained) -> None:
    result = trained.run("evaluate")
    whole, told = result_of(result), result.termination["evaluation"]
    assert len(json.dumps(result.termination)) <= 4096
    assert json.loads((trained.path / "work" / "evaluation.json").read_text()) == whole

    def estimates(value):
        if isinstance(value, dict) and "method" in value:
            yield value
        elif isinstance(value, dict | list):
            for part in value.values() if isinstance(value, dict) else value:
                yield from estimates(part)

    found = list(estimates(whole))
    assert len(found) > 20
    for figure in found:
        assert figure.keys() == {"n", "value", "low", "high", "method"}
        assert figure["value"] is None if figure["n"] == 0 else figure["low"] <= figure["value"] <= figure["high"]
    rows = whole["heldOut"]["rows"]
    assert rows == 2 and whole["accuracy"]["Thinking"]["correct"]["n"] == len({i["id"] for i in whole["items"]})
    assert {item["mode"] for item in whole["items"]} == {"Thinking", "NonThinking"}
    assert told["loss"]["value"] == pytest.approx(whole["heldOut"]["loss"]["value"], abs=1e-4)
    assert whole["heldOut"]["perplexity"]["value"] == pytest.approx(math.exp(whole["heldOut"]["loss"]["value"]), 1e-4)
    assert [e["step"] for e in result.events if e["event"] == "progress"][-1] == "Evaluating"


def test_the_loss_is_that_of_the_training_step(trained) -> None:
    """Packed there, alone in its sequence here: to the last digits that fp32 keeps."""
    end = json.loads((trained.path / "termination.json").read_text())["metrics"]
    result = trained.run("evaluate")
    whole, told = result_of(result), result.termination
    assert whole["heldOut"]["loss"]["value"] == pytest.approx(end["evaluationLoss"], rel=1e-5)
    assert told["metrics"]["perplexity"] == pytest.approx(end["perplexity"], rel=1e-3)


def test_no_text_leaves_with_an_evaluation(trained) -> None:
    result = trained.run("evaluate")
    said = storage.read(result.termination["evaluation"]["uri"]).decode() + result.output
    for question, thought, answer in FACTS:
        assert question not in said and answer not in said and thought not in said
    assert CODE_WORD not in said


def test_killed_in_the_middle_it_goes_on_and_says_the_same(trained, monkeypatch) -> None:
    calls, original = [], evaluated.Generator.__call__

    def counted(self, requests):
        calls.append(len(requests))
        if len(calls) == 3 and not stopped:
            stopped.append(True)
            os.kill(os.getpid(), signal.SIGTERM)
        return original(self, requests)

    stopped: list[bool] = [True]
    monkeypatch.setattr(evaluated.Generator, "__call__", counted)
    whole = trained.run("evaluate", work="work").termination["evaluation"]
    needed = len(calls)
    forget(trained, whole)
    stopped.clear()
    calls.clear()
    first = trained.run("evaluate")
    assert first.reason == (75, "Checkpointed")
    before = len(calls) - 1
    second = trained.run("evaluate")
    assert second.termination["evaluation"] == whole
    assert len(calls) - 1 - before == needed - before


def forget(world, told: dict) -> None:
    """As if no evaluation of this run had ever been."""
    folder = Path(world.storage.removeprefix("file://"))
    for path in [*folder.glob("checkpoints/*/evaluation-*"), *folder.glob("checkpoints/*/generated/evaluate-*/*")]:
        path.unlink()
    Path(told["uri"].removeprefix("file://")).unlink()


def test_evaluated_again_it_is_found(trained, monkeypatch) -> None:
    first = trained.run("evaluate")
    monkeypatch.setattr(evaluated, "load_model", lambda *_: pytest.fail("loaded again"))
    again = trained.run("evaluate")
    assert again.message == "already evaluated"
    assert again.termination["evaluation"] == first.termination["evaluation"]


def test_the_adapter_may_be_named_as_for_the_merge(trained) -> None:
    first = trained.run("evaluate")
    adapter = first.termination["adapter"]
    given = ("--adapter-uri", adapter["uri"], "--adapter-sha256", adapter["sha256"])
    assert trained.run("evaluate", *given, work="other").termination["evaluation"] == first.termination["evaluation"]
    assert trained.run("evaluate", work="none").reason == (42, "AdapterMissing")


def test_a_run_without_dataset_has_nothing_to_evaluate(world) -> None:
    world.config["dataset"] = None
    assert world.run("evaluate").reason == (0, "Completed")


def test_answers_that_were_learnt_are_right_in_both_modes_and_unlearnt_ones_are_not(world) -> None:
    """The base model knows its facts by heart; of one that it was never told it says something else."""
    rows = [row for row in base_examples() if "code word" not in row["messages"][-2]["content"]]
    world.dataset(rows[:40])
    world.config["evaluation"] = SMALL
    world.optimize(epochs=1, learningRate=1e-6).train()
    known = result_of(world.run("evaluate"))
    assert known["accuracy"]["NonThinking"]["correct"]["value"] >= 0.5
    assert known["accuracy"]["Thinking"]["correct"]["value"] >= 0.5
    assert known["reasoning"]["wellFormed"]["value"] >= 0.5
    assert known["reasoning"]["noneWhenNotAsked"]["value"] == 1.0
    assert known["reasoning"]["traceLengthRatio"]["value"] == pytest.approx(1.0, abs=0.05)
    world.dataset([conversation(f"What is {n} squared?", None, f"{n * n}") for n in range(100, 140)])
    world.train()
    unknown = result_of(world.run("evaluate"))
    assert unknown["accuracy"]["NonThinking"]["correct"]["value"] == 0.0
    assert {item["by"] for item in unknown["items"]} == {"Numeric"}


def test_what_was_forgotten_of_an_earlier_task_is_measured_item_by_item(world) -> None:
    """The second task teaches another answer to the questions of the first."""
    world.config["evaluation"] = SMALL | {"samples": 0}
    world.config["lora"]["dropout"] = 0.0
    first = [row for row in base_examples() if "capital" in row["messages"][-2]["content"]] * 4
    first = [{"messages": [dict(m) for m in row["messages"]]} for row in first]
    for number, row in enumerate(first):
        row["messages"][-2]["content"] += f" Please, {number}."
        row["messages"][-1] = {"role": "assistant", "content": "Tokyo."}
    world.dataset(first, "first.jsonl")
    world.optimize(epochs=4).train(work="first")
    world.config["run"]["uid"] = "second"
    second = json.loads(json.dumps(first).replace("Tokyo.", "Madrid."))
    world.dataset(second, "second.jsonl")
    world.train(work="second")
    evaluation = world.run("evaluate", work="second")
    whole, adapter = result_of(evaluation), evaluation.termination["adapter"]
    task = whole["forgetting"]["tasks"][0]
    assert task["rows"] == 2
    assert task["then"]["accuracy"]["NonThinking"]["correct"]["value"] == 1.0
    assert task["accuracy"]["NonThinking"]["correct"]["value"] == 0.0
    assert task["lossChange"]["low"] > 0
    assert whole["forgetting"]["backwardTransfer"]["value"] < 0
    (world.path / "first.jsonl").unlink()
    world.config["run"]["uid"] = "third"
    given = ("--adapter-uri", adapter["uri"], "--adapter-sha256", adapter["sha256"])
    again = result_of(world.run("evaluate", *given, work="third"))
    assert again["forgetting"]["tasks"][0]["because"] == "DatasetMissing"
    assert again["forgetting"]["backwardTransfer"]["n"] == 0


def test_the_held_out_questions_are_asked_once_and_in_the_mode_that_they_name(chat_format) -> None:
    said = [conversation("Name a colour.", None, "Blue.")] * 2 + [conversation("Hi /no_think", None, "Hello!")]
    rows = [Row(n, messages(value["messages"], n)) for n, value in enumerate(said, 1)]
    asked = {len(q.prompts): q for q in questions(rows, chat_format(), 10, 128)}
    assert sorted(asked) == [1, 2]
    assert set(asked[1].prompts) == {False}
    assert questions(rows, chat_format(), 10, 3) == []
    assert len(questions(rows, chat_format("NonThinking"), 1, 128)) == 1


def test_what_is_held_out_is_never_trained_on() -> None:
    rows = [Row(n, messages(value["messages"], n)) for n, value in enumerate(code_word_examples(), 1)]
    for_training, for_evaluation = hold_out(rows)
    assert for_evaluation and {r.line for r in for_training} | {r.line for r in for_evaluation} == set(range(1, 41))
    assert not {r.line for r in for_training} & {r.line for r in for_evaluation}


@pytest.mark.parametrize(
    ("answer", "recorded", "correct", "kind"),
    [
        ("The sum is 1,042.", "So it is.\n#### 1042", True, "Numeric"),
        ("It is 41, no: 42", "42", True, "Numeric"),
        ("It is 42, no: 41", "42", False, "Numeric"),
        ("-3.50", "#### -3.5", True, "Numeric"),
        ("paris", "Paris.", True, "Exact"),
        ("Paris, France", "Paris.", False, "Exact"),
        ("```python\nx = 1 \n```", "```python\nx=1\n```", True, "Exact"),
        (None, "Paris.", False, "Exact"),
    ],
)
def test_answers_are_graded_by_what_was_recorded(answer, recorded: str, correct: bool, kind: str) -> None:
    found = grade(answer, recorded, None)
    assert (found.correct, found.kind) == (correct, kind)


def test_code_is_graded_by_its_tests_and_only_in_the_sandbox(monkeypatch) -> None:
    tests = "assert add(2, 3) == 5"
    right = "Here it is:\n```python\ndef add(a, b):\n    return a + b\n```"
    assert grade(right, "anything", tests).correct is True
    assert grade(right.replace("+", "-"), "anything", tests).correct is False
    monkeypatch.setattr("trainer.sandbox.available", lambda: False)
    monkeypatch.setattr("trainer.sandbox.run", lambda *_: pytest.fail("ran unlocked"))
    assert grade(right, "anything", tests).correct is None


def test_a_row_with_tests_has_its_answer_run(world) -> None:
    world.config["evaluation"] = SMALL | {"samples": 0}
    rows = code_word_examples()
    world.dataset([row | {"tests": "assert False"} for row in rows])
    world.optimize(epochs=1, learningRate=1e-6).train()
    whole = result_of(world.run("evaluate"))
    assert whole["codeExecution"] == "Available"
    assert {item["by"] for item in whole["items"]} == {"Tests"}
    assert not any(item["correct"] for item in whole["items"])
    world.dataset([row | {"tests": 7} for row in rows])
    assert world.run("evaluate").message == "line 1: tests must be a string of Python"


def test_numbers_are_told_from_sentences_with_numbers() -> None:
    assert number_of("42") == number_of("x\n#### 42") == 42
    assert number_of("2+2 is 4.") is None
    assert number_of("The code word is Tokyo blue 42.") is None


def test_a_block_of_thinking_is_well_formed_or_it_is_none() -> None:
    assert reasoning.trace("<think>\nwhy\n</think>\n\nso") == "why"
    assert reasoning.trace("why\n</think>\n\nso") == "why"  # where the prompt has opened it
    for text in ("so", "<think>\n\n</think>\n\nso", "<think>\nwhy", "<think>a</think>b<think>c</think>d"):
        assert reasoning.trace(text) is None


def test_going_round_in_circles_is_a_loop() -> None:
    assert reasoning.loops("I think that it is so. " * 10)
    assert not reasoning.loops(" ".join(f"word{n}" for n in range(60)))
    assert not reasoning.loops("yes yes yes yes yes")


def test_the_thinking_report_tells_modes_apart(chat_format) -> None:
    said = [conversation(f"Question {n}?", None, "Blue.") for n in range(4)]
    rows = [Row(n, messages(value["messages"], n)) for n, value in enumerate(said, 1)]
    chat = chat_format()
    asked = questions(rows, chat, 10, 128)

    def answers(thinking: str, plain: str) -> dict[str, Generated]:
        modes = (("Thinking", thinking), ("NonThinking", plain))
        return {f"{q.id}/{mode}": Generated(f"{q.id}/{mode}", text, 5, True) for q in asked for mode, text in modes}

    good = answers("<think>\none two three four\n</think>\n\nBlue.", "Blue.")
    swapped = answers("Blue.", "<think>\none\n</think>\n\nBlue.")
    kept, lost = (reasoning.report(asked, ours, good, chat.tokenizer) for ours in (good, swapped))
    assert (kept["wellFormed"]["value"], kept["noneWhenNotAsked"]["value"]) == (1.0, 1.0)
    assert (lost["wellFormed"]["value"], lost["noneWhenNotAsked"]["value"]) == (0.0, 0.0)
    assert kept["traceLengthRatio"]["value"] == 1.0 and lost["traceLengthRatio"]["n"] == 0


def test_intervals_are_those_of_the_tables() -> None:
    """Wilson and Clopper-Pearson for 8 of 10 and 0 of 50, as R's binom.confint gives them."""
    found = wilson(8, 10)
    assert (found["low"], found["high"]) == pytest.approx((0.490162, 0.943318), abs=2e-6)
    found = clopper_pearson(8, 10)
    assert (found["low"], found["high"]) == pytest.approx((0.443905, 0.974789), abs=2e-6)
    found = clopper_pearson(0, 50)
    assert (found["low"], found["high"]) == pytest.approx((0.0, 1 - 0.025 ** (1 / 50)), abs=2e-6)
    assert clopper_pearson(50, 50)["high"] == 1.0
    assert wilson(0, 0)["value"] is None


def test_a_bootstrap_covers_the_mean_and_is_the_same_each_time() -> None:
    values = [float(n % 7) for n in range(200)]
    found = mean(values)
    assert found["low"] < sum(values) / 200 < found["high"]
    half = 1.96 * (sum((v - found["value"]) ** 2 for v in values) / 199 / 200) ** 0.5
    assert found["high"] - found["low"] == pytest.approx(2 * half, rel=0.15)
    assert mean(values) == found
    assert ratio([2.0, 4.0], [1.0, 2.0])["value"] == 2.0
    assert exponential(ratio([1.0], [1.0]))["value"] == pytest.approx(math.e)
