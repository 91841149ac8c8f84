"""Rows against a JSON Schema (draft 2020-12): vectorised over Arrow columns, row by row elsewhere."""
