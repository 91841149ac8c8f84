"""The one place to import statistics from says what each is for."""

from pathlib import Path

from mensrea.scoring import statistics

DOCS = Path(__file__).parents[2] / "docs" / "statistics.md"


def test_every_name_is_there():
    assert all(hasattr(statistics, name) for name in statistics.__all__)


def test_every_function_is_listed_and_explained():
    functions = {name for name in statistics.__all__ if name.islower()}
    assert statistics.__doc__ is not None
    assert {name for name in functions if f"`{name}`" not in statistics.__doc__} == set()
    documented = DOCS.read_text()
    assert {name for name in functions if f"`{name}" not in documented} == set()
