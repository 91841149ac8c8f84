"""The JSON-LD context of Croissant 1.1, as its specification gives it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CONFORMS_TO = ("http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0")
_TERMS = """
    annotation arrayShape citeAs column containedIn equivalentProperty excludes extract field fileObject
    fileProperty fileSet format includes isArray isLiveDataset jsonPath key md5 parentField path readLines
    recordSet references regex repeated replace samplingRate sdVersion separator source subField transform
    unArchive
"""

CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    **{term: f"cr:{term}" for term in _TERMS.split()},
}
