"""Builders: from sources to configs, splits and releases."""
