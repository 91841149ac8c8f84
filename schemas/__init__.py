"""Row schemas: one JSON Schema a dataset, and what is derived from it.

`<stem>.schema.json` is the single source of truth for a row. Arrow schemas, Hugging Face
features, field tables, Croissant record sets and content digests are derived from it here and in
`cards`, and never written by hand a second time.
"""

from .fields import Field
from .row import RowSchema, load_row_schema, read_row_schema, schema_path

__all__ = ["Field", "RowSchema", "load_row_schema", "read_row_schema", "schema_path"]
