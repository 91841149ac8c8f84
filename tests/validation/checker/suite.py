"""The official JSON-Schema-Test-Suite, as the source distribution of `jsonschema` carries it.

`python tests/validation/checker/suite.py` downloads it once, into the virtual environment;
`JSON_SCHEMA_TEST_SUITE` may name an unpacked copy instead.
"""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

NAME, VERSION = "jsonschema", "4.26.0"
SHA256 = "0c26707e2efad8aa1bfc5b7ce170f3fccc2e4918ff85989ba9ffa9facb2be326"
FOLDER = Path(sys.prefix) / "json-schema-test-suite" / VERSION
DIALECT = "draft2020-12"
# Where the suite's own server would offer the documents that its schemas refer to.
SERVER = "http://localhost:1234"
_SECONDS = 240


class UnavailableError(Exception):
    """The suite isn't here and can't be downloaded."""


@dataclass(frozen=True)
class Case:
    """One verdict of the suite.

    Attributes:
        name: File, group and case.
        schema: The schema.
        instance: The value.
        valid: What every implementation has to say.
    """

    name: str
    schema: Any
    instance: Any
    valid: bool


def fetch() -> Path:
    """The suite's folder, downloaded if need be.

    Raises:
        UnavailableError: No registry answers.
    """
    given = os.environ.get("JSON_SCHEMA_TEST_SUITE")
    if given:
        return Path(given)
    if not FOLDER.exists():
        FOLDER.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=FOLDER.parent) as folder:
            _unpack(_download(Path(folder)), Path(folder))
            _move(Path(folder) / f"{NAME}-{VERSION}" / "json", FOLDER)
    return FOLDER


def _download(folder: Path) -> Path:
    pinned = folder / "pinned.txt"
    pinned.write_text(f"{NAME}=={VERSION} --hash=sha256:{SHA256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += [
        "--no-binary",
        NAME,
        "--require-hashes",
        "--retries",
        "1",
        "-d",
        str(folder),
        "-r",
        str(pinned),
    ]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"no answer within {_SECONDS} s") from error
    path = folder / f"{NAME}-{VERSION}.tar.gz"
    if ended.returncode or not path.exists():
        raise UnavailableError((ended.stderr.strip().splitlines() or ["pip said nothing"])[-1])
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        raise AssertionError(f"{path.name} isn't the file whose sha256 is pinned")
    return path


def _unpack(path: Path, folder: Path) -> None:
    with tarfile.open(path) as archive:
        wanted = [each for each in archive if each.name.startswith(f"{NAME}-{VERSION}/json/")]
        archive.extractall(folder, wanted, filter="data")


def _move(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError:
        # Another process was quicker.
        if not target.exists():
            raise


@cache
def cases() -> tuple[Case, ...]:
    """The required part for draft 2020-12, in the order of its files."""
    return tuple(_cases())


def _cases() -> Iterator[Case]:
    for path in sorted((fetch() / "tests" / DIALECT).glob("*.json")):
        for group in json.loads(path.read_text(encoding="utf-8")):
            for each in group["tests"]:
                name = f"{path.stem}: {group['description']}: {each['description']}"
                yield Case(name, group["schema"], each["data"], each["valid"])


@cache
def remotes() -> Mapping[str, Any]:
    """The documents that schemas of the suite refer to, by URI."""
    folder = fetch() / "remotes"
    paths = [path for path in sorted(folder.rglob("*.json")) if _is_ours(path.relative_to(folder))]
    return {
        f"{SERVER}/{path.relative_to(folder).as_posix()}": json.loads(path.read_text(encoding="utf-8"))
        for path in paths
    }


def _is_ours(path: Path) -> bool:
    return path.parts[0] == DIALECT or not path.parts[0].startswith("draft")


if __name__ == "__main__":
    fetch()
