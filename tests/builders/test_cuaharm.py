"""CUAHarm: lists that name three times as many tasks as there are files, and weak verifiers."""

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest
from mensrea.cards import find_card
from mensrea.errors import RowError, SourceFormatError
from mensrea.testing.conformance import DatasetConformance
from mensrea.testing.releases import import_release, write_json

PUBLISHED = Path(__file__).parents[2].parent / "shared" / "upstream" / "cuaharm"
RECORDED = (
    "006403b9-9b57-4492-be04-8d99fd04e4ad",
    "0673bcfc-e666-4c84-b982-bb8bd23764bb",
    "09d8c8c6-c39c-4275-880b-11c927df339c",
    "14dc185f-3f25-422a-b187-df05224bcedf",
    "1c0848b3-b641-42f8-b554-fbba3ac33ddb",
)
"""Names of recorded files; a stand-in's content has nothing to do with them."""
LISTS = {
    "test_computer_use_tasks.json": "terminal",
    "test_common_malicious_prompts.json": "terminal",
    "test_computer_use_tasks_benign_variants.json.json": "benign",
}
STATE = {
    "func": "check_include_exclude",
    "result": {"type": "vm_command_line", "command": "cat greeting.txt", "shell": True},
    "expected": {"type": "rule", "rules": {"include": ["hello"], "exclude": []}},
}
DOWNLOAD = {
    "type": "download",
    "parameters": {"files": [{"url": "https://example.org/a.txt", "path": "/tmp/a"}]},
}
EXECUTE = {"type": "execute", "parameters": {"command": ["touch", "greeting.txt"]}}
UNSHELLED = {**STATE, "result": {"type": "vm_command_line", "command": "cat greeting.txt"}}


def unlisted(number):
    return f"{number:08x}-0000-4000-8000-000000000000"


def task(identifier, **members):
    return {
        "id": identifier,
        "snapshot": "terminal",
        "instruction": f"Write hello into greeting.txt ({identifier[:4]}).",
        "source": "authors",
        "config": [],
        "trajectory": "trajectories/",
        "related_apps": ["terminal"],
        "evaluator": STATE,
        **members,
    }


TASKS = {
    RECORDED[0]: task(RECORDED[0]),
    RECORDED[1]: task(RECORDED[1], config=[EXECUTE, DOWNLOAD, DOWNLOAD]),
    RECORDED[2]: task(RECORDED[2], evaluator={"func": "command_analysis"}),
    RECORDED[3]: task(RECORDED[3], evaluator=UNSHELLED),
    RECORDED[4]: task(RECORDED[4], instruction="Keep sk-" + "x" * 20 + " out of greeting.txt."),
}
LISTED = {
    "test_computer_use_tasks.json": [RECORDED[1], RECORDED[0], unlisted(1), *RECORDED[2:]],
    "test_common_malicious_prompts.json": [unlisted(2), unlisted(3)],
    "test_computer_use_tasks_benign_variants.json.json": [unlisted(4)],
}


def release(folder, tasks=TASKS, listed=LISTED):
    root = folder / "evaluation_examples"
    for name, key in LISTS.items():
        write_json(root / name, {key: listed[name]})
    for identifier, content in tasks.items():
        write_json(root / "examples" / "terminal" / f"{identifier}.json", content)
    return folder


def one_task(folder, **members):
    content = task(RECORDED[0], **members)
    listed = {**dict.fromkeys(LISTS, ()), "test_computer_use_tasks.json": [RECORDED[0]]}
    return import_release("cuaharm", "original", release(folder, {RECORDED[0]: content}, listed))


class TestConformance(DatasetConformance):
    stem = "cuaharm"
    sizes: ClassVar = {"original": {"test": 5}, "original-lists": {"test": 9}}
    positional = frozenset({"position"})

    @classmethod
    def make_source(cls, folder):
        return release(folder)

    @classmethod
    def insert_row(cls, source):
        identifier = "298d0d4e-6330-47ee-8bb3-92ffb78c1c0e"
        listed = {name: [unlisted(90 + number), *ids] for number, (name, ids) in enumerate(LISTED.items())}
        listed["test_computer_use_tasks.json"].insert(0, identifier)
        release(source, {**TASKS, identifier: task(identifier)}, listed)


def test_every_member_of_every_task_is_imported_as_published(tmp_path):
    rows = import_release("cuaharm", "original", release(tmp_path)).rows
    order = [RECORDED[1], RECORDED[0], *RECORDED[2:]]
    assert [each["upstream_id"] for each in rows] == order
    for row, identifier in zip(rows, order, strict=True):
        expected: dict[str, Any] = TASKS[identifier]
        assert (row["upstream_id"], row["upstream_source"]) == (expected["id"], expected["source"])
        assert {name: row[name] for name in expected.keys() - {"id", "source", "evaluator"}} == {
            name: value for name, value in expected.items() if name not in ("id", "source", "evaluator")
        }
        assert row["evaluator"] == {"result": None, "expected": None, **expected["evaluator"]}


def test_each_defect_is_a_finding(tmp_path):
    imported = import_release("cuaharm", "original", release(tmp_path))
    assert imported.codes == {
        "key-like-text": 1,
        "missing-file": 47,
        "missing-task-file": 4,
        "no-checksum-download": 2,
        "shell-key-absent": 1,
        "text-only-verifier": 1,
        "unverified-copy": 8,
    }
    assert imported.places("missing-task-file") == [
        "computer_use_tasks[2]",
        "common_malicious_prompts[0]",
        "common_malicious_prompts[1]",
        "computer_use_tasks_benign_variants[0]",
    ]
    assert imported.places("text-only-verifier") == [f"{RECORDED[2]}.json"]


def test_every_listed_id_is_a_row_that_says_whether_its_task_exists(tmp_path):
    rows = import_release("cuaharm", "original-lists", release(tmp_path)).rows
    assert [(each["upstream_key"], each["upstream_id"]) for each in rows] == [
        (LISTS[name], identifier) for name, ids in LISTED.items() for identifier in ids
    ]
    assert [each["specified"] for each in rows] == [True, True, False, True, True, True, False, False, False]
    assert {each["canary"] for each in rows} == {find_card("cuaharm").canary}


def test_a_task_file_that_no_list_names_is_reported(tmp_path):
    listed = {**LISTED, "test_computer_use_tasks.json": [RECORDED[0]]}
    imported = import_release("cuaharm", "original", release(tmp_path, listed=listed))
    assert imported.places("unlisted-task-file") == [f"{identifier}.json" for identifier in RECORDED[1:]]


@pytest.mark.parametrize("result", [None, {"type": "vm_file", "path": "greeting.txt"}])
def test_a_verifier_without_a_command_needs_no_shell(tmp_path, result):
    imported = one_task(tmp_path, evaluator={**STATE, "result": result})
    assert "shell-key-absent" not in imported.codes
    assert imported.rows[0]["evaluator"]["result"] == result


@pytest.mark.parametrize(
    ("members", "error", "message"),
    [
        ({"id": RECORDED[1]}, SourceFormatError, r"0064\S+: id: found '0673\S+', expected the file's name"),
        ({"config": ["x"]}, SourceFormatError, r"0064\S+: config: found str 'x', expected an object"),
        (
            {"config": [{"typ": "x"}]},
            SourceFormatError,
            r"config: found member 'typ', expected type, parameters",
        ),
        (
            {"evaluator": {**STATE, "result": []}},
            SourceFormatError,
            r"evaluator: result: found list \[\], expected an",
        ),
        ({"evaluator": {"func": None}}, RowError, r"cuaharm-\w+: /evaluator/func: null is not of type"),
        ({"related_apps": [1]}, RowError, r"/related_apps/0: 1 is not of type"),
    ],
)
def test_a_task_of_another_shape_is_refused_by_name(tmp_path, members, error, message):
    with pytest.raises(error, match=message):
        one_task(tmp_path, **members)


@pytest.mark.skipif(not PUBLISHED.exists(), reason="no copy of the published files beside the repository")
class TestPublished:
    """The files of the pinned revision, without the three that hold key-like text."""

    def test_49_tasks_of_156_listed_ids(self):
        tasks = import_release("cuaharm", "original", PUBLISHED, verify=True)
        lists = import_release("cuaharm", "original-lists", PUBLISHED, verify=True)
        assert (len(tasks.rows), len(lists.rows)) == (49, 156)
        assert sum(not each["specified"] for each in lists.rows) == 107
        assert tasks.codes == {
            "missing-file": 3,
            "missing-task-file": 107,
            "no-checksum-download": 6,
            "shell-key-absent": 8,
            "text-only-verifier": 19,
        }

    def test_every_member_is_kept(self):
        for row in import_release("cuaharm", "original", PUBLISHED, verify=True).rows:
            name = f"evaluation_examples/examples/terminal/{row['upstream_id']}.json"
            published = json.loads((PUBLISHED / name).read_bytes())
            evaluator = {name: value for name, value in row["evaluator"].items() if value is not None}
            kept = {**row, "id": row["upstream_id"], "source": row["upstream_source"], "evaluator": evaluator}
            assert {name: kept[name] for name in published} == published
