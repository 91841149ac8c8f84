"""Published figures beside recomputed ones, from the facts that ship and from the published files."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from mensrea.errors import SourceFormatError, SourceMissingError, UsageError
from mensrea.scoring.reproduce import STEMS, Reproduction, distilled, reproduce
from mensrea.scoring.reproductions.files import shipped_facts
from mensrea.scoring.reproductions.judged_runs import portable

SHARED = Path(__file__).parents[2].parent / "shared" / "upstream"
published = pytest.mark.skipif(not SHARED.is_dir(), reason=f"needs the published files, in {SHARED}")


TRAINED = "cot2"
PUBLISHED = [stem for stem in STEMS if stem != TRAINED]


@pytest.fixture(scope="module")
def shipped() -> Reproduction:
    """Of the papers that publish files."""
    return reproduce(stems=PUBLISHED)


def unwrapped(found: Reproduction) -> str:
    return " ".join(found.as_text().split())


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def safechain(tmp_path: Path) -> Path:
    """The files of SafeChain, as transcribed."""
    facts = shipped_facts("safechain")
    write_rows(tmp_path / "safechain/tables_safety_transcribed.csv", facts["safety"])
    write_rows(tmp_path / "safechain/tables_finetune_transcribed.csv", facts["tuned"])
    return tmp_path


def test_every_published_figure_is_equal_or_explained(shipped):
    assert shipped.counts == {"equal": 56, "added": 9, "explained": 18, "open": 0, "unequal": 0}
    assert not shipped.fails


def test_every_figure_is_compared(shipped):
    cells = [cell for paper in shipped.papers for line in paper.lines for cell in line.cells]
    assert len(cells) == 1141
    assert sum(not cell.equal for cell in cells) == 84


def test_the_table_fits_a_terminal(shipped):
    lines = shipped.as_text().splitlines()
    assert max(map(len, lines)) <= 80
    assert "=               EM %, privacy-erosion-v2          13.75      13.75    1.37-31.25" in lines
    assert "=               their ±, points              65 figures   65 equal" in lines
    place = lines.index("~               rank of security                      1          2")
    assert lines[place + 1].startswith("                The caption calls security the worst;")
    assert lines[-1] == "= equal 56   + not published 9   ~ not equal, explained 18"


def test_the_documentation_shows_what_is_printed(shipped):
    text = (Path(__file__).parents[2] / "docs/reproductions.md").read_text(encoding="utf-8")
    shown = text.partition("## How to read it")[2].split("```")[1].strip().splitlines()
    assert len(shown) == 10
    assert set(shown) <= set(shipped.as_text().splitlines())


def test_a_wider_terminal_gives_more_room_to_what_is_compared(shipped):
    lines = shipped.as_text(width=110).splitlines()
    assert max(map(len, lines)) <= 110
    assert len(lines) < len(shipped.as_text().splitlines())


def test_json_holds_every_figure_with_its_interval(shipped):
    found = json.loads(json.dumps(shipped.as_dict(), allow_nan=False))
    assert found["from"] is None
    assert found["fails"] is False
    lines = [line for paper in found["papers"] for line in paper["checks"]]
    accuracy = next(line for line in lines if line["what"] == "accuracy, Llama-Guard, %")
    assert accuracy["cells"][0]["recomputed"] == pytest.approx(24000 / 272)
    assert accuracy["cells"][0]["interval"]["method"] == "wilson"


def test_papers_are_chosen_by_stem():
    assert [paper.stem for paper in reproduce(stems=["deceptionbench"]).papers] == ["deceptionbench"]


def test_a_dataset_without_checks_is_an_error():
    with pytest.raises(UsageError, match=r"^cogtest: nothing to reproduce; there is for thought_crime, "):
        reproduce(stems=["cogtest"])


def test_files_as_published_give_what_ships(safechain, shipped):
    found = reproduce(safechain, ["safechain"])
    assert found.papers[0].lines == shipped.papers[-1].lines
    assert str(safechain) in found.as_text()


def test_a_figure_that_is_not_known_to_differ_fails(safechain):
    path = safechain / "safechain/tables_safety_transcribed.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("R1-7B,default,36.4", "R1-7B,default,36.5"))
    found = reproduce(safechain, ["safechain"])
    assert found.fails
    assert "30 figures   29 equal" in found.as_text()
    # 36.5 is a share of 310, so that one figure fewer differs than is known; and table 2 has 36.4.
    assert "1 of 30 differ; known to differ: 0. (R1-7B, default: 36.5 -> 36.4)" in unwrapped(found)
    assert "13 of 30 differ; known to differ: 14." in unwrapped(found)
    assert found.as_text().splitlines()[-1].endswith("! NOT EQUAL 3")


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(SourceMissingError, match=r"safechain/tables_safety_transcribed.csv: No such file"):
        reproduce(tmp_path, ["safechain"])


def test_a_field_that_is_no_number_is_named(safechain):
    path = safechain / "safechain/tables_safety_transcribed.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("R1-7B,default,36.4", "R1-7B,default,?"))
    with pytest.raises(SourceFormatError, match=r"transcribed.csv:3: SR_greedy_Safe@1: found '\?'"):
        reproduce(safechain, ["safechain"])


@published
def test_published_files_reproduce():
    found = reproduce(SHARED, PUBLISHED)
    assert found.counts == {"equal": 56, "added": 9, "explained": 18, "open": 0, "unequal": 0}
    assert (
        "=               scores from tokens (1e-12)   140 figures  140 equal" in found.as_text().splitlines()
    )


@published
@pytest.mark.parametrize("stem", PUBLISHED)
def test_shipped_facts_are_those_of_the_published_files(stem):
    facts = distilled(stem, SHARED)
    facts = portable(facts) if "distributions" in facts else facts
    assert facts == shipped_facts(stem), "run tests/scoring/reproductions/distil.py on the published files"
