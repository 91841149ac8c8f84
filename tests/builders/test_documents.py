"""The documents of a release: what is handed on from the release that is replaced."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mensrea.builders.verify import verify_release
from mensrea.errors import ReleaseCorruptError


@pytest.fixture
def release(toy: Any) -> Path:
    """A release whose config `text` has a finding."""
    finding = {"!": "finding", "code": "odd", "message": "It is."}
    toy.write("text", [{"id": "text-0", "text": "Text."}, finding])
    toy.build("text", "chat")
    return toy.release


def codes(release: Path) -> list[tuple[str, str]]:
    lines = (release / "findings.jsonl").read_text(encoding="utf-8").splitlines()
    return [(finding["config"], finding["code"]) for finding in map(json.loads, lines)]


def test_findings_of_a_carried_config_are_kept(toy: Any, release: Path) -> None:
    toy.build("chat")
    assert ("text", "odd") in codes(release)
    assert list(verify_release(release)) == []


def test_a_release_that_lost_the_findings_of_a_carried_config_is_refused(
    toy: Any, release: Path, hashes: Callable[[Path], dict[str, str]]
) -> None:
    (release / "findings.jsonl").unlink()
    before = hashes(release)
    with pytest.raises(ReleaseCorruptError, match=r"findings\.jsonl: missing, .* text; restore") as caught:
        toy.build("chat")
    assert "\n" not in str(caught.value)
    assert hashes(release) == before


def test_lost_findings_are_no_matter_where_none_are_carried(toy: Any, release: Path) -> None:
    (release / "findings.jsonl").unlink()
    toy.build("text", "chat")
    assert ("text", "odd") in codes(release)
    toy.write("text", [{"id": "text-0", "text": "Text."}])
    toy.build("text", overwrite=True)
    assert ("text", "odd") not in codes(release)
    (release / "findings.jsonl").unlink()
    toy.build("chat")
    assert list(verify_release(release)) == []
