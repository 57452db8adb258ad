"""The S3 side of storage: path-style addressing, multipart for large files, and one bounded retry of our own.

boto3's retries are off: they hide how long an outage lasts. Here a request is repeated until it succeeds or
`QI_STORAGE_RETRY_SECONDS` (30) have passed without a byte of progress; then the step ends with 45 StorageUnavailable
and the operator decides when to come again.
"""

import functools
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlparse

import boto3.session
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
    ResponseStreamingError,
)
from urllib3.exceptions import HTTPError

from .errors import ExitCode, TrainerError, chain, invalid, storage
from .events import emit
from .storage import CHUNK, Digest, NotFoundError

T = TypeVar("T")
PART = 64 << 20
_MISSING = {"NoSuchKey", "404", "NotFound"}
_DENIED = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "403", "Forbidden", "ExpiredToken"}
_FULL = {"InsufficientStorage", "QuotaExceeded", "XMinioStorageFull", "StorageFull", "507"}


@functools.cache
def s3_store() -> "S3Store":
    return S3Store()


class S3Store:
    def __init__(self) -> None:
        self.client = boto3.session.Session().client(
            "s3",
            region_name=os.environ.get("AWS_REGION") or "us-east-1",
            config=Config(
                s3={"addressing_style": "path"},
                retries={"total_max_attempts": 1},
                connect_timeout=5,
                read_timeout=30,
            ),
        )

    def digest(self, uri: str) -> Digest | None:
        try:
            head = retried(uri, lambda: self.client.head_object(**address(uri)))
        except NotFoundError:
            return None
        sha256 = head["Metadata"].get("sha256")
        return Digest(sha256, head["ContentLength"]) if sha256 else None

    def chunks(self, uri: str) -> Iterator[bytes]:
        """A broken stream goes on where it broke."""
        offset, deadline = 0, Deadline()
        while True:
            try:
                span = {"Range": f"bytes={offset}-"} if offset else {}
                answer = retried(uri, lambda span=span: self.client.get_object(**address(uri), **span), deadline)
                for chunk in answer["Body"].iter_chunks(CHUNK):
                    yield chunk
                    offset += len(chunk)
                    deadline = Deadline()
                return
            except (ResponseStreamingError, IncompleteReadError, HTTPClientError, HTTPError, OSError) as error:
                if isinstance(error, OSError) and error.errno is not None and not isinstance(error, ConnectionError):
                    raise
                deadline.wait_or_raise(uri, error)

    def put(self, path: Path, uri: str, digest: Digest) -> None:
        transfer = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, max_concurrency=4)
        extra = {"Metadata": {"sha256": digest.sha256}}
        where = address(uri)
        retried(
            uri,
            lambda: self.client.upload_file(str(path), where["Bucket"], where["Key"], ExtraArgs=extra, Config=transfer),
        )

    def list(self, prefix: str) -> dict[str, int]:
        where = address(prefix.rstrip("/") + "/")
        found: dict[str, int] = {}
        more: dict[str, str] = {}
        while True:
            page = retried(
                prefix,
                lambda more=more: self.client.list_objects_v2(Bucket=where["Bucket"], Prefix=where["Key"], **more),
            )
            found |= {o["Key"].removeprefix(where["Key"]): o["Size"] for o in page.get("Contents", [])}
            if not page.get("IsTruncated"):
                return found
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def delete(self, uri: str) -> None:
        retried(uri, lambda: self.client.delete_object(**address(uri)))


def address(uri: str) -> dict[str, str]:
    parsed = urlparse(uri)
    return {"Bucket": parsed.netloc, "Key": parsed.path.lstrip("/")}


class Deadline:
    """A pause that doubles, until the time is up."""

    def __init__(self) -> None:
        self.seconds = float(os.environ.get("QI_STORAGE_RETRY_SECONDS", "30"))
        self.until = time.monotonic() + self.seconds
        self.pause = 0.5

    def wait_or_raise(self, uri: str, error: BaseException) -> None:
        if time.monotonic() + self.pause > self.until:
            message = f"{uri}: no answer within {self.seconds:.0f} s ({type(error).__name__})"
            raise storage("StorageUnavailable", message) from None
        emit("storageRetry", level="warn", uri=uri, error=type(error).__name__, pauseSeconds=self.pause)
        time.sleep(self.pause)
        self.pause = min(self.pause * 2, 8.0)


def retried(uri: str, request: Callable[[], T], deadline: Deadline | None = None) -> T:
    deadline = deadline or Deadline()
    while True:
        try:
            return request()
        except Exception as error:  # noqa: BLE001 final_answer tells outages from the rest, which is raised
            if final := final_answer(uri, error):
                raise final from None
            deadline.wait_or_raise(uri, error)


def final_answer(uri: str, error: Exception) -> Exception | None:
    """What no retry will change; None for an outage. boto3 wraps a failed upload, hence the chain."""
    for cause in chain(error):
        if isinstance(cause, ClientError):
            return answer(uri, cause.response)
        if isinstance(cause, (NoCredentialsError, PartialCredentialsError)):
            return invalid("StorageAccessDenied", "AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set")
    outage = (BotoCoreError, HTTPError, ConnectionError, TimeoutError)
    return None if any(isinstance(cause, outage) for cause in chain(error)) else error


def answer(uri: str, response: dict[str, Any]) -> Exception | None:
    code = str(response.get("Error", {}).get("Code", ""))
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _FULL or status == 507:
        return storage("StorageFull", f"{uri}: the object store is full")
    if code == "NoSuchBucket":
        return invalid("StorageMissing", f"{uri}: no such bucket")
    if code in _MISSING:
        return NotFoundError(uri)
    if code in _DENIED or status in (401, 403):
        return invalid("StorageAccessDenied", f"{uri}: the object store denies access")
    if status >= 500 or status == 429 or code in ("SlowDown", "RequestTimeout", "RequestTimeTooSkewed"):
        return None
    return TrainerError(ExitCode.INTERNAL, "InternalError", f"{uri}: the object store answered {status}")
