"""The documents of a release, beside its data."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..cards import Card
from ..cards.croissant import croissant
from ..cards.manifest import MANIFEST_NAME, Manifest
from ..cards.render import render_card
from ..errors import ReleaseCorruptError
from ..schemas import schema_path
from ..validation.findings import Finding

FINDINGS_NAME = "findings.jsonl"
CROISSANT_NAME = "croissant.json"
SCHEMA_NAME = "schema.json"
CARD_NAME = "README.md"
DOCUMENTS = (CARD_NAME, MANIFEST_NAME, CROISSANT_NAME, SCHEMA_NAME, FINDINGS_NAME)
_ADVICE = "restore the file, or build every config again"


def write_documents(
    folder: Path,
    card: Card,
    manifest: Manifest,
    previous: Path,
    findings: Mapping[str, Sequence[Finding]],
) -> None:
    """Write the manifest, the card, Croissant, the schema and the findings of a release.

    Args:
        folder: The release folder.
        card: The dataset's card.
        manifest: The release's manifest.
        previous: The release that is replaced, whose findings on carried configs are kept.
        findings: Findings by config, for those built now.

    Raises:
        ReleaseCorruptError: The previous release's findings on carried configs are missing or damaged.
    """
    (folder / MANIFEST_NAME).write_text(manifest.to_json(), encoding="utf-8")
    (folder / CARD_NAME).write_text(render_card(card, manifest), encoding="utf-8")
    text = json.dumps(croissant(card, manifest), indent=2, ensure_ascii=False) + "\n"
    (folder / CROISSANT_NAME).write_text(text, encoding="utf-8")
    shutil.copyfile(schema_path(card.stem), folder / SCHEMA_NAME)
    lines = [
        json.dumps({"config": name, **finding.as_dict()}, ensure_ascii=False)
        for name, each in findings.items()
        for finding in each
    ]
    lines.extend(_findings_of_others(previous / FINDINGS_NAME, manifest, findings))
    (folder / FINDINGS_NAME).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _findings_of_others(
    path: Path, manifest: Manifest, built: Mapping[str, Sequence[Finding]]
) -> Iterable[str]:
    carried = {name: entry for name, entry in manifest.configs.items() if name not in built}
    if not path.is_file():
        if lost := [name for name, entry in carried.items() if entry.findings]:
            message = f"{path}: missing, it lists findings on {', '.join(lost)}; {_ADVICE}"
            raise ReleaseCorruptError(message)
        return
    # Not `splitlines`, which also splits at line separators inside a message.
    for number, line in enumerate(path.read_text(encoding="utf-8").rstrip("\n").split("\n"), 1):
        try:
            name = json.loads(line)["config"] if line else None
        except (ValueError, TypeError, KeyError) as error:
            message = f"{path}:{number}: not a finding; {_ADVICE}"
            raise ReleaseCorruptError(message) from error
        if name in carried:
            yield line
