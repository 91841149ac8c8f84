"""Licence identifiers as the Hub writes them, and where their texts are."""

from __future__ import annotations

from collections.abc import Mapping

_SPDX: Mapping[str, str] = {
    "agpl-3.0": "AGPL-3.0-only",
    "apache-2.0": "Apache-2.0",
    "bsd-2-clause": "BSD-2-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "cdla-permissive-1.0": "CDLA-Permissive-1.0",
    "cdla-permissive-2.0": "CDLA-Permissive-2.0",
    "cdla-sharing-1.0": "CDLA-Sharing-1.0",
    "gpl-3.0": "GPL-3.0-only",
    "isc": "ISC",
    "lgpl-3.0": "LGPL-3.0-only",
    "mit": "MIT",
    "mpl-2.0": "MPL-2.0",
    "odbl": "ODbL-1.0",
    "odc-by": "ODC-By-1.0",
    "pddl": "PDDL-1.0",
    "unlicense": "Unlicense",
}


def licence_url(identifier: str) -> str | None:
    """The page of a licence in the SPDX list, or None where its identifier names no one text."""
    versioned = identifier.startswith("cc") and identifier[-1:].isdigit()
    name = identifier.upper() if versioned else _SPDX.get(identifier)
    return f"https://spdx.org/licenses/{name}.html" if name else None
