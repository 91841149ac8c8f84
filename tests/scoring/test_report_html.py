from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import polars as pl
import pytest
from mensrea.errors import MissingLibraryError
from mensrea.scoring.base import Baseline
from mensrea.scoring.declared import Mean, PassAtK, Plurality, Rate
from mensrea.scoring.plots import Point, bars, forest, histogram, stacked
from mensrea.scoring.report_html import report_html

from .outcomes import SMALL, counted, outcomes_of, report_of

HOSTILE = (
    "\x00\x1b[31m<script>alert(1)</script> \"'><img src=x onerror=alert(1)> $\\frac{1}{0}$ ]]> &amp; 中\u202e"
)
_VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """Tags with attributes, ids, and whether every tag is closed in its turn."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.open, self.texts = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture(scope="module")
def text():
    return report_html(report_of())


def test_the_page_is_whole_small_and_always_the_same(text):
    page = Page(text)
    assert not page.open
    assert len(text.encode()) < 400_000
    assert text == report_html(report_of(SMALL.reverse()))


def test_baselines_and_what_items_count_are_said(text):
    of_items = [
        PassAtK("pass@2", "", of=("good",), k=2),
        Plurality("majority@2", "", of=("good",), k=2),
    ]
    outcomes = SMALL.with_columns(answer=pl.col("outcome"))
    page = report_html(report_of(outcomes, of_items, baselines=[Baseline("coin", "heads", 2.5, 5)]))
    assert not Page(page).open
    assert "Baselines on these items" in page
    assert "2.5/5" in page
    assert "sets of 2 of an item&#39;s scored samples, one of which is good" in page
    assert "items whose first 2 samples state an answer that is good most often" in page
    assert "Baselines" not in text


def test_nothing_is_fetched_and_nothing_runs(text):
    page = Page(text)
    assert not {"script", "link", "iframe", "img", "object"} & {tag for tag, _ in page.tags}
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")]
        assert all(value.startswith("#") for name, value in attributes.items() if name in {"href", "src"})
    assert not re.search(r"url\((?!#)|@import|https?://(?!www\.w3\.org/)", text)
    assert "default-src 'none'" in text


def test_ids_occur_once_and_what_is_pointed_at_exists(text):
    page = Page(text)
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    pointed = set(re.findall(r"url\(#([^)]+)\)", text)) | set(re.findall(r'href="#([^"]+)"', text))
    assert pointed <= set(ids)
    assert {each["aria-labelledby"] for _, each in page.tags if "aria-labelledby" in each} <= set(ids)


def test_every_plot_has_a_text_and_its_figures_in_a_table(text):
    page = Page(text)
    plots = [attributes for tag, attributes in page.tags if tag == "svg"]
    assert len(plots) == 5
    assert all(each["role"] == "img" and each["aria-label"] for each in plots)
    assert text.count("<figcaption>") == len(plots)
    assert text.count("<caption>") >= len(plots)


def test_the_page_says_what_the_text_says(text):
    said = " ".join(Page(text).texts)
    for each in (
        "28.6 %",
        "2/7",
        "[20.0, 50.0]",
        "70.0 %",
        "the judge said nothing",
        "extra-response (3): z isn't in the release",
        "openai/judge-1",
        "abcdef0123",
        "items of whose first 2 samples all are good",
        "samples that are bad, among scored samples; unscored ones kept in the denominator",
    ):
        assert each in said


def test_hostile_texts_are_texts():
    report = report_of(
        outcomes_of([(HOSTILE, 0, "bad", 1.0, HOSTILE), ("b", 0, f"!{HOSTILE}", None, "x")], ["topic"]),
        models=[{"model": HOSTILE, "parameters": {HOSTILE: HOSTILE}}],
        judges=[{"name": HOSTILE, "model": HOSTILE, "version": HOSTILE, "digest": HOSTILE}],
        findings=[{"code": HOSTILE, "message": HOSTILE}],
        digest=HOSTILE,
        config=HOSTILE,
    )
    text = report_html(report)
    page = Page(text)
    assert not page.open
    assert not {"script", "img"} & {tag for tag, _ in page.tags}
    assert not set("\x00\x1b\u202e") & set(text)
    assert any("\\x00\\x1b[31m<script>alert(1)</script>" in each for each in page.texts)


def test_a_report_of_nothing_is_a_page():
    page = Page(report_html(report_of(SMALL.clear(), judges=[], findings=[], cost=None)))
    assert not page.open


def test_without_groups_scores_or_unscored_samples_there_are_no_sections_of_them():
    text = report_html(report_of(counted({"bad": 2, "good": 3}), [Rate("bad", "Harm", of=("bad",))]))
    assert "Unscored" not in text
    assert "Scores" not in text
    assert " by " not in text
    assert "Outcomes of all samples" in text


def test_a_mean_alone_is_no_plot_from_0_to_100_percent():
    text = report_html(report_of(metrics=[Mean("score", "Mean score", by=("topic",))]))
    assert "100 %</text>" not in text.split("score by topic")[1].split("Outcomes")[0]


def test_many_groups_stay_small():
    rows = ((f"{n:03}", 0, "bad", float(n), f"A topic with a name {n:03}") for n in range(60))
    assert len(report_html(report_of(outcomes_of(rows, ["topic"]))).encode()) < 400_000


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingLibraryError, match=r"pip install 'mensrea\[report\]'"):
        report_html(report_of())


@pytest.mark.parametrize(
    "draw",
    [
        lambda: forest([Point(HOSTILE, 0.5, None, None)], name="p", label=HOSTILE, limits=(0, 1)),
        lambda: forest([Point("a", 5.0, 5.0, 5.0)], name="p", label="l", limits=None),
        lambda: stacked({HOSTILE: [0.2, 0], "b": [0.8, 0.0]}, ["x", HOSTILE], name="p", label="l"),
        lambda: bars({HOSTILE: 3, "b": 0}, name="p", label="l"),
        lambda: histogram([0.0, 1.0, 2.0], [3, 0], name="p", label="l"),
    ],
)
def test_plots_are_well_formed_and_take_the_pages_colours(draw):
    svg = draw()
    root = ET.fromstring(svg)
    assert "width" not in root.attrib
    assert "var(--" in svg
    assert not re.search(r"#0[1-5ab]0", svg)
    assert draw() == svg


def test_a_bar_of_each_class_is_as_long_as_its_share():
    root = ET.fromstring(stacked({"a": [0.25], "b": [0.5]}, ["x"], name="p", label="l"))
    bars_ = [
        each for each in root.iter("{http://www.w3.org/2000/svg}path") if "--class" in each.get("style", "")
    ]
    first, second = (extent(each.get("d")) for each in bars_)
    assert second == pytest.approx(2 * first, rel=1e-4)


def extent(path):
    places = [float(each) for each in re.findall(r"[ML] (-?[\d.]+) ", path)]
    return max(places) - min(places)
