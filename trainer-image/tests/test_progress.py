"""Progress for others: told as they expect it, and never in the way of the training."""

import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from conftest import free_port
from world import World

from trainer import events, progress_channels, progress_kubeflow
from trainer.events import Progress
from trainer.progress_kubeflow import KubeflowStatus
from trainer.progress_prometheus import PrometheusMetrics

TRAINING = {"step": "Training", "progress": 0.5, "globalStep": 5, "totalSteps": 10, "loss": 1.25, "remaining": 61.4}


@contextmanager
def endpoint(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[tuple[str, list]]:
    taken: list[tuple[str, dict, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((self.path, dict(self.headers), body))
            answer(self)

        def log_message(self, *_) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/status", taken
    finally:
        server.shutdown()
        server.server_close()


def accept(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()


def fail(request: BaseHTTPRequestHandler) -> None:
    request.send_error(500)


def hang(_request: BaseHTTPRequestHandler) -> None:
    time.sleep(60)


def close(request: BaseHTTPRequestHandler) -> None:
    request.connection.shutdown(socket.SHUT_RDWR)


def garble(request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(b"\xff\xfe not http at all\r\n\r\n" * 100)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition()


def test_the_status_is_told_as_kubeflow_trainer_takes_it(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "token").write_text("secret\n")
    monkeypatch.setenv("KUBEFLOW_TRAINER_SERVER_TOKEN", str(tmp_path / "token"))
    with endpoint(accept) as (url, taken):
        status = KubeflowStatus(url, interval=0.01)
        status(TRAINING)
        wait_for(lambda: len(taken) == 1)
        (tmp_path / "token").write_text("rotated\n")
        status({"step": "Evaluating", "progress": 0.0, "remaining": None})
        wait_for(lambda: len(taken) == 2)
        status.close(succeeded=True)
    path, headers, body = taken[0]
    told = json.loads(body)["trainerStatus"]
    assert (path, headers["Authorization"], headers["Content-Type"]) == ("/status", "Bearer secret", "application/json")
    assert (told["progressPercentage"], told["estimatedRemainingSeconds"]) == (50, 61)
    assert {"name": "loss", "value": "1.25"} in told["metrics"]
    assert told["lastUpdatedTime"].endswith("Z")
    assert taken[1][1]["Authorization"] == "Bearer rotated"
    evaluating, last = (json.loads(taken[n][2])["trainerStatus"] for n in (1, -1))
    assert (evaluating["progressPercentage"], "estimatedRemainingSeconds" in evaluating) == (50, False)
    assert (last["progressPercentage"], last["metrics"]) == (100, told["metrics"])


def test_the_newest_status_is_sent_and_seldom() -> None:
    with endpoint(accept) as (url, taken):
        status = KubeflowStatus(url, interval=0.5)
        for step in range(200):
            status(TRAINING | {"progress": step / 200})
            time.sleep(0.001)
        status.close(succeeded=False)
    assert len(taken) == 2
    assert json.loads(taken[-1][2])["trainerStatus"]["progressPercentage"] == 99


def test_no_training_is_done_before_its_end() -> None:
    with endpoint(accept) as (url, taken):
        status = KubeflowStatus(url, interval=0.01)
        status(TRAINING | {"progress": 1.0})
        status.close(succeeded=False)
    assert {json.loads(body)["trainerStatus"]["progressPercentage"] for _, _, body in taken} == {99}


@pytest.mark.parametrize("answer", [fail, hang, close, garble])
def test_a_bad_endpoint_does_not_disturb(world: World, monkeypatch, answer: Callable) -> None:
    monkeypatch.setattr(progress_kubeflow, "TIMEOUT_SECONDS", 0.5)
    monkeypatch.setattr(progress_kubeflow, "LAST_WORD_SECONDS", 0.3)
    monkeypatch.setattr(progress_kubeflow.KubeflowStatus.__init__, "__defaults__", (0.1,))
    undisturbed = world.optimize(epochs=1).train(work="undisturbed")
    world.config["run"]["uid"] = "disturbed"
    with endpoint(answer) as (url, taken):
        monkeypatch.setenv("KUBEFLOW_TRAINER_SERVER_URL", url)
        result = world.train(work="disturbed")
        assert taken
    assert result.reason == (0, "Completed")
    assert result.losses == undisturbed.losses
    assert sum(e["event"] == "statusNotTaken" for e in result.events) <= 1


def test_the_token_goes_to_no_other_endpoint(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "token").write_text("secret")
    monkeypatch.setenv("KUBEFLOW_TRAINER_SERVER_TOKEN", str(tmp_path / "token"))
    with endpoint(accept) as (other, elsewhere):

        def redirect(request: BaseHTTPRequestHandler) -> None:
            request.send_response(307)
            request.send_header("Location", other)
            request.end_headers()

        with endpoint(redirect) as (url, taken):
            status = KubeflowStatus(url, interval=0.01)
            status(TRAINING)
            wait_for(lambda: bool(taken) and status.failing)
            status.close(succeeded=False)
        assert elsewhere == []


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("KUBEFLOW_TRAINER_SERVER_URL", "file:///etc/passwd"),
        ("QI_METRICS_PORT", "http"),
        ("QI_METRICS_PORT", "99999"),
    ],
)
def test_what_cannot_be_opened_is_told_and_left(monkeypatch, capsys, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with progress_channels.opened():
        assert events.observers == []
    assert '"level": "warn"' in capsys.readouterr().out


def test_only_the_first_process_speaks(monkeypatch, capsys) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("QI_METRICS_PORT", str(free_port()))
    with progress_channels.opened():
        assert events.observers == []
        Progress("Training").update(0.5, always=True)
    assert capsys.readouterr().out == ""
    events.emit("error", level="error")
    assert '"event": "error"' in capsys.readouterr().out


def test_metrics_are_served_while_it_trains_and_end_with_it(world: World, monkeypatch) -> None:
    port, seen = free_port(), []
    monkeypatch.setenv("QI_METRICS_PORT", str(port))
    original = Progress.update

    def update(self: Progress, *given, **told) -> None:
        original(self, *given, **told)
        if told.get("globalStep") == 3:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
                seen.append(answer.read().decode())

    monkeypatch.setattr(Progress, "update", update)
    result = world.optimize(epochs=1).train()
    (text,) = seen
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(values["qi_trainer_loss"]) == result.losses[3]
    assert (values["qi_trainer_steps_total"], values["qi_trainer_steps_planned"]) == ("3", "5")
    assert float(values['qi_trainer_progress_ratio{step="Training"}']) == 0.6
    for name in ("gradient_norm", "learning_rate", "tokens_per_second", "tokens_total", "peak_memory_bytes"):
        assert float(values[f"qi_trainer_{name}"]) > 0
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics")


def test_a_client_that_says_nothing_holds_nobody_up() -> None:
    metrics = PrometheusMetrics(free_port())
    address = ("127.0.0.1", metrics.server.server_port)
    with socket.create_connection(address):
        metrics(TRAINING)
        with urllib.request.urlopen(f"http://{address[0]}:{address[1]}/metrics") as answer:
            assert b"qi_trainer_loss 1.25" in answer.read()
    metrics.close(succeeded=True)
