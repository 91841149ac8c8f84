"""Files and batches as the API keeps them. A batch moves on when it is polled, never by the clock."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from .openai_chat import CREATED
from .openai_faults import BatchFault
from .openai_tally import Tally

MOST_PIECES = 50_000
MOST_BYTES = 200 * 1024 * 1024
_DAY = 86_400
_ENDED = frozenset({"completed", "failed", "expired", "cancelled"})

Status = Literal[
    "validating", "failed", "in_progress", "finalizing", "completed", "expired", "cancelling", "cancelled"
]
Json = dict[str, Any]
AnswerPiece = Callable[[str, Json], tuple[int, Json]]


@dataclass
class StoredFile:
    """A file: its name, purpose and content."""

    identifier: str
    name: str
    purpose: str
    content: bytes

    def described(self) -> Json:
        """Return the file's object."""
        return {
            "id": self.identifier,
            "object": "file",
            "bytes": len(self.content),
            "created_at": CREATED,
            "filename": self.name,
            "purpose": self.purpose,
            "status": "processed",
        }


@dataclass
class StoredBatch:
    """A batch and how far it is."""

    identifier: str
    endpoint: str
    input_file: str
    window: str
    metadata: Mapping[str, str] | None
    fault: BatchFault
    polls_left: int | None
    status: Status = "validating"
    model: str | None = None
    pieces: Sequence[Json] = ()
    errors: list[Json] = field(default_factory=list[Json])
    counts: Counter[str] = field(default_factory=Counter[str])
    output_file: str | None = None
    error_file: str | None = None
    created: int = field(default_factory=lambda: int(time.time()))

    def described(self) -> Json:
        """Return the batch's object."""
        return {
            "id": self.identifier,
            "object": "batch",
            "endpoint": self.endpoint,
            "errors": {"object": "list", "data": self.errors} if self.errors else None,
            "input_file_id": self.input_file,
            "completion_window": self.window,
            "status": self.status,
            "model": self.model,
            "output_file_id": self.output_file,
            "error_file_id": self.error_file,
            "created_at": self.created,
            "expires_at": self.created + _DAY,
            f"{self.status}_at": self.created,
            "request_counts": {
                "total": len(self.pieces),
                "completed": self.counts["completed"],
                "failed": self.counts["failed"],
            },
            "metadata": self.metadata,
        }


class Batches:
    """The files and batches of one server."""

    def __init__(self, answer: AnswerPiece, tally: Tally, polls: int) -> None:
        """Start without any.

        Args:
            answer: Answers a piece: takes the endpoint and the body, returns the status and the body.
            tally: Counts pieces.
            polls: How many polls a batch stays in progress.
        """
        self.files: dict[str, StoredFile] = {}
        self.batches: dict[str, StoredBatch] = {}
        self._answer = answer
        self._tally = tally
        self._polls = polls
        self._made = 0

    def add_file(self, name: str, purpose: str, content: bytes) -> StoredFile:
        """Keep a file."""
        file = StoredFile(self._identifier("file-"), name, purpose, content)
        self.files[file.identifier] = file
        return file

    def create(self, request: Mapping[str, Any], fault: BatchFault | None) -> StoredBatch:
        """Create a batch; whether its file is right shows when it is polled, as with the API.

        Args:
            request: The body of the request.
            fault: What is to go wrong.

        Raises:
            KeyError: The request lacks a field, or there is no such file.
        """
        fault = fault or BatchFault()
        polls = None if fault.stuck is None else self._polls + fault.stuck
        batch = StoredBatch(
            self._identifier("batch_"),
            request["endpoint"],
            self.files[request["input_file_id"]].identifier,
            request["completion_window"],
            request.get("metadata"),
            fault,
            polls,
        )
        self.batches[batch.identifier] = batch
        return batch

    def poll(self, batch: StoredBatch) -> None:
        """Let a batch take the next step: check its file, stay in progress for some polls, end."""
        if batch.status == "validating":
            self._validate(batch)
        elif batch.status == "cancelling":
            self._end(batch, "cancelled", answered=0)
        elif batch.status == "in_progress" and batch.polls_left is not None:
            batch.polls_left -= 1
        if batch.status == "in_progress" and batch.polls_left is not None and batch.polls_left <= 0:
            fault = batch.fault
            self._end(batch, fault.end or "completed", fault.answered if fault.end else len(batch.pieces))

    def cancel(self, batch: StoredBatch) -> None:
        """Begin to cancel a batch that hasn't ended."""
        if batch.status not in _ENDED:
            batch.status = "cancelling"

    def listed(self, after: str | None, limit: int) -> tuple[list[Json], bool]:
        """Return a page of batches, newest first, and whether there are more.

        Args:
            after: The identifier that the page before ended with.
            limit: The most that the page holds.
        """
        newest = list(reversed(self.batches.values()))
        names = [batch.identifier for batch in newest]
        start = names.index(after) + 1 if after in names else 0
        page = [batch.described() for batch in newest[start : start + limit]]
        return page, start + limit < len(newest)

    def _identifier(self, prefix: str) -> str:
        self._made += 1
        return f"{prefix}{self._made:06d}"

    def _validate(self, batch: StoredBatch) -> None:
        content = self.files[batch.input_file].content
        pieces, batch.errors = read_pieces(content, batch.endpoint)
        self._tally.submitted.update(str(piece.get("custom_id")) for piece in pieces)
        if batch.errors or batch.fault.end == "failed":
            batch.status = "failed"
            batch.errors = batch.errors or [_problem(batch.fault.code, "The batch failed.", batch.fault.line)]
            return
        batch.pieces, batch.status = pieces, "in_progress"
        batch.model = pieces[0]["body"].get("model")

    def _end(self, batch: StoredBatch, status: Status, answered: int) -> None:
        results = [self._result(batch, piece) for piece in batch.pieces[:answered]]
        good = [line for line in results if line["response"]["status_code"] < 400]  # noqa: PLR2004 -- HTTP
        bad = [line for line in results if line["response"]["status_code"] >= 400]  # noqa: PLR2004 -- HTTP
        bad += [_unanswered(piece, status) for piece in batch.pieces[answered:]]
        batch.counts.update(completed=len(good), failed=len(bad))
        batch.output_file = self._results_file(batch, "output", good)
        batch.error_file = self._results_file(batch, "error", bad)
        batch.status = status

    def _result(self, batch: StoredBatch, piece: Json) -> Json:
        status, body = self._answer(batch.endpoint, piece["body"])
        if status < 400:  # noqa: PLR2004 -- HTTP
            self._tally.answered[piece["custom_id"]] += 1
        response = {"status_code": status, "request_id": f"req_{piece['custom_id']}", "body": body}
        return {**_head(piece), "response": response, "error": None}

    def _results_file(self, batch: StoredBatch, kind: str, lines: list[Json]) -> str | None:
        if not lines or batch.fault.no_output:
            return None
        content = b"".join(orjson.dumps(line) + b"\n" for line in _mixed_up(batch.fault, lines))
        file = self.add_file(f"{batch.identifier}_{kind}.jsonl", "batch_output", content)
        if batch.fault.lost_output:
            del self.files[file.identifier]
        return file.identifier


def read_pieces(content: bytes, endpoint: str) -> tuple[list[Json], list[Json]]:
    """Read the lines of a batch's file, and say what is wrong with them.

    Args:
        content: The file.
        endpoint: The path that every piece has to name.

    Returns:
        The pieces, and the errors as the batch's object lists them.
    """
    lines = content.splitlines()
    if not lines or len(lines) > MOST_PIECES or len(content) > MOST_BYTES:
        code = (
            "empty_file"
            if not lines
            else "token_limit_exceeded"
            if len(lines) <= MOST_PIECES
            else "too_many_tasks"
        )
        return [], [_problem(code, f"A batch takes 1 to {MOST_PIECES} requests in {MOST_BYTES} bytes.", None)]
    pieces: list[Json] = []
    errors: list[Json] = []
    for number, line in enumerate(lines, start=1):
        try:
            pieces.append(orjson.loads(line))
        except orjson.JSONDecodeError:
            errors.append(_problem("invalid_json_line", "This line is not parseable as valid JSON.", number))
    return pieces, errors or list(_problems(pieces, endpoint))


def _problems(pieces: Iterable[Json], endpoint: str) -> Iterator[Json]:
    seen: set[str] = set()
    model: str | None = None
    for number, piece in enumerate(pieces, start=1):
        if not isinstance(piece.get("custom_id"), str) or not isinstance(piece.get("body"), dict):
            yield _problem("missing_required_parameter", "A piece needs custom_id and body.", number)
            continue
        if piece.get("method") != "POST" or piece.get("url") != endpoint:
            yield _problem("mismatched_endpoint", "The URL doesn't match the batch's endpoint.", number)
        if piece["custom_id"] in seen:
            yield _problem("duplicate_custom_id", "The custom_id has been used before in this file.", number)
        model = model or piece["body"].get("model")
        if piece["body"].get("model") != model:
            yield _problem("mismatched_model", "A batch is for one model.", number)
        seen.add(piece["custom_id"])


def _problem(code: str, message: str, line: int | None) -> Json:
    return {"code": code, "message": message, "param": None, "line": line}


def _head(piece: Json) -> Json:
    return {"id": f"batch_req_{piece['custom_id']}", "custom_id": piece["custom_id"]}


def _unanswered(piece: Json, status: Status) -> Json:
    message = "This request could not be executed before the completion window expired."
    if status == "cancelled":
        message = "This request was cancelled."
    return {**_head(piece), "response": None, "error": {"code": f"batch_{status}", "message": message}}


def _mixed_up(fault: BatchFault, lines: list[Json]) -> list[Json]:
    if fault.foreign:
        lines = [{**lines[0], "custom_id": "f" * 32, "id": "batch_req_foreign"}, *lines]
    if fault.repeat:
        lines = [line for line in lines for _ in range(2)]
    return lines[::-1] if fault.reverse else lines
