"""The README.md of a release: the Hub's front matter, then the card for people."""

from __future__ import annotations

import json
from collections.abc import Iterator

import yaml

from ..schemas import load_row_schema
from ..validation.shortcuts.baselines import Share
from .catalogue import Card
from .fields import field_rows
from .hub_metadata import default_config, hub_metadata
from .licences import licence_url
from .manifest import ConfigEntry, Manifest
from .markdown import cell, code, fence, quote, table
from .provenance import upstreams

_DIGITS = 12


def render_card(card: Card, manifest: Manifest) -> str:
    """The README.md of a release, for the configs that it holds.

    Raises:
        UnknownConfigError: The manifest has a config that the card doesn't.
        SchemaError: The schema lacks a row definition that the manifest names.
    """
    front = yaml.safe_dump(
        hub_metadata(card, manifest), sort_keys=False, allow_unicode=True, width=float("inf")
    )
    sections = [
        f"# {card.title}",
        card.summary.strip(),
        _warning(card),
        _facts(card, manifest),
        _load(card, manifest),
        _configs(card, manifest),
        _fields(card, manifest),
        _findings(manifest),
        _shortcuts(manifest),
        _prose(card),
        _provenance(manifest),
        _changes(card),
        _digests(manifest),
        _citation(card),
    ]
    return f"---\n{front}---\n\n" + "\n\n".join(filter(None, sections)) + "\n"


def _warning(card: Card) -> str:
    if card.tier != "gated":
        return ""
    canary = (
        f"Every row carries the canary {code(card.canary)}: filter on it to keep the rows out of a corpus."
    )
    return quote(f"**Content warning.** {card.content_warning.strip()}\n\n{canary}")


def _facts(card: Card, manifest: Manifest) -> str:
    paper = card.paper
    authors = paper.authors[0] + (" et al." if len(paper.authors) > 1 else "") if paper.authors else ""
    facts = {
        "Paper": ", ".join(filter(None, [f"[{paper.title}]({paper.url})", authors, str(paper.year)])),
        "Version": manifest.version,
        "Licence": f"{_licence(card.licence)}. {cell(card.licence_note)}".rstrip(". ") + ".",
        "Tier": manifest.tier,
    }
    return "\n".join(f"- **{name}:** {value}" for name, value in facts.items())


def _licence(identifier: str) -> str:
    url = licence_url(identifier)
    return f"[{identifier}]({url})" if url else identifier


def _load(card: Card, manifest: Manifest) -> str:
    name = default_config(card, manifest)
    split = next(iter(manifest.configs[name].splits))
    which = f'"{name}", split="{split}"'
    snippet = f"""
import mensrea
from datasets import load_dataset

repository = "ORGANISATION/{card.stem}"
rows = load_dataset(repository, {which})

# The same, with version and content checked:
rows = mensrea.load("{card.stem}", {which}, version="{manifest.version}", repository=repository)
"""
    return "## Load\n\n" + fence(snippet, "python")


def _configs(card: Card, manifest: Manifest) -> str:
    rows: list[list[str]] = []
    for name, entry in manifest.configs.items():
        config = card.config(name)
        sizes = ", ".join(f"{code(split)} {each.rows:,}" for split, each in entry.splits.items())
        default = " (default)" if name == default_config(card, manifest) else ""
        rows.append([code(name) + default, entry.origin, sizes, _licence(config.licence), config.description])
    header = ["config", "origin", "rows", "licence", "description"]
    absent = ", ".join(code(name) for name in manifest.declared if name not in manifest.configs)
    command = code(f"mensrea build {card.stem} --config NAME")
    rest = f"\n\nNot in this release, but built by {command}: {absent}."
    return f"## Configs\n\n{table(header, rows)}" + (rest if absent else "")


def _fields(card: Card, manifest: Manifest) -> str:
    users: dict[str, list[str]] = {}
    for name, entry in manifest.configs.items():
        users.setdefault(entry.row, []).append(code(name))
    parts = ["## Fields"]
    for row, names in users.items():
        heading = [f"### {code(row)}"] if len(users) > 1 else []
        fields = field_rows(load_row_schema(card.stem, row))
        cells = [[code(field.path), field.type, field.description] for field in fields]
        parts += [*heading, f"Rows of {', '.join(names)}.", table(["field", "type", "description"], cells)]
    return "\n\n".join(parts)


def _findings(manifest: Manifest) -> str:
    rows = [
        [code(name), code(finding), f"{count:,}"]
        for name, entry in manifest.configs.items()
        for finding, count in entry.findings.items()
    ]
    if not rows:
        return ""
    intro = f"What the build noticed, and left as it is; {code('findings.jsonl')} names each place."
    return f"## Findings\n\n{intro}\n\n{table(['config', 'finding', 'count'], rows, right=['count'])}"


def _shortcuts(manifest: Manifest) -> str:
    parts = [
        f"### {code(name)}\n\n{_baselines(entry)}"
        for name, entry in manifest.configs.items()
        if entry.shortcuts
    ]
    intro = (
        "What simple rules get right without doing the task, counted in these rows: accuracy, Wilson's 95 % "
        "interval, and how many rows. A tie between two options counts half. A rule with variants is fitted "
        "on the first split. A score is to be read against these."
    )
    return "\n\n".join(["## Shortcut baselines", intro, *parts]) if parts else ""


def _baselines(entry: ConfigEntry) -> str:
    splits = list(entry.splits)
    rows = [
        [code(name), each.rule, *(_share(each.splits[split]) for split in splits), _share(each.whole)]
        for name, each in entry.shortcuts.items()
    ]
    header = ["shortcut", "answer", *map(code, splits), "whole"]
    return table(header, rows, right=header[2:])


def _share(share: Share) -> str:
    right = f"{share.right:,.1f}".removesuffix(".0")
    return f"{share.accuracy:.3f} [{share.low:.3f}, {share.high:.3f}], {right} of {share.rows:,}"


def _prose(card: Card) -> str:
    prose = card.prose.strip()
    return prose if not prose or prose.startswith("#") else f"## About\n\n{prose}"


def _provenance(manifest: Manifest) -> str:
    rows = [
        [
            f"[{upstream.repository}]({upstream.url})",
            code(upstream.revision[:_DIGITS]),
            ", ".join(code(name) for name in upstream.configs),
            f"{len(upstream.files):,}",
            f"{upstream.bytes:,}",
            "yes" if upstream.pinned else "no",
        ]
        for upstream in upstreams(manifest)
    ]
    header = ["repository", "revision", "configs", "files", "bytes", "pinned"]
    parts = [table(header, rows, right=["files", "bytes"])] if rows else []
    accounts = [f"- {code(name)}: {account}" for name, account in _accounts(manifest)]
    parts += ["\n".join(accounts)] if accounts else []
    return "\n\n".join(["## Provenance", *parts]) if parts else ""


def _accounts(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """How each config that isn't a plain import came to be."""
    for name, entry in manifest.configs.items():
        if account := _account(entry):
            yield name, f"{entry.origin}, {account}"


def _account(entry: ConfigEntry) -> str:
    seed = [f"seed {entry.seed}"] if entry.seed is not None else []
    options = [f"{option} {json.dumps(value)}" for option, value in entry.options.items()]
    models = [f"models, prompts and cost in {code('manifest.json')}"] if entry.generation else []
    return ", ".join([*seed, *options, *models])


def _changes(card: Card) -> str:
    lines = [f"- **{version}:** {cell(text)}" for version, text in card.changes.items()]
    return "## Versions\n\n" + "\n".join(lines)


def _digests(manifest: Manifest) -> str:
    rows = [
        [code(name), split, f"{each.rows:,}", f"{each.bytes:,}", code(each.digest[:_DIGITS])]
        for name, entry in manifest.configs.items()
        for split, each in entry.splits.items()
    ]
    intro = f"Taken over values, not files; {code('manifest.json')} has them whole, with every file's sha256."
    header = ["config", "split", "rows", "bytes", "digest"]
    return f"## Digests\n\n{intro}\n\n{table(header, rows, right=['rows', 'bytes'])}"


def _citation(card: Card) -> str:
    return f"## Citation\n\n{fence(card.citation, 'bibtex')}" if card.citation.strip() else ""
