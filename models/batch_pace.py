"""How large batches get, and how patiently they are waited for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """Limits of a batch, and times in seconds.

    Attributes:
        most_pieces: Requests in a batch, by the API's rules.
        most_bytes: Bytes of a batch's file; the API takes 200 MB.
        quiet: A batch is submitted when no request has come for so long.
        longest_quiet: A batch is submitted when its first request has waited for so long, come what may.
        first_poll: Wait before a batch is looked at for the first time; later waits grow by half.
        longest_poll: Bound on these waits.
        retry: Bound of the first wait after the server failed; it doubles.
        longest_retry: Bound on these waits.
        patience: How long a server may fail before nothing was submitted; then the run stops.
        settling: Time after which a batch that the server took is sure to be listed.
        lost_looks: How often a file of results is asked for that the server says is gone.
        rounds: How often a request goes into a batch that doesn't get to it.
    """

    most_pieces: int = 50_000
    most_bytes: int = 190_000_000
    quiet: float = 2.0
    longest_quiet: float = 60.0
    first_poll: float = 5.0
    longest_poll: float = 60.0
    retry: float = 1.0
    longest_retry: float = 60.0
    patience: float = 600.0
    settling: float = 10.0
    lost_looks: int = 3
    rounds: int = 6
