"""Who else is told of a training's progress, beside stdout and the termination message: named by the environment, told
by threads of their own, and without any say in whether the training goes on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import name
from .events import emit, observers
from .progress_kubeflow import KubeflowStatus
from .progress_prometheus import PrometheusMetrics


@contextmanager
def opened() -> Iterator[None]:
    """In the first process only: it speaks for all."""
    channels = [] if os.environ.get("RANK", "0") != "0" else [c for c in (kubeflow(), prometheus()) if c]
    observers.extend(channels)
    succeeded = False
    try:
        yield
        succeeded = True
    finally:
        for channel in channels:
            observers.remove(channel)
            channel.close(succeeded)


def kubeflow() -> KubeflowStatus | None:
    url = os.environ.get("KUBEFLOW_TRAINER_SERVER_URL", "")
    if url and not url.startswith(("http://", "https://")):
        emit("statusNotTaken", level="warn", error="KUBEFLOW_TRAINER_SERVER_URL is no http URL")
        return None
    return KubeflowStatus(url) if url else None


def prometheus() -> PrometheusMetrics | None:
    port = os.environ.get("QI_METRICS_PORT")
    if not port:
        return None
    try:
        return PrometheusMetrics(int(port))
    except (ValueError, OverflowError, OSError) as error:
        emit("metricsNotServed", level="warn", error=name(error))
        return None
