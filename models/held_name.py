"""What a held model is called in keys and manifests: its folder's name and a digest of what is in it."""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import xxhash

from ..errors import ModelError

PROVIDER: Final = "held"
_DIGITS: Final = 12
_PATTERNS: Final = ("*.json", "*.jinja", "*.model", "*.safetensors", "*.bin")


def held_name(folder: Path) -> str:
    """`held/<folder's name>@<12 hex digits>`; the digits change with weights, tokenizer, template, config.

    Every byte of the weights is read: another fine-tune of the same model has files of the same sizes.

    Args:
        folder: A model as `transformers` saves one.

    Raises:
        ModelError: The folder holds no such model, or can't be read.
    """
    if not (folder / "config.json").is_file():
        raise ModelError(
            f"{folder}: no config.json, so no model that transformers can load; name the folder that has it"
        )
    digest = hashlib.sha256()
    try:
        for line in _lines(folder):
            digest.update(line)
    except OSError as error:
        message = f"{error.filename}: can't be read ({error.strerror}); check its permissions"
        raise ModelError(message) from None
    return f"{PROVIDER}/{folder.resolve().name}@{digest.hexdigest()[:_DIGITS]}"


def _lines(folder: Path) -> Iterator[bytes]:
    """Name, size and hash of every file that decides what the model answers."""
    paths = {path for pattern in _PATTERNS for path in folder.glob(pattern) if path.is_file()}
    for path in sorted(paths):
        yield f"{path.name}\t{path.stat().st_size}\t{_hash(path)}\n".encode()


def _hash(path: Path) -> str:
    """XXH3 of a file, through the page cache that loading then finds warm."""
    if not path.stat().st_size:
        return ""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return xxhash.xxh3_128_hexdigest(content)
