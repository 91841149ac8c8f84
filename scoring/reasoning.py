"""Reasoning and answer of a response, told apart by the rules of `docs/reasoning-text.md`.

Where a response can be read in two ways, one consideration decides: reasoning that is graded as an answer is
worse than an answer that is lost. A lost answer is empty, and `Split.status` says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .reasoning_messages import split_items, split_message
from .reasoning_monitor import Monitored, monitored
from .reasoning_split import Piece, Split, Status, join, split

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "Monitored",
    "Piece",
    "Split",
    "Status",
    "join",
    "monitored",
    "split",
    "split_column",
    "split_items",
    "split_message",
]


def split_column(column: pa.Array | pa.ChunkedArray, *, prefilled: bool | None = None) -> pa.StructArray:
    """Split a column of texts: row by row the same as `split`, and much faster.

    Args:
        column: An Arrow array of what models wrote, chunked or not; null where there is nothing.
        prefilled: As in `split`, for all rows.

    Returns:
        Structs of `reasoning`, `answer` and `status`, one a text; null where a text is.
    """
    from .reasoning_column import split_texts

    return split_texts(column, prefilled=prefilled)
