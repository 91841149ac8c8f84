"""A test case that every dataset's test inherits: what holds for all datasets, checked in one place.

It needs `pytest`, `mlcroissant` and this package's other development dependencies, which nothing
else of the package imports.

    >>> class TestCogTest(DatasetConformance):
    ...     stem = "cogtest"
    ...     sizes: ClassVar = {"original": {"test": 400}, "original-prompts": {"test": 300}}
    ...     source = Path("copies/cogtest")
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ..builders.documents import CARD_NAME, CROISSANT_NAME
from ..builders.registry import builder, builder_class
from ..builders.release import BuildOptions
from ..builders.sources import load_sources
from ..builders.verify import verify_release
from ..cards import Card, find_card
from ..schemas.arrow import features_of
from . import conformance_checks as checks
from .conformance_build import BuiltRelease, build, build_elsewhere, builder_options

_SHOWN = 10
# What libraries warn of when they call each other, and forking, which `num_proc` does by design.
_TOLERATED = (
    "ignore:ConjunctiveGraph is deprecated",
    "ignore:The inplace keyword in DataFrame.reset_index is deprecated",
    "ignore:This process .* is multi-threaded, use of fork:DeprecationWarning",
)


@pytest.mark.filterwarnings(*_TOLERATED)
class DatasetConformance:
    """What every dataset promises; a subclass says which dataset, and how many rows to expect.

    The configs named in `sizes` are built once, into a temporary folder, and once more for each
    promise about other builds.

    Attributes:
        stem: The dataset.
        sizes: Rows of each split of each config to build, for the release in `source`.
        skipped: Configs of the card that aren't built, each with the reason.
        source: A local copy of the release, or a stand-in; None where no config imports one.
        verify: Whether the files of `source` are the recorded ones.
        rows: Rows of sampled configs; None for the card's number.
        positional: Columns that change when a row is inserted upstream, such as a row's number.
    """

    stem: ClassVar[str]
    sizes: ClassVar[Mapping[str, Mapping[str, int]]]
    skipped: ClassVar[Mapping[str, str]] = {}
    source: ClassVar[Path | None] = None
    verify: ClassVar[bool] = False
    rows: ClassVar[int | None] = None
    positional: ClassVar[AbstractSet[str]] = frozenset()

    @classmethod
    def make_source(cls, folder: Path) -> Path | None:
        """Where the release to import lies; override it to write a stand-in into an empty folder."""
        del folder
        return cls.source

    @classmethod
    def insert_row(cls, source: Path) -> None:
        """Insert a row before others into a copy of the release; override it where a config imports one."""
        del source
        pytest.fail(f"{cls.__name__} builds an imported config: override `insert_row`", pytrace=False)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run a check of single configs once for each."""
        if "config" in metafunc.fixturenames:
            metafunc.parametrize("config", list(self.sizes))

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def quiet(cls) -> Iterable[None]:
        """No request to count downloads, and no progress bars."""
        import datasets

        shown = not datasets.are_progress_bars_disabled()
        datasets.disable_progress_bars()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("datasets.config.HF_UPDATE_DOWNLOAD_COUNTS", False)
            yield
        if shown:
            datasets.enable_progress_bars()

    @pytest.fixture(scope="class")
    @classmethod
    def folder(cls, tmp_path_factory: pytest.TempPathFactory) -> Path:
        """A folder for everything that this class writes."""
        return tmp_path_factory.mktemp(cls.stem)

    @pytest.fixture(scope="class")
    @classmethod
    def options(cls, folder: Path) -> BuildOptions:
        """How to build, with the release to import in place."""
        upstream = folder / "upstream"
        upstream.mkdir()
        return BuildOptions(rows=cls.rows, source=cls.make_source(upstream), verify=cls.verify)

    @pytest.fixture(scope="class")
    @classmethod
    def release(cls, folder: Path, options: BuildOptions) -> BuiltRelease:
        """The release that is checked."""
        return build(cls.stem, list(cls.sizes), folder / "release", options)

    @property
    def card(self) -> Card:
        """The dataset's card."""
        return find_card(self.stem)

    def test_it_is_registered_under_its_stem(self) -> None:
        """Card, builder, schemas and sources load, and fit together."""
        _same(builder_class(self.stem).stem, self.stem, "stem of the builder")
        _none(checks.source_problems(self.card, load_sources(self.stem)))

    def test_every_config_is_built_or_skipped_for_a_reason(self) -> None:
        """No config of the card is forgotten."""
        _none(checks.uncovered_configs(self.card, self.sizes, self.skipped))

    def test_splits_have_their_sizes(self, release: BuiltRelease, config: str) -> None:
        """The rows that the test case expects."""
        _same(release.sizes[config], dict(self.sizes[config]), f"rows of {config}")

    def test_rows_match_the_schema(self, release: BuiltRelease, config: str) -> None:
        """Columns are the schema's, in its order, and every row is valid."""
        _none(checks.schema_violations(release.schemas[config], release.config_rows(config)))

    def test_ids_have_their_pattern_and_are_unique(self, release: BuiltRelease) -> None:
        """Ids are unique in the dataset, not only in a split."""
        patterns = {
            name: schema.document["properties"]["id"].get("pattern", "(?!)")
            for name, schema in release.schemas.items()
        }
        _none(checks.id_problems(patterns, {name: release.config_rows(name) for name in self.sizes}))

    def test_no_row_is_in_two_splits(self, release: BuiltRelease, config: str) -> None:
        """Neither by id nor by content."""
        _none(checks.rows_in_two_splits({split: release.rows(config, split) for split in self.sizes[config]}))

    def test_ids_survive_an_inserted_row(
        self, release: BuiltRelease, options: BuildOptions, folder: Path
    ) -> None:
        """A row that comes upstream moves no other row's id."""
        imported = [name for name in self.sizes if self.card.config(name).origin == "upstream"]
        if not imported or options.source is None:
            pytest.skip("no config is imported")
        copy = shutil.copytree(options.source, folder / "inserted")
        self.insert_row(copy)
        after = build(
            self.stem, imported, folder / "after", replace(options, source=copy, verify=False, rows=None)
        )
        for name in imported:
            if after.digests[name] == release.digests[name]:
                pytest.fail(f"`insert_row` changed no row of {name}", pytrace=False)
            _none(checks.moved_ids(release.config_rows(name), after.config_rows(name), self.positional))

    def test_ids_of_procedural_rows_follow_from_content(
        self, release: BuiltRelease, options: BuildOptions, folder: Path
    ) -> None:
        """With another seed the same content has the same id, and other content has another."""
        made = [name for name in self.sizes if self.card.config(name).origin == "procedural"]
        if not made:
            pytest.skip("no config is procedural")
        other = build(self.stem, made, folder / "seed", replace(options, seed=options.seed + 1, source=None))
        for name in made:
            _none(checks.ambiguous_ids(release.config_rows(name), other.config_rows(name)))

    def test_another_process_builds_the_same_bytes(
        self, release: BuiltRelease, options: BuildOptions, folder: Path
    ) -> None:
        """Content digests and files don't depend on the process or on the order of sets."""
        other = build_elsewhere(self.stem, list(self.sizes), folder / "elsewhere", options)
        _same(other.digests, release.digests, "content digests in another process")
        _same(other.hashes, release.hashes, "files of another process")

    def test_two_workers_build_the_same_bytes(
        self, release: BuiltRelease, options: BuildOptions, folder: Path
    ) -> None:
        """Files don't depend on the number of processes."""
        other = build(self.stem, list(self.sizes), folder / "workers", replace(options, workers=2))
        _same(other.hashes, release.hashes, "files of two workers")

    def test_the_card_is_complete(self) -> None:
        """Sections, summary, licence, citation, changes, canary, and a description of each config."""
        _none(checks.card_problems(self.card))

    def test_the_readme_is_a_hub_card(self, release: BuiltRelease) -> None:
        """Its front matter names configs, versions, features and the gate."""
        readme = (release.path / CARD_NAME).read_text(encoding="utf-8")
        _none(checks.readme_problems(readme, self.card, release.schemas))

    def test_croissant_is_valid_and_reads_every_record_set(self, release: BuiltRelease) -> None:
        """By the reference implementation."""
        _none(checks.croissant_problems(release.path / CROISSANT_NAME))

    def test_verification_finds_nothing(self, release: BuiltRelease) -> None:
        """What `mensrea validate` does."""
        _none(str(finding) for finding in verify_release(release.path))

    def test_sources_are_pinned_or_reported(self, release: BuiltRelease) -> None:
        """No upstream file is read silently without a recorded revision and hash."""
        _none(checks.unpinned_sources(release.manifest, release.findings))

    def test_gated_rows_carry_the_canary(self, release: BuiltRelease, config: str) -> None:
        """Every row does if the card has one, which a gated dataset's must."""
        canaries = {row.get("canary") for row in release.config_rows(config)}
        _same(canaries, {self.card.canary or None}, "canaries")

    def test_load_dataset_reads_it_whole_and_as_a_stream(
        self, release: BuiltRelease, folder: Path, config: str
    ) -> None:
        """The same rows, with the derived features and the card's version."""
        from datasets import load_dataset

        cache = str(folder / "cache")
        whole: Any = load_dataset(str(release.path), config, cache_dir=cache)
        stream: Any = load_dataset(str(release.path), config, cache_dir=cache, streaming=True)
        _same(sorted(whole), sorted(self.sizes[config]), "splits")
        for split, rows in whole.items():
            _same(rows.features, features_of(release.schemas[config]), "features")
            _same(str(rows.info.version), self.card.version, "version")
            _none(release.differences(config, split, rows, stream[split]))

    def test_the_hugging_face_builder_prepares_the_same_rows(
        self, release: BuiltRelease, options: BuildOptions, folder: Path, config: str
    ) -> None:
        """`download_and_prepare`, with one process and with two, and without preparing at all."""
        given = builder_options(self.card.config(config), options)
        for processes in (None, 2):
            cache = folder / f"prepared-{processes}"
            build = builder(self.stem, config, cache_dir=str(cache), **given)
            build.download_and_prepare(num_proc=processes)
            for split in self.sizes[config]:
                whole, stream = build.as_dataset(split), build.as_streaming_dataset(split)
                _none(release.differences(config, split, whole, stream))


def _none(problems: Iterable[str]) -> None:
    """Fail with the first problems, one on each line."""
    lines = list(islice(problems, _SHOWN))
    if lines:
        pytest.fail("\n".join(lines), pytrace=False)


def _same(found: object, expected: object, what: str) -> None:
    if found != expected:
        pytest.fail(f"{what}: found {found}, expected {expected}", pytrace=False)
