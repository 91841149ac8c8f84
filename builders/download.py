"""Downloading a file that never changes: resumed where it stopped, hashed on the way."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")

# 416 is among them because the part that it complains about has been dropped by then.
_TRANSIENT = frozenset({408, 416, 425, 429, 500, 502, 503, 504})
_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Content:
    """Length in bytes and SHA-256 in hexadecimal of what a file holds."""

    bytes: int
    sha256: str


def content_of(path: Path) -> Content:
    """Read a file and account for what it holds."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return Content(file.tell(), digest.hexdigest())


def status_of(error: BaseException) -> int | None:
    """The HTTP status behind an exception; None where the server gave no answer."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) else None


def is_transient(error: Exception) -> bool:
    """Whether the same request may succeed a little later."""
    import httpx2

    status = status_of(error)
    return status in _TRANSIENT if status else isinstance(error, httpx2.TransportError)


def is_server_error(error: Exception) -> bool:
    """Whether the server answered that it is broken or overloaded (5xx)."""
    return (status_of(error) or 0) >= HTTPStatus.INTERNAL_SERVER_ERROR


def is_offline() -> bool:
    """Whether `HF_HUB_OFFLINE` forbids the network, now or when `huggingface_hub` was imported."""
    from huggingface_hub import is_offline_mode

    return is_offline_mode() or os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}


def asked_wait(error: BaseException) -> float:
    """Seconds for which the server asks to be left alone (`Retry-After`); 0 where it doesn't say."""
    headers = getattr(getattr(error, "response", None), "headers", {})
    value = str(headers.get("Retry-After", ""))
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return 0.0


@dataclass(frozen=True, slots=True)
class Retries:
    """How stubbornly to ask a server.

    Attributes:
        attempts: Requests in all.
        wait: Seconds before the second one; doubled before each further one.
        patience: Longest wait in seconds; a server that asks for a longer one is given up at once.
    """

    attempts: int = 5
    wait: float = 0.5
    patience: float = 60.0

    def call(self, request: Callable[[], T], transient: Callable[[Exception], bool] = is_transient) -> T:
        """Make a request until it succeeds, fails for good, or the attempts are used up.

        Args:
            request: Makes it.
            transient: Tells which failures are worth another attempt.

        Raises:
            httpx2.HTTPError: The last failure.
        """
        import httpx2

        attempt = 1
        while True:
            try:
                return request()
            except httpx2.HTTPError as error:
                wait = max(asked_wait(error), min(self.wait * 2 ** (attempt - 1), self.patience))
                if attempt >= self.attempts or wait > self.patience or not transient(error):
                    raise
            time.sleep(wait)
            attempt += 1


def download(url: str, part: Path, *, retries: Retries, progress: bool) -> tuple[Content, str]:
    """Bring a partial file to completion, going on from the bytes that it has.

    What was received stays in `part` whatever happens, so that the next call goes on from there.

    Args:
        url: Address of content that never changes, as that of a file at a commit.
        part: The partial file; it needn't exist, its folder must.
        retries: How stubbornly to ask.
        progress: Whether to show a bar, where standard error is a terminal.

    Returns:
        What the file holds now, and the address that redirects led to.

    Raises:
        httpx2.HTTPError: The server refuses, fails or can't be reached.
        OSError: The partial file can't be written.
    """
    from tqdm import tqdm

    name = part.name.removesuffix(".part")
    bar = tqdm(desc=name, unit="B", unit_scale=True, disable=None if progress else True, leave=False)
    with bar:
        return retries.call(lambda: _go_on(url, part, bar))


def _go_on(url: str, part: Path, bar: Any) -> tuple[Content, str]:
    with part.open("a+b") as file:
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256")
        start = file.tell()
        with _stream(url, start) as response:
            if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                if response.headers.get("Content-Range") == f"bytes */{start}":
                    return Content(start, digest.hexdigest()), str(response.url)
                file.truncate(0)
            response.raise_for_status()
            if response.status_code == HTTPStatus.OK and start:
                start = file.truncate(0)
                digest = hashlib.sha256()
            bar.reset(total=start + int(response.headers.get("Content-Length", 0)) or None)
            bar.update(start)
            # As they come: gathered into chunks of one length, those in hand would be lost at a hang-up.
            for chunk in response.iter_bytes():
                start += file.write(chunk)
                digest.update(chunk)
                bar.update(len(chunk))
        file.flush()
        os.fsync(file.fileno())
        return Content(start, digest.hexdigest()), str(response.url)


def _stream(url: str, start: int) -> AbstractContextManager[httpx2.Response]:
    from huggingface_hub import get_session

    # Compressed, a range would count other bytes than those on the disk.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    return get_session().stream("GET", url, headers=headers, timeout=_TIMEOUT_SECONDS, follow_redirects=True)
