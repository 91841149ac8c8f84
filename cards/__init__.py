"""Cards: a dataset's facts and prose, and the documents rendered from them.

The front matter of `<stem>.md` is the catalogue: listing datasets reads it and imports no builder.
"""

from .catalogue import Card, Config, find_card, load_card, stems

__all__ = ["Card", "Config", "find_card", "load_card", "stems"]
