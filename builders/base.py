"""The class that every dataset's builder extends."""

from __future__ import annotations

import hashlib
import json
import logging
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, cast

import datasets
import pyarrow as pa  # noqa: TC002 (used in annotations that tools evaluate)
from datasets.builder import Key

from ..cards import Card, Config, find_card
from ..errors import RowError, SchemaError, UsageError
from ..schemas import RowSchema, load_row_schema
from ..validation.findings import Finding
from .assemble import Assembler, Item, paused_gc
from .fetch import SourceFiles
from .generated import GeneratedRows, generated_rows
from .sources import load_sources, sources_path

Shard = Mapping[str, Any]
_PACKAGE = Path(__file__).parent.parent
_ROW_CODE = ("builders", "generation", "schemas", "validation")
_HASH_DIGITS = 16
_FEWEST_ROWS = 10
logger = logging.getLogger(__name__)


@dataclass
class BuildConfig(datasets.BuilderConfig):
    """Options of a build, beside those of `datasets.BuilderConfig`.

    `data_dir` is a local copy of the release that a config imports, or the folder of the run that
    generated it.

    Attributes:
        seed: Root of every random stream of a procedural config.
        rows: Rows in all splits of a sampled config; None for the card's number.
        verify: Whether a local copy must have the recorded hashes.
    """

    seed: int = 0
    rows: int | None = None
    verify: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """What a config consists of.

    Attributes:
        splits: For each split the shards that make it up, in order; a shard is a small mapping
            that can be pickled.
        findings: What was noticed before any row was read.
    """

    splits: Mapping[str, Sequence[Shard]]
    findings: Sequence[Finding] = field(default_factory=tuple)


class DatasetBuilder(datasets.ArrowBasedBuilder):
    """A Hugging Face builder whose rows are checked against the dataset's schema.

    A subclass lives in `builders/<stem>.py` and says two things: which shards a config consists of
    (`plan`), and which rows, tables and findings a shard holds (`produce`). Card, schema, sources,
    version, ids' uniqueness, `source` and `canary` columns come from the package.
    """

    BUILDER_CONFIG_CLASS = BuildConfig
    stem: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Take configs and version from the card of the subclass's stem."""
        super().__init_subclass__(**kwargs)
        cls.stem = cls.__module__.rpartition(".")[2]
        card = find_card(cls.stem)
        version = datasets.Version(card.version)
        configs = [
            BuildConfig(name=each.name, version=version, description=each.description)
            for each in card.configs.values()
        ]
        names = {"VERSION": version, "BUILDER_CONFIGS": configs, "DEFAULT_CONFIG_NAME": card.default_config}
        for name, value in names.items():
            setattr(cls, name, value)

    def __init__(self, *, config_name: str | None = None, **kwargs: Any) -> None:
        """Prepare to build one config.

        Args:
            config_name: The config; None for the card's first.
            **kwargs: As `datasets.DatasetBuilder` takes them, and the fields of `BuildConfig`.

        Raises:
            UnknownConfigError: The dataset has no such config.
            UsageError: An option has a value that it can't have.
        """
        entry = self.card().config(config_name)
        if entry.pattern:
            # A family's member isn't listed, and `datasets` makes a config on the fly only where none is.
            setattr(self, "BUILDER_CONFIGS", [])  # noqa: B010
        self.entry: Config = entry
        options = {key: value for key, value in kwargs.items() if value is not None}
        _check_options(self.stem, options)
        digest = fingerprint(self.card(), entry, kwargs.get("data_dir"))
        super().__init__(config_name=entry.name, hash=digest, **options)

    @classmethod
    def card(cls) -> Card:
        """The dataset's card."""
        return find_card(cls.stem)

    @cached_property
    def row_schema(self) -> RowSchema:
        """The schema of this config's rows."""
        return load_row_schema(self.stem, self.entry.row)

    @cached_property
    def files(self) -> SourceFiles:
        """The upstream files of this config, fetched when asked for."""
        sources = load_sources(self.stem)
        local = self.options.data_dir
        return SourceFiles(
            {name: sources[name] for name in self.entry.sources},
            local=Path(local) if local else None,
            verify=self.options.verify,
        )

    @property
    def options(self) -> BuildConfig:
        """The config with its options, typed."""
        return cast("BuildConfig", self.config)

    @cached_property
    def generated(self) -> GeneratedRows | None:
        """The run that this config's rows come out of, if they are generated."""
        if self.entry.origin != "generated":
            return None
        return generated_rows(self.stem, self.entry, self.options.data_dir)

    @property
    def recorded_options(self) -> Mapping[str, Any]:
        """The options, besides the seed, that this config's rows depend on; for the manifest."""
        return {}

    @cached_property
    def planned(self) -> Plan:
        """The plan, made once."""
        plan = self.plan() if self.generated is None else self._generated_plan(self.generated)
        if set(plan.splits) != set(self.entry.splits):
            planned, declared = sorted(plan.splits), sorted(self.entry.splits)
            raise SchemaError(
                f"{self.stem} {self.entry.name}: splits {planned}, the card declares {declared}"
            )
        return plan

    def _generated_plan(self, run: GeneratedRows) -> Plan:
        return Plan({split: [{}] for split in self.entry.splits}, tuple(run.findings()))

    def paths(self, source: str) -> list[str]:
        """The local paths of a source's files, as a shard can carry them."""
        return [str(file.local) for file in self.files.files(source)]

    @abstractmethod
    def plan(self) -> Plan:
        """The splits of this config and the shards of each."""

    @abstractmethod
    def produce(self, split: str, shard: Shard) -> Iterable[Item]:
        """The rows (dictionaries or tables) of one shard, in order, with findings in between."""

    def tables(self, split: str, shard: Shard) -> Iterator[pa.Table | Finding]:
        """The validated tables of one shard, and the findings in between.

        Raises:
            RowError: Rows violate the schema.
        """
        try:
            yield from self._assembled(split, shard)
        except RowError as error:
            raise RowError(f"{self.stem} {self.entry.name}/{split}: {error}") from error

    def _assembled(self, split: str, shard: Shard) -> Iterator[pa.Table | Finding]:
        constants = {"source": self.entry.origin, "canary": self.card().canary}
        run = self.generated
        items = self.produce(split, shard) if run is None else run.items(split)
        return Assembler(self.row_schema, constants).tables(items)

    def _info(self) -> datasets.DatasetInfo:
        from ..schemas.arrow import features_of

        card = self.card()
        return datasets.DatasetInfo(
            description=card.summary,
            citation=card.citation,
            homepage=card.paper.url,
            license=self.entry.licence,
            features=features_of(self.row_schema),
        )

    def _split_generators(self, dl_manager: Any) -> list[datasets.SplitGenerator]:
        del dl_manager  # files come from `SourceFiles`, which checks their hashes
        _log(self.planned.findings)
        return [
            datasets.SplitGenerator(name=split, gen_kwargs={"split": split, "shards": list(shards)})
            for split, shards in self.planned.splits.items()
        ]

    def _generate_tables(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, split: str, shards: list[Shard]
    ) -> Iterator[tuple[Key, pa.Table]]:
        for number, shard in enumerate(shards):
            with paused_gc():
                for index, item in enumerate(self.tables(split, shard)):
                    if isinstance(item, Finding):
                        _log([item])
                    else:
                        yield Key(number, index), item


def _check_options(stem: str, options: Mapping[str, Any]) -> None:
    for name, least in (("seed", 0), ("rows", _FEWEST_ROWS)):
        value = options.get(name, least)
        if not isinstance(value, int) or value < least:
            raise UsageError(f"{stem}: {name} is {value!r}, expected an integer from {least}")


def _log(findings: Iterable[Finding]) -> None:
    for finding in findings:
        logger.info("%s: %s", finding.code, finding)


def fingerprint(card: Card, entry: Config, data_dir: str | None) -> str:
    """A hash of everything that rows depend on, since `datasets` keys its cache by version alone.

    Every module that rows may pass through counts, other datasets' too: making rows again costs
    less than serving old ones.
    """
    schema = load_row_schema(card.stem, entry.row)
    total = hashlib.sha256(json.dumps([schema.digest, entry.origin, card.canary]).encode())
    modules = [path for folder in _ROW_CODE for path in (_PACKAGE / folder).glob("*.py")]
    own = [
        path
        for folder in ("builders/data", "generation")
        for path in (_PACKAGE / folder / card.stem).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    ]
    for path in sorted({*modules, *own, sources_path(card.stem)}):
        if path.is_file():
            total.update(f"{path.relative_to(_PACKAGE)}\n".encode() + path.read_bytes())
    if data_dir is not None:
        total.update(_stat_listing(Path(data_dir)))
    return total.hexdigest()[:_HASH_DIGITS]


def _stat_listing(folder: Path) -> bytes:
    """Sizes and change times: unlike the modification time, the change time can't be set back."""
    lines: list[str] = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            status = path.stat()
            lines.append(f"{path.relative_to(folder)} {status.st_size} {status.st_ctime_ns} {status.st_ino}")
    return "\n".join(lines).encode()
