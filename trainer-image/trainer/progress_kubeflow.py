"""Progress in Kubeflow Trainer's status protocol (TrainJob, docs/user-guides/trainjob-progress.md), which an operator
or Kubeflow itself gives the endpoint for. Sent by a thread of its own, at most once in five seconds, the newest status
only: an endpoint that hangs, fails or answers nonsense costs a status, never a step.
"""

import json
import os
import ssl
import threading
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .errors import name
from .events import emit, rfc3339

INTERVAL_SECONDS = 5.0
TIMEOUT_SECONDS = 5.0
LAST_WORD_SECONDS = 2.0  # how long the end of a training waits for its last status to be taken
_METRICS = {
    "globalStep": "global_step",
    "totalSteps": "total_steps",
    "loss": "loss",
    "gradientNorm": "gradient_norm",
    "learningRate": "learning_rate",
    "tokensPerSecond": "tokens_per_second",
    "tokens": "tokens",
}


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """The token is for that endpoint and for no other."""

    def redirect_request(self, *_: Any) -> None:
        return None


class KubeflowStatus:
    def __init__(self, url: str, interval: float = INTERVAL_SECONDS):
        self.url, self.interval = url, interval
        self.percentage, self.status, self.failing = 0, None, False
        self.changed, self.finished = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.send, name="kubeflow-status", daemon=True)
        self.thread.start()

    def __call__(self, told: dict[str, Any]) -> None:
        """Takes note of the newest progress. Only training is a share of the whole; 100 is for its success."""
        if told["step"] == "Training":
            self.percentage = min(99, int(100 * told["progress"]))
        self.note(told, told.get("remaining"))

    def note(self, told: dict[str, Any], remaining: float | None) -> None:
        status: dict[str, Any] = {"progressPercentage": self.percentage}
        if remaining is not None:
            status["estimatedRemainingSeconds"] = max(0, round(remaining))
        known = [(metric, told[key]) for key, metric in _METRICS.items() if key in told]
        before = (self.status or {}).get("metrics")
        if known:
            status["metrics"] = [{"name": metric, "value": str(value)} for metric, value in known]
        elif before:
            status["metrics"] = before
        self.status = status
        self.changed.set()

    def close(self, succeeded: bool) -> None:
        if succeeded:
            self.percentage = 100
            self.note({}, 0)
        self.finished.set()
        self.changed.set()
        self.thread.join(LAST_WORD_SECONDS)

    def send(self) -> None:
        while not self.finished.is_set():
            self.changed.wait()
            self.changed.clear()
            if self.status:
                self.post(self.status | {"lastUpdatedTime": rfc3339(datetime.now(UTC))})
            self.finished.wait(self.interval)
        if self.changed.is_set() and self.status:
            self.post(self.status | {"lastUpdatedTime": rfc3339(datetime.now(UTC))})

    def post(self, status: dict[str, Any]) -> None:
        """Says once that it fails and once that it works again."""
        try:
            body = json.dumps({"trainerStatus": status}).encode()
            headers = {"Content-Type": "application/json", **authorization()}
            request = urllib.request.Request(self.url, body, headers, method="POST")  # noqa: S310 the operator names it
            with opener().open(request, timeout=TIMEOUT_SECONDS) as answer:
                answer.read(1 << 16)
        except Exception as error:  # noqa: BLE001 whatever it is, the training goes on
            if not self.failing:
                emit("statusNotTaken", level="warn", error=name(error))
            self.failing = True
            return
        if self.failing:
            emit("statusTakenAgain")
        self.failing = False


def opener() -> urllib.request.OpenerDirector:
    """Made anew each time, as the token is read anew: both are rotated under a running pod."""
    authority = os.environ.get("KUBEFLOW_TRAINER_SERVER_CA_CERT")
    context = ssl.create_default_context(cafile=authority or None)
    handlers = (NoRedirects(), urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    return urllib.request.build_opener(*handlers)


def authorization() -> dict[str, str]:
    path = os.environ.get("KUBEFLOW_TRAINER_SERVER_TOKEN")
    return {"Authorization": f"Bearer {Path(path).read_text().strip()}"} if path else {}
