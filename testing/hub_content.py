"""How a file's bytes are answered: entity tags, ranges, resumed downloads (RFC 9110, 13.1.5 and 14)."""

import re
from collections.abc import Mapping

from .hub_http import Request, Response

_RANGE = re.compile(r"bytes=(?P<first>\d*)-(?P<last>\d*)")


def content_response(request: Request, content: bytes, etag: str, headers: Mapping[str, str]) -> Response:
    """Return a file's bytes, or the one range of them that was asked for.

    Args:
        request: Its `Range` and `If-Range` are honoured; a request for several ranges gets everything.
        content: The whole file.
        etag: Entity tag, without quotes.
        headers: Further headers.
    """
    common = {"Accept-Ranges": "bytes", "ETag": f'"{etag}"', **headers}
    match = _RANGE.fullmatch(request.headers.get("range", ""))
    stale = request.headers.get("if-range", common["ETag"]) != common["ETag"]
    if match is None or stale or match[0] == "bytes=-":
        return Response(200, common, content)
    first, last = _bounds(match["first"], match["last"], len(content))
    if first >= len(content) or first > last:
        return Response(416, {**common, "Content-Range": f"bytes */{len(content)}"})
    return Response(
        206, {**common, "Content-Range": f"bytes {first}-{last}/{len(content)}"}, content[first : last + 1]
    )


def _bounds(first: str, last: str, length: int) -> tuple[int, int]:
    if not first:
        return max(0, length - int(last)), length - 1
    return int(first), min(int(last or length), length - 1)
