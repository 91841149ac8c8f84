"""Characters and classes of regular expressions, spelt so that ECMA-262 and Rust read them alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Range = tuple[int, int]
# A character, the characters of an escape such as `\d`, or a property such as `\p{L}` as it stands.
Item = int | list[Range] | str

LAST = 0x10FFFF
HIGH_SURROGATES = range(0xD800, 0xDC00)
LOW_SURROGATES = range(0xDC00, 0xE000)
SETS: Mapping[str, Sequence[Range]] = {
    "d": ((0x30, 0x39),),
    "w": ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)),
    "s": (
        (0x09, 0x0D),
        (0x20, 0x20),
        (0xA0, 0xA0),
        (0x1680, 0x1680),
        (0x2000, 0x200A),
        (0x2028, 0x2029),
        (0x202F, 0x202F),
        (0x205F, 0x205F),
        (0x3000, 0x3000),
        (0xFEFF, 0xFEFF),
    ),
}
CONTROLS = {"f": 0x0C, "n": 0x0A, "r": 0x0D, "t": 0x09, "v": 0x0B}
# General categories mean the same in both, up to the version of Unicode.
CATEGORIES = frozenset(
    {
        *("L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No"),
        *(
            "P",
            "Pc",
            "Pd",
            "Ps",
            "Pe",
            "Pi",
            "Pf",
            "Po",
            "S",
            "Sm",
            "Sc",
            "Sk",
            "So",
            "Z",
            "Zs",
            "Zl",
            "Zp",
            "Cc",
            "Cf",
        ),
        *(
            "Letter",
            "Uppercase_Letter",
            "Lowercase_Letter",
            "Mark",
            "Number",
            "Decimal_Number",
            "Punctuation",
            "Symbol",
        ),
    }
)


def complement(ranges: Sequence[Range]) -> list[Range]:
    """The characters outside of ascending ranges."""
    starts = [0, *(high + 1 for _, high in ranges)]
    ends = [*(low - 1 for low, _ in ranges), LAST]
    return [(low, high) for low, high in zip(starts, ends, strict=True) if low <= high]


def spell(code: int) -> str:
    """A character, inside or outside of a class."""
    character = chr(code)
    plain = character.isascii() and (character.isalnum() or character in " _")
    return character if plain else f"\\u{{{code:X}}}"


def spell_class(items: Sequence[Item], *, negated: bool = False) -> str:
    """A character class; one without items finds nothing, one of lone surrogates neither."""
    inner = "".join(_spell_item(each) for each in items)
    if not inner:
        inner, negated = f"{spell(0)}-{spell(LAST)}", not negated
    return f"[{'^' if negated else ''}{inner}]"


def _spell_item(item: Item) -> str:
    if isinstance(item, str):
        return item
    return "".join(map(_spell_range, [(item, item)] if isinstance(item, int) else item))


def _spell_range(ends: Range) -> str:
    # Text of rows is well formed, so surrogates can be left out, and Rust doesn't take them.
    low = LOW_SURROGATES.stop if is_surrogate(ends[0]) else ends[0]
    high = HIGH_SURROGATES.start - 1 if is_surrogate(ends[1]) else ends[1]
    if low > high:
        return ""
    return spell(low) if low == high else f"{spell(low)}-{spell(high)}"


def is_surrogate(code: int) -> bool:
    """Whether it is half of a pair, which is no character."""
    return code in HIGH_SURROGATES or code in LOW_SURROGATES
