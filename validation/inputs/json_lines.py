"""JSON lines as blocks of whole lines, in bounded memory, and as rows with what is wrong about each line.

No line is lost: each is a row, or has one of the findings `broken-line`, `invalid-utf8` and `blank-line`.
"""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

from ..findings import Finding, Severity
from .json_values import Problem, exact

LONGEST_LINE = 256 << 20
BLOCK_BYTES = 4 << 20
_STEP = 1 << 16
_BOM = b"\xef\xbb\xbf"
_NEWLINE, _ZERO, _MINUS, _POINT = b"\n0-."
Indices = npt.NDArray[np.int64]

# What could make a repeated key escape the count of `":`.
_SPACED_COLON = re.compile(rb'"[ \t\r]+:')


@dataclass(frozen=True)
class LineBlock:
    r"""Consecutive whole lines of a file.

    Attributes:
        data: The lines' bytes, each with its `\n`; the file's last line may lack it.
        first_line: Number of the first line in the file, from 1.
        lines: How many lines there are in `data`.
        skipped: How many lines were left out at this place, for being too long.
        file: The file as the user named it.
        findings: About reading the file up to here: about the file, or about skipped lines.
    """

    data: bytes
    first_line: int = 1
    lines: int = 0
    skipped: int = 0
    file: str = ""
    findings: Sequence[Finding] = ()

    @cached_property
    def starts(self) -> Indices:
        """Offset of each line in `data`, and the length of `data` after the last."""
        return line_starts(self.data)

    def line(self, position: int) -> bytes:
        r"""One line's bytes without its `\n`, by position in the block from 0."""
        return self.data[self.starts[position] : self.starts[position + 1]].removesuffix(b"\n")


def line_starts(data: bytes) -> Indices:
    """Offset of each line, and the length of `data` after the last."""
    newlines = np.flatnonzero(np.frombuffer(data, np.uint8) == _NEWLINE)
    ends = newlines + 1
    if data and not data.endswith(b"\n"):
        ends = np.append(ends, len(data))
    return np.concatenate([np.zeros(1, np.int64), ends.astype(np.int64)])


@dataclass(frozen=True, slots=True)
class ParsedBlock:
    """Rows of a block.

    Attributes:
        rows: The lines' values.
        lines: Each row's line in the file, from 1.
        findings: What is wrong about lines, in their order.
    """

    rows: list[Any]
    lines: Indices
    findings: list[Finding]


def read_blocks(
    path: Path, *, block_bytes: int = BLOCK_BYTES, longest: int = LONGEST_LINE, name: str = ""
) -> Iterator[LineBlock]:
    """Read a file of JSON lines; never raises for what is in it.

    `.gz`, `.zst` and `.zstd` are decompressed. A damaged file gives the lines before the damage (of zstd
    all but the last 64 KiB or less) and the finding `unreadable-file`. Memory: about twice the larger of
    a block and a line.

    Args:
        path: The file.
        block_bytes: Bytes a block, about; more if a line is longer.
        longest: Bytes of the longest line that is read; a longer one is skipped and found `broken-line`.
        name: The file as the user named it; `path` if empty.
    """
    cutter = _Cutter(name or str(path), block_bytes, longest)
    try:
        for piece in _pieces(path, block_bytes):
            yield from cutter.add(piece)
    except (OSError, EOFError, zlib.error) as error:
        yield from cutter.damaged(error)
    else:
        yield from cutter.finish()


def _pieces(path: Path, size: int) -> Iterator[bytes]:
    suffix = path.suffix.lower()
    if suffix == ".gz":
        with gzip.open(path) as file:
            yield from iter(lambda: file.read1(_STEP), b"")
    elif suffix in (".zst", ".zstd"):
        with pa.OSFile(str(path)) as raw, pa.CompressedInputStream(raw, "zstd") as stream:
            yield from iter(lambda: stream.read(_STEP), b"")
    else:
        with path.open("rb", buffering=0) as file:
            if file.seekable():
                yield from _whole_lines(file.fileno(), size)
            else:
                yield from iter(lambda: file.read(size), b"")


def _whole_lines(file: int, size: int) -> Iterator[bytes]:
    """Pieces of a file on disk that mostly end with a line, so that they needn't be put together again."""
    at = 0
    while True:
        newline = os.pread(file, _STEP, at + size).find(b"\n")
        piece = os.pread(file, size + newline + 1, at)
        if not piece:
            return
        yield piece
        at += len(piece)


class _Cutter:
    """Joins pieces of a file and cuts them after newlines."""

    def __init__(self, name: str, block_bytes: int, longest: int) -> None:
        self.name = name
        self.block_bytes = block_bytes
        self.longest = longest
        self.line = 1
        self.read = 0
        self.crlf = 0
        self.skipping = False
        self.whole: list[bytes | memoryview] = []
        self.tail: list[bytes] = []
        self.findings: list[Finding] = []

    def add(self, piece: bytes) -> Iterator[LineBlock]:
        if self.read < len(_BOM):
            piece = b"".join(self.tail) + piece
            self.tail.clear()
            self.read = len(piece)
            if piece.startswith(_BOM):
                piece = piece.removeprefix(_BOM)
                self._find("byte-order-mark", "begins with a UTF-8 byte order mark, expected none", line=1)
        # A piece is a block and the rest of its last line, or less; a line inside a part is never too long.
        for part in _cut(piece, min(self.block_bytes + _STEP, self.longest)):
            yield from self._add(part)

    def _add(self, part: bytes) -> Iterator[LineBlock]:
        cut = part.rfind(b"\n") + 1
        if cut and self._too_long(part.find(b"\n")):
            after = part.find(b"\n") + 1
            yield from self._flush()
            yield self._skip()
            part, cut = part[after:], cut - after
        if cut:
            self.whole += [*self.tail, part if cut == len(part) else memoryview(part)[:cut]]
            self.tail.clear()
        if cut < len(part):
            self.tail.append(part[cut:])
        if not self.skipping and self._too_long(0):
            self.skipping = True
        if self.skipping:
            self.tail.clear()
        if sum(map(len, self.whole)) >= self.block_bytes:
            yield from self._flush()

    def _too_long(self, more: int) -> bool:
        return self.skipping or sum(map(len, self.tail)) + more > self.longest

    def _flush(self) -> Iterator[LineBlock]:
        data = b"".join(part for part in self.whole if part)
        self.whole.clear()
        if data:
            yield self._block(data)

    def _block(self, data: bytes = b"", skipped: int = 0) -> LineBlock:
        if b"\r" in data:
            self.crlf += data.count(b"\r\n")
        starts = line_starts(data)
        lines = len(starts) - 1
        block = LineBlock(data, self.line, lines, skipped, self.name, tuple(self.findings))
        block.__dict__["starts"] = starts  # what `cached_property` would look for later
        self.findings.clear()
        self.line += lines + skipped
        return block

    def _skip(self) -> LineBlock:
        self.tail.clear()
        self.skipping = False
        message = f"is longer than {self.longest} bytes; not read"
        self._find("broken-line", message, "error", line=self.line)
        return self._block(skipped=1)

    def finish(self) -> Iterator[LineBlock]:
        rest = b"".join(self.tail)
        if self.skipping:
            yield from self._flush()
            yield self._skip()
        elif rest:
            last = self.line + sum(bytes(part).count(b"\n") for part in self.whole)
            self._find("unterminated-line", "the last line has no newline", "note", line=last)
            self.whole.append(rest)
        self.tail.clear()
        yield from self._flush()
        yield from self._end()

    def damaged(self, error: Exception) -> Iterator[LineBlock]:
        yield from self._flush()
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        self._find(
            "unreadable-file", f"can't be read from line {self.line} on: {' '.join(reason.split())}", "error"
        )
        yield from self._end()

    def _end(self) -> Iterator[LineBlock]:
        if self.crlf:
            lines = "1 line ends" if self.crlf == 1 else f"{self.crlf:,} lines end"
            self._find("crlf", f"{lines} with CR LF, expected LF alone")
        if self.findings:
            yield self._block()

    def _find(self, code: str, message: str, severity: Severity = "warning", line: int | None = None) -> None:
        where = self.name if line is None else f"{self.name}:{line}"
        self.findings.append(Finding(code, message, severity, where, file=self.name, line=line))


def _cut(piece: bytes, size: int) -> Iterator[bytes]:
    return (piece[at : at + size] for at in range(0, len(piece), size))


def parse_block(block: LineBlock, positions: Sequence[int] | Indices | None = None) -> ParsedBlock:
    """Every line's value, or what keeps it from having one. Pure; may run in threads.

    Of repeated keys the last counts. A number that isn't finite stays a float NaN or infinity in its row,
    whose other values are as written. Integers beyond 64 bits are exact. A line nested deeper than 512 is
    found broken.

    Args:
        block: Lines.
        positions: The lines to parse, by position in the block from 0; all if None.
    """
    lines = _lines(block) if positions is None else _some_lines(block, positions)
    numbers = np.arange(block.lines) if positions is None else np.asarray(positions)
    numbers = numbers.astype(np.int64) + block.first_line
    rows = _at_once(lines, block.data if positions is None else b"\n".join(lines))
    if rows is not None:
        return ParsedBlock(rows, numbers, [])
    return _one_by_one(lines, numbers, block.file)


def _some_lines(block: LineBlock, positions: Sequence[int] | Indices) -> list[bytes]:
    first, last = (int(positions[0]), int(positions[-1])) if len(positions) else (0, -1)
    if last - first + 1 != len(positions):
        return [block.line(int(at)) for at in positions]
    lines = block.data[block.starts[first] : block.starts[last + 1]].split(b"\n")
    return lines[: len(positions)]


def _lines(block: LineBlock) -> list[bytes]:
    lines = block.data.split(b"\n")
    return lines[:-1] if len(lines) > block.lines else lines


def _at_once(lines: list[bytes], data: bytes) -> list[Any] | None:
    try:
        rows = list(map(orjson.loads, lines))
        return rows if _faithful(data, rows) else None
    except (orjson.JSONDecodeError, TypeError):
        return None


def _faithful(data: bytes, rows: list[Any]) -> bool:
    r"""Whether orjson's values are what the text says, without a repeated key.

    orjson makes doubles of integers beyond 64 bits, and drops repeated keys. Every key gives one `":`, and
    so does some text, in the input as in what is written from the values: fewer there means members were
    dropped. Spaces before a colon and the escapes of `"` and `:` would hide that. Raises TypeError for
    values too deep to write.
    """
    if _has_long_digits(data) or _SPACED_COLON.search(data):
        return False
    if b"\\" in data and (b"\\u0022" in data or b"\\u003" in data):
        return False
    return data.count(b'":') == orjson.dumps(rows).count(b'":')


def _has_long_digits(data: bytes) -> bool:
    """Whether 20 digits follow each other, not after a point, or 19 after a minus."""
    values = np.frombuffer(b" " + data, np.uint8)
    runs = (values[1:] - _ZERO) < 10  # noqa: PLR2004
    for step in (1, 2, 4, 8, 3):
        runs = runs[:-step] & runs[step:] if len(runs) > step else runs[:0]
    starts = np.flatnonzero(runs)
    before = values[starts]
    after = np.isin(starts + 1, starts, assume_unique=True)
    fractional = (before == _POINT) | ((before - _ZERO) < 10)  # noqa: PLR2004
    return bool(((before == _MINUS) | (after & ~fractional)).any())


def _one_by_one(lines: list[bytes], numbers: Indices, file: str) -> ParsedBlock:
    rows: list[Any] = []
    kept: list[int] = []
    findings: list[Finding] = []
    for line, number in zip(lines, numbers.tolist(), strict=True):
        quick = _at_once([line], line)
        values, problems = (quick, ()) if quick is not None else exact(line)
        rows += values
        kept += [number] * len(values)
        findings += (_finding(problem, file, number) for problem in problems)
    return ParsedBlock(rows, np.asarray(kept, np.int64), findings)


def _finding(problem: Problem, file: str, line: int) -> Finding:
    return Finding(
        problem.code,
        problem.message,
        problem.severity,
        f"{file}:{line}",
        problem.pointer,
        file=file,
        line=line,
    )
