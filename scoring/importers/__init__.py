"""Responses that other tools drew, in this project's format."""

from .importing import TOOLS, import_responses

__all__ = ["TOOLS", "import_responses"]
