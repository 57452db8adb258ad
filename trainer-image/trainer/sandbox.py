"""Runs code that a model wrote, where it can compute and nothing else.

A process of its own: empty environment, empty working directory, no inherited files, limits on memory, processor time,
file size and wall time. Before it reads the code it installs a seccomp filter (a list of what is allowed: memory,
clocks, signals to itself, writing to what is open) that it cannot take off again. So there is no network, no file, no
other process, no other program, whatever the code tries; and it needs no privilege and no namespaces, which a
restricted pod refuses. Where the filter cannot be had, nothing is run at all.

An answer passes when it ran to its end: `exit(0)` before the tests is no pass.
"""

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Literal

CHILD = Path(__file__).with_name("sandbox_child.py")
NOT_LOCKED = 97  # the child's exit code when it could not lock itself in
Verdict = Literal["Passed", "Failed", "TimedOut", "Unavailable"]


@dataclass(frozen=True)
class Limits:
    memory: int = 512 << 20  # bytes of address space
    cpu_seconds: int = 5
    wall_seconds: float = 10.0


def run(code: str, tests: str, limits: Limits = Limits()) -> Verdict:
    """The code, then the tests in the same namespace: assertions that raise nothing have passed."""
    token = secrets.token_hex(16)
    given = json.dumps({"code": code, "tests": tests, "token": token, "limits": asdict(limits)}).encode()
    told, tells = os.pipe()
    with tempfile.TemporaryDirectory(prefix="qi-sandbox-") as empty, os.fdopen(told, "rb", buffering=0) as answers:
        try:
            process = subprocess.Popen(  # noqa: S603 our own child, not the code
                [sys.executable, "-I", "-S", "-B", str(CHILD), str(tells)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={},
                cwd=empty,
                pass_fds=(tells,),
                start_new_session=True,
            )
        finally:
            os.close(tells)
        try:
            process.communicate(given, limits.wall_seconds)
        except subprocess.TimeoutExpired:
            return "TimedOut"
        finally:  # whatever happens here, SIGTERM included, nothing of it goes on
            killed(process)
        os.set_blocking(told, False)
        passed = process.returncode == 0 and answers.read(len(token) + 1) == token.encode()
    if process.returncode == NOT_LOCKED:
        return "Unavailable"
    if process.returncode == -signal.SIGXCPU or process.returncode == -signal.SIGKILL:
        return "TimedOut"
    return "Passed" if passed else "Failed"


def killed(process: subprocess.Popen) -> None:
    """The whole group, and waited for."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@cache
def available() -> bool:
    """Whether code can be run locked in, by trying what must work and what must not."""
    escape = """
import os
def refused(attempt):
    try:
        attempt()
    except PermissionError:
        return True
    return False
"""
    tests = (
        'assert refused(os.fork) and refused(lambda: open("/proc/self/environ")) and refused(lambda: os.listdir("/"))'
    )
    return run(escape, tests) == "Passed"
