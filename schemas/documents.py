"""JSON documents held against the JSON Schema that lies beside their reader."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson


def first_breach(document: Any, schema: Path) -> str | None:
    """Where a document first breaks a schema, and how, in a line; None if it doesn't."""
    import jsonschema_rs

    validator = jsonschema_rs.validator_for(orjson.loads(schema.read_bytes()))
    error = next(iter(validator.iter_errors(document)), None)
    if error is None:
        return None
    place = "/".join(map(str, error.instance_path)) or "the top"
    return f"{place}: {' '.join(error.message.split())}"
