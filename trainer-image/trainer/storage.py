"""Objects by URI: s3://bucket/key, or file:///path with the same meaning for development and tests.

What is published is named by its sha256 and never changes, so writing is idempotent: an object that is there with the
right digest is left alone. Reading anything that has a known digest verifies it.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

CHUNK = 1 << 20
OnBytes = Callable[[int], None]


@dataclass(frozen=True)
class Digest:
    sha256: str
    size: int  # bytes


class NotFoundError(Exception):
    """No object under that URI. What that means is the caller's to say."""


class Store(Protocol):
    def digest(self, uri: str) -> Digest | None:
        """Of an object already there; None if it is not there or was not written by us."""

    def chunks(self, uri: str) -> Iterator[bytes]:
        """The object's bytes. Raises NotFoundError."""

    def put(self, path: Path, uri: str, digest: Digest) -> None: ...

    def list(self, prefix: str) -> dict[str, int]:
        """Names below the prefix (a folder, without its final slash) and their sizes."""

    def delete(self, uri: str) -> None: ...


def store_for(uri: str) -> Store:
    if uri.startswith("file://"):
        return FileStore()
    from .s3 import s3_store  # boto3 takes half a second to import

    return s3_store()


class FileStore:
    def digest(self, uri: str) -> Digest | None:
        path = file_path(uri)
        return digest_file(path) if path.is_file() else None

    def chunks(self, uri: str) -> Iterator[bytes]:
        try:
            with file_path(uri).open("rb") as source:
                while chunk := source.read(CHUNK):
                    yield chunk
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise NotFoundError(uri) from None

    def put(self, path: Path, uri: str, digest: Digest) -> None:
        target = file_path(uri)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{os.getpid()}")
        shutil.copyfile(path, temporary)
        temporary.replace(target)

    def list(self, prefix: str) -> dict[str, int]:
        root = file_path(prefix)
        return {str(p.relative_to(root)): p.stat().st_size for p in sorted(root.rglob("*")) if p.is_file()}

    def delete(self, uri: str) -> None:
        file_path(uri).unlink(missing_ok=True)


def file_path(uri: str) -> Path:
    return Path(uri.removeprefix("file://"))


def join(uri: str, *parts: str) -> str:
    return "/".join([uri.rstrip("/"), *parts])


def read(uri: str) -> bytes:
    """A small object whole."""
    return b"".join(store_for(uri).chunks(uri))


def download(uri: str, path: Path, on_bytes: OnBytes = lambda _: None) -> Digest:
    """Writes the object to a file, which appears only when complete, and digests it on the way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    sha, size = hashlib.sha256(), 0
    with temporary.open("wb") as target:
        for chunk in store_for(uri).chunks(uri):
            target.write(chunk)
            sha.update(chunk)
            size += len(chunk)
            on_bytes(len(chunk))
    temporary.replace(path)
    return Digest(sha.hexdigest(), size)


def upload(path: Path, uri: str, digest: Digest | None = None) -> Digest:
    """Puts a file under a URI unless the very same is there already."""
    digest = digest or digest_file(path)
    store = store_for(uri)
    if store.digest(uri) != digest:
        store.put(path, uri, digest)
    return digest


def digest_file(path: Path, on_bytes: OnBytes = lambda _: None) -> Digest:
    sha, size = hashlib.sha256(), 0
    with path.open("rb") as source:
        while chunk := source.read(CHUNK):
            sha.update(chunk)
            size += len(chunk)
            on_bytes(len(chunk))
    return Digest(sha.hexdigest(), size)
