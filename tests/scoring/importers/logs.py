"""Logs in the shapes that other tools write them in."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

KEYS: Mapping[str, Any] = {"dataset": "toy", "config": "plain", "version": "1.0.0"}
STORED, DEFLATED, ZSTD = 0, 8, 93


def write_lines(path: Path, *rows: Any) -> Path:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def zipped(entries: Mapping[str, bytes], method: int = ZSTD) -> bytes:
    """A zip file; `zipfile` can't write zstd, which Inspect packs with."""
    body, directory = b"", b""
    for name, content in entries.items():
        packed = _packed(content, method)
        sizes = struct.pack("<LLL", zlib.crc32(content), len(packed), len(content))
        common = struct.pack("<HHHHH", 20, 0, method, 0, 0x5821) + sizes + struct.pack("<HH", len(name), 4)
        extra = struct.pack("<HH", 0xCAFE, 0)
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + common
        directory += struct.pack("<HHHLL", 0, 0, 0, 0, len(body)) + name.encode() + extra
        body += b"PK\x03\x04" + common + name.encode() + extra + packed
    end = struct.pack("<HHHHLLH", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    return body + directory + b"PK\x05\x06" + end


def _packed(content: bytes, method: int) -> bytes:
    if method == ZSTD:
        return bytes(pa.Codec("zstd").compress(content, asbytes=True))
    if method == DEFLATED:
        deflate = zlib.compressobj(wbits=-15)
        return deflate.compress(content) + deflate.flush()
    return content


INSPECT_HEAD: Mapping[str, Any] = {
    "version": 2,
    "status": "success",
    "eval": {
        "task": "toy",
        "model": "mockllm/model",
        "model_generate_config": {"temperature": 1.0, "top_p": 0.9},
        "dataset": {"samples": 2, "sample_ids": ["toy-1", "toy-2"], "shuffled": False},
    },
    "plan": {
        "name": "plan",
        "steps": [{"solver": "generate", "params": {}}],
        "config": {"max_tokens": 64, "temperature": 0.7, "stop_seqs": ["END"], "seed": None},
    },
}
INSPECT_USAGE: Mapping[str, Any] = {
    "input_tokens": 5,
    "output_tokens": 9,
    "total_tokens": 16,
    "input_tokens_cache_read": 2,
    "reasoning_tokens": 4,
}


def inspect_sample(ident: Any, content: Any, *, epoch: int = 1, **more: Any) -> dict[str, Any]:
    """A sample of an Inspect log with one output."""
    message = {"id": "x1", "content": content, "source": "generate", "role": "assistant"}
    return {
        "id": ident,
        "epoch": epoch,
        "input": "Why?",
        "target": "",
        "messages": [
            {"id": "x2", "content": "Be brief.", "role": "system"},
            {"id": "x3", "content": "Why?", "source": "input", "role": "user"},
            message,
        ],
        "output": {
            "model": "mockllm/model",
            "choices": [{"message": message, "stop_reason": more.pop("stop_reason", "stop")}],
            "completion": "",
            "usage": dict(INSPECT_USAGE),
            **more.pop("output", {}),
        },
        "scores": {},
        "metadata": {"question": {"number": f"q-{ident}"}},
        "store": {},
        "events": [],
        "attachments": {},
        **more,
    }


def inspect_eval(*samples: Mapping[str, Any], head: str = "header.json", method: int = ZSTD) -> bytes:
    """An `.eval` file."""
    entries = {"_journal/start.json": b"{}"} | {
        f"samples/{each['id']}_epoch_{each['epoch']}.json": json.dumps(each).encode() for each in samples
    }
    entries |= {"summaries.json": b"[]", head: json.dumps(INSPECT_HEAD).encode()}
    return zipped(entries, method)


LM_EVAL_TIME = "2026-01-02T03-04-05.678901"


def lm_eval_sample(doc_id: int, responses: Any, **more: Any) -> dict[str, Any]:
    """A line of a samples file of the harness."""
    return {
        "doc_id": doc_id,
        "doc": {"id": f"toy-{doc_id}", "question": "Why?", "answer": "So."},
        "target": "So.",
        "arguments": {
            "gen_args_0": {
                "arg_0": "Why?",
                "arg_1": {"until": ["END"], "max_gen_toks": 16, "do_sample": True, "temperature": 0.5},
            }
        },
        "resps": responses,
        "filtered_resps": ["So."],
        "filter": "none",
        "metrics": ["exact_match"],
        "doc_hash": "73",
        "prompt_hash": "0e",
        "target_hash": "5f",
        "exact_match": 0.0,
        **more,
    }


def lm_eval_files(folder: Path, *samples: Any, results: Any = None) -> Path:
    """A samples file with the results beside it."""
    given = {"config": {"model": "hf"}, "model_name": "example/model"} if results is None else results
    (folder / f"results_{LM_EVAL_TIME}.json").write_text(json.dumps(given, indent=2), encoding="utf-8")
    return write_lines(folder / f"samples_toy_gen_{LM_EVAL_TIME}.jsonl", *samples)


def batch_line(ident: str, body: Any, status: int = 200, error: Any = None) -> dict[str, Any]:
    """A line of a batch's output."""
    response = None if body is None else {"status_code": status, "request_id": "r1", "body": body}
    return {"id": f"batch_req_{ident}", "custom_id": ident, "response": response, "error": error}


def chat_reply(*texts: str | None, **message: Any) -> dict[str, Any]:
    """A chat completion."""
    return {
        "id": "c1",
        "object": "chat.completion",
        "model": "gpt-4.1-mini-2025-04-14",
        "choices": [
            {
                "index": index,
                "message": {"role": "assistant", "content": text, **message},
                "finish_reason": "stop",
            }
            for index, text in enumerate(texts)
        ],
        "usage": {
            "prompt_tokens": 5,
            "completion_tokens": 9,
            "total_tokens": 14,
            "prompt_tokens_details": {"cached_tokens": 1},
            "completion_tokens_details": {"reasoning_tokens": 4},
        },
    }
