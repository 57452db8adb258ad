"""The same run over a real S3 server, and what happens when that server is away."""

import hashlib
from pathlib import Path

import pytest
from world import World

from trainer import storage
from trainer.errors import TrainerError
from trainer.s3 import answer
from trainer.storage import NotFoundError


@pytest.fixture
def s3_world(tmp_path: Path, base: str, capfd, monkeypatch, object_store) -> World:
    for path in Path(base.removeprefix("file://")).iterdir():
        storage.upload(path, f"s3://models/tiny-qwen3/{path.name}")
    world = World(tmp_path, "s3://models/tiny-qwen3", capfd, monkeypatch, storage="s3://learning/runs")
    data = world.path / "data.jsonl"
    storage.upload(data, "s3://learning/datasets/x.jsonl")
    world.config["dataset"]["uri"] = "s3://learning/datasets/x.jsonl"
    return world


def test_a_run_over_s3_is_the_run_over_files(s3_world, base: str) -> None:
    result = s3_world.train()
    assert result.reason == (0, "Completed")
    uri = result.termination["adapter"]["uri"]
    data = storage.read(f"{uri}/adapter_model.safetensors")
    assert hashlib.sha256(data).hexdigest() == result.termination["adapter"]["sha256"]
    checkpoints = storage.store_for(uri).list("s3://learning/runs/checkpoints/0f1e/attempt-1")
    assert sorted(checkpoints) == [f"step-{n:08d}.{kind}" for n in (8, 10) for kind in ("json", "tar")]
    again = s3_world.train(work="work-2")
    assert again.losses == {}
    assert again.termination["adapter"] == result.termination["adapter"]
    assert s3_world.merge(result).reason == (0, "Completed")


def test_a_store_that_is_down_is_unavailable_after_bounded_retries(s3_world, object_store, monkeypatch) -> None:
    monkeypatch.setenv("QI_STORAGE_RETRY_SECONDS", "2")
    object_store.stop()
    result = s3_world.train()
    assert result.reason == (45, "StorageUnavailable")
    assert [e["event"] for e in result.events].count("storageRetry") >= 2


def test_a_store_that_comes_back_in_time_is_waited_for(s3_world, object_store, monkeypatch) -> None:
    from trainer import s3

    def pause(_: float) -> None:
        object_store.start()

    object_store.stop()
    monkeypatch.setattr(s3.time, "sleep", pause)
    assert storage.read("s3://learning/datasets/x.jsonl")


def test_a_missing_object_bucket_and_right_are_told_apart(object_store, monkeypatch) -> None:
    with pytest.raises(NotFoundError):
        storage.read("s3://learning/nothing")
    with pytest.raises(TrainerError, match="StorageMissing"):
        storage.read("s3://no-such-bucket/nothing")
    from trainer.s3 import s3_store

    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    s3_store.cache_clear()
    with pytest.raises(TrainerError, match="StorageAccessDenied"):
        storage.read("s3://learning/nothing")


def test_a_large_file_goes_in_parts_and_comes_back_whole(object_store, tmp_path: Path) -> None:
    block = bytes(range(256)) * 4096
    (tmp_path / "large").write_bytes(block * 150)
    digest = storage.upload(tmp_path / "large", "s3://learning/large")
    assert storage.download("s3://learning/large", tmp_path / "back") == digest


def test_what_is_there_is_not_written_again(object_store, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "a").write_bytes(b"one")
    storage.upload(tmp_path / "a", "s3://learning/a")
    monkeypatch.setattr(type(storage.store_for("s3://learning/a")), "put", lambda *_: pytest.fail("written again"))
    storage.upload(tmp_path / "a", "s3://learning/a")


def test_answers_become_reasons() -> None:
    def reason(code: str, status: int) -> object:
        end = answer("s3://a/b", {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}})
        return end and (getattr(end, "reason", None) or type(end).__name__)

    assert reason("InternalError", 500) is None
    assert reason("SlowDown", 503) is None
    assert reason("XMinioStorageFull", 507) == "StorageFull"
    assert reason("QuotaExceeded", 403) == "StorageFull"
    assert reason("AccessDenied", 403) == "StorageAccessDenied"
    assert reason("NoSuchKey", 404) == "NotFoundError"
    assert reason("InvalidArgument", 400) == "InternalError"
