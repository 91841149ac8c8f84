"""Where a text was cut: an open fence or formula, a mark of truncation, a sentence without an end."""

from __future__ import annotations

import re
from collections.abc import Callable

LEAST = 200
_FENCE = re.compile(r"^[ \t>]*(`{3,}|~{3,})(.*)$", re.MULTILINE)
_INLINE_CODE = re.compile(r"(`+)(?!`)[^\n]*?(?<!`)\1(?!`)")
_ENVIRONMENT = re.compile(r"\\(begin|end)\s*\{([A-Za-z]+\*?)\}")
_DISPLAY = re.compile(r"(?<!\\)(?:\\\\)*\\([\[\]()])")
_DOLLAR = re.compile(r"(?<!\\)\$")
_FORMULA = re.compile(r"[\\^_={}]")
_ARGUMENT = re.compile(r"\\[A-Za-z]+(?:\{[^{}]*\})*\{[^{}\n$]*$")
_MARK = re.compile(
    r"(?:\[|\(|<)\s*(?:\.\.\.|…|truncated|cut off|output truncated|continued)\s*(?:\]|\)|>)$", re.IGNORECASE
)
_ELLIPSIS = re.compile(r"\w(?:\.{3,}|…)$")
# Sentence ends of the scripts that have them, with the quotes and brackets that may follow.
_STOPS = ".!?。！？．｡।॥؟۔։።᙮…"  # noqa: RUF001
_CLOSERS = "\"'”’»›)]}*_`~」』）】〉》$>|"  # noqa: RUF001
_SENTENCE_END = re.compile(rf"[{re.escape(_STOPS)}][{re.escape(_CLOSERS)}]*(?=\s|$|(?<=[。！？]))")  # noqa: RUF001
# A number ends many an answer without a stop.
_OPEN_END = re.compile(r"[^\W\d_]$|[,;、，(\[{–—-]$")  # noqa: RUF001
_ITEM = re.compile(r"\s*(?:[-*+•–]|\(?(?:\d+|[A-Za-z]|[ivx]+)[.):])\s+\S")  # noqa: RUF001
_APART = re.compile(r"\s*(?:#|\||>|<|\$\$|\\|[-=*_]{3,}\s*$|\*\*[^*]*\*\*:?\s*$)")
_LABELLED = re.compile(r"[^:]{0,40}:\s.{0,60}")
_LINK = re.compile(r"www\.|[@/\\=_]")
# The last of several options, and a blank to be filled in, have no full stop.
_CHOICE = re.compile(r"\([A-Ga-g1-6]\)|(?:^|[\s;,.])[B-G][.):]\s|\(\s*\)|__|\.\.\.|…")
_WORDY, _LONG_LINE = 8, 60
_SEEN, _USUAL = 2, 0.8
_TAIL = 80


def open_fence(text: str) -> str | None:
    """A code fence that nothing closes, as Markdown reads them."""
    opened: re.Match[str] | None = None
    for match in _FENCE.finditer(text):
        if opened is None:
            opened = None if match[1][0] == "`" and "`" in match[2] else match
        elif match[1].startswith(opened[1]) and not match[2].strip():
            opened = None
    if opened is None:
        return None
    return f"the code fence at line {text.count(chr(10), 0, opened.start()) + 1:,} is never closed"


def open_formula(text: str) -> str | None:
    r"""A LaTeX environment, a display, `$$`, `$` or a command's argument that is open at the end."""
    prose = without_code(text)
    return _open_environment(prose) or _open_display(prose) or _open_dollar(prose)


def mark(text: str) -> str | None:
    """A mark of truncation such as `[...]`, or dots after a word of a longer text."""
    end = text.rstrip()
    tail = end[-_TAIL:]
    found = _MARK.search(tail) or (_ELLIPSIS.search(tail) if len(end) >= LEAST else None)
    return None if found is None else f"the text ends with {found[0].lstrip()[-20:]!r}"


def open_sentence(text: str) -> str | None:
    """A last sentence without an end, where those before it have one: items of a list are their own kind."""
    end = text.rstrip()
    if len(end) < LEAST or not _OPEN_END.search(end[-1:]):
        return None
    blocks = _blocks(without_code(end))
    if not blocks or not blocks[-1].endswith(end.split()[-1]) or not _running(blocks[-1]):
        return None
    item = bool(_ITEM.match(blocks[-1]))
    like = [block for block in blocks[:-1] if _running(block) and bool(_ITEM.match(block)) == item]
    closed = sum(1 for block in like if _SENTENCE_END.search(block[-4:]) or block.endswith(":"))
    sentences = sum(len(_SENTENCE_END.findall(block)) for block in blocks)
    if sentences < _SEEN or closed < _USUAL * len(like) or (item and len(like) < _SEEN):
        return None
    return f"the text ends inside a sentence: …{end[-30:]!r}"


CHECKS: dict[str, Callable[[str], str | None]] = {
    "fence": open_fence,
    "formula": open_formula,
    "mark": mark,
    "sentence": open_sentence,
}


def without_code(text: str) -> str:
    """The text without closed code blocks and code within lines."""
    parts: list[str] = []
    fence, start = "", 0
    for match in _FENCE.finditer(text):
        if not fence and not (match[1][0] == "`" and "`" in match[2]):
            fence = match[1]
            parts.append(text[start : match.start()])
        elif fence and match[1].startswith(fence) and not match[2].strip():
            fence, start = "", match.end()
    if not fence:
        parts.append(text[start:])
    return _INLINE_CODE.sub(" ", "\n".join(parts))


def _open_environment(prose: str) -> str | None:
    opened: list[str] = []
    surplus, last = 0, ""
    for match in _ENVIRONMENT.finditer(prose):
        last = match[1]
        surplus += 1 if last == "begin" else -1
        if last == "begin":
            opened.append(match[2])
        elif match[2] in opened:
            del opened[len(opened) - 1 - opened[::-1].index(match[2]) :]
    return rf"\begin{{{opened[-1]}}} is never closed" if opened and (surplus > 0 or last == "begin") else None


def _open_display(prose: str) -> str | None:
    last: dict[str, int] = {match[1]: match.start() for match in _DISPLAY.finditer(prose)}
    for start, end in ("[]", "()"):
        if last.get(start, -1) > last.get(end, -1):
            return rf"\{start} is never closed by \{end}"
    return None


def _open_dollar(prose: str) -> str | None:
    display, rest = prose.count("$$"), prose.replace("$$", "  ")
    if display % 2:
        return "$$ is never closed"
    places = [match.start() for match in _DOLLAR.finditer(rest)]
    # A lone dollar sign is mostly a price: what follows must look like a formula and reach the end.
    if len(places) % 2:
        tail = rest[places[-1] + 1 :]
        if tail[:1].strip() and not tail[:1].isdigit() and _FORMULA.search(tail) and "\n\n" not in tail:
            return "$ is never closed"
    if _ARGUMENT.search(prose.rstrip()):
        return "the argument of the last LaTeX command is never closed"
    return None


def _blocks(text: str) -> list[str]:
    """Paragraphs and items, each on one line: a long line that runs on was wrapped."""
    blocks: list[str] = []
    joined = False
    for line in text.splitlines():
        fresh = not joined or _ITEM.match(line) or _APART.match(line)
        if line.strip() and fresh:
            blocks.append(line.strip())
        elif line.strip():
            blocks[-1] += " " + line.strip()
        joined = len(line) >= _LONG_LINE and not _APART.match(line)
    return blocks


def _running(block: str) -> bool:
    """Whether a block is long running text: no heading, table, label, link, option or code."""
    if _LINK.search(block.rsplit(None, 1)[-1]) or _CHOICE.search(block):
        return False
    if _APART.match(block) or _LABELLED.fullmatch(block):
        return False
    spaced = len(block.split()) >= _WORDY and len(block) >= _LONG_LINE
    return spaced or (len(block) >= _LONG_LINE // 2 and not re.search(r"[A-Za-z]{3}| ", block))
