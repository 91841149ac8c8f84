"""Heat maps and trees: cells, figures, and the page's colours."""

import re
from xml.etree import ElementTree as ET

import pytest
from mensrea.scoring.plots_profile import heat, tree_heat

JOINS = [[0, 1, 0.1, 2], [2, 3, 0.6, 3]]


def texts(svg):
    return [each.text for each in ET.fromstring(svg).iter() if each.tag.endswith("text")]


def test_cells_are_as_opaque_as_their_values_and_hold_them():
    svg = heat([[0.0, 0.25], [1.0, -0.5]], ["a", "b"], ["1", "2"], name="x", label="Rates")
    assert {"0", "25", "100", "-50", "a", "b", "1", "2"} <= set(texts(svg))
    assert "fill: var(--accent); opacity: 0.25" in svg or "fill-opacity: 0.25" in svg
    assert "var(--class-3)" in svg
    assert 'aria-label="Rates"' in svg
    assert not re.search("#0[0-9a-f]{5}", svg)


def test_figures_are_readable_on_their_cells():
    svg = heat([[0.9, 0.1]], ["a"], ["1", "2"], name="x", label="Rates")
    colours = {
        each.text: each.attrib["style"] for each in ET.fromstring(svg).iter() if each.tag.endswith("text")
    }
    assert "var(--paper)" in colours["90"]
    assert "var(--ink)" in colours["10"]


def test_cells_without_a_value_are_hatched():
    svg = heat([[None, 0.5]], ["a"], ["1", "2"], name="x", label="Rates")
    assert "pattern" in svg
    assert set(texts(svg)) == {"50", "a", "1", "2"}


def test_own_tasks_are_framed():
    cells = [[0.5, 0.5], [0.5, 0.5]]
    plain, framed = (
        heat(cells, ["a", "b"], ["1", "2"], name="x", label="Rates", outlined=each) for each in (False, True)
    )
    assert framed.count("<path") == plain.count("<path") + 2


def test_a_tree_stands_beside_its_cells():
    svg = tree_heat(
        [[0.2] * 3] * 3, ["a", "b", "c"], ["Persisting", "Wonder", "Risks"], JOINS, name="x", label="Rates"
    )
    assert {"Persisting", "Wonder", "Risks", "1 - r"} <= set(texts(svg))
    assert len(re.findall('id="x-LineCollection|id="x-line2d', svg)) >= 2


def test_the_same_cells_give_the_same_bytes():
    one, other = (heat([[0.5]], ["a"], ["1"], name="x", label="Rates") for _ in range(2))
    assert one == other


@pytest.mark.parametrize("label", ["<script>", "$\\frac{1}{0}$", "\x00\x1b"])
def test_hostile_labels_are_texts(label):
    svg = heat([[0.5]], [label], ["1"], name="x", label=label)
    assert "<script>" not in svg
    assert "\x00" not in svg
    ET.fromstring(svg)
