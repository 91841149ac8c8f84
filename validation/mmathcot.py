"""MMathCoT-1M (URSA, arXiv 2501.04686): maths questions about a figure with solutions in steps (section 2.2).

An instruction ends with `Question:` and the question, an output with `†Answer:` and the answer. The first
part of the figure's path is one of six folders, the only trace of where a question came from. The publisher
declares English and Chinese.
"""

from __future__ import annotations

from typing import Any

from .rules.base import Declared, Suppression, rule

COLLECTIONS = ("MathV-360k", "Multimath", "DataEngine_Geometry", "Geo170K", "Mavis_Extra", "VarsityTutors")
COLLECTION_OF_PATH: dict[str, Any] = {
    "anyOf": [
        {"properties": {"collection": {"const": name}, "image_url": {"pattern": f"^{name}/"}}}
        for name in COLLECTIONS
    ]
}

RULES: tuple[Declared, ...] = (
    rule("duplicate-id"),
    rule(
        "cross-field",
        then=COLLECTION_OF_PATH,
        message="expected one of the six folders of figures, the same in image_url and collection",
        severity="warning",
    ),
    rule(
        "cross-field",
        then={"properties": {"instruction": {"pattern": r"Question:\s*\S"}}},
        message="no question follows `Question:`",
        severity="warning",
    ),
    rule(
        "cross-field",
        then={"properties": {"output": {"pattern": r"†Answer:\s*\S"}}},
        message="no answer follows `†Answer:`",
        severity="warning",
    ),
    rule("empty-text", fields=["image_url", "instruction", "output"]),
    rule("mojibake", fields=["instruction", "output"]),
    rule("truncated-text", field="output"),
    rule("language", fields=["instruction", "output"], expected=["en", "zh"], sample=0.02),
    rule("length-outlier", field="output", severity="note"),
    rule("personal-data", field="instruction"),
)

SUPPRESSIONS: tuple[Suppression, ...] = (
    Suppression(
        "cross-field",
        "750 published rows have an empty question, by a third party's scan of all rows; they are kept.",
        where="instruction",
    ),
    Suppression(
        "cross-field",
        "14 published rows have an empty answer, by a third party's scan of all rows; they are kept.",
        where="output",
    ),
)
