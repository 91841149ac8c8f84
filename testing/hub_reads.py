"""The routes that read: downloads, information and listings as on the Hub, and raw files as on GitHub."""

import hashlib
import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, quote

from .hub_faults import refusal
from .hub_http import Request, Response
from .hub_repositories import Commit, Repository, StoredFile
from .hub_routes import Call, InRepository, Route

_REPOSITORY = r"(?P<repository>[^/]+/[^/]+)"
_REVISION = r"(?P<revision>refs/(?:convert|pr|heads|tags)/[^/]+|[^/]+)"
_PATH = r"(?P<path>.+)"
_KIND = r"(?P<kind>datasets|models|spaces)"
_API = rf"/api/{_KIND}/{_REPOSITORY}"
_WEB = rf"/(?:(?P<kind>datasets|spaces)/)?{_REPOSITORY}"


def _resolve(call: Call) -> Response:
    file = call.commit.files.get(call.path)
    if file is None:
        return _missing_entry(call)
    headers = {"X-Repo-Commit": call.commit.identifier}
    if file.large:
        linked = {"X-Linked-Size": str(_announced_size(call, file)), "X-Linked-ETag": f'"{file.sha256}"'}
        return Response(302, {**headers, **linked, "Location": call.site.storage_endpoint + _pinned(call)})
    if call.repository.access == "public" and file.content:
        return Response(307, {**headers, "Location": f"/api/resolve-cache{_pinned(call)}"})
    return _regular(call)


def _announced_size(call: Call, file: StoredFile) -> int:
    # A GET is only redirected here: a fault in its content strikes at the storage.
    return len(call.damage().spoil(file.content) if call.request.method == "HEAD" else file.content)


def _pinned(call: Call) -> str:
    return quote(f"/{call.repository.kind}s/{call.repository.name}/{call.commit.identifier}/{call.path}")


def _regular(call: Call) -> Response:
    file = call.commit.files[call.path]
    return call.content(file.content, file.blob_id, X_Repo_Commit=call.commit.identifier)


def _stored(call: Call) -> Response:
    # The real storage's entity tag looks like a SHA-256 and isn't the file's: only X-Linked-ETag is.
    file = call.commit.files[call.path]
    return call.content(file.content, _opaque(file), Content_Type="application/octet-stream")


def _raw(call: Call) -> Response:
    file = call.commit.files.get(call.path)
    if file is None:
        return _missing_entry(call)
    return call.content(
        file.pointer if file.large else file.content, _opaque(file), Content_Type="text/plain; charset=utf-8"
    )


def _media(call: Call) -> Response:
    return _stored(call) if call.path in call.commit.files else _missing_entry(call)


def _opaque(file: StoredFile) -> str:
    return hashlib.sha256(file.blob_id.encode()).hexdigest()


def _missing_entry(call: Call) -> Response:
    return refusal(404, "Entry not found", "EntryNotFound", X_Repo_Commit=call.commit.identifier)


def _information(call: Call) -> Response:
    repository, commit = call.repository, call.commit
    detailed = "blobs" in call.request.query
    return _json(
        {
            "id": repository.name,
            "author": repository.name.partition("/")[0],
            "sha": commit.identifier,
            "createdAt": _timestamp(repository.history(commit)[-1].date),
            "lastModified": _timestamp(commit.date),
            "private": repository.access == "hidden",
            "gated": "manual" if repository.access == "gated" else False,
            "disabled": False,
            "downloads": 0,
            "likes": 0,
            "tags": [],
            "siblings": [_sibling(path, file, detailed=detailed) for path, file in commit.files.items()],
        }
    )


def _sibling(path: str, file: StoredFile, *, detailed: bool) -> dict[str, Any]:
    if not detailed:
        return {"rfilename": path}
    return {"rfilename": path, "size": len(file.content), "blobId": file.blob_id, **_linked(file, "sha256")}


def _linked(file: StoredFile, hash_name: str) -> dict[str, Any]:
    if not file.large:
        return {}
    return {"lfs": {hash_name: file.sha256, "size": len(file.content), "pointerSize": len(file.pointer)}}


def _tree(call: Call) -> Response:
    recursive = call.request.query.get("recursive") == ["true"]
    listing = call.commit.listing(call.path, recursive=recursive)
    if not listing and call.path:
        return _missing_entry(call)
    start = int(call.request.query.get("cursor", ["0"])[0])
    end = start + call.site.page_size
    page = [_entry(call.commit, path) for path in list(listing)[start:end]]
    return _json(page, _next_page(call.request, end) if end < len(listing) else {})


def _next_page(request: Request, cursor: int) -> dict[str, str]:
    query = f"recursive={request.query.get('recursive', ['false'])[0]}&cursor={cursor}"
    return {"Link": f'<http://{request.headers["host"]}{request.path}?{query}>; rel="next"'}


def _entry(commit: Commit, path: str) -> dict[str, Any]:
    file = commit.files.get(path)
    if file is None:
        return {"type": "directory", "oid": commit.folder_id(path), "size": 0, "path": path}
    size = len(file.content)
    return {"type": "file", "oid": file.blob_id, "size": size, "path": path, **_linked(file, "oid")}


def _paths_information(call: Call) -> Response:
    asked = parse_qs(call.request.body.decode()).get("paths", [])
    known = call.commit.listing(recursive=True)
    return _json([_entry(call.commit, path) for path in asked if path in known])


def _references(call: Call) -> Response:
    repository = call.repository
    body: dict[str, Any] = {
        "branches": _named("refs/heads", repository.branches),
        "tags": _named("refs/tags", repository.tags),
        "converts": [],
        "pullRequests": [],
    }
    return _json(body)


def _named(prefix: str, references: dict[str, str]) -> list[dict[str, str]]:
    named = references.items()
    return [{"name": name, "ref": f"{prefix}/{name}", "targetCommit": commit} for name, commit in named]


def _commits(call: Call) -> Response:
    return _json([_commit(call.repository, commit) for commit in call.repository.history(call.commit)])


def _commit(repository: Repository, commit: Commit) -> dict[str, Any]:
    return {
        "id": commit.identifier,
        "title": commit.title,
        "message": "",
        "authors": [{"user": repository.name.partition("/")[0]}],
        "date": _timestamp(commit.date),
    }


def _admitted(_call: Call) -> Response:
    return _json({})


def _timestamp(date: datetime) -> str:
    return f"{date:%Y-%m-%dT%H:%M:%S}.000Z"


def _json(value: object, headers: dict[str, str] | None = None) -> Response:
    return Response(200, {"Content-Type": "application/json", **(headers or {})}, json.dumps(value).encode())


def _route(pattern: str, handle: InRepository, *methods: str) -> Route:
    return Route(frozenset(methods or ("GET", "HEAD")), re.compile(pattern), handle)


_VERSIONED = rf"{_REPOSITORY}/{_REVISION}/{_PATH}"

READ_ROUTES = (
    _route(rf"{_API}(?:/revision/{_REVISION})?", InRepository(_information)),
    _route(rf"{_API}/tree/{_REVISION}(?:/{_PATH})?", InRepository(_tree)),
    _route(rf"{_API}/paths-info/{_REVISION}", InRepository(_paths_information), "POST"),
    _route(rf"{_API}/refs", InRepository(_references)),
    _route(rf"{_API}/commits/{_REVISION}", InRepository(_commits)),
    _route(rf"{_API}/auth-check", InRepository(_admitted, guard="download")),
    _route(rf"/api/resolve-cache/{_KIND}/{_VERSIONED}", InRepository(_regular, guard="download")),
    _route(rf"{_WEB}/resolve/{_REVISION}/{_PATH}", InRepository(_resolve, guard="download")),
    _route(rf"{_WEB}/raw/{_REVISION}/{_PATH}", InRepository(_raw, guard="download")),
    _route(rf"/media/{_VERSIONED}", InRepository(_media, guard="download", kind="github")),
    _route(rf"/{_VERSIONED}", InRepository(_raw, guard="download", kind="github")),
)
"""What the Hub and GitHub serve at their own addresses."""

STORAGE_ROUTES = (_route(rf"/{_KIND}/{_VERSIONED}", InRepository(_stored, guard="signed")),)
"""What the Hub's storage serves, to which it redirects the download of a large file."""
