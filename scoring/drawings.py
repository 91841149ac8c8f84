"""A drawing as a part of a page: with the page's colours and fonts, and ids that occur once."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from ..schemas.printable import printable

_SVG = "http://www.w3.org/2000/svg"
_LINK = "{http://www.w3.org/1999/xlink}href"


def inline(document: bytes, *, name: str, label: str, colours: Mapping[str, str]) -> str:
    """The drawing as an element for a page.

    Args:
        document: What matplotlib wrote, with text as text.
        name: What makes its ids unique in the page.
        label: What it shows, for those who don't see it.
        colours: By colours as drawn, what stands for them in the page.
    """
    ET.register_namespace("", _SVG)
    root = ET.fromstring(document)  # noqa: S314 -- matplotlib has just written it
    for unused in ("metadata", "defs/{*}style/.."):
        for each in root.findall(f"{{*}}{unused}"):
            root.remove(each)
    for each in root.iter():
        _adopt(each, name, colours)
    for size in ("width", "height"):
        root.attrib.pop(size, None)
    root.attrib.update({"role": "img", "aria-label": printable(label)})
    return ET.tostring(root, encoding="unicode")


def _adopt(element: ET.Element, name: str, colours: Mapping[str, str]) -> None:
    attributes = element.attrib
    if "id" in attributes:
        attributes["id"] = f"{name}-{attributes['id']}"
    if _LINK in attributes:
        attributes["href"] = f"#{name}-{attributes.pop(_LINK).removeprefix('#')}"
    for key in ("style", "clip-path", "fill", "stroke"):
        value = attributes.get(key, "").replace("url(#", f"url(#{name}-")
        for colour, variable in colours.items():
            value = value.replace(colour, variable)
        if value:
            attributes[key] = value
    if element.tag == f"{{{_SVG}}}text":
        _without_font(attributes)


def _without_font(attributes: dict[str, str]) -> None:
    kept = [each.strip() for each in attributes.get("style", "").split(";") if each.strip()]
    kept = [each for each in kept if not each.startswith(("font:", "font-family"))]
    attributes["style"] = "; ".join(kept)
