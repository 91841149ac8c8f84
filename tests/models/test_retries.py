import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.models.failures import RETRYABLE, CallError, FailureKind
from mensrea.models.retries import TOO_MANY, Course, Retries

DETERMINISTIC = sorted(set(FailureKind) - RETRYABLE)
SERVER_TYPE = sorted(RETRYABLE - TOO_MANY)


def error(kind: FailureKind, retry_after: float | None = None, *, sent: bool = True) -> CallError:
    return CallError(kind, "server: failed", retry_after, sent)


def waits(retries: Retries, failure: CallError, most: int = 1000) -> list[float]:
    course, found = Course(), list[float]()
    while len(found) < most and (wait := retries.delay(failure, course, lambda: 1.0)) is not None:
        found.append(wait)
    return found


@pytest.mark.parametrize("kind", DETERMINISTIC)
def test_deterministic_failures_are_never_retried(kind: FailureKind) -> None:
    assert waits(Retries(), error(kind, 1.0)) == []


@pytest.mark.parametrize("kind", SERVER_TYPE)
def test_a_server_may_fail_six_times_with_waits_that_double(kind: FailureKind) -> None:
    assert waits(Retries(), error(kind)) == [0.5, 1.0, 2.0, 4.0, 8.0]


@pytest.mark.parametrize("kind", sorted(TOO_MANY))
def test_rejections_use_up_patience_and_no_attempts(kind: FailureKind) -> None:
    assert waits(Retries(), error(kind, 10.0)) == [10.0] * 60
    unasked = waits(Retries(), error(kind))
    assert unasked[:4] == [1.0, 2.0, 4.0, 8.0]
    assert 540 < sum(unasked) <= 600


def test_a_longer_wait_than_patience_isn_t_waited_for() -> None:
    assert waits(Retries(patience=5), error(FailureKind.RATE_LIMITED, 6.0)) == []


def test_a_failure_with_retry_after_waits_at_least_as_long() -> None:
    assert waits(Retries(), error(FailureKind.SERVER, 3.0)) == [3.0, 3.0, 3.0, 4.0, 8.0]


def test_attempts_that_never_reached_the_server_use_up_none() -> None:
    unreached = waits(Retries(), error(FailureKind.CONNECTION, sent=False), most=200)
    assert len(unreached) == 200
    assert max(unreached) == 30.0


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 5))
def test_waits_are_drawn_between_none_and_all(draw: float, failures: int) -> None:
    course = Course(failed=failures - 1)
    wait = Retries().delay(error(FailureKind.SERVER), course, lambda: draw)
    assert wait == 0.5 * 2 ** (failures - 1) * draw


def test_a_server_is_given_up_after_patience_and_one_that_never_answered_sooner() -> None:
    retries = Retries(patience=600, first_contact=60)
    unreached = error(FailureKind.CONNECTION, sent=False)
    assert not retries.hopeless(unreached, 59, answered=False)
    assert retries.hopeless(unreached, 60, answered=False)
    assert not retries.hopeless(unreached, 599, answered=True)
    assert retries.hopeless(unreached, 600, answered=True)
    assert not retries.hopeless(error(FailureKind.SERVER), 60, answered=False)
    assert not retries.hopeless(error(FailureKind.BAD_REQUEST), 10_000, answered=True)
