"""From what goes wrong below HTTP to what that means for the call."""

from __future__ import annotations

import errno
import os
import ssl
from http import HTTPStatus

import aiohttp

from .failures import CallError, FailureKind
from .status import one_line

_NO_FILES = frozenset({errno.EMFILE, errno.ENFILE})


def failure_of(error: aiohttp.ClientError | OSError, server: str) -> CallError:
    """What an exception of the connection means.

    Neither the exception nor its text goes into the result: some of aiohttp's carry the request's headers,
    and so the key. Inside of the `except` block Python would attach the exception to whatever is raised.

    Args:
        error: What the session raised; its total timeout is a `TimeoutError`.
        server: The server as messages name it.
    """
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return CallError(FailureKind.CONNECTION, f"{server}: {_not_reached(error)}", sent=False)
    if isinstance(error, TimeoutError):
        return CallError(FailureKind.TIMEOUT, f"{server}: no whole reply came in time")
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return _of_proxy(error, server)
    if isinstance(error, aiohttp.ClientPayloadError):
        return CallError(FailureKind.TRUNCATED, f"{server}: the reply broke off")
    return CallError(FailureKind.CONNECTION, f"{server}: {_broken(error)}")


def _not_reached(error: aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError) -> str:
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return "no connection came about in time; check the base URL and the network"
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return _tls(error)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "there is no such host, or no network; check the base URL"
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return f"the proxy can't be reached ({_reason(error)}); check https_proxy, http_proxy and no_proxy"
    if error.errno in _NO_FILES:
        return "this process has too many files open; raise `ulimit -n` or lower --concurrency"
    return f"no connection ({_reason(error)}); check that the server runs, and the base URL"


def _tls(error: aiohttp.ClientConnectorError) -> str:
    certificate = getattr(error, "certificate_error", None)
    if isinstance(certificate, ssl.SSLCertVerificationError):
        reason = one_line(certificate.verify_message)
        return f"TLS: the certificate isn't trusted ({reason}); name its authority in SSL_CERT_FILE"
    return f"TLS: no encrypted connection ({_reason(error)}); check whether the base URL should begin with http://"


def _reason(error: OSError) -> str:
    if error.errno is not None and error.errno in errno.errorcode:
        return os.strerror(error.errno)
    return one_line(error.strerror or type(error).__name__)


def _of_proxy(error: aiohttp.ClientHttpProxyError, server: str) -> CallError:
    refused = error.status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED
    kind = FailureKind.AUTH if refused else FailureKind.CONNECTION
    advice = "give user and password in https_proxy" if refused else "check https_proxy and no_proxy"
    return CallError(kind, f"{server}: the proxy answered HTTP {error.status}; {advice}", sent=False)


def _broken(error: aiohttp.ClientError | OSError) -> str:
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the connection was closed before an answer came"
    if isinstance(error, aiohttp.ClientResponseError):
        return "the answer isn't HTTP; check the base URL's scheme and port"
    return f"the connection broke ({_reason(error) if isinstance(error, OSError) else type(error).__name__})"
