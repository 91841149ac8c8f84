"""What a conforming dataset must satisfy, as functions that yield one line for each problem."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import yaml

from ..builders.sources import Source
from ..cards import Card
from ..cards.licences import licence_url
from ..cards.manifest import Manifest
from ..schemas import Field, RowSchema, schema_path
from ..schemas.arrow import features_of
from ..validation.findings import Finding
from .releases import Row

HEADINGS = (
    "What it holds",
    "Intended use",
    "Out of scope",
    "How the rows came to be",
    "Known defects of the release",
    "Responsible use",
    "Licence",
)
"""The sections of every card, in order."""

_LONGEST_SUMMARY = 150
_UNPINNED = frozenset({"unpinned-source", "unverified-copy"})
_LICENCES_WITHOUT_TEXT = frozenset({"other", "unknown"})
Content = bytes


def uncovered_configs(card: Card, built: Iterable[str], skipped: Mapping[str, str]) -> Iterator[str]:
    """Configs of a card that are neither built nor skipped for a reason, and those that are both."""
    chosen = set(built)
    for name in sorted(set(card.configs) - chosen - set(skipped)):
        yield f"config {name} is neither in `sizes` nor in `skipped`"
    for name, reason in skipped.items():
        if name in chosen or name not in card.configs:
            yield f"skipped config {name} is {'also built' if name in chosen else 'not in the card'}"
        if not reason.strip():
            yield f"config {name} is skipped without a reason"


def source_problems(card: Card, sources: Mapping[str, Source]) -> Iterator[str]:
    """Sources that a config names and nobody declares, and declared ones that no config reads."""
    read = {source for config in card.configs.values() for source in config.sources}
    yield from (f"source {name} isn't declared" for name in sorted(read - set(sources)))
    yield from (f"source {name} is read by no config" for name in sorted(set(sources) - read))
    for config in card.configs.values():
        if config.origin == "upstream" and not config.sources:
            yield f"config {config.name} is imported, but names no source"


def schema_violations(schema: RowSchema, rows: Sequence[Row]) -> Iterator[str]:
    """Rows that the dataset's schema file rejects, or whose columns are others."""
    document = json.loads(schema_path(schema.stem).read_text(encoding="utf-8"))
    reference = {"$ref": f"#/$defs/{schema.name}", "$defs": document["$defs"]}
    validator = jsonschema_rs.Draft202012Validator(reference)
    for row in rows:
        if tuple(row) != schema.columns:
            yield f"row {row.get('id')} has columns {list(row)}, expected {list(schema.columns)}"
        instance = {field.name: _without_bytes(field, row.get(field.name)) for field in schema.fields}
        for error in validator.iter_errors(instance):
            yield f"row {row.get('id')}: {'/'.join(map(str, error.instance_path))}: {error.message}"


def _without_bytes(field: Field, value: Any) -> Any:
    """A value as JSON has it: a picture, for which JSON has no type, as some text."""
    if value is None or not field.contains("image"):
        return value
    if field.kind == "list":
        return [_without_bytes(field.children[0], each) for each in value]
    if field.kind == "struct":
        return {child.name: _without_bytes(child, value[child.name]) for child in field.children}
    return "a picture"


def id_problems(patterns: Mapping[str, str], rows: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """Ids that don't match their config's pattern, or occur twice in the dataset.

    Args:
        patterns: The pattern of ids, by config.
        rows: The rows, by config.
    """
    seen: dict[str, str] = {}
    for config, members in rows.items():
        for row in members:
            if not re.search(patterns[config], row["id"]):
                yield f"{config}: id {row['id']!r} doesn't match {patterns[config]}"
            if row["id"] in seen:
                yield f"{config}: id {row['id']} occurs again, first in {seen[row['id']]}"
            seen[row["id"]] = config


def moved_ids(before: Sequence[Row], after: Sequence[Row], positional: AbstractSet[str]) -> Iterator[str]:
    """Rows of one build whose id is another in a build of the same rows and more.

    Args:
        before: The rows of a config.
        after: The rows after others were inserted.
        positional: Columns that say where a row stands, and so may differ.
    """
    old, new = ids_by_content(before, positional), ids_by_content(after, positional)
    for content, ids in old.items():
        if missing := sorted(ids - new.get(content, frozenset())):
            now = sorted(new.get(content, frozenset())) or "no row with its content"
            yield f"row {missing[0]} became {now} when a row was inserted"


def ambiguous_ids(one: Sequence[Row], other: Sequence[Row]) -> Iterator[str]:
    """Rows of two builds that share an id and differ, or share their content and not their id."""
    contents = [{row["id"]: _content(row, frozenset()) for row in rows} for rows in (one, other)]
    for identifier in sorted(contents[0].keys() & contents[1].keys()):
        if contents[0][identifier] != contents[1][identifier]:
            yield f"id {identifier} stands for different rows in two builds"
    ids = [ids_by_content(rows, frozenset()) for rows in (one, other)]
    for content in ids[0].keys() & ids[1].keys():
        if ids[0][content] != ids[1][content]:
            yield f"one row is {sorted(ids[0][content])} in one build, {sorted(ids[1][content])} in another"


def ids_by_content(rows: Iterable[Row], ignored: AbstractSet[str]) -> dict[Content, frozenset[str]]:
    """The ids of the rows with the same content; copies of a row have several."""
    found: dict[Content, set[str]] = {}
    for row in rows:
        found.setdefault(_content(row, ignored), set()).add(row["id"])
    return {content: frozenset(ids) for content, ids in found.items()}


def _content(row: Row, ignored: AbstractSet[str]) -> Content:
    rest = {key: value for key, value in row.items() if key != "id" and key not in ignored}
    return orjson.dumps(rest, default=repr, option=orjson.OPT_SORT_KEYS)


def rows_in_two_splits(splits: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """Ids and contents that more than one split of a config holds."""
    owners: dict[tuple[str, object], str] = {}
    for split, rows in splits.items():
        for row in rows:
            for part in (("id", row["id"]), ("content", _content(row, frozenset()))):
                first = owners.setdefault(part, split)
                if first != split:
                    yield f"row {row['id']} of {split} has the {part[0]} of a row of {first}"


def card_problems(card: Card) -> Iterator[str]:
    """What a card lacks or has too much of."""
    headings = tuple(re.findall(r"^## (.+)$", card.prose, re.MULTILINE))
    one_line = 0 < len(card.summary) <= _LONGEST_SUMMARY and "\n" not in card.summary.strip()
    protected = card.canary.strip() and card.content_warning.strip()
    problems = {
        f"the card's sections are {list(headings)}, expected {list(HEADINGS)}": headings != HEADINGS,
        f"the summary isn't one line of at most {_LONGEST_SUMMARY} characters": not one_line,
        "the citation isn't a BibTeX entry": not card.citation.strip().startswith("@"),
        f"`changes` says nothing of version {card.version}": not card.changes.get(card.version, "").strip(),
        "a gated dataset needs a canary and a content warning": card.tier == "gated" and not protected,
    }
    yield from (problem for problem, holds in problems.items() if holds)
    yield from _licence_problems(card)
    for config in (*card.configs.values(), *card.families):
        if not config.description.strip().endswith("."):
            yield f"config {config.name} has no description in sentences"


def _licence_problems(card: Card) -> Iterator[str]:
    configs = (*card.configs.values(), *card.families)
    licences = {"the card": card.licence, **{f"config {each.name}": each.licence for each in configs}}
    for where, licence in licences.items():
        if licence_url(licence) is None and licence not in _LICENCES_WITHOUT_TEXT:
            yield f"{where}: licence {licence!r} is no Hub identifier"
    if card.licence in _LICENCES_WITHOUT_TEXT and not card.licence_note.strip():
        yield f"licence {card.licence!r} needs a `licence_note`"


def readme_problems(readme: str, card: Card, schemas: Mapping[str, RowSchema]) -> Iterator[str]:
    """Where a README's front matter isn't what the Hub and `load_dataset` need, and missing sections."""
    front = yaml.safe_load(readme.split("---\n")[1])
    configs = {each["config_name"]: str(each["version"]) for each in front["configs"]}
    if configs != dict.fromkeys(schemas, card.version):
        yield f"README.md: configs and versions are {configs}, expected {list(schemas)} at {card.version}"
    for info in front["dataset_info"]:
        features: Any = features_of(schemas[info["config_name"]])
        if info["features"] != features._to_yaml_list():  # noqa: SLF001 (the form has no public name)
            yield f"README.md: the features of {info['config_name']} aren't those of its schema"
    if ("extra_gated_prompt" in front) != (card.tier == "gated"):
        yield f"README.md: the gate is {'there' if 'extra_gated_prompt' in front else 'absent'}: {card.tier}"
    sections = re.findall(r"^## (.+)$", readme, re.MULTILINE)
    yield from (f"README.md: no section {name!r}" for name in HEADINGS if name not in sections)


def croissant_problems(path: Path) -> Iterator[str]:
    """What `mlcroissant` reports about a Croissant file, and record sets whose first record can't be read."""
    import mlcroissant

    dataset: Any = mlcroissant.Dataset(jsonld=path)
    if report := dataset.metadata.ctx.issues.report():
        yield f"{path.name}: {report}"
    for record_set in dataset.metadata.record_sets:
        record = next(iter(dataset.records(record_set.id)), None)
        if not record or not record.get(f"{record_set.id}/id"):
            yield f"{path.name}: the first record of {record_set.id} is {record}"


def unpinned_sources(manifest: Manifest, findings: Mapping[str, Sequence[Finding]]) -> Iterator[str]:
    """Upstream files without a recorded revision and hash that no finding says so of."""
    for name, config in manifest.configs.items():
        reported = {finding.where for finding in findings.get(name, ()) if finding.code in _UNPINNED}
        if config.origin == "upstream" and not config.sources:
            yield f"{name}: imported, but the manifest names no source"
        for source in config.sources:
            if not source.pinned and source.path not in reported:
                yield f"{name}: {source.path} is neither pinned nor reported as unpinned"
            if source.pinned and not (source.revision and source.sha256):
                yield f"{name}: {source.path} is called pinned without a revision and a hash"
