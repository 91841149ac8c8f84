"""Which reports are about the same model, what they are called, and what keeps them from comparing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..errors import UsageError
from .printing import members
from .report import Report

TASKS = ("core", "generated", "original")
"""Configs whose tasks have habits, the one to prefer first."""

CONFIGS = (*TASKS, "controls", "twins")
_Key = tuple[str, str, str]


def by_model(reports: Sequence[Report]) -> dict[str, dict[str, Report]]:
    """Reports by model and config; models in the order of the reports.

    A model is one name with the same parameters and options; a name that stands for several gets what tells
    them apart.

    Raises:
        UsageError: A report isn't on cogtest, is on a config without habits, or two are about the same model
            and config.
    """
    found: dict[_Key, dict[str, Report]] = {}
    for report in reports:
        release = report.subject.release
        if release.dataset != "cogtest" or release.config not in CONFIGS:
            raise UsageError(
                f"profile: found a report on {release.dataset} {release.config}, expected cogtest with one "
                f"of {', '.join(CONFIGS)}"
            )
        of_model = found.setdefault(_key(report), {})
        if release.config in of_model:
            raise UsageError(
                f"profile: two reports are about {_key(report)[0]} on {release.config}; give one of them"
            )
        of_model[release.config] = report
    return dict(zip(_names(list(found)), found.values(), strict=True))


def tasks_config(models: Mapping[str, Mapping[str, Report]]) -> str:
    """The config with habits that most models have; of several, the first of `TASKS`.

    Raises:
        UsageError: No report is on one.
    """
    counts = {name: sum(name in each for each in models.values()) for name in TASKS}
    most = max(counts.values(), default=0)
    if not most:
        raise UsageError(
            f"profile: no report is on tasks with habits; give one on {' or '.join(TASKS)} for each model"
        )
    return next(name for name in TASKS if counts[name] == most)


def subject_findings(models: Mapping[str, Mapping[str, Report]]) -> Iterator[str]:
    """What differs between reports besides the model, and makes their figures hard to compare."""
    for config in CONFIGS:
        of_config = [each[config] for each in models.values() if config in each]
        yield from _mixed(f"releases of {config}", (_release(each) for each in of_config))
    every = [report for each in models.values() for report in each.values()]
    yield from _mixed("judges", (_judges(each) for each in every if each.subject.judges))
    yield from _mixed("versions of the scorer", (str(each.subject.scorer_version) for each in every))
    for name, each in models.items():
        several = [report for report in each.values() if len(report.subject.models) > 1]
        if several:
            yield f"{name}: a report mixes the responses of several models; score them apart"


def _mixed(what: str, found: Iterable[str]) -> Iterator[str]:
    kinds = list(dict.fromkeys(found))
    if len(kinds) > 1:
        yield f"the reports have different {what}: {'; '.join(kinds)}"


def _release(report: Report) -> str:
    release = report.subject.release
    return f"{release.version} ({release.digest[:12]})"


def _judges(report: Report) -> str:
    """Everything that tells judges apart."""
    found = {
        f"{each.get('model', 'unknown')}, {each.get('name', 'judge')} {each.get('version', '')} "
        f"{str(each.get('digest', ''))[:8]} ({members(each.get('parameters') or {})})"
        for each in report.subject.judges
    }
    return " and ".join(sorted(found))


def _key(report: Report) -> _Key:
    """Name, parameters, and options but for which habits were judged."""
    models = report.subject.models
    options = {name: value for name, value in report.subject.options.items() if name != "habits"}
    names = sorted({str(each.get("model", "unknown")) for each in models}) or ["unknown"]
    asked = sorted({members(_parameters(each)) for each in models})
    return ", ".join(names), " / ".join(asked), members(options)


def _parameters(model: Mapping[str, Any]) -> Mapping[str, Any]:
    return model.get("parameters") or {}


def _names(keys: Sequence[_Key]) -> list[str]:
    alone = [key[0] for key in keys]
    return [
        name if alone.count(name) == 1 else f"{name} ({_apart(key, keys)})"
        for name, key in zip(alone, keys, strict=True)
    ]


def _apart(key: _Key, keys: Sequence[_Key]) -> str:
    """Those of a model's parameters and options that other models of the name haven't."""
    others = [each for each in keys if each[0] == key[0] and each != key]
    own = _parts(key)
    told = [part for part in own if any(part not in _parts(each) for each in others)]
    return ", ".join(told) or "no parameters"


def _parts(key: _Key) -> list[str]:
    return [part for text in key[1:] for part in text.split(", ") if part]
