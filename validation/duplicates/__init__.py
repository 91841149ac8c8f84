"""Near-duplicates and contamination, deterministic."""
