"""Test doubles that are part of the public interface: what a build or an evaluation talks to, run locally."""

from .hub import LocalHub, SeenRequest
from .hub_faults import Fault
from .openai_answers import Answer
from .openai_faults import OpenAIFault
from .openai_local import LocalOpenAI, SeenCall
from .openai_script import Script

__all__ = ["Answer", "Fault", "LocalHub", "LocalOpenAI", "OpenAIFault", "Script", "SeenCall", "SeenRequest"]
