"""A local OpenAI-compatible server as a process of its own: `python -m mensrea.testing.openai_server`.

It prints one JSON line with its port and base URL, and answers until it is interrupted or terminated.
`/__stats__` has its counts, `/__calls__` how often each request was let in.
"""

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .openai_faults import FAULTS, OpenAIFault
from .openai_local import LocalOpenAI
from .openai_script import Script
from .openai_text import prompt_texts

_TIMING = ("times", "every", "probability", "seed", "on")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until a signal comes.

    Args:
        arguments: Of the command line; by default those of the process.
    """
    options = _parser().parse_args(arguments)
    signals = {signal.SIGINT, signal.SIGTERM}
    # Blocked before the server's thread starts, which inherits it: only the wait below takes them.
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    server = LocalOpenAI(
        Script.read(options.script) if options.script else None,
        latency=options.latency,
        capacity=options.capacity,
        retry_after=options.retry_after,
        models=options.model,
        batch_polls=options.batch_polls,
        remember=not options.forget,
        port=options.port,
    )
    for fault in options.fault:
        misbehave(server, fault)
    with server:
        port = int(server.base_url.split(":")[2].split("/")[0])
        sys.stdout.write(json.dumps({"port": port, "base_url": server.base_url}) + "\n")
        sys.stdout.flush()
        signal.sigwait(signals)
    return 0


def misbehave(server: LocalOpenAI, wanted: dict[str, Any]) -> None:
    """Add a fault that is named by an object.

    Args:
        server: The server.
        wanted: `fault`, the name of a class method of `OpenAIFault`; its arguments; `times`, `every`,
            `probability`, `seed` and `on` of `LocalOpenAI.misbehave`; `contains`, a text of the prompt.

    Raises:
        ValueError: There is no such fault.
        TypeError: It doesn't take such an argument.
    """
    rest = dict(wanted)
    name = rest.pop("fault", None)
    if name not in FAULTS:
        raise ValueError(f"unknown fault {name!r}; there are {', '.join(FAULTS)}")
    timing = {key: rest.pop(key) for key in _TIMING if key in rest}
    text = rest.pop("contains", None)
    when = (lambda body: any(text in part for part in prompt_texts(body))) if text else None
    positional = rest.pop("arguments", ())
    server.misbehave(getattr(OpenAIFault, name)(*positional, **rest), when=when, **timing)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mensrea.testing.openai_server", description=__doc__)
    add = parser.add_argument
    add("--port", type=int, default=0, help="the port; 0 takes a free one")
    add("--latency", type=float, default=0.0, help="seconds before a call is answered")
    add("--capacity", type=int, help="calls let in at once; the rest get 429")
    add("--retry-after", type=float, default=1.0, help="seconds that such a refusal asks to wait")
    add("--model", action="append", help="a model that is listed, any other being unknown")
    add("--batch-polls", type=int, default=1, help="how many polls a batch stays in progress")
    add("--script", type=Path, help="a file of rules that give the answers")
    add(
        "--fault",
        type=json.loads,
        action="append",
        default=[],
        help='as {"fault": "server_error", "every": 10}',
    )
    add("--forget", action="store_true", help="don't count calls by request")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
