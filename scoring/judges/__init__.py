"""Judges: a prompt, a way to read what a model answers to it, and a model."""
