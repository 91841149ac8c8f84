"""Shortcuts: answering without doing the task, as baselines that every card prints."""
