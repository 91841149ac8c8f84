"""What moved between two releases, and the version that it takes."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mensrea.builders.diff import Bump, ReleaseDiff, RowChanges, bump_between, bumped, diff_releases
from mensrea.cards.manifest import read_manifest
from mensrea.errors import ReleaseCorruptError, ReleaseNotFoundError, UsageError

Rows = list[dict[str, Any]]
NEW = {"id": "new", "text": "New."}
VERSIONS = st.tuples(*[st.integers(0, 3)] * 3).map(lambda parts: ".".join(map(str, parts)))


def read(toy: Any, config: str = "text", split: str = "train") -> Rows:
    path = toy.root / "rows" / config / f"{split}-0.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def compare(toy: Any, change: Callable[[], object], configs: Sequence[str] = ("text",)) -> ReleaseDiff:
    """Build, change something, build elsewhere, and compare."""
    old, new = toy.root / "old", toy.root / "new"
    toy.build(*configs, out=old)
    change()
    toy.build(*configs, out=new)
    return diff_releases(old / "toy", new / "toy")


def rewrite(
    toy: Any, change: Callable[[Rows], Rows], config: str = "text", split: str = "train"
) -> Callable[[], None]:
    return lambda: toy.write(config, change(read(toy, config, split)), split)


def test_equal_releases_differ_in_nothing(toy: Any) -> None:
    diff = compare(toy, lambda: None, ["text", "chat", "pictures"])
    assert diff == ReleaseDiff("1.0.0", "1.0.0")
    assert (diff.required, diff.actual) == ("none", "none")
    assert (diff.is_enough, diff.required_version) == (True, "1.0.0")


@pytest.mark.parametrize(
    ("change", "expected", "required"),
    [
        (lambda rows: [NEW, *rows], RowChanges(added=("new",)), "minor"),
        (lambda rows: [*rows, NEW], RowChanges(added=("new",)), "minor"),
        (lambda rows: rows[1:], RowChanges(removed=("text-0",)), "major"),
        (lambda rows: [{**rows[0], "text": ""}, *rows[1:]], RowChanges(changed=("text-0",)), "major"),
        (lambda rows: [rows[1], rows[0], rows[2]], RowChanges(moved=True), "major"),
        (lambda rows: [rows[2], NEW, rows[1]], RowChanges(("new",), (), ("text-0",), moved=True), "major"),
        (
            lambda rows: [{**rows[0], "id": "new"}, *rows[1:]],
            RowChanges(added=("new",), removed=("text-0",)),
            "major",
        ),
    ],
)
def test_rows_that_came_changed_went_or_moved(
    toy: Any, change: Callable[[Rows], Rows], expected: RowChanges, required: Bump
) -> None:
    diff = compare(toy, rewrite(toy, change))
    assert diff.rows == {"text/train": expected}
    assert (diff.lines, diff.required, diff.is_enough) == ([], required, False)


def test_a_row_that_changes_its_split_went_from_one_and_came_to_the_other(toy: Any) -> None:
    def change() -> None:
        train, test = read(toy), read(toy, split="test")
        toy.write("text", train[1:])
        toy.write("text", [*test, train[0]], "test")

    diff = compare(toy, change)
    gone, come = RowChanges(removed=("text-0",)), RowChanges(added=("text-0",))
    assert diff.rows == {"text/train": gone, "text/test": come}
    assert diff.required == "major"


CHANGES: dict[str, Any] = {
    "payload": {"text": "another"},
    "messages": [],
    "grid": [[1, -2, 3], []],
    "place": {"x": None, "tags": ["near", ""]},
    "score": None,
    "weight": 0.5,
    "safe": None,
}


@pytest.mark.parametrize("column", CHANGES)
def test_a_change_in_any_kind_of_column_is_seen(toy: Any, column: str) -> None:
    change = rewrite(toy, lambda rows: [{**rows[0], column: CHANGES[column]}, *rows[1:]], "chat")
    assert compare(toy, change, ["chat"]).rows == {"chat/train": RowChanges(changed=("chat-0",))}


def test_json_that_only_nests_otherwise_is_seen(toy: Any) -> None:
    rows = read(toy, "chat")
    toy.write("chat", [{**row, "payload": [[1], [2, 3]]} for row in rows])
    change = rewrite(toy, lambda rows: [{**rows[0], "payload": [[1, 2], [3]]}, *rows[1:]], "chat")
    assert compare(toy, change, ["chat"]).rows["chat/train"].changed == ("chat-0",)


@pytest.mark.parametrize("column", ["crops", "figure", "image", "thumbnail"])
def test_a_changed_picture_is_seen(toy: Any, column: str) -> None:
    def change(rows: Rows) -> Rows:
        return [rows[0], {**rows[1], column: rows[2][column]}, rows[2]]

    rows = read(toy, "pictures")
    rows[2]["figure"]["drawing"] = rows[2]["image"]
    toy.write("pictures", rows)
    diff = compare(toy, rewrite(toy, change, "pictures"), ["pictures"])
    assert diff.rows == {"pictures/train": RowChanges(changed=("picture-1",))}


NULLS: list[tuple[str, Any, Any]] = [
    ("grid", [], [[]]),
    ("grid", [[1], [2, 3]], [[1, 2], [3]]),
    ("messages", [], [{"role": "user", "content": None, "arguments": None}]),
    ("payload", None, "null"),
    ("payload", "", None),
    ("score", None, 0),
    ("safe", None, False),
    ("place", {"x": None, "tags": []}, {"x": 0, "tags": []}),
    ("place", {"x": 0, "tags": [""]}, {"x": 0, "tags": []}),
]


@pytest.mark.parametrize(("column", "old", "new"), NULLS)
def test_nothing_is_taken_for_something_empty(toy: Any, column: str, old: object, new: object) -> None:
    rows = read(toy, "chat")
    toy.write("chat", [{**rows[0], column: old}])
    change = rewrite(toy, lambda rows: [{**rows[0], column: new}], "chat")
    assert compare(toy, change, ["chat"]).rows == {"chat/train": RowChanges(changed=("chat-0",))}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    old=st.lists(st.integers(0, 9), unique=True, min_size=1),
    new=st.lists(st.integers(0, 9), unique=True, min_size=1),
    changed=st.sets(st.integers(0, 9)),
)
def test_changes_are_what_sets_say(toy: Any, old: list[int], new: list[int], changed: set[int]) -> None:
    shutil.rmtree(toy.root / "old", ignore_errors=True)
    shutil.rmtree(toy.root / "new", ignore_errors=True)
    toy.write("text", [{"id": str(number), "text": "old"} for number in old])
    rows = [{"id": str(number), "text": "new" if number in changed else "old"} for number in new]
    found = compare(toy, lambda: toy.write("text", rows)).rows.get("text/train", RowChanges())
    shared = [number for number in old if number in new]
    assert found.added == tuple(str(number) for number in new if number not in old)
    assert found.removed == tuple(str(number) for number in old if number not in new)
    assert found.changed == tuple(str(number) for number in shared if number in changed)
    assert found.moved == (shared != [number for number in new if number in old])


def test_a_column_that_came_is_minor_and_one_that_went_major(toy: Any) -> None:
    column = '"more": { "type": ["string", "null"], "description": "More." }'

    def change() -> None:
        text = '"text": { "type": "string", "description": "Some text." }'
        toy.edit(toy.schema, '["id", "source", "text"]', '["id", "source", "text", "more"]')
        toy.edit(toy.schema, text, f"{text}, {column}")
        toy.write("text", [{**row, "more": None} for row in read(toy)])
        toy.write("text", [{**row, "more": "x"} for row in read(toy, split="test")], "test")

    diff = compare(toy, change)
    assert diff.lines == ["text/train: column more added", "text/test: column more added"]
    assert (diff.rows, diff.required, diff.required_version) == ({}, "minor", "1.1.0")
    back = diff_releases(toy.root / "new" / "toy", toy.root / "old" / "toy")
    assert back.lines == ["text/train: column more gone", "text/test: column more gone"]
    assert back.required == "major"


def test_a_column_of_another_type_changed_in_every_row(toy: Any) -> None:
    def change() -> None:
        toy.edit(
            toy.schema,
            '"type": ["integer", "null"],\n          "format": "int32"',
            '"type": ["number", "null"]',
        )

    diff = compare(toy, change, ["chat"])
    assert diff.required == "major"


def test_a_wider_number_is_only_metadata(toy: Any) -> None:
    diff = compare(toy, lambda: toy.edit(toy.schema, '"format": "int32"', '"format": "int64"'), ["chat"])
    assert (diff.rows, diff.required) == ({}, "patch")


def test_a_split_that_came_is_minor_and_one_that_went_major(toy: Any) -> None:
    def change() -> None:
        toy.edit(
            toy.card, "splits: {train: null, test: null}", "splits: {train: null, test: null, dev: null}"
        )
        toy.write("text", [NEW], "dev")

    diff = compare(toy, change)
    assert (diff.lines, diff.required) == (["text/dev: added"], "minor")
    back = diff_releases(toy.root / "new" / "toy", toy.root / "old" / "toy")
    assert (back.lines, back.required) == (["text/dev: gone"], "major")


def test_configs_count_as_declared_not_as_built(toy: Any) -> None:
    toy.build("text", "chat", out=toy.root / "old")
    toy.build("text", "pictures", out=toy.root / "new")
    diff = diff_releases(toy.root / "old" / "toy", toy.root / "new" / "toy")
    assert diff.lines == [
        "config chat: not built in NEW, not compared",
        "config pictures: not built in OLD, not compared",
    ]
    assert diff.required == "none"


def test_a_member_of_a_family_that_was_not_built_is_mentioned(toy: Any) -> None:
    toy.write("text-3", [NEW])
    toy.build("text", "text-3", out=toy.root / "old")
    toy.build("text", out=toy.root / "new")
    diff = diff_releases(toy.root / "old" / "toy", toy.root / "new" / "toy")
    assert (diff.lines, diff.required) == (["config text-3: not built in NEW, not compared"], "none")


def test_a_config_that_the_card_drops_or_takes_up(toy: Any) -> None:
    def change() -> None:
        text = toy.card.read_text()
        toy.edit(toy.card, text[text.index("  chat:") : text.index("  pictures:")], "")

    diff = compare(toy, change)
    assert (diff.lines, diff.required) == (["config chat: gone"], "major")
    back = diff_releases(toy.root / "new" / "toy", toy.root / "old" / "toy")
    assert (back.lines, back.required) == (["config chat: added"], "minor")


def test_findings_and_tier_are_metadata(toy: Any) -> None:
    def change() -> None:
        toy.write("text", [{"!": "finding", "code": "odd", "message": "Odd."}, *read(toy)])
        toy.edit(toy.card, "tier: gated", "tier: open")

    diff = compare(toy, change)
    assert diff.lines[0] == "tier: gated -> open"
    assert diff.lines[1].startswith("config text: ")
    assert (diff.rows, diff.required, diff.required_version) == ({}, "patch", "1.0.1")


def test_a_version_that_is_enough_says_so(toy: Any) -> None:
    def change() -> None:
        toy.write("text", [*read(toy), NEW])
        toy.version("1.1.0")

    diff = compare(toy, change)
    assert (diff.actual, diff.required, diff.is_enough) == ("minor", "minor", True)


def test_releases_of_two_datasets_are_not_compared(toy: Any) -> None:
    toy.build()
    other = toy.root / "other"
    shutil.copytree(toy.release, other)
    manifest = other / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"stem": "toy"', '"stem": "other"'))
    with pytest.raises(UsageError, match=r"holds toy, .* holds other"):
        diff_releases(toy.release, other)


@pytest.mark.parametrize("side", [0, 1])
def test_what_is_no_release_is_named(toy: Any, side: int) -> None:
    toy.build()
    folders = [toy.release, toy.release]
    folders[side] = toy.root / "nowhere"
    with pytest.raises(ReleaseNotFoundError, match="nowhere"):
        diff_releases(*folders)


def test_a_damaged_file_is_named_if_it_has_to_be_read(toy: Any) -> None:
    toy.build(out=toy.root / "old")
    path = toy.root / "old" / "toy" / "text" / "train-00000-of-00001.parquet"
    path.write_bytes(b"no Parquet")
    toy.write("text", [NEW])
    toy.build(out=toy.root / "new")
    with pytest.raises(ReleaseCorruptError, match=str(path)):
        diff_releases(toy.root / "old" / "toy", toy.root / "new" / "toy")


@pytest.mark.parametrize("version", ["1.0", "v1.0.0", "", "1.0.0-rc.1", "one"])
def test_a_version_that_is_none_is_named(toy: Any, version: str) -> None:
    toy.build()
    damaged = toy.root / "damaged"
    shutil.copytree(toy.release, damaged)
    manifest = damaged / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"version": "1.0.0"', f'"version": "{version}"'))
    with pytest.raises(ReleaseCorruptError, match=str(damaged)):
        diff_releases(toy.release, damaged)


def test_rows_whose_digest_moved_unseen_still_take_a_version(toy: Any, tmp_path: Path) -> None:
    toy.build()
    other = tmp_path / "other"
    shutil.copytree(toy.release, other)
    digest = read_manifest(other).configs["text"].splits["train"].digest
    manifest = other / "manifest.json"
    manifest.write_text(manifest.read_text().replace(digest, digest[::-1]))
    assert diff_releases(toy.release, other).required == "major"


@given(VERSIONS, st.sampled_from(["none", "patch", "minor", "major"]))
def test_a_bump_is_what_lies_between_a_version_and_the_bumped_one(version: str, bump: Bump) -> None:
    assert bump_between(version, bumped(version, bump)) == bump
    assert bump_between(bumped(version, bump), version) == "none"


@pytest.mark.parametrize(
    ("old", "new", "bump"),
    [
        ("1.9.9", "2.0.0", "major"),
        ("1.9.9", "1.10.0", "minor"),
        ("1.9.9", "1.9.10", "patch"),
        ("2.0.0", "1.9.9", "none"),
    ],
)
def test_versions_are_compared_as_numbers(old: str, new: str, bump: Bump) -> None:
    assert bump_between(old, new) == bump
