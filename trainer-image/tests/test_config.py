"""A bad configuration is refused before anything else, field by field, all at once."""

import copy
import json
from pathlib import Path

import pytest
from world import run_json

from trainer import config as configuration
from trainer.errors import TrainerError

MISSING = object()


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
    whole = copy.deepcopy(run_json("s3://learning", "s3://models/tiny"))
    *parents, last = path.split(".")
    at = whole
    for key in parents:
        at = at[key]
    if value is MISSING:
        del at[last]
    else:
        at[last] = value
    return whole


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("optimization.learningRate", -1, "optimization.learningRate: must be > 0, got -1.0"),
        ("optimization.learningRate", "2e-4", "optimization.learningRate: must be a number, got a str"),
        ("optimization.learningRate", True, "optimization.learningRate: must be a number, got True"),
        ("optimization.epochs", 1.5, "optimization.epochs: must be an integer, got 1.5"),
        ("optimization.epochs", 0, "optimization.epochs: must be > 0, got 0"),
        ("optimization.globalBatchSize", 0, "optimization.globalBatchSize: must be > 0, got 0"),
        ("optimization.microBatchSize", MISSING, "optimization.microBatchSize: missing"),
        ("optimization.maxSequenceLength", 8, "optimization.maxSequenceLength: must be >= 16, got 8"),
        ("optimization.seed", -1, "optimization.seed: must be >= 0, got -1"),
        ("optimization.warmupFraction", 1, "optimization.warmupFraction: must be in [0, 1), got 1.0"),
        ("optimization.checkpointSteps", None, "optimization.checkpointSteps: must be an integer, got None"),
        ("optimization.schedule", "linear", "optimization.schedule: unknown key"),
        ("lora.rank", 0, "lora.rank: must be > 0, got 0"),
        ("lora.dropout", 1.0, "lora.dropout: must be in [0, 1), got 1.0"),
        ("lora.targets", "Attention", "lora.targets: must be one of AllLinear, got a str"),
        (
            "baseModel.thinking",
            "Sometimes",
            "baseModel.thinking: must be one of Hybrid, Thinking, NonThinking, got a str",
        ),
        ("baseModel.uri", "http://x/y", "baseModel.uri: must be s3://bucket/key or file:///path"),
        ("storage", "s3://learning", "storage: must be an object, got a str"),
        ("run.uid", "a/b", "run.uid: must be letters, digits, '.', '_' and '-'"),
        ("export.quantization", "Q4_K_M", "export.quantization: must be one of Q8_0, F16, got a str"),
        ("serving.template", "", "serving.template: must not be empty"),
        ("serving.parameters", [], "serving.parameters: must be an object, got a list"),
        ("dataset", {"uri": "s3://a/b", "sha256": "ab"}, "dataset.sha256: must be 64 lower-case hexadecimal digits"),
        ("model", {}, "model: unknown key"),
        ("rehearsal", "SSR", "rehearsal: must be an object, got a str"),
        ("rehearsal", {"method": "Replay"}, "rehearsal.method: must be one of None, SSR, got a str"),
        ("rehearsal", {"ratio": 1.5}, "rehearsal.ratio: must be in [0, 1], got 1.5"),
        ("thinkingRatio", -0.1, "thinkingRatio: must be in [0, 1], got -0.1"),
        ("augmentation", {"maxLeftOut": 2}, "augmentation.maxLeftOut: must be in [0, 1], got 2.0"),
    ],
)
def test_each_bad_field_is_named_with_its_path(tmp_path: Path, path: str, value: object, complaint: str) -> None:
    assert refused(tmp_path, changed(path, value)) == complaint


def test_all_errors_are_told_at_once(tmp_path: Path) -> None:
    value = changed("optimization.learningRate", -1)
    value["lora"]["rank"] = 0
    del value["export"]
    assert refused(tmp_path, value).count(";") == 2


def test_what_a_later_version_uses_is_accepted(tmp_path: Path) -> None:
    loaded, _ = load(tmp_path, changed("rehearsal", {"method": "SSR"}) | {"gradientMask": {"keep": 0.7}})
    assert loaded.rehearsal == configuration.Rehearsal("SSR", 0.2, 200)


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
        return configuration.training_digest(loaded, "base")

    assert digest('{"microBatchSize": 1}') == digest("{}")
    assert digest('{"learningRate": 0.1}') != digest("{}")
