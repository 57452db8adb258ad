"""One tiny base model and one of each real server for the whole session."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
os.environ.setdefault("QI_STORAGE_RETRY_SECONDS", "5")
# Sums are the same bit for bit only if they are made in the same order, here and in the processes that tests start.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from conversations import base_examples, write_jsonl
from world import World

from trainer.__main__ import main


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URI of a tiny Qwen3 that knows a dozen answers, with and without thinking."""
    path = tmp_path_factory.mktemp("base")
    examples = write_jsonl(path / "examples.jsonl", base_examples())
    os.environ["QI_TERMINATION_LOG"] = str(path / "termination.json")
    given = ["--examples", str(examples), "--output", f"file://{path}/model", "--work", str(path / "work")]
    assert main(["tiny-model", "--steps", "120", *given]) == 0
    return f"file://{path}/model"


@pytest.fixture
def world(tmp_path: Path, base: str, capfd, monkeypatch) -> World:
    return World(tmp_path, base, capfd, monkeypatch)


@pytest.fixture(autouse=True)
def own_signals() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def binary(variable: str, what: str) -> str:
    path = os.environ.get(variable, "")
    if not Path(path).is_file():
        pytest.fail(
            f"{variable} must name the {what} binary: this test is about the real one and proves nothing without"
        )
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(command: list[str], environment: dict[str, str], port: int, log: Path) -> subprocess.Popen:
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=os.environ | environment, stdout=out, stderr=out)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.05)
    process.kill()
    pytest.fail(f"{command[0]} did not listen: {log.read_text()[-500:]}")


def end(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def ollama_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path, port = tmp_path_factory.mktemp("ollama"), free_port()
    program = binary("QI_OLLAMA_BINARY", "ollama (0.34.4, with its llama-server)")
    own = {"HOME": str(path), "OLLAMA_HOST": f"127.0.0.1:{port}", "OLLAMA_MODELS": str(path / "models")}
    process = serve([program, "serve"], own | {"OLLAMA_NO_CLOUD": "1", "OLLAMA_GO_TEMPLATE": "1"}, port, path / "log")
    yield f"http://127.0.0.1:{port}"
    end(process)


@pytest.fixture
def ollama(ollama_url: str, monkeypatch) -> str:
    monkeypatch.setenv("QI_OLLAMA_URL", ollama_url)
    return ollama_url


@pytest.fixture
def llama_quantize(monkeypatch) -> None:
    """The program that k-quants are made with, where the image looks for it."""
    monkeypatch.setenv("QI_LLAMA_QUANTIZE", binary("QI_LLAMA_QUANTIZE_BINARY", "llama-quantize"))


class ObjectStore:
    """A real S3 server over a folder, which a test may stop and start."""

    def __init__(self, path: Path):
        self.path, self.port, self.process = path, free_port(), None

    def start(self) -> "ObjectStore":
        root = self.path / "buckets"
        for bucket in ("learning", "models"):
            (root / bucket).mkdir(parents=True, exist_ok=True)
        program = binary("QI_VERSITYGW_BINARY", "versitygw")
        command = [program, "--port", f"127.0.0.1:{self.port}", "posix", str(root)]
        keys = {"ROOT_ACCESS_KEY": "key", "ROOT_SECRET_KEY": "secret-of-the-tests"}
        self.process = serve(command, keys, self.port, self.path / "log")
        return self

    def stop(self) -> None:
        if self.process:
            end(self.process)
            self.process = None


@pytest.fixture
def object_store(tmp_path: Path, monkeypatch) -> Iterator[ObjectStore]:
    from trainer.s3 import s3_store

    store = ObjectStore(tmp_path / "s3")
    (tmp_path / "s3").mkdir()
    store.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{store.port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-tests")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    s3_store.cache_clear()
    yield store
    s3_store.cache_clear()
    store.stop()


@pytest.fixture(scope="session")
def chat_format(base: str) -> Callable:
    from trainer.chat import ChatFormat
    from trainer.model import load_tokenizer

    tokenizer = load_tokenizer(Path(base.removeprefix("file://")))
    return lambda thinking="Hybrid": ChatFormat(tokenizer, thinking)
