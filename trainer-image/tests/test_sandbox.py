"""Hostile programs, each contained; and what may run does."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from trainer import sandbox
from trainer.sandbox import Limits, run

QUICK = Limits(memory=256 << 20, cpu_seconds=1, wall_seconds=3.0)


def test_an_answer_that_is_right_passes_and_one_that_is_wrong_fails() -> None:
    assert run("def add(a, b):\n    return a + b", "assert add(2, 2) == 4") == "Passed"
    assert run("def add(a, b):\n    return a - b", "assert add(2, 2) == 4") == "Failed"
    assert run("this is no Python", "") == "Failed"


def test_an_answer_may_use_the_standard_library() -> None:
    code = "import math, re, collections, itertools, heapq, decimal, datetime, random, typing, dataclasses, json"
    tests = "assert math.gcd(4, 6) == 2 and json.loads('[1]') == [1] and datetime.date.today().year > 2000"
    assert run(code, tests) == "Passed"


@pytest.mark.parametrize("early", ["import sys; sys.exit(0)", "import os; os._exit(0)", "raise SystemExit"])
def test_an_answer_that_leaves_before_its_tests_does_not_pass(early: str) -> None:
    assert run(early, "assert False") == "Failed"


# Each of these must raise PermissionError, so that code that goes on after a refusal is what is tested.
REFUSED = {
    "opens a socket": "import _socket; _socket.socket()",
    "forks": "os.fork()",
    "starts a program": "os.execv('/bin/sh', ['/bin/sh', '-c', 'true'])",
    "reads the environment of process 1": "open('/proc/1/environ').read()",
    "reads its parent's environment": "open(f'/proc/{PARENT}/environ').read()",
    "reads a file": "open('/etc/passwd').read()",
    "writes to its own folder": "open('here', 'w')",
    "writes to another folder": "open(ELSEWHERE, 'w')",
    "lists a folder": "os.listdir('/')",
    "deletes a file": "os.unlink(ELSEWHERE)",
    "makes a link": "os.symlink('/etc', 'etc')",
    "changes its folder": "os.chdir('/')",
    "kills its parent": "os.kill(PARENT, 9)",
    "leaves its group": "os.setsid()",
    "becomes another user": "os.setuid(65534)",
    "opens a pipe": "os.pipe()",
    "makes a file in memory": "os.memfd_create('x')",
}


@pytest.mark.parametrize("attempt", REFUSED.values(), ids=REFUSED.keys())
def test_what_reaches_out_is_refused(tmp_path: Path, attempt: str) -> None:
    kept = tmp_path / "kept"
    kept.write_text("kept")
    code = f"import os\nPARENT, ELSEWHERE = {os.getpid()}, {str(kept)!r}\n"
    caught = f"try:\n    {attempt}\nexcept (PermissionError, ModuleNotFoundError):\n    pass\nelse:\n    assert False"
    assert run(code, caught, QUICK) == "Passed"
    assert kept.read_text() == "kept"


def test_nothing_connects_even_through_a_socket_made_by_hand() -> None:
    """The socket module is not loaded; the system call is refused all the same."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(0.2)
        code = """
import sys
ctypes = next(m for n, m in sys.modules.items() if n == "ctypes")
libc = ctypes.CDLL(None, use_errno=True)
refused = libc.socket(2, 1, 0) == -1 and ctypes.get_errno() == 1
"""
        assert run(code, "assert refused", QUICK) == "Passed"
        with pytest.raises(TimeoutError):
            listening.accept()


def test_threads_and_processes_are_refused_not_only_limited() -> None:
    bomb = "import os\nwhile True:\n    os.fork()"
    assert run(bomb, "", QUICK) == "Failed"
    thread = "import threading\nthreading.Thread(target=print).start()"
    assert run(thread, "", QUICK) == "Failed"


def test_memory_is_limited() -> None:
    assert run("x = bytearray(1 << 30)", "", QUICK) == "Failed"
    assert run("x = bytearray(64 << 20)", "", QUICK) == "Passed"


def test_processor_time_and_wall_time_are_limited() -> None:
    began = time.monotonic()
    assert run("while True: pass", "", QUICK) == "TimedOut"
    assert run("import time\ntime.sleep(60)", "", Limits(wall_seconds=0.7)) == "TimedOut"
    assert time.monotonic() - began < 8


def test_a_flood_of_output_is_dropped() -> None:
    code = """
import os
for fd in range(3, 256):
    try:
        os.write(fd, b"x" * (1 << 22))
    except OSError:
        pass
"""
    assert run(code, "", Limits(wall_seconds=0.7)) == "TimedOut"
    assert run("print('x' * 10_000_000)", "", QUICK) == "Passed"


def test_the_environment_is_empty(monkeypatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret")
    own = "{'LC_CTYPE'}"  # which Python sets itself where there is no locale (PEP 538)
    assert run("import os", f"assert set(os.environ) <= {own}", QUICK) == "Passed"


def test_its_memory_holds_no_other_open_file() -> None:
    code = """
import os
def opened(fd):
    try:
        os.lseek(fd, 0, 1)
    except OSError as error:
        return error.errno != 9
    return True
"""
    assert run(code, "assert sum(opened(fd) for fd in range(4096)) == 4", QUICK) == "Passed"


def test_it_dies_with_its_parent() -> None:
    sleeping = "from trainer.sandbox import *; run('import time; time.sleep(30)', '', Limits(wall_seconds=30))"
    parent = subprocess.Popen([sys.executable, "-c", sleeping], cwd=Path(__file__).parents[1])
    try:
        child = first_child(parent.pid)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        deadline = time.monotonic() + 5
        while Path(f"/proc/{child}/cmdline").exists() and time.monotonic() < deadline:
            if Path(f"/proc/{child}/cmdline").read_bytes() == b"":
                break  # dead, and not yet waited for by whoever inherited it
            time.sleep(0.05)
        else:
            assert not Path(f"/proc/{child}").exists()
    finally:
        parent.kill()
        parent.wait()


def first_child(pid: int) -> int:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if found and b"sandbox_child" in Path(f"/proc/{found[0]}/cmdline").read_bytes():
            time.sleep(0.5)  # until it is locked in, and has said whom it dies with
            return int(found[0])
        time.sleep(0.02)
    raise AssertionError("no child")


def test_where_it_cannot_be_locked_nothing_runs(monkeypatch, tmp_path: Path) -> None:
    """A machine whose calls are not known: the child ends before it looks at the code."""
    child = tmp_path / "child.py"
    child.write_text(sandbox.CHILD.read_text().replace("platform.machine()", "'riscv64'"))
    monkeypatch.setattr(sandbox, "CHILD", child)
    assert run("", "") == "Unavailable"
    sandbox.available.cache_clear()
    assert not sandbox.available()
    sandbox.available.cache_clear()


def test_here_it_is_available() -> None:
    sandbox.available.cache_clear()
    assert sandbox.available()
