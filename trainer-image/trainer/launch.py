"""`train` in several processes: one for each GPU of this machine, on as many machines as the Job has pods.

What torchrun would do, without its restarts (the operator's affair) and with the exit codes it would turn into 1: the
process that failed first decides how the pod ends, with its code and its termination message. Each process learns its
place from the variables that torchrun sets, so torchrun itself works too.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import ExitCode, TrainerError, invalid
from .events import emit, termination_log
from .stop import StopSignal

PORT = 29500  # torchrun's
GRACE_SECONDS = 20.0  # for the others to notice, once one has failed
LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Place:
    machines: int
    machine: int
    processes: int  # on this machine, as on each

    @property
    def world(self) -> int:
        return self.machines * self.processes


def place() -> Place:
    """Where this pod stands. A process that was given its rank has been launched already. Raises 42 ConfigInvalid."""
    if "RANK" in os.environ:
        return Place(1, 0, 1)
    machines, machine = whole("QI_NODES", 1, least=1), whole("JOB_COMPLETION_INDEX", 0, least=0)
    if machines > 1 and not os.environ.get("MASTER_ADDR"):
        raise invalid("ConfigInvalid", f"environment: QI_NODES is {machines} and MASTER_ADDR is missing")
    if machine >= machines:
        machine = 0 if machines == 1 else bad("JOB_COMPLETION_INDEX", f"must be < QI_NODES, which is {machines}")
    return Place(machines, machine, whole("QI_PROCESSES", 0, least=1) or gpus())


def gpus() -> int:
    import torch

    return max(torch.cuda.device_count(), 1)


def whole(variable: str, default: int, least: int) -> int:
    text = os.environ.get(variable)
    if not text:
        return default
    if not text.isdecimal() or int(text) < least:
        bad(variable, f"must be an integer >= {least}")
    return int(text)


def bad(variable: str, allowed: str) -> int:
    raise invalid("ConfigInvalid", f"environment: {variable} {allowed}, got {os.environ[variable][:40]!r}")


def launch(arguments: Sequence[str], where: Place, stop: StopSignal) -> int:
    """Runs all of this machine's processes to their end; the exit code, its termination message being written."""
    emit("launched", machines=where.machines, machine=where.machine, processes=where.processes)
    with tempfile.TemporaryDirectory(prefix="qi-launch-") as folder, stop.deferred():
        logs = [Path(folder) / f"{local}.json" for local in range(where.processes)]
        processes = [start(arguments, where, local, log) for local, log in enumerate(logs)]
        try:
            decisive = watch(processes, stop, logs)
        finally:
            for process in processes:
                process.kill()
        code = processes[decisive].wait()
        if not logs[decisive].is_file():
            raise TrainerError(ExitCode.INTERNAL, "ProcessLost", f"process {decisive} ended by itself with {code}")
        termination_log().write_bytes(logs[decisive].read_bytes())
        return code


def start(arguments: Sequence[str], where: Place, local: int, log: Path) -> subprocess.Popen:
    own = {
        "RANK": where.machine * where.processes + local,
        "WORLD_SIZE": where.world,
        "LOCAL_RANK": local,
        "MASTER_ADDR": os.environ.get("MASTER_ADDR", "127.0.0.1"),
        "MASTER_PORT": os.environ.get("MASTER_PORT", PORT),
        "QI_TERMINATION_LOG": log,
    }
    environment = os.environ | {key: str(value) for key, value in own.items()}
    return subprocess.Popen([sys.executable, "-m", "trainer", *arguments], env=environment)  # noqa: S603 ourselves


def watch(processes: list[subprocess.Popen], stop: StopSignal, logs: list[Path]) -> int:
    """Waits for all, ends those that hang after one has failed, and says which one decides."""
    told, deadline, failed = False, float("inf"), []
    while any(process.poll() is None for process in processes) and time.monotonic() < deadline:
        if stop.requested and not told:
            told = True
            for process in processes:
                process.terminate()
        failed += [n for n, process in enumerate(processes) if process.poll() and n not in failed]
        if failed and deadline == float("inf"):
            deadline = time.monotonic() + GRACE_SECONDS
        time.sleep(LOOK_SECONDS)
    failed += [n for n, process in enumerate(processes) if process.poll() and n not in failed]
    return next((n for n in failed if reason(logs[n]) != "PeerLost"), failed[0] if failed else 0)


def reason(log: Path) -> str | None:
    """None where a process left no word: it was killed, and so it decides."""
    return json.loads(log.read_text())["reason"] if log.is_file() else None
