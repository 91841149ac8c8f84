"""Finding what identifies a person in text: addresses, numbers with a checksum, numbers with a plan."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

# Neither a formula nor a longer number may go on beside a number.
_BEFORE = r"(?<![\w.,+\-*/=^$\\{}#@%&?:])"
_AFTER = r"(?![\w\-+*/=^\\{}@%]|[.,:]\d)"
_EMAIL = re.compile(
    r"(?<![\w.%+/=&?-])([A-Za-z0-9][\w.%+-]{1,63})@((?:[A-Za-z0-9-]{1,63}\.)+([A-Za-z]{2,12}))(?![\w(\[@-]|\.\w)",
    re.ASCII,
)
_PHONE = re.compile(
    rf"(?<![\w.+*/=^$\\)}}-])\+\d[\d ().\-]{{6,18}}\d{_AFTER}"
    rf"|{_BEFORE}(?:\(\d{{3}}\) ?|\d{{3}}[-. ])\d{{3}}[-.]\d{{4}}{_AFTER}"
)
_CARD = re.compile(
    rf"{_BEFORE}(?:\d{{4}}([ -])\d{{4}}\1\d{{4}}\1\d{{4}}"
    rf"|3[47]\d\d([ -])\d{{6}}\2\d{{5}}|\d{{14,19}}){_AFTER}"
)
_CARD_WORD = re.compile(
    r"\b(?:card|visa|master ?card|amex|american express|credit|debit|cvv|cvc)\b", re.IGNORECASE
)
_ISSUER = re.compile(r"4|5[1-5]|2[2-7]|3[47]|6(?:011|4|5)|3[0689]|35")
_IBAN = re.compile(
    r"(?<![A-Za-z0-9+/=])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9+/=])"
)
_SSN = re.compile(rf"{_BEFORE}\d{{3}}-\d{{2}}-\d{{4}}{_AFTER}")
_IPV4 = re.compile(rf"{_BEFORE}\d{{1,3}}(?:\.\d{{1,3}}){{3}}{_AFTER}")
_NEAR = 80
# Generic top-level domains with people behind them; two letters are a country's. In `x@w.mean` none follows.
_GENERIC = frozenset(
    (
        "com",
        "org",
        "net",
        "edu",
        "gov",
        "mil",
        "int",
        "info",
        "biz",
        "name",
        "pro",
        "dev",
        "app",
        "email",
        "online",
    )
)
_RESERVED = frozenset(("example", "test", "invalid", "localhost", "local"))
_DOCUMENTED = frozenset(("example.com", "example.org", "example.net", "example.edu"))
_ROLES = frozenset(("git", "noreply", "no-reply", "donotreply"))


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of identifier.

    Attributes:
        name: As a finding calls it.
        hint: A cheap expression, for Rust too, that matches wherever one may stand.
        search: The identifiers in a text, each with its place, where the hint matches.
    """

    name: str
    hint: str
    search: Callable[[str], Iterator[tuple[int, str]]]

    def find(self, text: str) -> Iterator[tuple[int, str]]:
        """The identifiers in a text, each with its place, in characters from 0."""
        return self.search(text) if re.search(self.hint, text) else iter(())


def kinds(region: str) -> dict[str, Kind]:
    """All kinds by their short name; phone numbers without a country code are read as of `region`.

    Raises:
        ImportError: `phonenumbers` or `python-stdnum` isn't installed.
    """
    import phonenumbers
    from stdnum import iban, luhn
    from stdnum.us import ssn

    numbers = cast("Any", phonenumbers)
    return {
        "email": Kind("e-mail address", r"[A-Za-z0-9_.%+-]@[A-Za-z0-9-]+\.[A-Za-z]", _emails),
        "phone": Kind(
            "phone number",
            r"\+[0-9][0-9 ().-]{6}|[0-9]{3}\)? ?[-. ]?[0-9]{3}[-.][0-9]{4}",
            partial(_phones, numbers, region),
        ),
        "card": Kind(
            "card number",
            r"(?:^|[^0-9.])[0-9]{14}|[0-9]{4}[ -][0-9]{4}[ -][0-9]{4}|3[47][0-9]{2}[ -][0-9]{6}",
            partial(_cards, luhn),
        ),
        "iban": Kind("IBAN", r"[A-Z]{2}[0-9]{2} ?[A-Z0-9]{4} ?[A-Z0-9]{4}", partial(_valid, _IBAN, iban)),
        "ssn": Kind("US social security number", r"[0-9]{3}-[0-9]{2}-[0-9]{4}", partial(_valid, _SSN, ssn)),
        "ipv4": Kind("public IPv4 address", r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]", _addresses),
    }


def _emails(text: str) -> Iterator[tuple[int, str]]:
    for match in _EMAIL.finditer(text):
        name, domain, top = match[1], match[2].lower(), match[3].lower()
        documented = ".".join(domain.split(".")[-2:]) in _DOCUMENTED or top in _RESERVED
        # In `https://user:word@host.org` the word is a password: another rule's matter.
        in_url = re.search(r"://\S*$", text[max(0, match.start() - _NEAR) : match.start()]) is not None
        if documented or in_url or name.lower() in _ROLES or (len(top) > len("uk") and top not in _GENERIC):
            continue
        yield match.start(), match[0]


def _phones(numbers: Any, region: str, text: str) -> Iterator[tuple[int, str]]:
    for match in _PHONE.finditer(text):
        before = text[: match.start()].rstrip(" ")[-1:]
        # A plus sign after a number or a bracket adds; it doesn't dial.
        if match[0].startswith("+") and before and (before.isdigit() or before in ")]}=^"):
            continue
        try:
            number = numbers.parse(match[0], region)
        except numbers.NumberParseException:
            continue
        if numbers.is_valid_number(number) and not _fictional(match[0]):
            yield match.start(), match[0]


def _fictional(number: str) -> bool:
    """Whether it is of the block 555-0100 to 555-0199, kept free for stories."""
    return re.search(r"55501\d\d$", re.sub(r"\D", "", number)) is not None


def _cards(luhn: Any, text: str) -> Iterator[tuple[int, str]]:
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if not _ISSUER.match(digits) or not luhn.is_valid(digits) or len(set(digits)) < len("4111"):
            continue
        near = text[max(0, match.start() - _NEAR) : match.end() + _NEAR]
        if digits != match[0] or _CARD_WORD.search(near):
            yield match.start(), match[0]


def _valid(pattern: re.Pattern[str], checker: Any, text: str) -> Iterator[tuple[int, str]]:
    """Matches that keep the scheme's checksum or plan; an IBAN's match may have run on into the next word."""
    for match in pattern.finditer(text):
        words = match[0].split(" ")
        for count in range(len(words), 0, -1):
            shorter = " ".join(words[:count])
            if checker.is_valid(shorter):
                yield match.start(), shorter
                break


def _addresses(text: str) -> Iterator[tuple[int, str]]:
    for match in _IPV4.finditer(text):
        try:
            if ipaddress.IPv4Address(match[0]).is_global:
                yield match.start(), match[0]
        except ValueError:
            continue
