"""The same progress for Prometheus, at `/metrics` of a port. For watching: a scrape misses short runs, so nothing is
decided by it."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .events import peak_memory

_GAUGES = {
    "totalSteps": ("qi_trainer_steps_planned", "Global steps that this training has."),
    "loss": ("qi_trainer_loss", "Mean loss of the last global step, nats a target token."),
    "gradientNorm": ("qi_trainer_gradient_norm", "Norm of the last step's gradient before clipping."),
    "learningRate": ("qi_trainer_learning_rate", "Learning rate of the last global step."),
    "tokensPerSecond": ("qi_trainer_tokens_per_second", "Tokens of samples learnt from in a second, no padding."),
}
_COUNTERS = {
    "globalStep": ("qi_trainer_steps_total", "Global steps done, those of earlier processes of this run included."),
    "tokens": ("qi_trainer_tokens_total", "Tokens of samples learnt from, those of earlier processes included."),
}


class PrometheusMetrics:
    def __init__(self, port: int):
        """Raises OSError when the port cannot be had."""
        self.known: dict[str, Any] = {}
        self.server = ThreadingHTTPServer(("", port), handler(self))
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, name="metrics", daemon=True).start()

    def __call__(self, told: dict[str, Any]) -> None:
        self.known = self.known | told

    def close(self, succeeded: bool) -> None:
        self.server.shutdown()
        self.server.server_close()

    def text(self) -> str:
        known, lines = self.known, []
        for kind, metrics in (("gauge", _GAUGES), ("counter", _COUNTERS)):
            for key, (name, meaning) in metrics.items():
                if key in known:
                    lines += [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}", f"{name} {known[key]}"]
        if "step" in known:
            name = "qi_trainer_progress_ratio"
            lines += [f"# HELP {name} Progress of the step at hand, 0 to 1.", f"# TYPE {name} gauge"]
            lines.append(f'{name}{{step="{known["step"]}"}} {known["progress"]}')
        name = "qi_trainer_peak_memory_bytes"
        meaning = "Most memory that was in use, of the GPU where there is one."
        lines += [f"# HELP {name} {meaning}", f"# TYPE {name} gauge", f"{name} {peak_memory()}"]
        return "\n".join(lines) + "\n"


def handler(metrics: PrometheusMetrics) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 5  # seconds that a client may be silent

        def do_GET(self) -> None:
            if self.path.partition("?")[0] != "/metrics":
                self.send_error(404)
                return
            body = metrics.text().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Scrapes are no news."""

    return Handler
