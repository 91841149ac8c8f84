"""Logs of Inspect: `.eval`, a zip with a JSON file for each sample, and `.json`."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from ...errors import ResponseError
from ...models.wire_json import count, items, mapping, objects, string
from ..elicit import prompt_digest
from ..line_files import opened
from .records import Record, json_object

HEADER = ("header.json", "_journal/start.json")
"""The entries of an `.eval` file that say what was run; the first is missing if it never ended."""

_SAMPLES = "samples/"
_ATTACHMENT = "attachment://"
_ZSTD = 93
_LOCAL_HEADER = 30
_FINISHES: Mapping[str, str | None] = {"max_tokens": "length", "model_length": "length", "unknown": None}
_PARAMETERS: Mapping[str, str] = {"stop_seqs": "stop", "num_choices": "n"}


def read_inspect(path: Path) -> Iterator[Record]:
    """The responses of a log: the last output of each sample, one record for each of its choices.

    An epoch is a sample, from 0; with several choices each, samples count through both. A sample that ended
    with an error and without an output is a failed call. The prompt's digest is taken over the messages
    before the output, if all are plain text.

    Raises:
        ResponseError: The file is damaged, or holds no samples.
    """
    empty = True
    for where, head, sample in _zipped(path) if zipfile.is_zipfile(path) else _plain(path):
        empty = False
        yield from _records(where, head, sample)
    if empty:
        raise ResponseError(f"{path}: the log holds no samples; run Inspect without --no-log-samples")


def _zipped(path: Path) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            heads = [each for name in HEADER for each in entries if each.filename == name]
            head = (
                json_object(_entry(file, archive, heads[0]), f"{path}: {heads[0].filename}") if heads else {}
            )
            for each in entries:
                if each.filename.startswith(_SAMPLES):
                    where = f"{path}: {each.filename}"
                    yield where, head, json_object(_entry(file, archive, each), where)
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise ResponseError(f"{path}: the log is damaged ({error}); copy or fetch it again") from error


def _entry(file: IO[bytes], archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """An entry's content; Inspect packs with zstd, which `zipfile` doesn't know before Python 3.14."""
    if entry.compress_type != _ZSTD:
        return archive.read(entry)
    import pyarrow as pa

    file.seek(entry.header_offset)
    head = file.read(_LOCAL_HEADER)
    names = int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
    file.seek(entry.header_offset + _LOCAL_HEADER + names)
    packed = pa.BufferReader(file.read(entry.compress_size))
    content = bytes(pa.CompressedInputStream(packed, "zstd").read())
    if zlib.crc32(content) != entry.CRC:
        raise zipfile.BadZipFile(f"bad checksum of {entry.filename}")
    return content


def _plain(path: Path) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    with opened(path) as file:
        log = json_object(file.read(), str(path))
    for index, sample in enumerate(objects(log.get("samples"))):
        yield f"{path}: samples[{index}]", log, sample


def _records(where: str, head: Mapping[str, Any], sample: Mapping[str, Any]) -> Iterator[Record]:
    output, epoch = mapping(sample.get("output")), max(count(sample.get("epoch")), 1) - 1
    about = mapping(head.get("eval"))
    shared = {
        "id": sample.get("id"),
        "model": string(about.get("model")) or string(output.get("model")),
        "parameters": _parameters(head),
    }
    choices = list(objects(output.get("choices")))
    if not choices:
        yield Record(where, sample, {**shared, "sample": epoch, "failure": _failure(sample, output)})
    usage, digest = _usage(output.get("usage")), _digest(sample)
    for index, choice in enumerate(choices):
        yield Record(
            where,
            sample,
            {
                **shared,
                **_answer(choice, output, sample),
                "sample": epoch * len(choices) + index,
                "usage": usage,
                "prompt_digest": digest,
            },
        )


def _answer(
    choice: Mapping[str, Any], output: Mapping[str, Any], sample: Mapping[str, Any]
) -> dict[str, Any]:
    content = mapping(choice.get("message")).get("content")
    parts = list(objects(content)) or [{"type": "text", "text": content}]
    texts = [each for each in parts if each.get("type") == "text" and not each.get("refusal")]
    refusals = [each for each in parts if each.get("type") == "text" and each.get("refusal")]
    thoughts = [_thought(each) for each in parts if each.get("type") == "reasoning"]
    kept = mapping(sample.get("attachments"))
    finish = string(choice.get("stop_reason")) or "unknown"
    return {
        "text": "\n".join(_resolved(each.get("text"), kept) for each in texts),
        "reasoning": "\n".join(_resolved(each, kept) for each in thoughts) or None,
        "refusal": "\n".join(string(each.get("text")) for each in refusals) or output.get("error"),
        "finish": _FINISHES.get(finish, finish),
    }


def _thought(part: Mapping[str, Any]) -> str:
    """The reasoning, or its summary where the provider encrypts it."""
    return string(part.get("summary" if part.get("redacted") else "reasoning"))


def _resolved(text: Any, attachments: Mapping[str, Any]) -> str:
    name = string(text)
    return (
        string(attachments.get(name.removeprefix(_ATTACHMENT), name))
        if name.startswith(_ATTACHMENT)
        else name
    )


def _failure(sample: Mapping[str, Any], output: Mapping[str, Any]) -> str:
    if limit := string(mapping(sample.get("limit")).get("type")):
        return f"limit-{limit}"
    return "sample-error" if sample.get("error") or output.get("error") else "no-output"


def _parameters(head: Mapping[str, Any]) -> dict[str, Any]:
    """What models were called with, by the chat API's names where Inspect has others."""
    given = {
        **mapping(mapping(head.get("eval")).get("model_generate_config")),
        **mapping(mapping(head.get("plan")).get("config")),
    }
    return {_PARAMETERS.get(name, name): value for name, value in given.items() if value is not None}


def _usage(given: Any) -> dict[str, int | None] | None:
    """Tokens; Inspect's count of input leaves out what a cache read or wrote."""
    usage = mapping(given)
    if not usage:
        return None
    parts = ("input_tokens", "input_tokens_cache_read", "input_tokens_cache_write")
    return {
        "prompt": sum(count(usage.get(each)) for each in parts),
        "completion": count(usage.get("output_tokens")),
        "reasoning": usage.get("reasoning_tokens"),
        "cached": usage.get("input_tokens_cache_read"),
    }


def _digest(sample: Mapping[str, Any]) -> str | None:
    messages = list(objects(sample.get("messages")))
    if messages and messages[-1].get("role") == "assistant":
        del messages[-1]
    plain = [{"role": each.get("role"), "content": _one_text(each.get("content"))} for each in messages]
    whole = all(isinstance(each["content"], str) and _ATTACHMENT not in each["content"] for each in plain)
    return prompt_digest(plain) if plain and whole else None


def _one_text(content: Any) -> Any:
    parts = items(content)
    if len(parts) == 1 and mapping(parts[0]).get("type") == "text":
        return mapping(parts[0]).get("text")
    return content
