"""CoT2: MNNS families made here, and ProsQA as published with Coconut."""

from typing import Any, ClassVar

import pyarrow as pa
import pytest
from mensrea import BuildOptions, build_release, builder
from mensrea.errors import RowError, SourceFormatError, UnknownConfigError
from mensrea.schemas.digest import digest_of
from mensrea.testing.conformance import DatasetConformance
from mensrea.testing.releases import import_release, write_json

FILES = {"train": "prosqa_train.json", "validation": "prosqa_valid.json", "test": "prosqa_test.json"}


def item(number, **members):
    """A graph of four vertices: Tom is a wug, every wug is a rem, and nothing is a zim."""
    names = ["Tom", f"wug{number}", f"rem{number}", f"zim{number}"]
    steps = [f"Tom is a {names[1]}.", f"Every {names[1]} is a {names[2]}."]
    return {
        "question": f"{' '.join(steps)} Is Tom a {names[2]} or a {names[3]}?",
        "answer": f"Tom is a {names[2]}.",
        "steps": steps,
        "idx_to_symbol": names,
        "edges": [[0, 1], [1, 2]],
        "root": 0,
        "target": 2,
        "neg_target": 3,
        **members,
    }


SPLITS = {
    "train": [item(1), item(2), item(3), item(4)],
    "validation": [item(10), item(11)],
    "test": [item(20), item(21), item(22)],
}


def release(folder, splits=SPLITS):
    for split, name in FILES.items():
        write_json(folder / "data" / name, splits[split])
    return folder


WHOLE = {"train": 5290, "validation": 628, "test": 643}
SMALL = {"train": 570, "validation": 89, "test": 70}
SAMPLE = {"train": 80, "validation": 10, "test": 10}
BUDGETS = [
    f"mnns-4x9-{name}"
    for name in ("minabs1", "minabs4", "minabs8", "nonneg1", "nonneg4", "nonneg8", "nonneg16")
]


class TestConformance(DatasetConformance):
    stem = "cot2"
    rows = 100
    sizes: ClassVar = {
        "mnns-4x9": WHOLE,
        "mnns-3x9-minabs4": SMALL,
        "mnns-3x9-nonneg8": SMALL,
        "mnns-5x80": SAMPLE,
        "mnns-6x99": SAMPLE,
        "mnns-7x299": SAMPLE,
        "mnns-8x999": SAMPLE,
        "mnns-12x5": SAMPLE,
        "mnns-5x9-20-nonneg2": SAMPLE,
        "prosqa": SAMPLE,
        "prontoqa": SAMPLE,
        "prosqa-7": SAMPLE,
        "prontoqa-3": SAMPLE,
        "original": {"train": 4, "validation": 2, "test": 3},
    }
    skipped: ClassVar = {
        **dict.fromkeys(BUDGETS, "6,561 rows, built as those of mnns-3x9 are; sizes are checked below"),
        "mnns-5x5-13": "59,049 rows, built as mnns-4x9 is; its inputs are checked in tests/generation",
    }

    @classmethod
    def make_source(cls, folder):
        return release(folder)

    @classmethod
    def insert_row(cls, source):
        release(source, {split: [item(90 + len(items)), *items] for split, items in SPLITS.items()})


@pytest.mark.slow
def test_processes_share_the_shards_of_a_large_split(tmp_path):
    """The conformance test's splits have one shard each, which leaves a second process nothing to do."""
    digests = []
    for workers in (1, 2):
        options = BuildOptions(rows=32_000, workers=workers)
        report = build_release("cot2", configs=["mnns-2x999"], out=tmp_path / str(workers), options=options)
        digests.append(report.manifest.configs["mnns-2x999"].splits["train"].digest)
    prepared = builder("cot2", "mnns-2x999", rows=32_000, cache_dir=str(tmp_path / "cache"))
    prepared.download_and_prepare(num_proc=2)
    train: Any = prepared.as_dataset("train")
    assert len(train) == 25_600
    assert [*digests, digest_of([train.data.table]).hexdigest()] == [digests[0]] * 3


def column(build, split, name):
    """The values of a column in a split's first shard."""
    tables: Any = build.tables(split, build.planned.splits[split][0])
    return [value for table in tables for value in table[name].to_pylist()]


def test_orders_of_the_same_numbers_fall_on_one_side():
    build = builder("cot2", "mnns-4x9")
    sides = {}
    for split in build.planned.splits:
        for digits in column(build, split, "digits"):
            assert sides.setdefault(tuple(sorted(digits)), split) == split
    assert len(sides) == 495


def rows_of(build, split):
    """A split's first shard in one table."""
    tables: Any = build.tables(split, build.planned.splits[split][0])
    return pa.concat_tables(tables)


@pytest.fixture(scope="module")
def plain():
    build = builder("cot2", "mnns-4x9")
    return {split: rows_of(build, split) for split in WHOLE}


@pytest.mark.parametrize("name", BUDGETS)
def test_a_budget_has_the_rows_of_the_family(name, plain):
    build = builder("cot2", name)
    assert build.entry.splits == WHOLE
    for split, expected in plain.items():
        rows = rows_of(build, split)
        for column in ("digits", "answer", "trace", "optimal_patterns"):
            assert rows[column] == expected[column]
        assert set(zip(rows["rule"].to_pylist(), rows["budget"].to_pylist(), strict=True)) == {
            (f"topB_{name[9:15]}", int(name[15:]))
        }


@pytest.mark.parametrize("name", ["prosqa", "prontoqa-5"])
def test_graph_questions_have_names_numbers_and_targets_of_their_own(name):
    rows = rows_of(builder("cot2", name, rows=100), "train").to_pylist()
    assert len({row["id"] for row in rows}) == len({row["question"] for row in rows}) == 80
    assert {row["source"] for row in rows} == {"procedural"}
    assert all(row["id"].startswith(f"{row['task']}:") for row in rows)
    for row in rows:
        steps = [{each["step"] for each in row[column]} for column in ("frontier", "reach", "on_path")]
        assert steps[0] == steps[1] == set(range(1, row["hops"] + 1))
        assert steps[2] == (set() if row["answer"] == "False" else steps[0])


def test_another_seed_draws_other_rows_of_a_sampled_family():
    drawn = []
    for seed in (0, 1):
        build = builder("cot2", "mnns-6x99", seed=seed, rows=100)
        drawn.append(set(column(build, "test", "id")))
    assert len(drawn[0]) == len(drawn[1]) == 10
    assert not drawn[0] & drawn[1]


@pytest.mark.parametrize(
    "name",
    [
        "mnns-13x9",
        "mnns-1x9",
        "mnns-4x2000",
        "mnns-4x",
        "mnns",
        "mnns-04x9",
        "mnns-4x1-9",
        "mnns-4x9-minabs0",
        "mnns-4x9-minabs4097",
        "mnns-4x9-nonneg",
        "mnns-4x9-best4",
    ],
)
def test_a_name_outside_the_family_is_refused(name):
    with pytest.raises(UnknownConfigError, match=f"cot2 has no config '{name}'"):
        builder("cot2", name)


def test_a_range_upside_down_is_refused():
    with pytest.raises(UnknownConfigError, match=r"no config 'mnns-4x9-5'.*they range from 9 to 5"):
        builder("cot2", "mnns-4x9-5").planned  # noqa: B018


def test_every_member_of_every_item_is_imported_as_published(tmp_path):
    imported = import_release("cot2", "original", release(tmp_path))
    for split, items in SPLITS.items():
        assert [{name: row[name] for name in items[0]} for row in imported.splits[split]] == items
    assert imported.codes == {"in-degree-shortcut": 1, "unpinned-source": 1, "unverified-copy": 2}


def test_a_question_that_occurs_again_is_kept_and_reported(tmp_path):
    splits = {
        "train": [item(1), item(2), item(1), item(2, answer="Tom is a wug2.")],
        "validation": [item(10), item(2)],
        "test": [item(20), item(1)],
    }
    imported = import_release("cot2", "original", release(tmp_path, splits))
    assert imported.codes["duplicate-question"] == 4
    assert imported.places("duplicate-question") == [
        "prosqa_train.json[2]",
        "prosqa_train.json[3]",
        "prosqa_valid.json[1]",
        "prosqa_test.json[1]",
    ]
    assert [len(rows) for rows in imported.splits.values()] == [4, 2, 2]
    assert len({row["id"] for row in imported.rows}) == 8


def test_an_unknown_member_is_reported(tmp_path):
    splits = {**SPLITS, "test": [item(20, neighbor_k=[1]), item(21)]}
    imported = import_release("cot2", "original", release(tmp_path, splits))
    assert [each.field for each in imported.findings if each.code == "unexpected-column"] == ["neighbor_k"]


@pytest.mark.parametrize(
    ("members", "error", "message"),
    [
        (
            {"root": "0"},
            SourceFormatError,
            r"prosqa_test.json\[0\]: root: found str '0', expected an integer",
        ),
        (
            {"root": True},
            SourceFormatError,
            r"prosqa_test.json\[0\]: root: found bool True, expected an integer",
        ),
        ({"edges": {}}, SourceFormatError, r"prosqa_test.json\[0\]: edges: found dict {}, expected an array"),
        ({"edges": [[0, "1"]]}, RowError, r'cot2-\w{16}: /edges/0/1: "1" is not of type "integer"'),
        ({"root": 40_000}, RowError, r"cot2-\w{16}: /?root: .*(32767|int16)"),
    ],
)
def test_an_item_of_another_shape_is_refused_by_name(tmp_path, members, error, message):
    splits = {**SPLITS, "test": [item(20, **members)]}
    with pytest.raises(error, match=message):
        import_release("cot2", "original", release(tmp_path, splits))
