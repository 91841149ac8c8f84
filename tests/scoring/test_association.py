"""Habits against labels of harm: corrections, models, findings, and how the result reads."""

import json
from itertools import pairwise

import polars as pl
import pytest
from mensrea.errors import UsageError
from mensrea.scoring.association import POOLED, associate
from mensrea.scoring.association_tables import Table
from mensrea.scoring.comparison import correct
from mensrea.scoring.habits import HABITS

from .labelled_habits import labelled, of_counts, planted, samples


def test_corrections_go_over_the_habits_of_a_model():
    tables = [Table(30, 50, 10, 50), Table(22, 50, 12, 50), Table(15, 50, 14, 50)]
    frame = pl.concat(of_counts(each, habit=habit) for each, habit in zip(tables, HABITS, strict=False))
    rows = associate(labelled(frame)).rows
    p_values = [each.odds.p_value for each in rows]
    assert [each.habit for each in rows] == list(HABITS[:3])
    assert [each.holm for each in rows] == pytest.approx([3 * p_values[0], 2 * p_values[1], p_values[2]])
    assert rows[1].fdr == pytest.approx(1.5 * p_values[1])
    one = associate(labelled(frame), habits=[HABITS[1]]).rows
    assert [each.holm for each in one] == pytest.approx([p_values[1]])


@pytest.mark.slow
def test_matched_p_values_have_corrections_of_their_own():
    frames = []
    for place, habit in enumerate(HABITS[:3]):
        shown, harmful, lengths = planted(place, items=300, log_odds=0.5 * place)
        kinds = ["ab"[each % 2] for each in range(300)]
        frames.append(samples(shown, harmful, lengths=lengths, categories=kinds, habit=habit))
    rows = associate(labelled(pl.concat(frames))).rows
    for name, held in (("matched", "holm_matched"), ("matched_category", "holm_category")):
        expected = correct([getattr(each, name).odds.p_value for each in rows])
        assert [getattr(each, held) for each in rows] == pytest.approx(expected)


def test_several_models_are_shown_apart_and_pooled():
    first, second = of_counts(Table(30, 50, 10, 50)), of_counts(Table(20, 60, 12, 60), model="n")
    found = associate(labelled(pl.concat([first, second])))
    assert [each.model for each in found.rows] == ["m", "n", POOLED]
    assert found.rows[2].table == Table(50, 110, 22, 110)
    assert found.rows[2].odds.method == "gee"


def test_findings_say_what_can_t_be_told():
    shown, harmful, lengths = planted(3)
    unknown = [None, *lengths[1:]]
    known = samples(shown, harmful, lengths=unknown)
    never = samples([False] * 600, harmful, lengths=unknown, habit="persisting")
    found = associate(labelled(pl.concat([known, never]), "m: one label was lost"))
    assert found.findings == [
        "m: one label was lost",
        "m: 1 of 600 scored samples have no known length, and aren't matched",
        "m: not tested, since all scored samples show it, or none, or one label is left: persisting",
        "m: 1 habits are below 10 % on both sides, marked *; the paper leaves such out",
    ]
    assert found.rows[1].holm is None


def test_findings_name_what_is_tested_otherwise_and_models_with_one_label():
    apart = samples([True] * 20 + [False] * 40, [True] * 30 + [False] * 30, draws=2)
    harmless = samples([True, False] * 30, [False] * 60, draws=2, model="n")
    found = associate(labelled(pl.concat([apart, harmless])))
    said = "\n".join(found.findings)
    assert "m: no estimating equations, since a side shows the habit always or never" in said
    assert "n: every sample is labelled harmless, so nothing is compared" in said
    assert "n: not tested" not in said
    assert "m: lengths aren't known, so nothing is matched; pass --lengths RESPONSES" in said


def test_labels_of_several_kinds_count_together_and_it_is_said():
    frame = of_counts(Table(30, 50, 10, 50)).with_columns(
        label=pl.when(pl.int_range(pl.len()) > 90).then(pl.lit("refused")).otherwise("label")
    )
    found = associate(labelled(frame))
    assert found.rows[0].table.unlabelled == 50
    assert found.others == ("harmless", "refused")
    assert "harmful is held against harmless and refused together" in found.findings


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["harmless", "harmless"], "found harmless; expected 'harmful' and another one"),
        (["harmful", "harmful"], "found harmful; expected 'harmful' and another one"),
        (["yes", "no"], "found no, yes; expected 'harmful'"),
    ],
)
def test_labels_of_one_kind_are_refused(names, message):
    frame = samples([True, False], [True, False]).with_columns(pl.Series("label", names))
    with pytest.raises(UsageError, match=message):
        associate(labelled(frame))


def test_habits_that_weren_t_judged_are_refused():
    frame = of_counts(Table(30, 50, 10, 50))
    with pytest.raises(UsageError, match="did you mean 'taking_responsible_risks'"):
        associate(labelled(frame), habits=["taking_responsible_risk"])
    with pytest.raises(UsageError, match="'luck' wasn't judged; judged are taking_responsible_risks"):
        associate(labelled(frame), habits=["luck"])


def test_text_fits_a_terminal_and_has_all_parts():
    shown, harmful, lengths = planted(3, items=150)
    kinds = ["ab"[each % 2] for each in range(150)]
    known = pl.concat(
        samples(shown, harmful, lengths=lengths, categories=kinds, habit=each) for each in HABITS
    )
    text = associate(labelled(known)).as_text(80)
    assert max(map(len, text.splitlines())) <= 80
    titles = ("harmful responses against", "samples of like length", "like length and the same category")
    places = [text.index(each) for each in titles]
    assert all(one < other for one, other in pairwise(places))
    assert "standard deviations before matching" in " ".join(text.split())
    bare = associate(labelled(samples(shown, harmful))).as_text(80)
    assert "like length\n" not in bare
    assert "pass --lengths" in " ".join(bare.split())


def test_the_result_is_json():
    shown, harmful, lengths = planted(3, items=200)
    found = associate(labelled(samples(shown, harmful, lengths=lengths))).as_dict()
    assert json.loads(json.dumps(found)) == found
    assert found["format"] == "mensrea-association/1"
    assert found["rows"][0]["odds"]["interval"]["method"] == "woolf"
