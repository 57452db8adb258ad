"""What a step says: one JSON object a line on stdout, and the termination message at its end.

The operator reads both. Neither may ever hold the text of an example, so third-party libraries get no say: their
warnings and log records are reduced to a category and a place, their progress bars are off.
"""

import json
import logging
import os
import resource
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

Step = Literal["Preparing", "Training", "Evaluating", "Merging", "Exporting", "Validating", "Publishing"]
TERMINATION_LIMIT = 4096
INTERVAL_SECONDS = 2.0
observers: list[Callable[[dict[str, Any]], None]] = []  # told of all progress too; they must neither raise nor wait


def rfc3339(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def emit(event: str, level: str = "info", **fields: Any) -> None:
    """Where several processes train together, the first speaks for all; the others only of trouble."""
    if level == "info" and os.environ.get("RANK", "0") != "0":
        return
    line = {"time": rfc3339(datetime.now(UTC)), "level": level, "event": event, **fields}
    sys.stdout.write(json.dumps(line, allow_nan=False, default=str) + "\n")
    sys.stdout.flush()


class Progress:
    """The progress of one step, 0 to 1, with the time it is expected to end. Says it at most every `interval` seconds,
    except where `always` asks for it: each training step is told."""

    def __init__(self, step: Step, interval: float = INTERVAL_SECONDS):
        self.step, self.interval = step, interval
        self.began, self.began_at, self.last = time.monotonic(), 0.0, -interval
        self.update(0.0, always=True)

    def resume_at(self, fraction: float) -> None:
        """What an earlier process did must not count as this one's speed."""
        self.began, self.began_at = time.monotonic(), fraction

    def update(self, fraction: float, *, always: bool = False, **fields: Any) -> None:
        now = time.monotonic()
        if always or now - self.last >= self.interval:
            self.last = now
            told, left = {"step": self.step, "progress": round(fraction, 4), **fields}, self.remaining(fraction)
            expected = None if left is None else rfc3339(datetime.now(UTC) + timedelta(seconds=left))
            emit("progress", **told, expectedAt=expected)
            for observer in observers:
                observer(told | {"remaining": left})

    def remaining(self, fraction: float) -> float | None:
        """Seconds."""
        done = fraction - self.began_at
        if done <= 0 or fraction >= 1:
            return None
        return (time.monotonic() - self.began) * (1 - fraction) / done

    def over(self, items: Iterable, total: int) -> Iterator:
        for done, item in enumerate(items):
            yield item
            self.update((done + 1) / max(total, 1))


def silence_libraries() -> None:
    """No text of others on our streams, and no progress bars."""
    os.environ.update(TQDM_DISABLE="1", HF_HUB_DISABLE_PROGRESS_BARS="1", TOKENIZERS_PARALLELISM="false")
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")
    logging.captureWarnings(False)
    logging.root.handlers[:] = [CategoryOnly()]
    logging.root.setLevel(logging.WARNING)

    def tell(message: Any, category: type[Warning], filename: str, lineno: int, *_: Any) -> None:
        emit("warning", level="warn", category=category.__name__, at=f"{Path(filename).name}:{lineno}")

    warnings.showwarning = tell


class CategoryOnly(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        emit("library", level="warn", logger=record.name, at=f"{record.filename}:{record.lineno}")


class Outcome:
    """The termination message: filled while a step runs, written whatever its end."""

    def __init__(self, attempt: int = 1):
        self.began = time.monotonic()
        self.body: dict[str, Any] = {"step": "Preparing", "outcome": "Failed", "reason": "", "message": ""}
        self.body |= {"exitCode": 1, "attempt": attempt, "metrics": dict.fromkeys(_METRICS), "dataset": None}
        self.body |= {"checkpoint": None, "adapter": None, "artifact": None, "parity": None}

    def step(self, step: Step) -> Progress:
        self.body["step"] = step
        return Progress(step)

    def note(self, **fields: Any) -> None:
        self.body |= fields

    def metrics(self, **fields: Any) -> None:
        self.body["metrics"] |= fields

    def close(self, outcome: str, reason: str, message: str, code: int) -> None:
        self.body |= {"outcome": outcome, "reason": reason, "message": message, "exitCode": code}
        self.metrics(seconds=round(time.monotonic() - self.began, 3), peakMemoryBytes=peak_memory())
        emit("finished", level="info" if outcome != "Failed" else "error", **self.body)
        write_termination(self.body)


_METRICS = ("loss", "evaluationLoss", "perplexity", "tokens", "seconds", "peakMemoryBytes")


def peak_memory() -> int:
    """Of the GPU where there is one, else the resident set's peak. Bytes."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def termination_log() -> Path:
    return Path(os.environ.get("QI_TERMINATION_LOG", "/dev/termination-log"))


def write_termination(body: dict[str, Any]) -> None:
    """At most 4096 bytes, or the kubelet would cut the JSON in the middle: the message gives way."""
    path, text = termination_log(), json.dumps(body, allow_nan=False)
    if (excess := len(text.encode()) - TERMINATION_LIMIT) > 0:
        body = body | {"message": body["message"][: -(excess + 32)].rstrip() + " …"}
        text = json.dumps(body, allow_nan=False)
    try:
        path.write_text(text)
    except OSError as error:
        emit("terminationLogUnwritable", level="warn", error=type(error).__name__)
