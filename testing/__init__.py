"""Test doubles that are part of the public interface: what a build or an evaluation talks to, run locally."""

from .hub import LocalHub, SeenRequest
from .hub_faults import Fault

__all__ = ["Fault", "LocalHub", "SeenRequest"]
