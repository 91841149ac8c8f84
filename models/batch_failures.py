"""What it means that a batch failed as a whole, before any of its requests was answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import ModelError
from .batch_submissions import Submission
from .failures import CallError, FailureKind
from .status import one_line

if TYPE_CHECKING:
    from openai.types import Batch

# So many tokens wait in other batches of the account that the server takes no more for now.
_LATER = frozenset({"token_limit_exceeded", "too_many_enqueued_tokens", "enqueued_token_limit_exceeded"})
_SHOWN = 3


@dataclass(slots=True)
class Rejection:
    """Why a batch was rejected.

    Attributes:
        later: Whether the same batch may be taken once others have ended.
        wrong: The requests that it was rejected for, by their place, each with its failure.
    """

    later: bool = False
    wrong: dict[int, CallError] = field(default_factory=dict[int, CallError])


def rejection(submission: Submission, batch: Batch) -> Rejection:
    """Why a batch failed.

    Raises:
        ModelError: For a reason that lies in none of its requests.
    """
    errors = (batch.errors.data if batch.errors else None) or []
    if any(error.code in _LATER for error in errors):
        return Rejection(later=True)
    wrong: dict[int, CallError] = {}
    for error in errors:
        if error.line is not None and 1 <= error.line <= len(submission.keys):
            text = one_line(f"{submission.title}: {error.code}: {error.message}")
            wrong[error.line - 1] = CallError(FailureKind.BAD_REQUEST, text)
    if wrong:
        return Rejection(wrong=wrong)
    said = "; ".join(f"{error.code}: {error.message}" for error in errors[:_SHOWN]) or "without a reason"
    raise ModelError(one_line(f"{submission.title}: rejected: {said}"))
