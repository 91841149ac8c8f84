"""`mensrea.validate`: whatever a user points at, against a schema and rules, as one report."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from ..builders.verify import verify_release
from ..builders.verify_rows import Watch
from ..cards.manifest import read_manifest
from ..errors import SourceError, UsageError
from ..schemas import RowSchema
from ..validation.checker.documents import load_schema
from ..validation.findings import Finding
from ..validation.inputs.batch import Batch, Place
from ..validation.inputs.json_arrays import read_values
from ..validation.inputs.tables import (
    arrow_file_source,
    dataset_source,
    memory_source,
    parquet_source,
)
from ..validation.report import Report
from ..validation.rules.declarations import Declarations, declarations, read_rules_file
from ..validation.rules.registry import OwnRules
from ..validation.rules.run import RuleRun, Suppressor
from ..validation.run import MOST_KEPT, Validation
from ..validation.schema_check import SchemaOptions
from .targets import ARROW, LINES, TABLES, DataFile, data_files, is_dataset, is_release, is_repository

Schema = Mapping[str, Any] | bool | str | os.PathLike[str] | RowSchema
_EVERY = 1_000_000
_DAMAGED = frozenset({"unreadable-file", "missing-file", "file-changed", "schema-unreadable"})
_OPTIONS = {
    "formats": "--assert-formats",
    "null_is_absent": "--null-is-absent",
    "strict_schema": "--strict-schema",
}


def validate(  # noqa: PLR0913  # one argument an option of the command, all but two by name
    target: Any,
    schema: Schema | None = None,
    *,
    config: str | None = None,
    split: str | None = None,
    rules: str | os.PathLike[str] | Declarations | None = None,
    baseline: Any = None,
    most: int = MOST_KEPT,
    formats: bool = False,
    null_is_absent: bool = False,
    strict_schema: bool = False,
    with_rules: bool = True,
    progress: bool = False,
) -> Report:
    """Check rows against a JSON Schema and rules.

    Verdicts and places of schema violations are those of `jsonschema`'s `iter_errors`, for every row and
    with every error. A release is checked as a whole besides: documents, hashes, digests, loading.

    Args:
        target: A file (.jsonl, .ndjson, also .gz and .zst; .parquet; .arrow; .json), a folder of them, a
            release folder, a Hub repository (`org/name`, `org/name@v1.0.0`), or several of these; an Arrow
            table, a dataset of `datasets`, a data frame, or JSON values in a list or as they come.
        schema: A JSON Schema (draft 2020-12): a file, an object, a boolean, or a row schema. A release
            brings its own; with another, its files are checked as those of any folder.
        config: Read this config alone.
        split: Read this split alone.
        rules: A TOML file of rules and suppressions, or those declared; beside a dataset's own.
        baseline: Earlier rows of the same kind, as `target`; drift from them becomes findings.
        most: How many schema violations are kept in full, at least 1; all are counted.
        formats: Whether `format` asserts; it annotates otherwise, as the standard has it.
        null_is_absent: Whether null members in tables stand for absent ones.
        strict_schema: Whether a keyword that the draft doesn't define is an error.
        with_rules: Whether rules run, a dataset's own and those of `rules`.
        progress: Whether to show progress on standard error.

    Raises:
        UsageError: The target or an option can't be right.
        SchemaError: The schema can't be used, or not with these columns.
        ReleaseError: The release's manifest can't be read.
        SourceError: The Hub can't be reached, a file is of no known kind, or can't be opened.
    """
    options = _options(schema, formats, null_is_absent, strict_schema)
    _refuse_conflicts(rules, with_rules, most)
    targets = [_located(each, config) for each in _several(target)]
    release = _release(targets, options)
    declared, given = _declarations(release, rules) if with_rules else (Declarations(), Declarations())
    profiles = None if baseline is None else _Profiles()
    run = Validation(
        _name(target),
        options,
        RuleRun(declared.rules, Suppressor(declared.suppressions), declared.own),
        most=_EVERY if _accepts_violations(declared) else most,
        observe=None if profiles is None else profiles.observe,
        expected=given.suppressions if config is None and split is None else (),
        progress=progress,
    )
    for each in targets:
        _check(each, run, config, split)
    if profiles is not None:
        run.add(profiles.drift_from(_older(baseline, config, split, progress)))
    return run.report()


class _Profiles:
    """A profile of each split."""

    def __init__(self) -> None:
        from ..validation.drift.profile import Profile

        self._make = Profile
        self._of: dict[str, Any] = {}

    def observe(self, batch: Batch) -> None:
        name = "/".join(part for part in (batch.place.config, batch.place.split) if part)
        self._of.setdefault(name, self._make()).observe(batch)

    def drift_from(self, older: _Profiles) -> Iterable[Finding]:
        from ..validation.drift.compare import compare_splits

        return compare_splits(self._of, older._of)


def _older(baseline: Any, config: str | None, split: str | None, progress: bool) -> _Profiles:  # noqa: FBT001
    """Profiles of earlier rows.

    Raises:
        SourceError: They can't be read whole, so that what is missing would look like drift.
    """
    older = _Profiles()
    run = Validation("", SchemaOptions(), observe=older.observe, progress=progress)
    for each in _several(baseline):
        _check(_located(each, config), run, config, split)
    damage = next((each for each in run.report().findings if each.code in _DAMAGED), None)
    if damage is not None:
        raise SourceError(f"the baseline can't be read whole: {damage}")
    return older


def _refuse_conflicts(rules: Any, with_rules: bool, most: int) -> None:  # noqa: FBT001
    if most < 1:
        raise UsageError(f"found {most} schema violations to keep, expected at least 1")
    if rules is not None and not with_rules:
        raise UsageError("rules are named, and left out as well; leave out one of --rules and --no-rules")


def _release(targets: Sequence[Any], options: SchemaOptions) -> Path | None:
    """The release among targets, if it is to be checked as one.

    Raises:
        UsageError: There is something besides it, or options that its own schema has no use for.
    """
    releases = [each for each in targets if isinstance(each, Path) and is_release(each)]
    if not releases or options.document is not None:
        return releases[0] if len(targets) == 1 and releases else None
    if len(targets) > 1:
        raise UsageError(f"{releases[0]}: a release is checked by its own rules; name it alone")
    return releases[0]


def _several(target: Any) -> Sequence[Any]:
    """Targets one by one; a list of JSON values is one."""
    if isinstance(target, list | tuple):
        several = cast("Sequence[Any]", target)
        if several and all(isinstance(each, str | os.PathLike) for each in several):
            return several
    return [target]


def _located(target: Any, config: str | None) -> Any:
    """A path for what is named; a Hub repository is downloaded."""
    if not isinstance(target, str | os.PathLike):
        return target
    text = os.fspath(cast("str | os.PathLike[str]", target))
    if not text:
        raise UsageError("a path is empty; name a file or folder")
    if isinstance(target, str) and is_repository(text):
        from .hub import whole_snapshot

        return whole_snapshot(text, config)
    return Path(text).expanduser()


def _check(target: Any, run: Validation, config: str | None, split: str | None) -> None:
    if isinstance(target, Path):
        _check_path(target, run, config, split)
    elif is_dataset(target):
        splits = cast("Mapping[str, Any]", target) if isinstance(target, Mapping) else {"": target}
        for name, rows in splits.items():
            _check_dataset(rows, Place(split=str(name)), run)
    elif isinstance(target, list | tuple | Iterator) and not hasattr(target, "__arrow_c_stream__"):
        run.objects(cast("Iterable[Any]", target), Place())
    else:
        run.table(memory_source(target, Place()))


def _check_dataset(rows: Any, place: Place, run: Validation) -> None:
    """A dataset's rows; one that streams knows its columns or not."""
    if rows.features is None:
        run.objects(rows, place)
    else:
        run.table(dataset_source(rows, place))


def _check_path(path: Path, run: Validation, config: str | None, split: str | None) -> None:
    if is_release(path) and run.schema.document is None:
        _check_release(path, run, config, split)
        return
    for file in data_files(path, config, split):
        _check_file(file, run)


def _check_file(file: DataFile, run: Validation) -> None:
    import pyarrow as pa

    _refuse_closed(file.path)
    if file.is_one_of(LINES):
        run.lines(file.path, file.place)
        return
    try:
        if file.is_one_of(TABLES):
            run.table(parquet_source(file.path, file.place))
        elif file.is_one_of(ARROW):
            run.table(arrow_file_source(file.path, file.place))
        else:
            _check_json(file, run)
    except (pa.ArrowException, OSError) as error:
        message = str(error).partition("\n")[0]
        run.add([Finding("unreadable-file", message, "error", str(file.path), file=file.place.file)])


def _refuse_closed(path: Path) -> None:
    """Whether the system lets the file be opened; what is wrong in it is a finding."""
    try:
        path.open("rb").close()
    except OSError as error:
        raise SourceError(f"{path}: can't be read ({error.strerror})") from error


def _check_json(file: DataFile, run: Validation) -> None:
    values = read_values(file.path, file.place.file)
    if values is None:
        run.lines(file.path, file.place)
        return
    run.add(values.findings)
    run.objects(values.rows, file.place, known=True)


def _check_release(path: Path, run: Validation, config: str | None, split: str | None) -> None:
    watch = Watch(observe=run.show, unseen=run.add_unseen)
    run.add(verify_release(path, config=config, split=split, watch=watch))
    run.tally.learn(list(watch.tally.plan.values()))
    run.extend(watch.checked)


def _options(
    schema: Schema | None,
    formats: bool,  # noqa: FBT001
    null_is_absent: bool,  # noqa: FBT001
    strict: bool,  # noqa: FBT001
) -> SchemaOptions:
    resources: Mapping[str, Any] = {}
    base_uri, name, document = "", "", cast("Any", schema)
    if isinstance(schema, RowSchema):
        document = schema.document
    elif isinstance(schema, str | os.PathLike):
        name = os.fspath(schema)
        document, resources, base_uri = load_schema(Path(name).expanduser())
    elif not (document is None or isinstance(document, bool | Mapping)):
        raise UsageError(f"a schema is a file, an object or a boolean; found {type(schema).__name__}")
    if document is None and (formats or null_is_absent or strict):
        given = "formats" if formats else "null_is_absent" if null_is_absent else "strict_schema"
        raise UsageError(
            f"{_OPTIONS[given]} ({given}=True) says how a schema is read; name one with --schema"
        )
    return SchemaOptions(document, resources, base_uri, formats, null_is_absent, strict, name)


def _given(rules: str | os.PathLike[str] | Declarations | None, own: OwnRules = ()) -> Declarations:
    if rules is None or isinstance(rules, Declarations):
        return rules or Declarations()
    return read_rules_file(Path(rules).expanduser(), own)


def _declarations(
    path: Path | None, rules: str | os.PathLike[str] | Declarations | None
) -> tuple[Declarations, Declarations]:
    """All declarations, and those that the user gave."""
    own = Declarations() if path is None else declarations(read_manifest(path).stem)
    given = _given(rules, own.own)
    every = Declarations(
        (*own.rules, *given.rules), (*own.suppressions, *given.suppressions), (*own.own, *given.own)
    )
    return every, given


def _accepts_violations(declared: Declarations) -> bool:
    """Whether a suppression may accept schema violations, so that each must be looked at."""
    return any(each.rule in ("schema-violation", "MR101") for each in declared.suppressions)


def _name(target: Any) -> str:
    several = _several(target)
    if all(isinstance(each, str | os.PathLike) for each in several):
        return ", ".join(os.fspath(each) for each in several)
    return type(target).__name__
