"""A bad configuration is refused before anything else, field by field, all at once."""

import dataclasses
import json
import re
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
from world import run_json

from trainer import config as configuration
from trainer import strict
from trainer.errors import TrainerError

MISSING = object()
DATASET = {"uri": "s3://a/b", "sha256": "0" * 64}


def load(tmp_path: Path, value: dict, attempt: str | None = None):
    path = tmp_path / "run.json"
    path.write_text(json.dumps(value))
    return configuration.load(path, attempt)


def refused(tmp_path: Path, value: dict, attempt: str | None = None) -> str:
    with pytest.raises(TrainerError) as caught:
        load(tmp_path, value, attempt)
    assert (caught.value.code, caught.value.reason) == (42, "ConfigInvalid")
    return caught.value.message


def changed(path: str, value: object) -> dict:
    whole = run_json("s3://learning", "s3://models/tiny") | {"dataset": DATASET.copy()}
    *parents, last = path.split(".")
    at = whole
    for key in parents:
        at[key] = at.get(key) or {}
        at = at[key]
    if value is MISSING:
        del at[last]
    else:
        at[last] = value
    return whole


LONG = "x" * 41
REFUSED: list[tuple[str, object, str]] = [
    ("run", MISSING, "missing"),
    ("run.namespace", "", "must not be empty, got ''"),
    ("run.name", 7, "must be a string, got 7"),
    ("run.uid", "a/b", "must be letters, digits, '.', '_' and '-', got 'a/b'"),
    ("storage", "s3://learning", "must be an object, got 's3://learning'"),
    ("storage.uri", "/var/lib", "must be s3://bucket/key or file:///path, got '/var/lib'"),
    ("baseModel.uri", "http://x/y", "must be s3://bucket/key or file:///path, got 'http://x/y'"),
    ("baseModel.name", "", "must not be empty, got ''"),
    ("baseModel.thinking", "Sometimes", "must be one of Hybrid, Thinking, NonThinking, got 'Sometimes'"),
    ("baseModel.thinking", LONG, "must be one of Hybrid, Thinking, NonThinking, got a str"),
    ("baseModel.thinking", "a\nb", "must be one of Hybrid, Thinking, NonThinking, got a str"),
    ("dataset", {"uri": "s3://a/b"}, {"dataset.sha256": "missing"}),
    ("dataset.uri", "s3:/a", "must be s3://bucket/key or file:///path, got 's3:/a'"),
    ("dataset.sha256", "AB", "must be 64 lower-case hexadecimal digits, got 'AB'"),
    ("lora.rank", 0, "must be > 0, got 0"),
    ("lora.rank", 8.0, "must be an integer, got 8.0"),
    ("lora.alpha", 0, "must be > 0, got 0.0"),
    ("lora.dropout", 1.0, "must be in [0, 1), got 1.0"),
    ("lora.targets", "Attention", "must be one of AllLinear, got 'Attention'"),
    ("optimization.learningRate", -1, "must be > 0, got -1.0"),
    ("optimization.learningRate", "2e-4", "must be a number, got '2e-4'"),
    ("optimization.learningRate", True, "must be a number, got True"),
    ("optimization.learningRate", float("inf"), "must be a number, got inf"),
    ("optimization.epochs", 1.5, "must be an integer, got 1.5"),
    ("optimization.epochs", 0, "must be > 0, got 0"),
    ("optimization.globalBatchSize", 0, "must be > 0, got 0"),
    ("optimization.microBatchSize", MISSING, "missing"),
    ("optimization.microBatchSize", -2, "must be > 0, got -2"),
    ("optimization.maxSequenceLength", 8, "must be >= 16, got 8"),
    ("optimization.seed", -1, "must be >= 0, got -1"),
    ("optimization.warmupFraction", 1, "must be in [0, 1), got 1.0"),
    ("optimization.checkpointSteps", None, "must be an integer, got None"),
    ("optimization.schedule", "linear", "unknown key"),
    ("export.quantization", "Q2_K", "must be one of F16, BF16, Q8_0, Q4_0, Q4_K_M, got 'Q2_K'"),
    ("serving.template", "", "must not be empty, got ''"),
    ("serving.parameters", [], "must be an object, got a list"),
    ("serving.contextLength", 0, "must be > 0, got 0"),
    ("model", {}, "unknown key"),
    ("rehearsal", "SSR", "must be an object, got 'SSR'"),
    ("rehearsal.method", "Replay", "must be one of None, SSR, got 'Replay'"),
    ("rehearsal.ratio", 1.5, "must be in [0, 1], got 1.5"),
    ("rehearsal.instances", 0, "must be > 0, got 0"),
    ("thinkingRatio", -0.1, "must be in [0, 1], got -0.1"),
    ("augmentation.maxTraceTokens", 0, "must be > 0, got 0"),
    ("augmentation.rounds", "two", "must be an integer, got 'two'"),
    ("augmentation.maxLeftOut", 2, "must be in [0, 1], got 2.0"),
    ("gradientMask.method", "Random", "must be one of None, GMT, got 'Random'"),
    ("gradientMask.keep", 0, "must be in (0, 1], got 0.0"),
    ("gradientMask.keep", 1.2, "must be in (0, 1], got 1.2"),
    ("evaluation.maxItems", 0, "must be > 0, got 0"),
    ("evaluation.maxNewTokens", 0.5, "must be an integer, got 0.5"),
    ("evaluation.samples", -1, "must be >= 0, got -1"),
    ("evaluation.canaries", 33, "must be in [0, 32], got 33"),
    ("evaluation.canaryRepetitions", 0, "must be in [1, 64], got 0"),
    ("performance.attention", "Eager", "must be one of Auto, SDPA, Flex, Flash, got 'Eager'"),
    ("performance.compile", "yes", "must be true or false, got 'yes'"),
    ("performance.liger", "On", "must be one of Auto, Off, got 'On'"),
    ("performance.gradientCheckpointing", True, "must be one of Auto, On, Off, got True"),
    ("performance.packing", 1, "must be true or false, got 1"),
    ("performance.lengthGrouping", None, "must be true or false, got None"),
    ("performance.speed", "fast", "unknown key"),
]


@pytest.mark.parametrize(("path", "value", "complaint"), REFUSED)
def test_each_bad_field_is_named_with_its_value_and_what_is_allowed(
    tmp_path: Path, path: str, value: object, complaint: str | dict
) -> None:
    expected = complaint if isinstance(complaint, dict) else {path: complaint}
    found = dict(part.split(": ", 1) for part in refused(tmp_path, changed(path, value)).split("; "))
    assert found.keys() == expected.keys()
    assert all(text == found[key] or re.fullmatch(text, found[key]) for key, text in expected.items())


def leaves(kind: type, path: str = "") -> Iterator[str]:
    """The path of every field of the tree that is no object of its own."""
    hints = typing.get_type_hints(kind)
    for f in dataclasses.fields(kind):
        here = strict.join(path, strict.camel(f.name))
        inner = [t for t in (hints[f.name], *typing.get_args(hints[f.name])) if dataclasses.is_dataclass(t)]
        yield from leaves(inner[0], here) if inner else [here]


def test_every_field_of_the_tree_has_a_bad_value_in_the_table() -> None:
    tried = {path for path, _, _ in REFUSED}
    assert set(leaves(configuration.Config)) - tried == set()


def test_all_errors_are_told_at_once(tmp_path: Path) -> None:
    value = changed("optimization.learningRate", -1)
    value["lora"]["rank"] = 0
    del value["export"]
    assert refused(tmp_path, value).count(";") == 2


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    loaded, _ = load(tmp_path, run_json("s3://learning", "s3://models/tiny"))
    assert (loaded.rehearsal, loaded.gradient_mask, loaded.thinking_ratio) == (None, None, None)
    assert loaded.performance == configuration.Performance("Auto", False, "Auto", "Auto", True, True)
    loaded, _ = load(tmp_path, changed("rehearsal", {"method": "SSR"}) | {"gradientMask": {"method": "GMT"}})
    assert (loaded.rehearsal.ratio, loaded.gradient_mask.keep) == (0.2, 0.7)


def test_text_that_is_no_json_is_refused_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"run": }')
    with pytest.raises(TrainerError, match=r"run\.json: not JSON, line 1 column 9"):
        configuration.load(tmp_path / "run.json", None)


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"run": {}, "run": {}}')
    with pytest.raises(TrainerError, match="key run stands twice"):
        configuration.load(tmp_path / "run.json", None)


def test_an_attempt_overrides_and_leaves_the_global_batch(tmp_path: Path) -> None:
    attempt = '{"number": 2, "learningRate": 1e-4, "microBatchSize": 1, "checkpointKey": "attempt-2"}'
    loaded, told = load(tmp_path, run_json("s3://learning", "s3://models/tiny"), attempt)
    optimization = loaded.optimization
    assert (optimization.learning_rate, optimization.micro_batch_size, optimization.global_batch_size) == (1e-4, 1, 8)
    assert (told.number, told.checkpoint_key) == (2, "attempt-2")


def test_a_bad_attempt_is_refused_by_field(tmp_path: Path) -> None:
    message = refused(tmp_path, run_json("s3://l", "s3://m"), '{"number": 0, "rate": 1}')
    assert message == "attempt.rate: unknown key; attempt.number: must be > 0, got 0"


def test_a_checkpoint_does_not_depend_on_the_micro_batch_but_on_the_learning_rate(tmp_path: Path) -> None:
    def digest(attempt: str) -> str:
        loaded, _ = load(tmp_path, run_json("s3://learning", "s3://models/tiny"), attempt)
        return configuration.training_digest(loaded, "base", {})

    assert digest('{"microBatchSize": 1}') == digest("{}")
    assert digest('{"learningRate": 0.1}') != digest("{}")


def test_a_checkpoint_depends_on_the_gradient_mask_and_not_on_how_fast_it_is_made(tmp_path: Path) -> None:
    def digest(**more: object) -> str:
        loaded, _ = load(tmp_path, run_json("s3://learning", "s3://models/tiny") | more)
        return configuration.training_digest(loaded, "base", {})

    assert digest(performance={"packing": False}) == digest(gradientMask={"method": "None"}) == digest()
    assert digest(gradientMask={"method": "GMT"}) != digest(gradientMask={"method": "GMT", "keep": 0.5}) != digest()
