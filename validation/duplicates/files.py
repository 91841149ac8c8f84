"""Duplicates and contamination of files, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ...errors import UsageError
from .find import SHINGLE, THRESHOLD, checked_threshold, duplicates_of, silent
from .guard import BUDGET
from .join import Progress
from .places import Places, expanded, read_words
from .reading import read_texts
from .search import BATCH_BUDGET, CONTAINED, NGRAM, OverlapSearch
from .summary import DedupeReport, OverlapReport, dropped_rows
from .words import words_of
from .writing import check_target, dropped_file, write_kept


def dedupe_files(
    paths: Sequence[Path | str],
    *,
    field: str | Sequence[str],
    threshold: float = THRESHOLD,
    shingle: int = SHINGLE,
    budget: int = BUDGET,
    write: Path | str | None = None,
    progress: Progress | None = None,
) -> DedupeReport:
    """Find rows whose text is the same as, or nearly, that of another row of any of the files.

    Args:
        paths: JSON lines (also packed with gzip), Parquet, or folders of these; the earlier row is kept.
        field: A path such as `prompt` or `messages[].content`, or several, whose texts are joined.
        threshold: The least similarity of a pair, above 0 and at most 1.
        shingle: Words a shingle.
        budget: How many candidates may be compared before large groups of similar texts are sampled.
        write: A new file or folder for a copy without the repeated rows; for one path only. Each of them is
            explained in `<write>.dropped.jsonl`.
        progress: Called with a stage, how much is done, and of how much.

    Raises:
        UsageError: A field, a parameter or the place of the copy is wrong.
        SourceError: A file is missing or can't be parsed.
        StorageError: The copy can't be written.
    """
    checked_threshold(threshold, shingle)
    fields, files = _fields(field), expanded(paths)
    if write is not None:
        _check_write(paths, Path(write))
    words, places = read_words(files, fields, progress or silent)
    duplicates = duplicates_of(words, threshold=threshold, shingle=shingle, budget=budget, progress=progress)
    report = DedupeReport(duplicates, places, fields, dropped_rows(duplicates))
    if write is None:
        return report
    write_kept(report, Path(paths[0]), Path(write))
    return replace(report, written=f"{write}, {dropped_file(Path(write))}")


def overlap_files(
    train: Sequence[Path | str],
    test: Sequence[Path | str],
    *,
    field: str | Sequence[str],
    threshold: float = THRESHOLD,
    ngram: int = NGRAM,
    contained: float = CONTAINED,
    shingle: int = SHINGLE,
    budget: int = BATCH_BUDGET,
    progress: Progress | None = None,
) -> OverlapReport:
    """Find test rows whose text occurs in training rows: whole, nearly, or in n-grams.

    Args:
        train: Training files or folders; they are streamed.
        test: Test files or folders; their words are held in memory.
        field: A path such as `prompt`, or several, whose texts are joined; the same on both sides.
        threshold: The least similarity of a near-duplicate pair.
        ngram: Words an n-gram.
        contained: The least share of a test text's n-grams at which it counts as contaminated.
        shingle: Words a shingle of the pairs' similarity.
        budget: How many candidates may be compared for each batch of training rows.
        progress: Called with a stage, how much is done, and of how much.

    Raises:
        UsageError: A field or a parameter is wrong.
        SourceError: A file is missing or can't be parsed.
    """
    fields, say = _fields(field), progress or silent
    train_files, test_files = expanded(train), expanded(test)
    words, test_places = read_words(test_files, fields, say)
    search = OverlapSearch(
        words, threshold=threshold, ngram=ngram, contained=contained, shingle=shingle, budget=budget
    )
    places = Places()
    for done, file in enumerate(train_files):
        places.begin(file)
        for rows in read_texts(file, fields):
            search.add(words_of(rows.texts))
            places.add(rows)
            say("compare", done, len(train_files))
    say("compare", len(train_files), len(train_files))
    return OverlapReport(search.finish(), places, test_places, fields)


def _fields(field: str | Sequence[str]) -> list[str]:
    fields = [field] if isinstance(field, str) else list(field)
    if not fields or not all(fields):
        raise UsageError("no field is named; expected a path such as `prompt` or `messages[].content`")
    return fields


def _check_write(paths: Sequence[Path | str], out: Path) -> None:
    if len(paths) != 1:
        raise UsageError(f"{out}: a copy can be written for one file or folder, not for {len(paths)}")
    check_target(Path(paths[0]), out)
