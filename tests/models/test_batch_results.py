"""Files of results, whatever is in them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.models.batch_pace import Pace
from mensrea.models.batch_results import Results, of_missing
from mensrea.models.batch_server import BatchServer
from mensrea.models.batch_submissions import Submission
from mensrea.models.failures import CallError, FailureKind
from mensrea.models.journal_records import Batch

KEYS = [bytes([number]) * 16 for number in range(4)]
SERVER = BatchServer("http://127.0.0.1:9/v1", "UNSET", Pace())


def results() -> Results:
    count = len(KEYS)
    submission = Submission(
        "n", "r", SERVER.name, "openai/m", "chat", [("ask", {})], KEYS, [0] * count, [0] * count, batch="b-1"
    )
    return Results(submission, SERVER)


def read(path: Path, lines: Sequence[Any], *, raw: Sequence[bytes] = ()) -> tuple[Results, list[Any]]:
    path.write_bytes(b"\n".join([*(json.dumps(line).encode() for line in lines), *raw]) + b"\n")
    found = results()
    return found, list(found.read(path))


def line(number: int, **fields: Any) -> dict[str, Any]:
    return {"custom_id": KEYS[number].hex(), "response": None, "error": None, **fields}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from([key.hex() for key in KEYS]) | st.text(max_size=33)
REPLIES = JSON | st.fixed_dictionaries({"status_code": st.integers(0, 600) | JSON, "body": JSON})
ERRORS = JSON | st.fixed_dictionaries(
    {"code": st.sampled_from(["batch_expired", "x"]) | JSON, "message": JSON}
)
LINES = JSON | st.fixed_dictionaries(
    {}, optional={"custom_id": NAMES | JSON, "response": REPLIES, "error": ERRORS}
)


@given(st.lists(LINES, max_size=8), st.lists(st.binary(max_size=20), max_size=2))
def test_whatever_comes_each_request_ends_once(
    tmp_path_factory: pytest.TempPathFactory, lines: list[Any], raw: list[bytes]
) -> None:
    found, ended = read(tmp_path_factory.getbasetemp() / "results.jsonl", lines, raw=raw)
    keys = [key for _, key, _ in ended]
    assert len(set(keys)) == len(keys)
    assert sorted([*keys, *found.missing]) == KEYS
    for place, key, outcome in ended:
        assert KEYS[place] == key
        assert isinstance(outcome, CallError) or json.loads(outcome) is not None
        assert "\n" not in str(outcome)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        (
            {"response": {"status_code": 400, "body": {"error": {"code": "content_filter"}}}},
            FailureKind.FILTERED,
        ),
        (
            {"response": {"status_code": 429, "body": {"error": {"message": "slow"}}}},
            FailureKind.RATE_LIMITED,
        ),
        ({"response": {"status_code": 500, "body": {}}}, FailureKind.SERVER),
        ({"error": {"code": "batch_expired", "message": "late"}}, FailureKind.EXPIRED),
        ({"error": {"code": "batch_cancelled", "message": "no"}}, FailureKind.EXPIRED),
        ({"error": {"code": "insufficient_quota", "message": "no"}}, FailureKind.QUOTA),
        ({}, FailureKind.SERVER),
        ({"response": {"status_code": 200}}, FailureKind.SERVER),
    ],
)
def test_failures_have_their_kind(tmp_path: Path, fields: dict[str, Any], kind: FailureKind) -> None:
    _, ((place, key, outcome),) = read(tmp_path / "results.jsonl", [line(2, **fields)])
    assert (place, key, isinstance(outcome, CallError) and outcome.kind) == (2, KEYS[2], kind)


def test_lines_that_dont_fit_are_counted(tmp_path: Path) -> None:
    good = {"response": {"status_code": 200, "body": {"a": 1}}}
    lines = [line(0, **good), line(0, **good), {"custom_id": "ff" * 16}, {"custom_id": "no hex"}, {}]
    found, ended = read(tmp_path / "results.jsonl", lines, raw=[b"{", b"", b"[]"])
    assert [(place, outcome) for place, _, outcome in ended] == [(0, b'{"a":1}')]
    assert (found.oddities.repeated, found.oddities.unknown, found.oddities.unreadable) == (1, 1, 4)
    assert str(found.oddities).startswith("1 for requests that it doesn't have, 1 for requests that had one")


def test_what_is_missing_was_billed_unless_the_batch_didnt_get_to_it() -> None:
    assert of_missing("expired", "batch", lost=False)().kind is FailureKind.EXPIRED
    assert of_missing("cancelled", "batch", lost=False)().kind is FailureKind.EXPIRED
    assert of_missing("expired", "batch", lost=True)().maybe_billed
    assert of_missing("completed", "batch", lost=False)().maybe_billed


@given(
    st.lists(
        st.tuples(st.text(max_size=5), st.dictionaries(st.text(max_size=5), JSON, max_size=2)),
        min_size=1,
        max_size=3,
    ),
    st.lists(st.binary(min_size=16, max_size=16), min_size=1, max_size=5, unique=True),
)
def test_the_journal_gives_a_submission_back(kinds: list[Any], keys: list[bytes]) -> None:
    import orjson

    try:
        kinds = orjson.loads(orjson.dumps(kinds))
    except TypeError:
        return  # parameters that can't be sent either
    places = [number % len(kinds) for number in range(len(keys))]
    submission = Submission(
        "n",
        "r",
        "server",
        "openai/m",
        "responses",
        [tuple(kind) for kind in kinds],
        keys,
        places,
        places,
        "submitted",
        "b",
    )
    entry = submission.entry()
    stored = Batch(
        entry.id, entry.server, entry.status, entry.requests, orjson.loads(orjson.dumps(entry.details))
    )
    read_back = Submission.read(stored)
    assert read_back is not None
    assert read_back.entry() == entry
    assert read_back.metadata == submission.metadata
    assert read_back.request(0).parameters == submission.kinds[places[0]][1]
