"""Where a release is looked for, and what is passed over."""

from pathlib import Path
from typing import Any

import mensrea
import pytest
from mensrea import BuildOptions, CustomReleaseWarning, build_release
from mensrea.errors import ReleaseCorruptError, UsageError

FAMILY = "mnns-4x11"


def drawn(out: Path, **options: Any) -> int:
    """Build a small family into `out` and count its training rows."""
    report = build_release("cot2", configs=[FAMILY], out=out, options=BuildOptions(**options))
    return report.manifest.configs[FAMILY].splits["train"].rows


def test_rows_of_another_seed_are_no_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    family = "mnns-5x20"
    options = BuildOptions(seed=3, rows=100)
    build_release("cot2", configs=[family], out=Path("dist"), options=options)
    with pytest.warns(CustomReleaseWarning, match=r"seed 3, rows 100") as caught:
        rows: Any = mensrea.load("cot2", family, "train", version="1.1.0")
    assert len(rows) == 8_000
    assert caught[0].filename == __file__
    named: Any = mensrea.load("cot2", family, "train", path="dist/cot2")
    assert len(named) == 80


def test_a_damaged_release_in_dist_is_no_reason_to_look_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    drawn(Path("dist"))
    Path("dist/cot2/manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(ReleaseCorruptError, match=r"manifest\.json"):
        mensrea.load("cot2", FAMILY)


@pytest.mark.parametrize("options", [{"seed": -1}, {"rows": 3}, {"rows": 0}, {"seed": "1"}])
def test_an_impossible_option_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"expected an integer from"):
        mensrea.builder("cot2", "mnns-5x20", **options)


@pytest.mark.parametrize("options", [{"seed": 5}, {"rows": 20}])
def test_an_option_without_use_is_refused(tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"has no use"):
        build_release("cogtest", out=tmp_path, options=BuildOptions(**options))
