import json
from dataclasses import replace

import pytest
from mensrea.cards.manifest import (
    MANIFEST_FORMAT,
    ConfigEntry,
    FileEntry,
    Manifest,
    SourceEntry,
    SplitEntry,
    read_manifest,
)
from mensrea.cards.provenance import upstreams
from mensrea.errors import ReleaseCorruptError, ReleaseNotFoundError
from mensrea.validation.shortcuts.baselines import Baseline, Share


def source(name="main", path="a.jsonl", host="github", *, pinned=True):
    return SourceEntry(name, host, "lab/toy", "abc", path, 10, "ff", pinned)


def entry(sources=(), **changes):
    files = tuple(FileEntry(f"small/train-0000{shard}-of-00002.parquet", 2, 100, "aa") for shard in (0, 1))
    config = ConfigEntry(
        origin="generated",
        row="item",
        schema_digest="s",
        digest="d",
        seed=None,
        options={"rows": 4},
        splits={"train": SplitEntry(4, "dd", {"id": "cc"}, files), "test": SplitEntry(1, "ee", {}, ())},
        sources=tuple(sources),
        findings={"größe": 3},
        generation={"models": ["m"], "tokens": {"prompt": 5}},
        shortcuts={"parity": Baseline("odd", {"train": Share(2.5, 4, 0.2, 0.9)}, Share(3, 5, 0.2, 0.9))},
    )
    return replace(config, **changes)


@pytest.fixture
def manifest():
    configs = {"small": entry([source()]), "plain": entry(generation={}, findings={})}
    return Manifest("toy", "1.0.0", "open", ("small", "plain", "other"), configs, {"pyarrow": "26"})


def test_a_manifest_is_read_as_it_was_written(tmp_path, manifest):
    (tmp_path / "manifest.json").write_text(manifest.to_json(), encoding="utf-8")
    read = read_manifest(tmp_path)
    assert read == manifest
    assert read.to_json() == manifest.to_json()
    assert read.configs["small"].splits["train"].files[1].path == "small/train-00001-of-00002.parquet"
    assert read.configs["small"].shortcuts["parity"].splits["train"].accuracy == 0.625


def test_a_manifest_of_before_there_were_shortcuts_is_read(tmp_path, manifest):
    document = json.loads(manifest.to_json())
    for config in document["configs"].values():
        del config["shortcuts"]
    (tmp_path / "manifest.json").write_text(json.dumps(document), encoding="utf-8")
    assert all(not config.shortcuts for config in read_manifest(tmp_path).configs.values())


def test_text_is_kept_readable(manifest):
    text = manifest.to_json()
    assert '"größe": 3' in text
    assert text.endswith("}\n")


def test_sizes_add_up(manifest):
    config = manifest.configs["small"]
    assert config.rows == 5
    assert config.splits["train"].bytes == 200
    assert config.splits["test"].bytes == 0


@pytest.mark.parametrize("name", ["", "nowhere", "file"])
def test_a_folder_without_a_manifest_is_no_release(tmp_path, name):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ReleaseNotFoundError, match=r"no release here \(manifest.json is missing\)"):
        read_manifest(tmp_path / name)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda text: text[:-20], "not valid JSON .*; build the release again"),
        (lambda _: "[]", "not a manifest of format 1"),
        (lambda _: "3", "not a manifest of format 1"),
        (lambda _: "{}", "not a manifest of format 1 \\('configs'\\)"),
        (lambda text: json.dumps({**json.loads(text), "format": MANIFEST_FORMAT + 1}), "format is 2"),
        (lambda text: json.dumps({**json.loads(text), "configs": None}), "not a manifest"),
        (lambda text: json.dumps({**json.loads(text), "colour": "red"}), "unknown member 'colour'"),
        (lambda text: text.replace('"digest"', '"digst"'), "unknown member 'digst'"),
        (lambda text: text.replace('"sha256": "aa"', '"sha256": "aa", "x": 1'), "unknown member 'x'"),
        (lambda text: text.replace('"right": 2.5', '"wrong": 2.5'), "unknown member 'wrong'"),
        (lambda text: text.replace('"whole"', '"hole"'), "not a manifest of format 1 .'whole'"),
    ],
)
def test_a_damaged_manifest_is_named(tmp_path, manifest, spoil, message):
    (tmp_path / "manifest.json").write_text(spoil(manifest.to_json()), encoding="utf-8")
    with pytest.raises(ReleaseCorruptError, match=message) as caught:
        read_manifest(tmp_path)
    assert str(tmp_path / "manifest.json") in str(caught.value)


def test_bytes_that_are_no_text_are_named(tmp_path):
    (tmp_path / "manifest.json").write_bytes(b"\xff\xfe{")
    with pytest.raises(ReleaseCorruptError, match="not valid JSON"):
        read_manifest(tmp_path)


def test_upstream_repositories_are_listed_once(manifest):
    shared = [source(path="a.jsonl"), source(path="b.jsonl", pinned=False)]
    configs = {"one": entry(shared), "two": entry([shared[0], source(host="hub")]), "three": entry()}
    first, second = upstreams(replace(manifest, configs=configs))
    assert first.url == "https://github.com/lab/toy/tree/abc"
    assert first.configs == ("one", "two")
    assert [file.path for file in first.files] == ["a.jsonl", "b.jsonl"]
    assert first.bytes == 20
    assert not first.pinned
    assert second.url == "https://huggingface.co/datasets/lab/toy/tree/abc"
    assert second.configs == ("two",)
    assert second.pinned
