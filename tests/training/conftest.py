"""What all tests of reference models need."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def single_thread() -> Iterator[None]:
    """Several threads on busy cores wait for each other longer than such models compute."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
