"""Several pods train together (an Indexed Job), and each must mix in the same data. GPUs do not compute bit for bit
alike, so only the first pod generates; the others wait until its result lies in the store."""

import os
import time
from collections.abc import Callable
from typing import TypeVar

from .events import emit

T = TypeVar("T")
INTERVAL_SECONDS = 5.0


def made_once(find: Callable[[], T | None], make: Callable[[], T], sleep: Callable[[float], None] = time.sleep) -> T:
    """What is there already; else what the first pod makes. There is no time limit: the Job has one, and a first pod
    that fails takes the Job with it."""
    found, waiting = find(), False
    if found is None and os.environ.get("JOB_COMPLETION_INDEX", "0") == "0":
        return make()
    while found is None:
        if not waiting:
            emit("waitingForFirstPod")
        waiting = True
        sleep(INTERVAL_SECONDS)
        found = find()
    return found
