"""Text that must not be published: credentials, and what identifies a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from ...errors import UsageError
from ..findings import Severity
from . import credentials, identifiers
from .base import Rule
from .candidates import Allowed, TextRule, masked, needed

if TYPE_CHECKING:
    import polars as pl

USUAL = ("email", "phone", "card", "iban", "ssn")
# Numbers that payment firms, banks and offices print in their own documentation.
DOCUMENTED = frozenset(
    (
        "4111111111111111",
        "4242424242424242",
        "4012888888881881",
        "5555555555554444",
        "5105105105105100",
        "378282246310005",
        "371449635398431",
        "6011111111111117",
        "GB82WEST12345698765432",
        "DE89370400440532013000",
        "FR1420041010050500013M02606",
        "123456789",
    )
)


class Secret(TextRule):
    """Texts with a key, a token, a private key or a password in a URL."""

    name: ClassVar[str] = "secret"
    severity: ClassVar[Severity] = "error"

    def __init__(
        self, *, field: str | Sequence[str] = (), fields: Sequence[str] = (), allow: Sequence[str] = ()
    ) -> None:
        """Name the columns.

        Args:
            field: A path, or several.
            fields: More paths.
            allow: Secrets that are none, as they stand, or as a regular expression between slashes; those
                that documentation prints are allowed already.

        Raises:
            UsageError: No path is given, an expression is wrong, or `detect-secrets` isn't installed.
        """
        super().__init__(field=field, fields=fields)
        needed(credentials.detectors, self.name, "detect-secrets")
        self._allowed = Allowed((*credentials.known(), *allow), f"rule {self.name}: allow")
        self._hint = credentials.hint()

    def suspects(self, texts: pl.Series) -> pl.Series:
        """Texts in which a detector may find something."""
        return texts.str.contains(self._hint)

    def examine(self, text: str) -> Iterator[str]:
        """One remark for each secret; none shows it."""
        for each in credentials.find(text):
            if each.text not in self._allowed:
                yield (
                    f"{each.kind} at character {each.start:,}: {masked(each.text)}; revoke and remove it, "
                    "or list it in allow"
                )


class PersonalData(TextRule):
    """Texts with e-mail addresses, phone, card, bank account or social security numbers."""

    name: ClassVar[str] = "personal-data"
    severity: ClassVar[Severity] = "warning"

    def __init__(
        self,
        *,
        field: str | Sequence[str] = (),
        fields: Sequence[str] = (),
        allow: Sequence[str] = (),
        kinds: Sequence[str] = USUAL,
        region: str = "US",
    ) -> None:
        """Name the columns.

        Args:
            field: A path, or several.
            fields: More paths.
            allow: Values that are fine, as they stand, or as a regular expression between slashes.
            kinds: What to look for: `email`, `phone`, `card`, `iban`, `ssn`, and `ipv4`, which isn't usual
                since versions of software look the same.
            region: The country, in two letters, that phone numbers without a country code are of.

        Raises:
            UsageError: No path is given, a kind is unknown, an expression is wrong, or a library isn't there.
        """
        super().__init__(field=field, fields=fields)
        known = needed(lambda: identifiers.kinds(region), self.name, "phonenumbers and python-stdnum")
        unknown = sorted(set(kinds) - set(known))
        if unknown or not kinds:
            raise UsageError(
                f"rule {self.name}: kinds: found {unknown or 'none'}, expected some of {', '.join(known)}"
            )
        self._kinds = [known[kind] for kind in kinds]
        self._allowed = Allowed(allow, f"rule {self.name}: allow")

    def suspects(self, texts: pl.Series) -> pl.Series:
        """Texts in which one of the kinds may stand."""
        return texts.str.contains("|".join(f"(?:{kind.hint})" for kind in self._kinds))

    def examine(self, text: str) -> Iterator[str]:
        """One remark for each kind that is there; none shows a value."""
        for kind in self._kinds:
            found = [(at, value) for at, value in kind.find(text) if not self._fine(value)]
            if found:
                at, value = found[0]
                more = f" and {len(found) - 1:,} more" if len(found) > 1 else ""
                yield f"{kind.name} at character {at:,}: {masked(value)}{more}; replace or allow it"

    def _fine(self, value: str) -> bool:
        return value in self._allowed or value.replace(" ", "").replace("-", "") in DOCUMENTED


RULES: tuple[type[Rule], ...] = (Secret, PersonalData)
