"""A report as JSON and back; report.schema.json describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from ..errors import ResponseError, StorageError
from ..schemas.documents import first_breach
from .declared import ANSWER, declared_from
from .estimators import PaperFigure
from .intervals import Interval
from .judgements import JUDGEMENTS, check_judgements
from .metrics import Metric, Settings
from .report import Baseline, Cost, Release, Report, Subject
from .units import CLUSTER, COLUMNS, check_outcomes

FORMAT = "mensrea-report/1"

_FAMILY = FORMAT.partition("/")[0]
_SCHEMA = Path(__file__).with_name("report.schema.json")


def report_bytes(report: Report) -> bytes:
    """The report as JSON: indented for people, except that samples and judgements are one long line each."""
    head = orjson.dumps(_document(report), option=orjson.OPT_INDENT_2)
    long = {"samples": _samples(report.samples)}
    if report.judgements is not None:
        long["judgements"] = report.judgements.to_dict(as_series=False)
    lines = [b",\n  " + orjson.dumps(name) + b": " + orjson.dumps(each) for name, each in long.items()]
    return head.removesuffix(b"\n}") + b"".join(lines) + b"\n}\n"


def write_report(report: Report, path: Path) -> None:
    """Write a report as JSON.

    Raises:
        StorageError: The file can't be written.
    """
    try:
        path.write_bytes(report_bytes(report))
    except OSError as error:
        raise StorageError(f"{path}: the report can't be written ({error.strerror or error})") from error


def read_report(path: Path) -> Report:
    """Read a report.

    Raises:
        ResponseError: The file can't be read, is no report, has a format of another version, or contradicts
            itself.
    """
    document = _read(path)
    try:
        return _report(document)
    except (ValueError, TypeError, KeyError, pl.exceptions.PolarsError) as error:
        reason = str(error).splitlines()[0]
        raise ResponseError(f"{path}: the report contradicts itself: {reason}; score again") from error


def _document(report: Report) -> dict[str, Any]:
    subject = report.subject
    meanings, counts = subject.classes, report.outcomes
    return {
        "format": FORMAT,
        "mensrea": report.mensrea,
        "scorer": {
            "name": subject.scorer,
            "version": subject.scorer_version,
            "options": dict(subject.options),
        },
        "release": asdict(subject.release),
        "responses": subject.responses,
        "models": [dict(each) for each in subject.models],
        "judges": [dict(each) for each in subject.judges],
        "settings": asdict(report.settings),
        "metrics": [asdict(metric) for metric in report.metrics],
        "baselines": [asdict(each) for each in report.baselines],
        "outcomes": [
            {"name": name, "meaning": meanings[name], "count": count} for name, count in counts.items()
        ],
        "unscored": report.unscored,
        "findings": [dict(each) for each in report.findings],
        "cost": None if report.cost is None else asdict(report.cost),
    }


def _samples(samples: pl.DataFrame) -> dict[str, Any]:
    columns = samples.to_dict(as_series=False)
    own = {name: columns.pop(name) for name in [*COLUMNS, ANSWER, CLUSTER] if name in columns}
    return {**own, "groups": columns}


def _read(path: Path) -> dict[str, Any]:
    try:
        document = orjson.loads(path.read_bytes())
    except OSError as error:
        raise ResponseError(f"{path}: can't be read ({error.strerror or error})") from error
    except orjson.JSONDecodeError as error:
        raise ResponseError(
            f"{path}: is no JSON ({error}); expected a report that `mensrea score --out` wrote"
        ) from error
    found = document.get("format") if isinstance(document, dict) else None
    if not (isinstance(found, str) and found.startswith(f"{_FAMILY}/")):
        raise ResponseError(f"{path}: is no report; expected one that `mensrea score --out` wrote")
    if found != FORMAT:
        raise ResponseError(f"{path}: has format {found}, expected {FORMAT}; use the version that wrote it")
    if (breach := first_breach(document, _SCHEMA)) is not None:
        raise ResponseError(f"{path}: breaks the schema of reports at {breach}; score again")
    return document


def _report(document: Mapping[str, Any]) -> Report:
    classes = {each["name"]: each["meaning"] for each in document["outcomes"]}
    scorer, cost = document["scorer"], document["cost"]
    subject = Subject(
        scorer["name"],
        scorer["version"],
        classes,
        Release(**_known(Release, document["release"])),
        document["responses"],
        document["models"],
        document["judges"],
        scorer.get("options", {}),
    )
    return Report(
        subject,
        Settings(**_known(Settings, document["settings"])),
        [_metric(each) for each in document["metrics"]],
        _frame(document["samples"]),
        document["findings"],
        None if cost is None else Cost(**_known(Cost, cost)),
        [Baseline(**_known(Baseline, each)) for each in document.get("baselines", ())],
        document["mensrea"],
        _judgements(document.get("judgements")),
    )


def _known(kind: Any, members: Mapping[str, Any]) -> dict[str, Any]:
    """The members that this version knows; later ones may have more."""
    return {name: members[name] for name in kind.__dataclass_fields__}


def _metric(document: Mapping[str, Any]) -> Metric:
    members = _known(Metric, document)
    declared_from(members["name"], members["description"], members["definition"])
    for name, kind in (("interval", Interval), ("paper", PaperFigure)):
        if members[name] is not None:
            members[name] = kind(**_known(kind, members[name]))
    if members["bounds"] is not None:
        members["bounds"] = tuple(members["bounds"])
    return Metric(**members)


def _judgements(columns: Mapping[str, Any] | None) -> pl.DataFrame | None:
    if columns is None:
        return None
    frame = pl.DataFrame({name: columns[name] for name in JUDGEMENTS}, schema=dict(JUDGEMENTS))
    check_judgements(frame)
    return frame


def _frame(samples: Mapping[str, Any]) -> pl.DataFrame:
    texts = {name: samples[name] for name in (ANSWER, CLUSTER) if name in samples} | samples["groups"]
    columns = {name: samples[name] for name in COLUMNS} | texts
    frame = pl.DataFrame(columns, schema={**COLUMNS, **dict.fromkeys(texts, pl.String)})
    check_outcomes(frame)
    return frame
