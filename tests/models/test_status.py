import json
import time
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mensrea.models.failures import CallError, FailureKind
from mensrea.models.secrets import Key
from mensrea.models.status import LONGEST_WAIT, MOST_CHARACTERS, error_of, one_line, retry_after

SECRET = "Zq81mNc4XtLw0RbY"


def refused(status: int, headers: dict[str, str] | None = None, /, **error: object) -> CallError:
    return error_of(status, headers or {}, json.dumps({"error": error}).encode(), "api.example.com")


class TestKinds:
    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (307, "not-found"),
            (400, "bad-request"),
            (401, "auth"),
            (402, "quota"),
            (403, "auth"),
            (404, "not-found"),
            (405, "bad-request"),
            (407, "auth"),
            (408, "server-error"),
            (409, "server-error"),
            (413, "context-length"),
            (422, "bad-request"),
            (425, "server-error"),
            (429, "rate-limited"),
            (500, "server-error"),
            (502, "server-error"),
            (503, "overloaded"),
            (504, "timeout"),
            (520, "server-error"),
            (524, "timeout"),
            (529, "overloaded"),
            (599, "server-error"),
        ],
    )
    def test_of_a_status(self, status, kind):
        assert refused(status, message="No.").kind == kind
        assert error_of(status, {}, b"", "s").kind == kind

    @pytest.mark.parametrize(
        ("status", "error", "kind"),
        [
            (400, {"code": "context_length_exceeded", "message": "Too much."}, "context-length"),
            (400, {"message": "This model's maximum context length is 4096 tokens."}, "context-length"),
            (400, {"message": "prompt is too long: 210000 tokens > 200000 maximum"}, "context-length"),
            (400, {"type": "exceed_context_size_error", "message": "No."}, "context-length"),
            (
                422,
                {"message": "`inputs` tokens + `max_new_tokens` exceed the context window"},
                "context-length",
            ),
            (500, {"message": "Requested tokens (900) exceed context window of 512"}, "context-length"),
            (429, {"code": "rate_limit_exceeded", "message": "Request too large for m."}, "context-length"),
            (400, {"code": "content_filter", "message": "No."}, "content-filter"),
            (400, {"code": 400, "innererror": {"code": "ResponsibleAIPolicyViolation"}}, "content-filter"),
            (400, {"message": "triggering Azure's content management policy"}, "content-filter"),
            (400, {"code": "invalid_prompt", "message": "violating our usage policy"}, "content-filter"),
            (403, {"message": "Your input was flagged."}, "content-filter"),
            (429, {"code": "insufficient_quota", "message": "No."}, "quota"),
            (429, {"type": "insufficient_quota", "message": "No."}, "quota"),
            (429, {"message": "You exceeded your current quota, please check your plan."}, "quota"),
            (429, {"status": "RESOURCE_EXHAUSTED", "message": "exceeded your current quota"}, "rate-limited"),
            (429, {"code": "rate_limit_exceeded", "message": "add one at /account/billing"}, "rate-limited"),
            (400, {"code": "billing_hard_limit_reached"}, "quota"),
            (403, {"message": "Country, region, or territory not supported"}, "auth"),
            (400, {"code": "model_not_found"}, "not-found"),
            (401, {"message": "maximum context length"}, "auth"),
            (503, {"message": "content filter is down"}, "overloaded"),
            (200, {"code": 429, "message": "busy upstream"}, "rate-limited"),
            (200, {"code": "429"}, "rate-limited"),
            (200, {"code": 502}, "server-error"),
            (200, {"code": 200}, "server-error"),
            (200, {"code": "rate_limit_exceeded"}, "rate-limited"),
            (200, {"type": "overloaded_error"}, "overloaded"),
            (200, {"type": "invalid_request_error", "message": "Bad."}, "bad-request"),
            (200, {"type": "invalid_request_error", "code": "invalid_api_key"}, "auth"),
            (200, {"message": "Something"}, "server-error"),
        ],
    )
    def test_of_an_error(self, status, error, kind):
        assert refused(status, **error).kind == kind

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            (b'{"error": "out of order"}', "out of order"),
            (b'{"object": "error", "message": "out of order", "code": 500}', "out of order"),
            (b'{"detail": "out of order"}', "out of order"),
            (b'[{"error": {"message": "out of order"}}]', "out of order"),
            (b"out  of\r\norder", "out of order"),
            (b"<html><title>out of order</title><h1>x</h1></html>", "out of order"),
            (b"<html><h1>out of</h1> order</html>", "out of order"),
            (
                b'{"detail": [{"loc": ["body"], "msg": "out"}]}',
                '{"detail": [{"loc": ["body"], "msg": "out"}]}',
            ),
        ],
    )
    def test_reads_every_shape_of_error(self, body, said):
        assert error_of(500, {}, body, "api.example.com").message == f"api.example.com: HTTP 500: {said}"


class TestMessages:
    def test_say_what_to_do(self):
        error = refused(401, message="Incorrect key.")
        assert error.message == (
            "api.example.com: HTTP 401: Incorrect key; check the API key and what it may be used for"
        )
        assert "top up the account" in refused(402).message
        assert "model's name and the base URL" in refused(404).message

    def test_name_the_host_of_a_redirect_alone(self):
        headers = {"Location": "https://user:secret@elsewhere.example/v1?key=secret"}
        message = refused(307, headers).message
        assert "redirects to elsewhere.example, where no key is sent" in message
        assert "secret" not in message

    @given(st.text())
    def test_are_one_short_line(self, text):
        line = one_line(text)
        assert len(line) <= MOST_CHARACTERS
        assert line.isprintable()

    def test_hide_a_key_that_the_cut_would_split(self):
        for length in range(MOST_CHARACTERS - 40, MOST_CHARACTERS):
            line = one_line("x" * length + f" {SECRET} " + "y" * 400, Key(SECRET))
            assert SECRET[:8] not in line

    def test_hide_an_echoed_key(self):
        body = json.dumps({"error": {"message": f"Bad header: Bearer {SECRET}"}}).encode()
        error = error_of(401, {}, body, "s", Key(SECRET))
        assert SECRET not in str(error)
        assert "Bad header: Bearer [key]" in error.message


class TestWaits:
    @pytest.mark.parametrize(
        ("headers", "wait"),
        [
            ({}, None),
            ({"Retry-After": "7"}, 7.0),
            ({"retry-after": "1.5"}, 1.5),
            ({"Retry-After": "0"}, 0.0),
            ({"Retry-After": "-3"}, 0.0),
            ({"Retry-After": "86400"}, LONGEST_WAIT),
            ({"Retry-After": "soon"}, None),
            ({"Retry-After": ""}, None),
            ({"Retry-After": "nan"}, None),
            ({"Retry-After": "inf"}, None),
            ({"Retry-After": "99999999999999999999999"}, LONGEST_WAIT),
            ({"retry-after-ms": "250"}, 0.25),
            ({"retry-after-ms": "250", "Retry-After": "9"}, 0.25),
            ({"retry-after-ms": "x", "Retry-After": "9"}, 9.0),
        ],
    )
    def test_in_seconds(self, headers, wait):
        assert retry_after(headers) == wait

    def test_until_a_date(self):
        assert retry_after({"Retry-After": formatdate(time.time() + 30, usegmt=True)}) == pytest.approx(
            30, abs=2
        )
        assert retry_after({"Retry-After": formatdate(time.time() - 30, usegmt=True)}) == 0.0

    def test_until_a_date_by_the_clock_of_the_server(self):
        then = 1_000_000_000
        headers = {"Retry-After": formatdate(then + 12, usegmt=True), "Date": formatdate(then, usegmt=True)}
        assert retry_after(headers) == 12.0

    @given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
    def test_are_bounded_whatever_is_sent(self, seconds, milliseconds, date):
        headers = {"Retry-After": seconds, "retry-after-ms": milliseconds, "Date": date}
        wait = retry_after(headers)
        assert wait is None or 0.0 <= wait <= LONGEST_WAIT

    def test_go_with_failures_that_another_attempt_may_mend(self):
        headers = {"Retry-After": "3"}
        assert refused(429, headers).retry_after == 3.0
        assert refused(503, headers).retry_after == 3.0
        assert refused(500, headers).retry_after == 3.0
        assert refused(401, headers).retry_after is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "message", "code", "type", "status", "detail", "innererror"]), inner
        )
    ),
    max_leaves=12,
)


@given(st.integers(200, 599), st.binary(max_size=80) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_reply_gives_a_failure_of_one_line(status, body):
    error = error_of(status, {}, body, "api.example.com", Key(SECRET))
    assert isinstance(error.kind, FailureKind)
    assert error.message.isprintable()
    assert len(error.message) < 2 * MOST_CHARACTERS
