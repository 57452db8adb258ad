"""How a step can fail, and what the operator may do about it: the exit code decides, the reason and message explain.

Messages are ours alone: counts, names of fields, line numbers, URIs. Never the text of an example, because they end up
in logs, termination messages, events and status. For the same reason an unforeseen exception is reported by its class
and the line of ours that it passed through, without its own message.
"""

import errno
import traceback
from enum import IntEnum
from pathlib import Path


class ExitCode(IntEnum):
    """The contract with the operator (README.md)."""

    SUCCEEDED = 0
    INTERNAL = 1
    INVALID = 42  # the configuration or the data: fail, no retry
    REJECTED = 43  # diverged, or a gate failed: adjust
    OUT_OF_MEMORY = 44  # halve the micro-batch
    STORAGE = 45  # full or unreachable: retry, nothing changed
    CHECKPOINTED = 75  # told to stop: resume


class TrainerError(Exception):
    """A foreseen end of a step. `reason` is CamelCase and stable; `message` is for the person who reads status."""

    def __init__(self, code: ExitCode, reason: str, message: str):
        super().__init__(f"{reason}: {message}")
        self.code, self.reason, self.message = code, reason, message


def invalid(reason: str, message: str) -> TrainerError:
    return TrainerError(ExitCode.INVALID, reason, message)


def rejected(reason: str, message: str) -> TrainerError:
    return TrainerError(ExitCode.REJECTED, reason, message)


def storage(reason: str, message: str) -> TrainerError:
    return TrainerError(ExitCode.STORAGE, reason, message)


class Stopped(BaseException):
    """SIGTERM arrived, and what was worth keeping is kept. A BaseException: no `except Exception` may swallow it."""

    code, reason = ExitCode.CHECKPOINTED, "Checkpointed"

    def __init__(self, message: str):
        super().__init__(message)
        self.message = message


_OUT_OF_MEMORY = ("out of memory", "not enough memory", "can't allocate memory", "alloc_cpu.cpp")
_STORAGE_FULL_TEXT = ("no space left", "os error 28", "requested and")  # torch and safetensors, Rust, numpy's tofile
_PEER_LOST = ("gloo", "nccl", "connection closed by peer")  # RuntimeErrors that torch.distributed has no class for
_STORAGE_FULL = (errno.ENOSPC, errno.EDQUOT)


def classify(error: BaseException) -> TrainerError:
    """The foreseen failure behind any exception, or InternalError. torch raises RuntimeError for a full CPU heap and
    wraps ENOSPC in its own classes, hence the look along the chain of causes."""
    for cause in chain(error):
        if isinstance(cause, TrainerError):
            return cause
        if isinstance(cause, OSError) and cause.errno in _STORAGE_FULL:
            return storage("StorageFull", "no space left on the volume of the working directory")
        text = str(cause).lower() if isinstance(cause, RuntimeError) else ""
        if isinstance(cause, MemoryError) or any(sign in text for sign in _OUT_OF_MEMORY):
            return TrainerError(ExitCode.OUT_OF_MEMORY, "OutOfMemory", f"{name(cause)} at {where(error)}")
        if any(kind.__name__ == "DistError" for kind in type(cause).__mro__) or any(
            sign in text for sign in _PEER_LOST
        ):
            return storage("PeerLost", "another process of this training is gone or was never reached")
        if any(sign in str(cause).lower() for sign in _STORAGE_FULL_TEXT):
            return storage("StorageFull", "no space left on the volume of the working directory")
    return TrainerError(ExitCode.INTERNAL, "InternalError", f"{name(error)} at {where(error)}")


def chain(error: BaseException):
    """The exception, what caused it, what caused that."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def name(error: BaseException) -> str:
    return type(error).__name__


def where(error: BaseException) -> str:
    """`train.py:93`: the innermost line of this package that the exception passed through."""
    package = Path(__file__).parent
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).is_relative_to(package)]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "outside the trainer"
