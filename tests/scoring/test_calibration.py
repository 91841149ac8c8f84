from __future__ import annotations

import csv
import itertools
import json
import math
from collections import defaultdict
from pathlib import Path

import polars as pl
import pytest
from mensrea.errors import UsageError
from mensrea.scoring.calibration import agree

FIG3 = (
    Path(__file__).parents[2].parent / "shared/upstream/deceptionbench/human_agreement_fig3_reconstructed.csv"
)

# SafeChain's table of evaluators: accuracy in percent, F1 in percent, Pearson. With 128 of 272 items labelled
# unsafe, each row has one confusion matrix: true and false positives, false and true negatives.
EVALUATORS = {
    "RS-Match": ((70.2, 59.3, 0.429), (59, 12, 69, 132), (64.5, 75.3)),
    "OpenAIMod": ((80.5, 78.2, 0.610), (95, 20, 33, 124), (75.4, 84.8)),
    "HarmBenchEval": ((80.9, 74.8, 0.656), (77, 1, 51, 143), (75.8, 85.1)),
    "Llama-Guard": ((88.2, 86.1, 0.776), (99, 3, 29, 141), (83.9, 91.5)),
}


def files(pairs):
    """Verdicts and labels of pairs; a verdict that is None has a reason."""
    verdicts = pl.DataFrame(
        [
            {"id": f"{n:03}", "value": value, "reason": None if value is not None else "judge-empty"}
            for n, (value, _) in enumerate(pairs)
        ],
        schema={"id": pl.String, "value": pl.String, "reason": pl.String},
    )
    labels = pl.DataFrame([{"id": f"{n:03}", "label": label} for n, (_, label) in enumerate(pairs)])
    return verdicts, labels


def confusion(tp, fp, fn, tn):
    cells = {("unsafe", "unsafe"): tp, ("unsafe", "safe"): fp, ("safe", "unsafe"): fn, ("safe", "safe"): tn}
    return files([pair for pair, count in cells.items() for _ in range(count)])


@pytest.mark.parametrize("name", EVALUATORS)
def test_safechains_evaluators(name):
    (accuracy, f1, pearson), counts, ends = EVALUATORS[name]
    found = agree(*confusion(*counts), positive="unsafe").agreement
    assert found is not None
    assert found.accuracy is not None
    assert found.f1 is not None
    assert found.pearson is not None
    assert (round(100 * found.accuracy, 1), round(100 * found.f1, 1)) == (accuracy, f1)
    assert round(found.pearson, 3) == pearson
    interval = found.intervals["accuracy"]
    assert (round(100 * interval.low, 1), round(100 * interval.high, 1)) == ends


def fitting(name):
    """Every confusion matrix that gives a row of the table."""
    (accuracy, f1, pearson), counts, _ = EVALUATORS[name]
    wrong = counts[1] + counts[2]
    assert round(100 * (272 - wrong) / 272, 1) == accuracy
    for tp, fp in itertools.product(range(273 - wrong), range(wrong + 1)):
        fn, tn = wrong - fp, 272 - wrong - tp
        margins = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
        fits = margins and round(200 * tp / (2 * tp + wrong), 1) == f1
        if fits and round((tp * tn - fp * fn) / math.sqrt(margins), 3) == pearson:
            yield tp, fp, fn, tn


def test_one_number_of_unsafe_labels_fits_all_evaluators():
    found = {name: list(fitting(name)) for name in EVALUATORS}
    numbers = [{tp + fn for tp, _, fn, _ in each} for each in found.values()]
    assert set.intersection(*numbers) == {128}
    for name, each in found.items():
        assert [(tp, fp, fn, tn) for tp, fp, fn, tn in each if tp + fn == 128] == [EVALUATORS[name][1]]


def test_the_text_has_the_figures_of_the_table():
    text = agree(*confusion(*EVALUATORS["Llama-Guard"][1]), positive="unsafe").as_text()
    assert max(map(len, text.splitlines())) <= 80
    assert "labels    272; 272 have a verdict with a value (100.0 %)" in text
    assert "accuracy   88.2 %    [83.9, 91.5]  same label" in text
    assert "F1         86.1 %" in text
    assert "Pearson     0.776" in text
    assert "safe      141      29" in text
    assert "Threshold" not in text


@pytest.mark.skipif(not FIG3.is_file(), reason="the published agreement lies in shared/, which isn't here")
def test_deceptionbenchs_human_agreement():
    counts = defaultdict(lambda: [0, 0])
    with FIG3.open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            counts[row["method"]][0] += int(row["agree_count_inferred"])
            counts[row["method"]][1] += int(row["n_inferred"])
    agreed, total = counts["DTR"]
    pairs = [("yes", "yes")] * agreed + [("no", "yes")] * (total - agreed)
    found = agree(*files(pairs), positive="yes").agreement
    assert (total, round(found.accuracy, 3)) == (260, 0.946)


def test_what_has_no_value_is_counted_and_never_right():
    pairs = (
        [("safe", "safe")] * 6 + [("unsafe", "safe")] + [("unsafe", "unsafe")] * 2 + [(None, "unsafe")] * 3
    )
    verdicts, labels = files(pairs)
    found = agree(verdicts.slice(1), labels, positive="unsafe")
    assert found.unscored == {"judge-empty": 3, "missing": 1}
    assert (found.labels, found.scored, found.coverage) == (12, 8, 8 / 12)
    assert found.agreement.n == 8
    assert found.least_accuracy == pytest.approx(7 / 12)
    text = found.as_text()
    assert "judge-empty       3  25.0 %  the judge said nothing" in text
    assert "If everything without a value counted as wrong, accuracy would be 58.3 %." in text


def test_verdicts_without_a_label_are_said():
    verdicts, labels = files([("safe", "safe"), ("unsafe", "unsafe"), ("safe", "safe")])
    found = agree(verdicts, labels.slice(1), positive="unsafe")
    assert (found.labels, found.unlabelled) == (2, 1)
    assert "1 verdicts on what has no label" in found.as_text()


def scores(pairs):
    return files([(None if score is None else json.dumps(score), label) for score, label in pairs])


ALIGNMENT = [(5, "bad"), (20, "bad"), (45, "bad"), (29.9, "good"), (30, "good"), (80, "good"), (95, "good")]


def test_scores_below_a_threshold_are_positive():
    found = agree(*scores(ALIGNMENT), positive="bad", threshold=30, side="below")
    assert found.agreement.confusion == ((2, 1), (1, 3))
    assert found.threshold == 30
    text = found.as_text()
    assert "value < 30 is bad" in text
    assert "best F1" in text
    assert "found on these labels" in text


def test_scores_without_a_threshold_have_a_sweep_alone():
    found = agree(*scores(ALIGNMENT), positive="bad", side="below")
    assert found.agreement is found.least_accuracy is None
    assert len(found.sweep.points) == 7
    assert found.sweep.auroc == pytest.approx(10 / 12)


def test_a_word_on_a_scale_of_numbers_is_no_number():
    found = agree(*scores([*ALIGNMENT, ("REFUSAL", "good")]), positive="bad", threshold=30, side="below")
    assert found.unscored == {"no-score": 1}
    assert found.agreement.n == 7


def test_probabilities_give_a_sweep_beside_the_verdicts():
    verdicts, labels = files([("safe", "safe"), ("unsafe", "unsafe"), ("safe", "unsafe"), ("safe", "safe")])
    verdicts = verdicts.with_columns(probability=pl.Series([0.1, 0.9, 0.4, 0.2]))
    found = agree(verdicts, labels, positive="unsafe")
    assert found.scores == "P(unsafe)"
    assert found.agreement.accuracy == 0.75
    best = max(found.sweep.points, key=lambda each: each.accuracy)
    assert (best.threshold, best.accuracy) == (0.4, 1.0)
    assert "P(unsafe) >= T is unsafe" in found.as_text()


def test_several_labels_of_an_item_are_cautioned_about():
    verdicts = pl.DataFrame({"id": ["a"] * 3, "sample": [0, 1, 2], "value": ["x", "y", "x"]})
    labels = pl.DataFrame({"id": ["a"] * 3, "sample": [2, 1, 0], "label": ["x", "y", "y"]})
    found = agree(verdicts, labels, positive="x")
    assert found.repeated
    assert found.agreement.accuracy == 2 / 3
    assert "items have several labels" in found.as_text()


def test_nothing_with_a_value_is_no_agreement():
    found = agree(*files([(None, "safe"), (None, "unsafe")]), positive="unsafe")
    assert found.agreement is found.sweep is None
    assert found.coverage == 0
    assert "0 have a verdict with a value (0.0 %)" in found.as_text()


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (
            [("yes", "1"), ("no", "0")],
            "verdicts say 'no', 'yes', labels '0', '1'; spell both alike",
        ),
        ([("safe", "safe")], "found the positive label 'unsafe', expected one of 'safe'"),
        ([("12", "safe")], "a positive label is needed, one of 'safe'; found unsafe"),
    ],
)
def test_words_that_nobody_shares_are_an_error(pairs, message):
    with pytest.raises(UsageError, match=message):
        agree(*files(pairs), positive="unsafe")


def test_json_has_all_of_it_and_is_always_the_same():
    pair = confusion(9, 3, 2, 14)
    document = json.loads(json.dumps(agree(*pair, positive="unsafe").as_dict()))
    assert document["format"] == "mensrea-calibration/1"
    assert document["agreement"]["confusion"] == [[14, 2], [3, 9]]
    assert agree(*pair, positive="unsafe").as_dict() == agree(*pair, positive="unsafe").as_dict()


def test_hostile_words_are_spelled():
    verdicts, labels = files([("\x1b[31mx", "\x1b[31mx"), ("y\n", "\x1b[31mx")])
    text = agree(verdicts, labels, positive="\x1b[31mx").as_text()
    assert all(line.isprintable() for line in text.splitlines())


def test_without_a_positive_label_there_are_figures_of_all_labels():
    found = agree(*files([("a", "a"), ("b", "c"), ("c", "c"), ("b", "b")]))
    assert found.positive is found.agreement.f1 is found.sweep is None
    assert found.agreement.macro_f1 == pytest.approx((1 + 2 / 3 + 2 / 3) / 3)
    text = found.as_text()
    assert "positive" not in text
    assert "precision" not in text
    assert "macro F1" in text


def test_one_question_of_several():
    verdicts, labels = files([("safe", "safe"), ("unsafe", "unsafe")])
    both = pl.concat([verdicts.with_columns(question=pl.lit(each)) for each in ("x", "y")])
    assert agree(both, labels, positive="unsafe", question="x").agreement.n == 2
