"""What several verbs of the command print."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .builders.release import BuildReport
    from .validation.findings import Finding

_WIDTH = 79


def print_report(report: BuildReport) -> None:
    """What a build made, what it found, and how to load it."""
    for name in report.built:
        entry = report.manifest.configs[name]
        splits = ", ".join(f"{split} {size.rows:,}" for split, size in entry.splits.items())
        typer.echo(wrapped(f"built {report.path} {name} {report.manifest.version}: {splits} rows"))
        _print_findings(report.findings.get(name, ()), entry.findings)
    if any(report.findings.values()):
        typer.echo(f"every finding is in {report.path / 'findings.jsonl'}")
    carried = [name for name in report.manifest.configs if name not in report.built]
    if carried:
        typer.echo(wrapped(f"kept  {report.path} {', '.join(carried)} from the previous release"))
    first = report.built[0]
    split = next(iter(report.manifest.configs[first].splits))
    # JSON's strings are Python's too, whatever is in the path.
    path, name = (json.dumps(text, ensure_ascii=False) for text in (str(report.path), first))
    typer.echo(f'load  load_dataset({path}, {name}, split="{split}")')


def _print_findings(findings: Sequence[Finding], counts: Mapping[str, int]) -> None:
    """Each kind of finding once, with its first example, wrapped for a narrow terminal."""
    for code, count in counts.items():
        first = next(finding for finding in findings if finding.code == code)
        typer.echo(f"  {first.severity} {code}" + (f" ({count:,})" if count > 1 else ""))
        typer.echo(wrapped(str(first).strip(), "    ", "    "))


def wrapped(text: str, indent: str = "  ", first: str = "") -> str:
    """Text over as many lines as a narrow terminal needs; a word that is longer stays whole."""
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
