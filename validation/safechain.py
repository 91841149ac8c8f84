"""SafeChain (arXiv 2502.12025): WildJailbreak prompts, each with one response judged safe (section 5).

A response is the thought, `</think>` and the answer. The opening tag is left out of every row on purpose,
as the release's card says, so a lone closing tag is right here. One response was drawn for each prompt. The
release carries no identifier and no licence; the canary is this project's.
"""

from __future__ import annotations

from .rules.base import Declared, Suppression, rule

CANARY = "mensrea:safechain:9e0a9c40-1368-423a-aa14-41aeaf0e769d"
LABELS = ["vanilla_harmful", "vanilla_benign", "adversarial_harmful", "adversarial_benign"]

RULES: tuple[Declared, ...] = (
    rule("duplicate-id"),
    rule("missing-canary", canary=CANARY),
    rule(
        "cross-field",
        then={"properties": {"label": {"enum": LABELS}}},
        message="expected one of the four types of WildJailbreak",
        severity="warning",
    ),
    rule(
        "cross-field",
        then={"properties": {"response": {"pattern": r"</think>\s*\S"}}},
        message="no answer follows </think>",
        severity="warning",
    ),
    rule("unbalanced-tags", field="response", tags=["think"], accept=["close_only"]),
    rule("nested-tags", field="response", tags=["think"]),
    rule("duplicate-text", field="instruction", severity="warning"),
    rule("empty-text", fields=["instruction", "response"]),
    rule("mojibake", fields=["instruction", "response"]),
    rule("truncated-text", field="response"),
    rule("language", fields=["instruction", "response"], expected=["en"]),
    rule("length-outlier", field="response", severity="note"),
    rule("secret", fields=["instruction", "response"]),
    rule("personal-data", fields=["instruction", "response"]),
)

SUPPRESSIONS: tuple[Suppression, ...] = ()
