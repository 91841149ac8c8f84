"""Checking a release's documents: they say what the manifest says, and `load_dataset` reads that."""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import yaml

from ..cards import find_card
from ..cards.hub_metadata import hub_metadata
from ..cards.manifest import MANIFEST_NAME, ConfigEntry, Manifest
from ..errors import MensreaError
from ..schemas import RowSchema
from ..schemas.arrow import features_of
from ..schemas.digest import digest_of
from ..schemas.records import mapping
from ..validation.findings import MOST_KEPT, Finding
from .documents import CARD_NAME, CROISSANT_NAME, FINDINGS_NAME, SCHEMA_NAME
from .quiet import without_progress_bars

_VERSION = re.compile(r"\d+\.\d+\.\d+", re.ASCII)
_FRONT_MATTER = re.compile(r"\A---\n(.*?\n)---\n", re.DOTALL)
_GATE = ("extra_gated_heading", "extra_gated_prompt", "extra_gated_fields", "extra_gated_button_content")
_GATE_TAG = "not-for-all-audiences"
_SHOWN = 80
# Identifiers of the Hub that say nothing by themselves.
_VAGUE_LICENCES = ("other", "unknown")


def check_documents(release: Path, manifest: Manifest) -> Iterator[Finding]:
    """What is wrong with the manifest's version and sources, the card, Croissant, schema and findings.

    The card's YAML is compared with the one that this package writes if its own card of the dataset
    has the manifest's version, and with the manifest alone otherwise.
    """
    if not _VERSION.fullmatch(str(manifest.version)):
        message = f"version {manifest.version!r} isn't MAJOR.MINOR.PATCH; build the release again"
        yield _error("bad-version", message, MANIFEST_NAME)
    for name, config in manifest.configs.items():
        yield from _sources(name, config)
    checks: dict[str, Callable[[Path, Manifest], Iterator[Finding]]] = {
        CARD_NAME: _card,
        CROISSANT_NAME: _json,
        SCHEMA_NAME: _json,
        FINDINGS_NAME: _listed_findings,
    }
    for name, check in checks.items():
        try:
            yield from check(release / name, manifest)
        except FileNotFoundError:
            yield _error("missing-document", "the release has no such file; build it again", name)
        except (ValueError, OSError, RecursionError, yaml.YAMLError, MensreaError) as error:
            yield _error("damaged-document", " ".join(str(error).split()), name)


def _error(code: str, message: str, where: str) -> Finding:
    return Finding(code, message, "error", where)


def _sources(name: str, config: ConfigEntry) -> Iterator[Finding]:
    """What the manifest leaves open about where a config's rows come from."""
    if config.origin == "upstream" and not config.sources:
        message = f"{name} is imported, but lists no source; build the release again"
        yield _error("source-missing", message, MANIFEST_NAME)
    for source in config.sources:
        # What isn't pinned may come from a copy, whose commit nobody knows.
        needed = ("repository", "sha256", *(("revision",) if source.pinned else ()))
        if lacking := [member for member in needed if not getattr(source, member)]:
            message = f"{name}: {source.path} has no {' and no '.join(lacking)}; build the release again"
            yield _error("source-missing", message, MANIFEST_NAME)


def _json(path: Path, _: Manifest) -> Iterator[Finding]:
    json.loads(path.read_text(encoding="utf-8"))
    yield from ()


def _card(path: Path, manifest: Manifest) -> Iterator[Finding]:
    match = _FRONT_MATTER.match(path.read_text(encoding="utf-8"))
    front: Any = yaml.safe_load(match[1]) if match else None
    if not isinstance(front, dict):
        message = "the card doesn't open with YAML between `---` lines"
        raise ValueError(message)  # noqa: TRY004 (of what is in the file, not of an argument)
    found = cast("dict[Any, Any]", front)
    expected = _expected_front(manifest)
    if expected is None:
        differences = _differences_from_manifest(found, manifest)
    else:
        differences = _differences(found, expected, "")
    if (difference := next(differences, None)) is not None:
        yield _error("card-differs", f"{difference}; build the release again", CARD_NAME)
    yield from _licence(found, manifest.stem)


def _licence(front: dict[Any, Any], stem: str) -> Iterator[Finding]:
    stated = front.get("license")
    advice = f"state it in cards/{stem}.md and build the release again"
    if not stated:
        yield _error("licence-missing", f"`license` is missing or empty; {advice}", CARD_NAME)
    elif stated in _VAGUE_LICENCES and not str(front.get("license_details") or "").strip():
        message = f"`license` is {stated} and `license_details` says nothing more; {advice}"
        yield _error("licence-missing", message, CARD_NAME)


def _expected_front(manifest: Manifest) -> dict[str, Any] | None:
    """The YAML that this package writes for the manifest; None where its card is another or none."""
    try:
        card = find_card(manifest.stem)
        if card.version != manifest.version:
            return None
        return yaml.safe_load(yaml.safe_dump(hub_metadata(card, manifest), allow_unicode=True))
    except MensreaError:  # no such dataset, config or row definition here
        return None


def _differences(found: Any, expected: Any, place: str) -> Iterator[str]:
    if isinstance(found, dict) and isinstance(expected, dict):
        ours, theirs = cast("dict[Any, Any]", found), cast("dict[Any, Any]", expected)
        for key in [*theirs, *(key for key in ours if key not in theirs)]:
            where = f"{place}.{_plain(key)}" if place else _plain(key)
            if key not in ours:
                yield f"`{where}` is missing"
            elif key not in theirs:
                yield f"`{where}` doesn't belong there"
            else:
                yield from _differences(ours[key], theirs[key], where)
    elif isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        for number, pair in enumerate(zip(cast("list[Any]", found), expected, strict=True)):
            yield from _differences(*pair, f"{place}[{number}]")
    elif type(found) is not type(expected) or found != expected:
        yield f"`{place}` is {_shown(found)}, expected {_shown(expected)}"


def _differences_from_manifest(front: dict[Any, Any], manifest: Manifest) -> Iterator[str]:
    listed = front.get("configs")
    entries = {
        str(each.get("config_name")): each
        for each in (cast("list[Any]", listed) if isinstance(listed, list) else [])
        if isinstance(each, dict)
    }
    if sorted(entries) != sorted(manifest.configs):
        yield f"`configs` are {_shown(list(entries))}, the manifest has {_shown(list(manifest.configs))}"
        return
    for name, config in manifest.configs.items():
        entry = entries[name]
        if entry.get("version") != manifest.version:
            version = _shown(entry.get("version"))
            yield f"`configs` has version {version} of {name}, the manifest says {manifest.version}"
        if config.digest not in str(entry.get("description")):
            yield f"`configs` describes {name} without the manifest's digest {config.digest}"
    if manifest.tier == "gated":
        yield from (f"`{key}` is missing though the release is gated" for key in _GATE if not front.get(key))
        if _GATE_TAG not in str(front.get("tags")):
            yield f"`tags` lacks {_GATE_TAG} though the release is gated"


def _plain(key: object) -> str:
    return " ".join(str(key).split())[:_SHOWN]


def _shown(value: object) -> str:
    """The value in one line that isn't endless; of a long text, the end is what tells it from another."""
    text = repr(value)
    return text if len(text) <= 2 * _SHOWN else f"{text[:_SHOWN]}…{text[-_SHOWN:]}"


def _listed_findings(path: Path, manifest: Manifest) -> Iterator[Finding]:
    found = _counts(path)
    expected = {
        (name, code): min(count, MOST_KEPT)
        for name, config in manifest.configs.items()
        for code, count in config.findings.items()
    }
    for key in sorted(found.keys() | expected.keys()):
        if (listed := found[key]) != (count := expected.get(key, 0)):
            name, code = map(_plain, key)
            message = f"lists {listed:,} findings {code} of {name}, expected {count:,} by the manifest"
            yield _error("findings-differ", message, FINDINGS_NAME)


def _counts(path: Path) -> Counter[tuple[str, str]]:
    """How many findings are listed, by config and code."""
    counts: Counter[tuple[str, str]] = Counter()
    with path.open(encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(lines, 1):
            if line == "\n":
                continue
            try:
                finding = mapping(json.loads(line), "the line")
                counts[str(finding["config"]), str(finding["code"])] += 1
            except (ValueError, KeyError, MensreaError) as error:
                raise ValueError(
                    f"line {number}: not a finding ({error}); build the release again"
                ) from error
    return counts


def check_loading(release: Path, name: str, config: ConfigEntry, schema: RowSchema) -> Iterator[Finding]:
    """What differs between a config and what `load_dataset` makes of the card and the files."""
    from datasets import DatasetDict, load_dataset

    try:
        with without_progress_bars(), tempfile.TemporaryDirectory() as cache:
            loaded = load_dataset(str(release.resolve()), name, cache_dir=cache)
            assert isinstance(loaded, DatasetDict)  # noqa: S101 (narrows: no split was asked for)
            digests = {str(split): digest_of([rows.data.table]) for split, rows in loaded.items()}
            features = next(iter(loaded.values())).features
    except Exception as error:  # noqa: BLE001 (whatever the library raises is the finding)
        yield _error("not-loadable", " ".join(str(error).split())[:300], name)
        return
    if features != features_of(schema):
        yield _error("not-loadable", f"load_dataset gives features {features}", name)
    sizes = {split: digest.rows for split, digest in digests.items()}
    expected = {split: entry.rows for split, entry in config.splits.items()}
    if sizes != expected:
        yield _error("not-loadable", f"load_dataset gives {sizes} rows, expected {expected}", name)
        return
    for split, entry in config.splits.items():
        if (digest := digests[split].hexdigest()) != entry.digest:
            message = f"load_dataset gives rows with digest {digest}, the manifest says {entry.digest}"
            yield _error("not-loadable", message, f"{name}/{split}")
