"""From a request to a response: which route fits, which repository is meant, and who may read it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import quote, unquote

from .hub_content import content_response
from .hub_faults import Fault, FaultQueue, refusal
from .hub_http import Request, Response
from .hub_repositories import DEFAULT_BRANCH, Access, Commit, Repository, RepositoryKind

_KINDS: dict[str, RepositoryKind] = {
    "datasets": "dataset",
    "models": "model",
    "spaces": "space",
    "": "model",
}

Guard = Literal["signed", "listing", "download"]
_DENIED: dict[Guard, tuple[Access, ...]] = {
    "signed": (),
    "listing": ("hidden",),
    "download": ("hidden", "gated"),
}


@dataclass
class Site:
    """The state that the routes answer from.

    Attributes:
        repositories: By name; names are unique across kinds.
        moved: The new name of each renamed repository by its old one.
        faults: The faults still to come.
        storage_endpoint: Base URL of the server that holds large files.
        page_size: Entries on one page of a file listing.
    """

    repositories: dict[str, Repository] = field(default_factory=dict[str, Repository])
    moved: dict[str, str] = field(default_factory=dict[str, str])
    faults: FaultQueue = field(default_factory=FaultQueue)
    storage_endpoint: str = ""
    page_size: int = 1000


@dataclass(frozen=True)
class Route:
    """An address and what answers there.

    Attributes:
        methods: The methods served.
        pattern: Matched against the whole path as sent, so that an encoded slash separates nothing.
        handle: Makes the response.
    """

    methods: frozenset[str]
    pattern: re.Pattern[str]
    handle: Callable[[Site, Request, re.Match[str]], Response]


def answer(site: Site, routes: tuple[Route, ...], request: Request) -> Response:
    """Return the response to a request.

    Args:
        site: The state to answer from.
        routes: Tried in order; the first that fits answers.
        request: The request.
    """
    for route in routes:
        match = route.pattern.fullmatch(request.path) if request.method in route.methods else None
        if match is not None:
            return route.handle(site, request, match)
    return refusal(404, f"No route for {request.method} {request.path}")


@dataclass(frozen=True)
class Call:
    """A request whose repository and commit have been found.

    Attributes:
        site: The state to answer from.
        request: The request.
        repository: The repository it is about.
        commit: The commit that its revision names.
        path: The path it is about, decoded; empty for the repository as a whole.
    """

    site: Site
    request: Request
    repository: Repository
    commit: Commit
    path: str

    def content(self, data: bytes, etag: str, **headers: str) -> Response:
        """Return a file's bytes, spoilt when a fault is due.

        Args:
            data: The right bytes.
            etag: Entity tag, without quotes.
            headers: Further headers, with underscores for hyphens.
        """
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        fault = self.damage()
        return replace(content_response(self.request, fault.spoil(data), etag, named), cut=fault.cut)

    def damage(self) -> Fault:
        """Return the fault that is due for the file's content, and use it up; a harmless one when none is."""
        name, path, method = self.repository.name, self.path, self.request.method
        return self.site.faults.take(name, path, method, content=True) or Fault()


@dataclass(frozen=True)
class InRepository:
    """Answers at an address inside a repository, once it is clear that the caller may read it.

    The address's pattern has a group `repository`, and may have the groups `kind`, `revision` and `path`.

    Attributes:
        handle: Makes the response.
        guard: What is denied to strangers: nothing at a `signed` address, a `listing` when the repository is
            hidden, a `download` also when it is gated.
        kind: Kind of the repositories served, where the address doesn't say.
    """

    handle: Callable[[Call], Response]
    guard: Guard = "listing"
    kind: RepositoryKind | None = None

    def __call__(self, site: Site, request: Request, match: re.Match[str]) -> Response:
        """Return the response to a request whose path matched.

        Args:
            site: The state to answer from.
            request: The request.
            match: The match of its path.
        """
        name = unquote(match["repository"])
        repository = site.repositories.get(name)
        if repository is None and name in site.moved:
            return self._moved(request, match, site.moved[name])
        kind = self.kind or _KINDS[_group(match, "kind")]
        if repository is None or repository.kind != kind or self._denies(repository, request, "hidden"):
            return self._missing(request)
        fault = site.faults.take(name, _group(match, "path"), request.method, content=False)
        if fault is not None and fault.answer is not None:
            return fault.answer
        response = self._read(site, request, repository, match)
        return response if fault is None else replace(response, delay=fault.delay)

    def _denies(self, repository: Repository, request: Request, access: Access) -> bool:
        guarded = repository.access == access and access in _DENIED[self.guard]
        return guarded and not repository.may_read(request.token)

    def _missing(self, request: Request) -> Response:
        if self.kind == "github" or request.token is not None:
            return refusal(404, "Repository not found", "RepoNotFound")
        # The Hub doesn't tell strangers whether a repository is private or doesn't exist.
        return refusal(401, "Invalid username or password.", "RepoNotFound")

    def _moved(self, request: Request, match: re.Match[str], new_name: str) -> Response:
        start, end = match.span("repository")
        target = request.target[:start] + new_name + request.target[end:]
        return Response(301 if self.kind == "github" else 307, {"Location": target})

    def _read(self, site: Site, request: Request, repository: Repository, match: re.Match[str]) -> Response:
        revision = _group(match, "revision") or DEFAULT_BRANCH
        commit = repository.resolve(revision)
        if self._denies(repository, request, "gated"):
            status = 403 if request.token else 401
            return refusal(status, f"Access to {repository.name} is restricted.", "GatedRepo")
        if commit is None:
            return refusal(404, f"Invalid rev id: {quote(revision)}", "RevisionNotFound")
        return self.handle(Call(site, request, repository, commit, _group(match, "path")))


def _group(match: re.Match[str], name: str) -> str:
    return unquote(match.groupdict().get(name) or "")
