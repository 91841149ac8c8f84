"""Whether a call is tried again after a failure, and how long to wait before."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from .failures import CallError, FailureKind

TOO_MANY = frozenset({FailureKind.RATE_LIMITED, FailureKind.OVERLOADED})
"""The server has too much to do: a matter of pace, not of the call."""

_HALF = 0.5


@dataclass(slots=True)
class Course:
    """What a call went through so far.

    Attributes:
        attempts: Attempts made.
        failed: Those that the server failed at.
        rejected: Those that the server rejected as too many.
        unreached: Those that didn't reach the server.
        waited: Seconds waited after rejections.
        lost: Attempts that may be billed though nothing usable came back.
        lost_prompt: Upper bound of the prompt tokens of those.
        lost_completion: Upper bound of the completion tokens of those.
    """

    attempts: int = 0
    failed: int = 0
    rejected: int = 0
    unreached: int = 0
    waited: float = 0.0
    lost: int = 0
    lost_prompt: int = 0
    lost_completion: int = 0


@dataclass(frozen=True, slots=True)
class Retries:
    """How stubbornly to call a server.

    A rejection for too many calls doesn't use up an attempt, since it says nothing about the call, and nor
    does an attempt that didn't reach the server. Waits double up to a bound and are drawn between none and
    all of that, so that calls that failed together don't come back together.

    Attributes:
        attempts: Attempts that the server may fail at.
        patience: Seconds that a call may wait after rejections, and a server may go without any success.
        first_contact: Seconds in which a server that never answered has to be reached.
        wait: Bound in seconds of the first wait.
        longest: Bound in seconds of any wait, but for one that the server asks for.
    """

    attempts: int = 6
    patience: float = 600.0
    first_contact: float = 60.0
    wait: float = 0.5
    longest: float = 30.0

    def delay(
        self, error: CallError, course: Course, draw: Callable[[], float] = random.random
    ) -> float | None:
        """Count a failed attempt, and say how long to wait before the next.

        Args:
            error: How the attempt failed.
            course: What the call went through; the failure is added to it.
            draw: A random number in [0, 1).

        Returns:
            Seconds; None if no other attempt is worth it.
        """
        if not error.retryable:
            return None
        if error.kind in TOO_MANY:
            return self._after_rejection(error, course, draw)
        if not error.sent:
            course.unreached += 1
            return self._bound(course.unreached) * draw()
        course.failed += 1
        if course.failed >= self.attempts:
            return None
        return max(self._bound(course.failed) * draw(), error.retry_after or 0.0)

    def _after_rejection(self, error: CallError, course: Course, draw: Callable[[], float]) -> float | None:
        course.rejected += 1
        wait = error.retry_after
        if wait is None:
            wait = 2 * self._bound(course.rejected) * (_HALF + _HALF * draw())
        course.waited += wait
        return wait if course.waited <= self.patience else None

    def _bound(self, failures: int) -> float:
        return min(self.longest, self.wait * 2.0 ** min(failures - 1, 30))

    def hopeless(self, error: CallError, fruitless: float, *, answered: bool) -> bool:
        """Whether the server, not the call, is given up.

        Args:
            error: How the last attempt failed.
            fruitless: Seconds for which no call succeeded.
            answered: Whether any ever did.
        """
        if not error.retryable:
            return False
        return fruitless >= (self.patience if answered or error.sent else self.first_contact)
