"""A page that needs no network and no script, from a template."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..schemas.printable import printable

TEMPLATES = Path(__file__).with_name("templates")


def page(template: str, content: Mapping[str, Any], *folders: Path) -> str:
    """What a template makes of its content; it follows the reader's light or dark mode.

    Args:
        template: Its file's name; it extends `page.html`, which takes `title`, `models` and `facts`.
        content: What it takes; texts are escaped, and what doesn't print in them is spelled out.
        folders: Where templates are looked for first.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader([*folders, TEMPLATES], encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_clean,
    )
    return environment.get_template(template).render(content)


def _clean(value: Any) -> Any:
    """Texts without what doesn't print; mark-up as it is."""
    return printable(value) if type(value) is str else value
