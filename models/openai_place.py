"""Where an OpenAI-compatible server is: its base URL, taken apart so that no message shows its secrets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.request import getproxies, proxy_bypass

from yarl import URL

from ..errors import ModelError
from .calls import Api
from .wire import PATHS

DEFAULT_BASE_URL = "https://api.openai.com/v1"

_OFFICIAL = "api.openai.com"


@dataclass(frozen=True)
class Place:
    """A server's address.

    Attributes:
        server: Host, and port where it isn't the scheme's own; what messages name.
        official: Whether it is OpenAI's own service.
        local: Whether it is on this machine.
        urls: The address of each API.
        user: User and password that the base URL held; empty if it held none.
        proxy: The proxy that leads there, if the environment names one.
    """

    server: str
    official: bool
    local: bool
    urls: Mapping[Api, URL] = field(repr=False)
    user: tuple[str, str] | None = field(default=None, repr=False)
    proxy: URL | None = field(default=None, repr=False)


def find_place(base_url: str | None = None) -> Place:
    """Take a base URL apart.

    Args:
        base_url: The address below which the API is found, usually ending with `/v1`; by default that of
            the environment variable `OPENAI_BASE_URL`, else OpenAI's. A query is kept.

    Raises:
        ModelError: It isn't an http or https URL, sends keys to OpenAI unencrypted, or needs a proxy of
            an unknown kind.
    """
    base = _parsed(base_url or os.environ.get("OPENAI_BASE_URL", "").strip() or DEFAULT_BASE_URL)
    host = base.host or ""
    official = host == _OFFICIAL or host.endswith(f".{_OFFICIAL}")
    if official and base.scheme != "https":
        raise ModelError(f"the base URL would send the key to {host} unencrypted; begin it with https://")
    bare = base.with_user(None).with_fragment(None)
    named = f"[{host}]" if ":" in host else host
    return Place(
        named if base.is_default_port() else f"{named}:{base.port}",
        official,
        _is_local(host),
        {api: (bare / path).with_query(base.query) for api, path in PATHS.items()},
        (base.user or "", base.password or "") if base.user or base.password else None,
        None if _is_local(host) else _proxy(base.scheme, host),
    )


def _parsed(text: str) -> URL:
    try:
        url = URL(text)
        usable = url.scheme in {"http", "https"} and bool((url.host or "").encode("idna"))
    except (ValueError, TypeError):
        usable, url = False, URL()
    if not usable:
        raise ModelError(
            "the base URL isn't usable: expected http:// or https:// and a host, as in "
            "http://localhost:8000/v1; correct --base-url or OPENAI_BASE_URL"
        )
    return url


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _proxy(scheme: str, host: str) -> URL | None:
    """The proxy of the environment, looked up once and not for each call."""
    proxies = getproxies()
    found = proxies.get(scheme) or proxies.get("all")
    if not found or proxy_bypass(host):
        return None
    proxy = URL(found if "://" in found else f"http://{found}")
    if proxy.scheme not in {"http", "https"}:
        raise ModelError(
            f"the environment sets a {proxy.scheme} proxy for {host}, and only http and https proxies can be "
            f"used; set {scheme}_proxy to one, or add the host to no_proxy"
        )
    return proxy
