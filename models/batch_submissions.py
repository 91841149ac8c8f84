"""What the journal knows of batches: written before one is submitted, and at every step from there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Literal, Self
from uuid import uuid4

import orjson

from .batch_pieces import Piece
from .calls import Api, Request
from .journal_records import Batch

OWNER = "batch-api"
RUN_NOTE = "batch-api.run"

State = Literal["intended", "submitted", "delivered", "done", "abandoned"]
"""`intended`: nobody knows yet whether the server has it. `submitted`: it has. `delivered`: its results were
handed over. `done`: they are in the journal. `abandoned`: the server never had it."""


@dataclass(slots=True, eq=False)
class Submission:
    """A batch of this run.

    Attributes:
        name: What it is called here: 16 hexadecimal digits.
        run: The run that it belongs to.
        server: The server as messages name it.
        model: The model of its requests.
        api: Their API.
        kinds: The different steps and parameters among its requests.
        keys: The requests' keys.
        kind_of: For each request the place of its step and parameters in `kinds`.
        samples: For each request which sample it is.
        state: How far it is.
        batch: What the server calls it; empty until that is known.
        created: When it was first written, in seconds of Unix time.
    """

    name: str
    run: str
    server: str
    model: str
    api: Api
    kinds: Sequence[tuple[str, dict[str, Any]]]
    keys: Sequence[bytes]
    kind_of: Sequence[int]
    samples: Sequence[int]
    state: State = "intended"
    batch: str = ""
    created: float = field(default_factory=time.time)

    @classmethod
    def of(cls, run: str, server: str, pieces: Sequence[Piece]) -> Self:
        """A new batch of these requests, which have a model and an API in common."""
        kinds: dict[bytes, tuple[int, tuple[str, dict[str, Any]]]] = {}
        kind_of: list[int] = []
        for piece in pieces:
            kind = (piece.request.step, dict(piece.request.parameters))
            text = orjson.dumps(kind, option=orjson.OPT_SORT_KEYS)
            kind_of.append(kinds.setdefault(text, (len(kinds), kind))[0])
        first = pieces[0].request
        return cls(
            uuid4().hex[:16],
            run,
            server,
            first.model,
            first.api,
            [kind for _, kind in kinds.values()],
            [piece.key for piece in pieces],
            kind_of,
            [piece.request.sample for piece in pieces],
        )

    @property
    def metadata(self) -> dict[str, str]:
        """What the server is told, so that the batch can be found again."""
        digest = blake2b(b"".join(self.keys), digest_size=8).hexdigest()
        return {"mensrea_run": self.run, "mensrea_piece": self.name, "mensrea_digest": digest}

    @property
    def title(self) -> str:
        """The batch as messages name it."""
        return f"{self.server}: batch {self.batch or self.name}"

    def request(self, place: int) -> Request:
        """A request without its messages, which are enough to hold a reply to it."""
        step, parameters = self.kinds[self.kind_of[place]]
        return Request(self.model, (), parameters, self.api, self.samples[place], step)

    def entry(self) -> Batch:
        """The batch as the journal keeps it."""
        details = {
            "owner": OWNER,
            "run": self.run,
            "batch": self.batch,
            "model": self.model,
            "api": self.api,
            "created": self.created,
            "kinds": [list(kind) for kind in self.kinds],
            "kind_of": list(self.kind_of),
            "samples": list(self.samples),
        }
        return Batch(self.name, self.server, self.state, tuple(self.keys), details)

    @classmethod
    def read(cls, entry: Batch) -> Self | None:
        """A batch out of the journal; None if it isn't one of this kind."""
        details = entry.details
        if details.get("owner") != OWNER:
            return None
        return cls(
            entry.id,
            details["run"],
            entry.server,
            details["model"],
            details["api"],
            [(step, parameters) for step, parameters in details["kinds"]],
            entry.requests,
            details["kind_of"],
            details["samples"],
            _state(entry.status),
            details["batch"],
            details["created"],
        )


def _state(text: str) -> State:
    match text:
        case "submitted" | "delivered" | "done" | "abandoned":
            return text
        case _:
            return "intended"
