"""The part of Ollama's HTTP API that the gate needs. Timeouts are bounded; bodies of answers never reach an error."""

import http.client
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from .errors import invalid, name, rejected, storage
from .events import emit
from .storage import CHUNK, Digest

WAIT_SECONDS = 120.0
REQUEST_SECONDS = 600.0  # loading a large model included


class Ollama:
    def __init__(self, url: str | None = None):
        self.url = url or os.environ.get("QI_OLLAMA_URL", "http://127.0.0.1:11434")

    def wait(self, seconds: float | None = None) -> str:
        """Its version, as soon as it answers. Raises 45 OllamaUnavailable."""
        seconds = seconds or float(os.environ.get("QI_OLLAMA_WAIT_SECONDS", WAIT_SECONDS))
        until = time.monotonic() + seconds
        while True:
            try:
                status, body = self.request("GET", "/api/version", timeout=5)
                if status == 200:
                    return str(body["version"])
                problem = f"HTTP {status}"
            except (OSError, http.client.HTTPException, ValueError) as error:
                problem = name(error)
            if time.monotonic() > until:
                raise storage("OllamaUnavailable", f"{self.url}: no answer within {seconds:.0f} s ({problem})")
            time.sleep(0.5)

    def create(self, model: str, gguf: Path, digest: Digest, template: str, parameters: dict[str, Any]) -> None:
        """Publishes the GGUF as a model. Raises 42 ServingInvalid when Ollama refuses template or parameters."""
        blob = f"/api/blobs/sha256:{digest.sha256}"
        if self.expect("HEAD", blob, accept=(200, 404))[0] == 404:  # a blob that is there resets the connection
            self.expect("POST", blob, file=gguf, accept=(200, 201))
        body = {"model": model, "files": {"model.gguf": f"sha256:{digest.sha256}"}, "stream": False}
        status, _ = self.expect(
            "POST", "/api/create", body | {"template": template, "parameters": parameters}, accept=(200, 400)
        )
        if status == 400:
            raise invalid("ServingInvalid", "Ollama refuses the template or the parameters of serving")

    def show(self, model: str) -> dict[str, Any]:
        return self.expect("POST", "/api/show", {"model": model})[1]

    def render(self, model: str, messages: list[dict], think: bool) -> str:
        """The prompt that this chat would be, without running the model."""
        body = {"model": model, "messages": messages, "think": think, "stream": False, "_debug_render_only": True}
        return self.expect("POST", "/api/chat", body)[1]["_debug_info"]["rendered_template"]

    def chat(self, model: str, messages: list[dict], think: bool, options: dict[str, Any]) -> dict[str, str]:
        body = {"model": model, "messages": messages, "think": think, "stream": False, "options": options}
        return self.expect("POST", "/api/chat", body)[1]["message"]

    def generate(self, model: str, prompt: str, options: dict[str, Any], top: int) -> dict[str, Any]:
        """Raw: no template. `think` must be false, or a thinking block would be cut out of the text."""
        body = {"model": model, "prompt": prompt, "raw": True, "think": False, "stream": False, "options": options}
        return self.expect("POST", "/api/generate", body | {"logprobs": True, "top_logprobs": top})[1]

    def remove(self, model: str) -> None:
        """Unloads and deletes. A failure is told, not raised: the Ollama beside an exporter goes with its pod."""
        for method, path, body in (
            ("POST", "/api/generate", {"model": model, "keep_alive": 0}),
            ("DELETE", "/api/delete", {"model": model}),
        ):
            try:
                self.request(method, path, body, timeout=60)
            except (OSError, http.client.HTTPException, ValueError) as error:
                emit("modelNotRemoved", level="warn", error=name(error))

    def expect(
        self, method: str, path: str, body: Any = None, file: Path | None = None, accept: tuple[int, ...] = (200,)
    ) -> tuple[int, Any]:
        try:
            status, answer = self.request(method, path, body, file)
        except (OSError, http.client.HTTPException) as error:
            raise storage("OllamaUnavailable", f"{method} {path.split(':')[0]}: {name(error)}") from None
        except ValueError:
            raise rejected("ParityFailed", f"{method} {path}: Ollama's answer is not JSON") from None
        if status not in accept:
            raise rejected("ParityFailed", f"{method} {path.split(':')[0]}: Ollama answered HTTP {status}")
        return status, answer

    def request(
        self, method: str, path: str, body: Any = None, file: Path | None = None, timeout: float = REQUEST_SECONDS
    ) -> tuple[int, Any]:
        parsed = urlparse(self.url)
        connect = http.client.HTTPSConnection if parsed.scheme == "https" else http.client.HTTPConnection
        connection = connect(parsed.hostname or "127.0.0.1", parsed.port, timeout=timeout)
        try:
            if file:
                connection.request(method, path, chunks(file), {"Content-Length": str(file.stat().st_size)})
            else:
                data = None if body is None else json.dumps(body).encode()
                connection.request(method, path, data, {"Content-Type": "application/json"})
            response = connection.getresponse()
            text = response.read()
            return response.status, json.loads(text) if response.status == 200 and text.strip() else None
        finally:
            connection.close()


def chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
