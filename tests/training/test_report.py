"""The report of a training run: rows over seeds, text, page, and JSON and back."""

import math
import re
import subprocess
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import fields, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.errors import MissingLibraryError, RunError
from mensrea.scoring.base import Baseline
from mensrea.scoring.clusters import clustered_wilson
from mensrea.scoring.crossed import crossed_mean, crossed_share
from mensrea.training.curves import curve_table, curves, thinned
from mensrea.training.outcome import Clusters, Figures, Result
from mensrea.training.plots import Line, Panel, Scales, lines
from mensrea.training.report import Machine, TrainingReport
from mensrea.training.report_json import read_report
from mensrea.training.settings import Arm, Policy, Recipe, Training
from mensrea.training.summary import Row, summarise
from mensrea.training.tables import divergence_section

TOTAL = 200
HOSTILE = "\x1b[31m<script>alert(1)</script> \"'> $\\frac{1}{0}$ ]]> &amp; 中\u202e"
SCHEMA = Path(__file__).parents[2] / "training/report.schema.json"


def clusters_of(correct: int) -> Clusters:
    """Clusters of four problems, which are solved together; one of them may be solved in part."""
    whole, rest = divmod(correct, 4)
    counts = [4] * whole + [rest] * bool(rest)
    return tuple((right, 4) for right in counts + [0] * (TOTAL // 4 - len(counts)))


def result(
    name: str = "cot2",
    seed: int = 42,
    correct: int = 180,
    *,
    method: str = "cot2",
    width: int = 16,
    chains: bool = False,
    curve: Sequence[tuple[int, float, float]] = ((1, 2.5, 0.4), (2, 1.5, 0.95), (3, 1.25, 0.9)),
) -> Result:
    solved = {"0.5": ((1, 0, 0, 1),) * (TOTAL // 4), "1.0": ((1, 1, 2, 0),) * (TOTAL // 4)} if chains else {}
    on_validation = max(0, correct - 10)
    figures = Figures(
        correct,
        TOTAL,
        clusters_of(correct),
        correct // 2,
        (0.125, 0.25, 0.5),
        (0.693, 1.34, -1e-9),
        2 if chains else 0,
        solved,
        dict.fromkeys(solved, 0.3),
    )
    return Result(
        name=name,
        method=method,
        supervision={"cot2": "mnns-3x9", "grpo": "discrete"}.get(method, ""),
        layers=2,
        width=width,
        seed=seed,
        parameters=500 * width,
        epochs=3,
        seconds=12.5,
        curve=list(curve),
        splits={
            "validation": replace(figures, correct=on_validation, clusters=clusters_of(on_validation)),
            "test": figures,
        },
    )


def report_of(results: Sequence[Result], **members: Any) -> TrainingReport:
    training = Training(rate=3e-3, batch=128, epochs=3)
    recipe = Recipe(
        name="small",
        title="A small comparison",
        config="mnns-3x9",
        layers=2,
        heads=2,
        widths=(16, 24),
        seeds=(42, 43),
        arms=(
            Arm("cot2", "cot2", training, "mnns-3x9"),
            Arm("discrete", "discrete", replace(training, on_prompt=True)),
            Arm("no-cot", "no-cot", training),
        ),
        policies=(Policy("grpo-k3", "discrete", tokens=3, epochs=3),),
        samples=2,
        temperatures=(0.5, 1.0),
    )
    machine = Machine("cpu", "x86_64", "2.13.0", 1)
    return TrainingReport(replace(recipe, **members), tuple(results), machine, "1.2.0", "0.1.0")


ALL = [
    result(name, seed, correct + seed - 42, method=method, width=width, chains=name == "discrete")
    for width in (24, 16)
    for name, method, correct in (
        ("cot2", "cot2", 180),
        ("discrete", "discrete", 150),
        ("no-cot", "no-cot", 80),
        ("grpo-k3", "grpo", 155),
    )
    for seed in (43, 42)
]


BASELINES = (
    Baseline("majority", "always 1, the commonest answer of train", 80, TOTAL),
    Baseline("in-degree", "the option with fewer incoming edges", 102.5, TOTAL),
)


@pytest.fixture(scope="module")
def report() -> TrainingReport:
    return replace(report_of(ALL), baselines=BASELINES)


@pytest.fixture(scope="module")
def page(report: TrainingReport) -> str:
    return report.as_html()


def test_rows_are_by_width_and_then_in_the_order_of_results() -> None:
    rows = summarise(ALL)
    assert [(each.width, each.name) for each in rows] == [
        (width, name) for width in (16, 24) for name in ("cot2", "discrete", "no-cot", "grpo-k3")
    ]
    assert {each.seeds for each in rows} == {(42, 43)}


def test_a_row_has_the_mean_and_an_interval_over_seeds_and_problems() -> None:
    (row,) = summarise(
        [result(seed=44, correct=188), result(seed=42, correct=180), result(seed=43, correct=184)]
    )
    assert (row.seeds, row.accuracies) == ((42, 43, 44), (0.9, 0.92, 0.94))
    assert (row.lowest, row.highest, row.total) == (0.9, 0.94, TOTAL)
    assert row.mean == pytest.approx(0.92)
    right = [[number for number, _ in clusters_of(correct)] for correct in (180, 184, 188)]
    assert row.interval == crossed_share(right, [4] * 50)
    assert (row.interval.method, row.interval.level) == ("crossed-wilson", 0.95)
    assert (row.validation, row.best) == pytest.approx((0.87, 0.95))
    assert row.valid == pytest.approx(0.46)
    assert (row.parameters, row.epochs, row.seconds) == (8000, 3, 12.5)


def test_the_interval_of_one_seed_is_over_clusters_of_problems() -> None:
    (row,) = summarise([result(correct=150)], level=0.9)
    assert row.interval == clustered_wilson([4] * 37 + [2] + [0] * 12, [4] * 50, 0.9)


def chained(full: Result) -> Result:
    """With chains of one temperature."""
    test = full.splits["test"]
    heat = "1.0"
    one = replace(test, solved={heat: test.solved[heat]}, majority={heat: test.majority[heat]})
    return replace(full, splits={**full.splits, "test": one})


def test_figures_of_sampled_chains_are_means_over_seeds() -> None:
    first, second = (chained(result("discrete", seed, method="discrete", chains=True)) for seed in (1, 2))
    easy, hard = ((2, 2, 2, 2),) * 10, ((0, 0, 1, 0),) * 40
    better = replace(first.splits["test"], solved={"1.0": easy + hard}, majority={"1.0": 0.5})
    (row,) = summarise([replace(first, splits={**first.splits, "test": better}), second])
    # Of the second seed's problems, two in four are solved by one chain of two, and one by both.
    sums = {"1": [4] * 10 + [0.5] * 40, "2": [4] * 10 + [1] * 40}, {"1": [2] * 50, "2": [3] * 50}
    assert {*row.pass_at} == {"1.0"}
    for k, share in row.pass_at["1.0"].items():
        table = [seed[k] for seed in sums]
        assert share.mean == pytest.approx(sum(map(sum, table)) / (2 * TOTAL))
        assert share.interval == crossed_share(table, [4] * 50)
    assert row.majority == {"1.0": pytest.approx(0.4)}


def gained(*results: Result) -> list[Any]:
    return [row.gain for row in summarise(results) if row.method == "grpo"]


def test_a_policys_gain_is_paired_by_seed_and_problem() -> None:
    starts = [result("discrete", seed, correct, method="discrete") for seed, correct in ((1, 100), (2, 104))]
    ends = [result("grpo", seed, correct, method="grpo") for seed, correct in ((1, 120), (2, 132), (3, 8))]
    (gain,) = gained(*starts, *ends)
    assert (gain.start, gain.seeds) == ("discrete", (1, 2))
    assert gain.mean == pytest.approx((0.1 + 0.14) / 2)
    assert gain.interval == crossed_mean(
        [[0] * 25 + [4] * 5 + [0] * 20, [0] * 26 + [4] * 7 + [0] * 17], [4] * 50
    )
    (alone,) = gained(starts[0], ends[0])
    assert alone.interval == crossed_mean([[0] * 25 + [4] * 5 + [0] * 20], [4] * 50)


def test_a_gain_needs_the_arm_that_was_improved() -> None:
    assert gained(result("grpo", method="grpo")) == [None]
    other = result("discrete", seed=7, method="discrete")
    assert gained(other, result("grpo", method="grpo")) == [None]
    wider = result("discrete", method="discrete", width=24)
    assert gained(wider, result("grpo", method="grpo")) == [None]


def test_seeds_with_other_chains_are_refused() -> None:
    full = [result("discrete", seed, method="discrete", chains=True) for seed in (1, 2)]
    with pytest.raises(ValueError, match="discrete, d = 16: seeds have other sampled chains"):
        summarise([full[0], chained(full[1])])


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("name", "discrete"),
        ("method", "discrete"),
        ("supervision", "mnns-4x9"),
        ("epochs", 4),
        ("layers", 1),
        ("seed", 44),
    ],
)
def test_results_are_those_of_the_recipe(tmp_path: Path, place: str, value: Any) -> None:
    document = report_of([result()]).as_dict()
    (tmp_path / "report.json").write_bytes(_changed(document, f"results/0/{place}", value))
    with pytest.raises(RunError, match=r"report contradicts itself: its recipe makes no \S+ of seed"):
        read_report(tmp_path / "report.json")


def test_chains_are_as_many_as_the_recipe_samples(tmp_path: Path) -> None:
    drawn = [result("discrete", method="discrete", chains=True)]
    for samples, fails in ((2, False), (3, True)):
        (tmp_path / "report.json").write_bytes(report_of(drawn, samples=samples).as_bytes())
        with pytest.raises(RunError, match="makes no discrete") if fails else nullcontext():
            read_report(tmp_path / "report.json")


def test_results_on_other_problems_are_refused() -> None:
    single = replace(result(seed=1).splits["test"], clusters=((1, 1),) * 180 + ((0, 1),) * 20)
    with pytest.raises(ValueError, match="results are of different test problems"):
        summarise([result(), replace(result(seed=1), splits={"test": single, "validation": single})])


CHAINS: dict[str, Any] = {"samples": 2, "solved": {"1.0": ((1, 1, 2, 0),) * 50}}


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"correct": 181}, "clusters have 180 right of 200, expected 181 of 200"),
        ({"solved": {"1.0": ((1, 2),) * 50}}, "temperature 1.0 are of other problems"),
        ({"solved": {"1.0": ((1, 3, 0, 0),) * 50}}, "of 2 chains at temperature 1.0 3 are right"),
        ({"solved": {}}, "samples, solved and majority don't go together"),
        ({"samples": 0}, "samples, solved and majority don't go together"),
        ({"samples": 2.0}, "counts: expected whole numbers"),
        ({"valid": 201}, "more right or valid than there are problems"),
        ({"clusters": ((180, 100), (0, 100))}, "more right or valid than there are problems"),
    ],
)
def test_figures_that_contradict_themselves(members: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(result(chains=True).splits["test"], majority={"1.0": 0.5}, **{**CHAINS, **members})


def test_policies_have_no_chains_to_check_and_learned_no_targets() -> None:
    rows = summarise([result("better", method="grpo"), result()])
    assert (rows[0].valid, rows[0].divergence) == (None, ())
    assert rows[0].entropy == pytest.approx((0.693, 1.34, -1e-9))
    table = divergence_section(report_of([result(), result("better", method="grpo")])).table
    assert [each[0] for each in table.rows] == ["cot2"]


@pytest.mark.parametrize("method", ["no-cot", "coconut"])
def test_steps_that_name_no_states_have_no_figures(method: str) -> None:
    (row,) = summarise([result(method, method=method)])
    assert row.valid is None
    assert row.divergence == (None, None, 0.5)
    assert row.entropy[:2] == (None, None)


def test_two_results_of_one_model_are_refused() -> None:
    with pytest.raises(ValueError, match=r"two results of cot2, d = 16, seed 42"):
        summarise([result(), result(correct=3)])


@given(st.lists(st.integers(10, TOTAL), min_size=1, max_size=6), st.randoms())
def test_a_row_doesnt_depend_on_the_order_of_seeds(counts: list[int], random: Any) -> None:
    results = [result(seed=seed, correct=count) for seed, count in enumerate(counts)]
    (row,) = summarise(results)
    random.shuffle(results)
    assert summarise(results) == [row]
    assert 0 <= row.interval.low <= row.mean <= row.interval.high <= 1
    assert row.lowest <= row.mean + 1e-12
    assert row.mean - 1e-12 <= row.highest


@given(st.lists(st.integers(), unique=True).map(sorted), st.integers(1, 20))
def test_thinned_epochs_are_few_and_end_with_the_last(epochs: list[int], most: int) -> None:
    kept = thinned(epochs, most)
    assert len(kept) <= most
    assert list(kept) == sorted(kept)
    assert kept[-1:] == tuple(epochs[-1:])
    assert kept == tuple(epochs) or len(epochs) > most


def test_a_curve_is_of_the_epochs_that_all_seeds_have() -> None:
    (curve,) = curves([result(seed=1), result(seed=2, curve=[(1, 3.0, 0.5), (3, 1.0, 0.8)])])
    assert curve.epochs == (1, 3)
    assert curve.accuracy == ((0.4, 0.9), (0.5, 0.8))
    assert curve.loss == ((2.5, 1.25), (3.0, 1.0))


def test_the_table_of_curves_has_the_last_epoch_of_each_arm() -> None:
    long = [(epoch, 1.0, epoch / 1000) for epoch in range(1, 1000)]
    table = curve_table("Curves", [result(), result("discrete", method="discrete", curve=long)])
    assert table.columns == ["epoch", "d", "cot2", "discrete"]
    assert ["3", "16", "90.0", "0.30"] in table.rows
    assert table.rows[-1] == ["999", "16", "-", "99.9"]
    assert len(table.rows) < 15


def test_the_text_fits_80_columns_and_says_what_was_found(report: TrainingReport) -> None:
    text = report.as_text()
    assert max(map(len, text.splitlines())) <= 80
    said = " ".join(text.split())
    for each in (
        "A small comparison recipe small problems mnns-3x9 1.2.0; test 200, validation 200",
        "models 2 layers, 2 heads, d = 16, 24 seeds 42, 43",
        "cot2, no-cot: AdamW, rate 0.003 (constant), decay 0.01, dropout 0, batch 128, 3 epochs, targets fed",
        "discrete: AdamW, rate 0.003 (constant), decay 0.01, dropout 0, batch 128, 3 epochs, prompts",
        "grpo-k3: GRPO from discrete, K = 3, 8 rollouts, clip 0.1, KL 0",
        "cpu (x86_64), 1 thread, torch 2.13.0",
        "cot2 16 2 90.3 % [78.6, 95.9] 90.0 90.5 85.2 95.0",
        "orders of the same digits are one cluster. Policies draw",
        "grpo-k3 16 discrete 2 +2.5 [-1.3, 6.3]",
        "cot2 16 - 90.3 - -",
        "majority 40.0 % 80/200 always 1, the commonest answer of train",
        "in-degree 51.2 % 102.5/200 the option with fewer incoming edges",
        "discrete 16 0.5 25.0 50.0 30.0",
        "cot2 16 45.0 % 0.125 0.250 0.500",
        "no-cot 16 - - - 0.500",
        "cot2 16 0.693 1.340 0.000",
        "grpo-k3 24 grpo discrete 12,000 3 12.5",
    ):
        assert each in said
    assert "\x1b" in report.as_text(colour=True)


def test_the_text_says_what_intervals_are_of() -> None:
    one, two = [result()], [result("a"), result("a", 43, 160)]
    texts = [" ".join(report_of(each).as_text().split()) for each in (one, two, one + two)]
    told = (
        "Intervals are of one seed over problems alone; orders of the same digits are one cluster.",
        "Intervals are over seeds and problems at once; orders of the same digits are one cluster.",
        "Intervals are over seeds and problems at once, of one seed over problems alone; orders of the",
    )
    assert [line in text for line, text in zip(told, texts, strict=True)] == [True, True, True]


def test_problems_that_are_their_own_clusters_are_no_orders_of_digits() -> None:
    alone = replace(result().splits["test"], clusters=((1, 1),) * 180 + ((0, 1),) * 20)
    text = report_of([replace(result(), splits={"test": alone, "validation": alone})]).as_text()
    assert "Intervals are of one seed over problems alone." in " ".join(text.split())


def test_without_samples_nothing_is_said_of_chains() -> None:
    report = report_of([result()])
    assert "Sampled chains" not in report.as_text()
    assert "Sampled chains" not in Page(report.as_html()).texts


def test_a_release_without_baselines_has_no_table_of_them(report: TrainingReport) -> None:
    assert "Baselines on test" in report.as_text()
    assert "Baselines on test" not in report_of([result()]).as_text()


def test_a_report_of_nothing_can_be_read(tmp_path: Path) -> None:
    report = report_of([])
    assert "Right answers on test" in report.as_text()
    assert Page(report.as_html()).closed
    (tmp_path / "report.json").write_bytes(report.as_bytes())
    assert read_report(tmp_path / "report.json") == report


def test_json_and_back(report: TrainingReport, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(report.as_bytes())
    found = read_report(path)
    assert found == report
    assert found.as_bytes() == report.as_bytes()
    assert b'"curve": [[1,2.5,0.4],' in report.as_bytes()
    assert b'"clusters": [[4,4],' in report.as_bytes()
    assert b'"0.5": [[1,0,0,1],' in report.as_bytes()
    document = report.as_dict()
    assert document == orjson.loads(path.read_bytes())
    assert document["format"] == 3
    assert document["rows"][0]["accuracies"] == [0.9, 0.905]


def test_a_loss_that_isnt_finite_is_null_and_back(tmp_path: Path) -> None:
    report = report_of([result(curve=[(1, math.nan, 0.4), (2, math.inf, 0.3)])])
    assert report.as_dict()["results"][0]["curve"] == [[1, None, 0.4], [2, None, 0.3]]
    (tmp_path / "report.json").write_bytes(report.as_bytes())
    found = read_report(tmp_path / "report.json")
    assert math.isnan(found.results[0].curve[0][1])
    assert found.as_dict() == report.as_dict()


def _changed(document: dict[str, Any], place: str, value: Any) -> bytes:
    *above, last = (int(each) if each.isdigit() else each for each in place.split("/"))
    held: Any = document
    for each in above:
        held = held[each]
    held[last] = value
    return orjson.dumps(document)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("kind", "other", "is no report of a training run"),
        ("format", 2, "has format 2, expected 3; run the recipe again in its folder"),
        ("machine", {}, "breaks the schema of reports at machine"),
        ("baselines/0/right", -1, "breaks the schema of reports at baselines/0/right"),
        ("results/0/splits/test/total", 0, "breaks the schema of reports at results/0/splits/test/total"),
        (
            "results/0/splits/test/clusters/0",
            [4, 0],
            "breaks the schema of reports at results/0/splits/test",
        ),
        (
            "results/0/splits/test/clusters/0",
            [4, 40],
            "the report contradicts itself: clusters have 181 right of 236, expected 181 of 200",
        ),
        ("results/0/curve", [], "breaks the schema of reports at results/0/curve"),
        (
            "results/0/splits/test/entropy",
            [],
            "breaks the schema of reports at results/0/splits/test/entropy",
        ),
        ("recipe/seeds", None, "the report contradicts itself: "),
        ("recipe/policies/0/name", {}, "the report contradicts itself: "),
        ("recipe/arms/0/training/colour", "red", "the report contradicts itself: .*unknown member 'colour'"),
        ("results/1/seed", 43, "the report contradicts itself: two results of cot2, d = 24, seed 43"),
    ],
)
def test_what_is_no_report_is_refused(
    report: TrainingReport, tmp_path: Path, place: str, value: Any, message: str
) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(_changed(report.as_dict(), place, value))
    with pytest.raises(RunError, match=message) as caught:
        read_report(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [None, b"{", b"[]"])
def test_what_is_no_json_object_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "report.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RunError, match=r"expected the report\.json of `mensrea run cot2 --recipe`"):
        read_report(path)


@pytest.mark.parametrize(
    ("kind", "names"), [(Row, ("model", "row")), (Result, ("model", "result")), (Figures, ("figures",))]
)
def test_the_schema_describes_every_member(kind: Any, names: tuple[str, ...]) -> None:
    definitions = orjson.loads(SCHEMA.read_bytes())["$defs"]
    members = {each.name for each in fields(kind)}
    assert {name for each in names for name in definitions[each]["properties"]} == members
    assert {name for each in names for name in definitions[each]["required"]} == members


class Page(HTMLParser):
    """Tags with attributes, and whether every tag is closed in its turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()

    @property
    def closed(self) -> bool:
        return not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_page_is_whole_and_needs_nothing(page: str, report: TrainingReport) -> None:
    found = Page(page)
    assert found.closed
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in found.tags}
    assert not re.search(r"url\((?!#)|@import|https?://(?!www\.w3\.org/)", page)
    ids = [attributes["id"] for _, attributes in found.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {each["aria-labelledby"] for _, each in found.tags if "aria-labelledby" in each} <= {*ids}
    assert report.as_html() == page


def test_the_page_has_plots_with_labels_and_the_texts_figures(page: str) -> None:
    found = Page(page)
    labels = [attributes["aria-label"] for tag, attributes in found.tags if tag == "svg"]
    assert labels == [
        "Right answers on test: means with intervals",
        "Right answers on validation by epoch",
        "Loss in nats by epoch",
        "Right answers on validation by epoch",
        "Mean reward by epoch",
        "Problems that one of k sampled chains solves, by k",
        "Entropy of the model by step",
    ]
    said = " ".join(found.texts)
    for each in (
        "90.3 %",
        "[78.6, 95.9]",
        "d = 24",
        "discrete, T = 0.5",
        "cot2, one pass",
        "0.693",
        "cpu (x86_64)",
    ):
        assert each in said


def test_hostile_names_are_texts() -> None:
    report = report_of([result(HOSTILE), result(HOSTILE, 43, 3)], name=HOSTILE, title=HOSTILE)
    found = Page(report.as_html())
    assert found.closed
    assert "script" not in {tag for tag, _ in found.tags}
    assert not {"\x1b", "\u202e"} & {*report.as_html(), *report.as_text()}


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingLibraryError, match=r"pip install 'mensrea\[report\]'"):
        report_of([result()]).as_html()


@pytest.mark.parametrize(("kind", "count"), [("plain", 1), ("whole", 2), ("doubling", 4)])
def test_lines_are_well_formed_and_take_the_pages_colours(kind: Any, count: int) -> None:
    line = Line(HOSTILE, [1, 2, 8], [0.1, math.nan, 0.9], [0.0, 0.1, 0.8], [0.2, 0.3, 1.0], colour=9, dash=7)
    panels = [Panel(f"{each} {HOSTILE}", [line, Line("_b", [1], [0.5])]) for each in range(count)]
    svg = lines(panels, Scales("x", "y", percent=True, kind=kind), name="p", label=HOSTILE)
    root = ET.fromstring(svg)
    texts = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts.count("_b") == 1
    assert sum(str(each).startswith(f"{count - 1} \\x1b") for each in texts) == 1
    assert "var(--class-1)" in svg
    assert not re.search(r"#0[1-5ab]0", svg)


def test_reports_are_read_without_torch() -> None:
    program = (
        "import sys; sys.modules['torch'] = None\n"
        "import mensrea.training.report_html, mensrea.training.report_json, mensrea.training.report_text"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_machine_is_this_one() -> None:
    torch = pytest.importorskip("torch")
    machine = Machine.of("cpu")
    assert (machine.device, machine.torch) == ("cpu", torch.__version__)
    assert machine.threads == torch.get_num_threads()
