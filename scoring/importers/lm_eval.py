"""Samples of the LM Evaluation Harness: `samples_<task>_<time>.jsonl`, as `--log_samples` writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...errors import ResponseError
from ...models.wire_json import items, mapping, string
from .records import Record, json_object, objects_of

_NAME = re.compile(r"samples_.+_(?P<time>\d{4}-\d\d-\d\dT[\d.:-]+)\.jsonl")
_PARAMETERS: Mapping[str, str] = {"until": "stop", "max_gen_toks": "max_tokens"}


def read_lm_eval(path: Path) -> Iterator[Record]:
    """The responses to each document, before any filter; repeats are samples.

    The id is the document's own `id`, never its position `doc_id`. The model is read from
    `results_<time>.json` in the same folder. The harness doesn't record why a response ended.

    Raises:
        ResponseError: A line is no sample, or the task doesn't have text generated.
    """
    model = _model(path)
    first: Any = None
    for where, source in objects_of(path):
        # A line for each filter, all with the same responses.
        kind = source.get("filter")
        first = kind if first is None else first
        if kind != first:
            continue
        document = mapping(source.get("doc"))
        shared = {
            "id": document.get("id"),
            "model": model,
            "parameters": _parameters(source.get("arguments")),
        }
        for sample, text in enumerate(_texts(source, where)):
            yield Record(where, source, {**shared, "sample": sample, "text": text})


def _texts(source: Mapping[str, Any], where: str) -> list[str]:
    responses = [each for one in items(source.get("resps")) for each in (items(one) or [one])]
    if not responses or not all(isinstance(each, str) for each in responses):
        raise ResponseError(
            f"{where}: resps: found no generated text, expected a task of the output type generate_until"
        )
    return responses


def _parameters(arguments: Any) -> dict[str, Any]:
    """How text was generated; older versions write arguments as an array of arrays."""
    given = next(iter(mapping(arguments).values()), None) or next(iter(items(arguments)), None)
    values = list(mapping(given).values()) or items(given)
    found = next((mapping(each) for each in values if mapping(each)), {})
    return {_PARAMETERS.get(name, name): value for name, value in found.items()}


def _model(path: Path) -> str:
    named = _NAME.fullmatch(path.name)
    beside = path.with_name(f"results_{named['time']}.json") if named else None
    if beside is None or not beside.is_file():
        return ""
    results = json_object(beside.read_bytes(), str(beside))
    return string(results.get("model_name")) or string(mapping(results.get("config")).get("model"))
