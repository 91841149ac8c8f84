"""Which operation a request is for."""

import re
from collections.abc import Mapping, Sequence

from .openai_faults import Operation

_OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("POST", "/v1/chat/completions"): "chat",
    ("POST", "/v1/responses"): "responses",
    ("POST", "/v1/moderations"): "moderations",
    ("GET", "/v1/models"): "models",
    ("POST", "/v1/files"): "upload",
    ("POST", "/v1/batches"): "submit",
    ("GET", "/v1/batches"): "list",
}
_WITH_ARGUMENT: Sequence[tuple[str, re.Pattern[str], Operation]] = (
    ("GET", re.compile(r"/v1/models/(.+)"), "models"),
    ("GET", re.compile(r"/v1/files/([^/]+(?:/content)?)"), "file"),
    ("DELETE", re.compile(r"/v1/files/([^/]+)"), "file"),
    ("GET", re.compile(r"/v1/batches/([^/]+)"), "poll"),
    ("POST", re.compile(r"/v1/batches/([^/]+)/cancel"), "cancel"),
)


def operation_of(method: str, path: str) -> tuple[Operation | None, str]:
    """Return what a request is for, and what it names in its path: a model, a file, a batch."""
    found = _OPERATIONS.get((method, path))
    if found is not None:
        return found, ""
    for verb, pattern, operation in _WITH_ARGUMENT:
        match = pattern.fullmatch(path)
        if verb == method and match:
            return operation, match[1]
    return None, ""
