"""What the text and the page of profiles say in the same words, and their tables."""

from __future__ import annotations

from collections.abc import Sequence

from .adaptivity import Adaptivity, Matching
from .habit_clusters import Tree
from .habit_labels import short_name
from .habit_rates import HabitRate
from .habits import HABITS, habits
from .intervals import Interval
from .printing import bare, interval, number, points, probability
from .profile_likeness import Likeness
from .profiles import ModelProfile, Profiles
from .specificity import OffTarget, Specificity
from .twins import TwinGap, Twins
from .unpaired import Gap

RATE_COLUMNS = ["habit", "shown", "interval", "k/n", "covered", "no evidence"]
GAP_COLUMNS = ["habit", "own", "other", "own-other", "interval", "p", "Holm"]
KIN_COLUMNS = ["habit", "own", "kin", "own-kin", "interval", "p", "Holm"]
CONTROL_COLUMNS = ["habit", "own", "controls", "less", "interval", "p", "Holm"]
TWIN_COLUMNS = ["habit", "core", "twin", "core-twin", "interval", "p", "Holm", "pairs"]
LIKENESS_COLUMNS = ["models", "r", "ceiling", "true r", "interval", "rank r"]
TREE_COLUMNS = ["groups", "together", "apart", "Ward"]

SPECIFICITY_NOTE = (
    "Own: the habit's rate on its own tasks; other: on all others; kin: on those others that are of the same "
    "kind, problems or scenes. Problems bring out other habits than scenes do, so the second comparison is "
    "the stricter one."
)
ADAPTIVITY_NOTE = (
    "It doesn't say that the model chooses: tasks differ in length, difficulty and domain too, and the judge "
    "reads the task."
)
TWINS_NOTE = (
    "Four pairs a habit are few: with one sample of each, no single habit can be significant; read the row "
    "of all habits."
)
LIKENESS_NOTE = (
    "r: Pearson's correlation of the rates over the habits. Ceiling: what r comes to on average for two "
    "models with the same true profile, since few tasks make noise. True r: without that noise, with its "
    "interval. Rank r: Spearman's, as measured."
)
TREE_NOTE = (
    "Groups by average linkage on 1 - r. Every tree splits: a cut is to be trusted if its groups hold "
    "together (the pair of a group that shares one least often when tasks are drawn again) and stay apart "
    "(the pair of different groups that shares one most often). Ward: whether Ward's method on the rates "
    "gives the same groups."
)
OFF_TARGET_NOTE = (
    "Percent of samples on tasks of a row's habit that show a column's; columns are numbered as rows."
)


def numbered(habit: str) -> str:
    """A habit's number and short name."""
    return f"{HABITS.index(habit) + 1} {short_name(habit)}"


def model_line(model: ModelProfile) -> str:
    """What was judged of a model."""
    each = "one sample each" if model.samples == model.tasks else f"{model.samples:,} samples"
    return f"{model.tasks:,} tasks of {model.config}, {each}"


def level_of(profiles: Profiles) -> str:
    """The level of intervals: `95 %`."""
    return f"{100 * profiles.settings.level:g} %"


def rate_rows(rates: Sequence[HabitRate]) -> list[list[str]]:
    """Rates of habits, a row each with `RATE_COLUMNS`."""
    return [
        [
            short_name(each.habit),
            number(each.value, "proportion"),
            interval(each.interval, "proportion"),
            f"{each.k:,}/{each.n:,}",
            number(each.coverage, "proportion"),
            f"{each.claimed - each.k:,}/{each.claimed:,}",
        ]
        for each in rates
    ]


def gap_row(name: str, gap: Gap, corrected: float | None) -> list[str]:
    """A difference of two sets of tasks, with `GAP_COLUMNS`."""
    return [
        name,
        bare(gap.a, "proportion"),
        bare(gap.b, "proportion"),
        points(gap.value, "proportion"),
        interval(gap.interval, "proportion"),
        probability(gap.p_value),
        probability(corrected),
    ]


def kin_rows(found: Sequence[Specificity]) -> list[list[str]]:
    """Own tasks against those of the same route."""
    return [
        gap_row(short_name(each.habit), each.kin, each.kin_corrected)
        for each in found
        if each.kin is not None
    ]


def specificity_rows(found: Sequence[Specificity]) -> list[list[str]]:
    """Own tasks against all others."""
    return [gap_row(short_name(each.habit), each.overall, each.corrected) for each in found]


def off_target_rows(found: OffTarget) -> list[list[str]]:
    """Percent by habit of the tasks and habit that is judged."""
    return [
        [numbered(habit), *(f"{100 * k / n:.0f}" if n else "-" for k, n in zip(ks, ns, strict=True))]
        for habit, ks, ns in zip(found.rows, found.k, found.n, strict=True)
    ]


def twin_rows(twins: Twins) -> list[list[str]]:
    """All pairs, and those of each habit, with `TWIN_COLUMNS`."""
    return [_twin_row(each) for each in (twins.pooled, *twins.habits)]


def adaptivity_lines(found: Adaptivity) -> list[tuple[str, str]]:
    """Names and figures of how far habits depend on the task."""
    lines = [
        (name, _matching(each))
        for name, each in (("own - other", found.overall), ("own - kin", found.kin))
        if each is not None
    ]
    if found.task_share is None:
        return [*lines, ("between tasks", "unknown: it needs several samples of a task (--n)")]
    share = _with_interval(number(found.task_share, "proportion"), found.task_share_interval)
    return [*lines, ("between tasks", f"{share} of the variance of single judgements")]


def likeness_rows(found: Sequence[Likeness], names: Sequence[str]) -> list[list[str]]:
    """Correlations of each two models, named by number, with `LIKENESS_COLUMNS`."""
    places = {name: place for place, name in enumerate(names, start=1)}
    return [
        [
            f"{places[each.a]}, {places[each.b]}",
            number(each.pearson, "mean"),
            number(each.ceiling, "mean"),
            number(each.corrected, "mean"),
            interval(each.interval, "mean"),
            number(each.spearman, "mean"),
        ]
        for each in found
    ]


def tree_rows(tree: Tree, names: Sequence[str]) -> list[list[str]]:
    """The tree cut into groups, models by number, with `TREE_COLUMNS`."""
    places = {name: place for place, name in enumerate(names, start=1)}
    return [
        [
            " | ".join(" ".join(str(places[name]) for name in group) for group in cut.groups),
            number(cut.together, "proportion"),
            number(cut.apart, "proportion"),
            "same" if cut.ward_agrees else "differs",
        ]
        for cut in tree.cuts
    ]


def unscored_lines(model: ModelProfile) -> list[tuple[str, str]]:
    """Reasons why samples are unscored, with how many, most first."""
    found: dict[str, int] = {}
    for each in model.habits:
        for reason, count in each.unscored.items():
            found[reason] = found.get(reason, 0) + count
    return [(name, f"{count:,}") for name, count in sorted(found.items(), key=lambda each: -each[1])]


def verdict(model: ModelProfile, level: float) -> str:
    """Which habits are surely tied to their own tasks."""
    kin = [each for each in model.specificity if each.kin_corrected is not None]
    sure = [
        each for each in kin if (each.kin_corrected or 0) < 1 - level and (each.kin and each.kin.value > 0)
    ]
    if not kin:
        return ""
    return (
        f"{len(sure)} of {len(kin)} habits show more on their own tasks than on others of the same kind "
        f"(Holm, {100 * (1 - level):g} %)."
    )


def method_line(profiles: Profiles) -> str:
    """How intervals and tests were computed."""
    settings = profiles.settings
    return (
        f"Shares in percent, differences in points, intervals of {level_of(profiles)}: Wilson's for rates, "
        "with an effective number of trials where tasks have several samples; Newcombe's for differences; "
        f"else tasks drawn again within habits (seed {settings.seed}, {settings.resamples:,} draws). Tests "
        "are Fisher's exact and McNemar's exact for one sample a task, permutations of tasks for several. "
        "Holm's correction is over a table's habits."
    )


def habit_key() -> list[tuple[str, str]]:
    """Short names with the whole ones."""
    return [(numbered(habit), habits()[habit].name) for habit in HABITS]


def _twin_row(each: TwinGap) -> list[str]:
    found = each.difference
    return [
        "all" if each.habit is None else short_name(each.habit),
        bare(found.b, "proportion"),
        bare(found.a, "proportion"),
        points(found.value, "proportion"),
        interval(found.interval, "proportion"),
        probability(found.p_value),
        "-" if each.habit is None else probability(each.corrected),
        f"{found.n_pairs:,}",
    ]


def _matching(found: Matching) -> str:
    value = _with_interval(f"{points(found.value, 'proportion')} points", found.interval)
    return f"{value}, p {probability(found.p_value)}, mean of {found.habits} habits"


def _with_interval(value: str, found: Interval | None) -> str:
    return value if found is None else f"{value} {interval(found, 'proportion')}"
