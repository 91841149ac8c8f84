"""A local double of the Hugging Face Hub, good enough for its real clients, and able to misbehave on demand.

The unmodified `huggingface_hub` and `datasets` download from it over HTTP when `HF_ENDPOINT` points at it.
It also serves files as `raw.githubusercontent.com` and `media.githubusercontent.com` do.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Literal, Self

from .hub_environment import client_environment
from .hub_faults import Fault
from .hub_http import HttpServer, Request, Response
from .hub_reads import READ_ROUTES, STORAGE_ROUTES
from .hub_repositories import DEFAULT_BRANCH, LARGE_PATTERNS, Access, Content, Repository, RepositoryKind
from .hub_routes import Route, Site, answer

ServerName = Literal["hub", "storage"]


@dataclass(frozen=True)
class SeenRequest:
    """A request that the Hub answered.

    Attributes:
        method: `GET`, `HEAD` or `POST`.
        target: Path and query as sent.
        status: Status of the answer.
        range: The `Range` header, if one was sent.
        token: The bearer token, if one was sent.
        server: `hub`, or `storage` for the server that large files are redirected to.
    """

    method: str
    target: str
    status: int
    range: str | None
    token: str | None
    server: ServerName


class LocalHub:
    """A Hub on the loopback interface, from `start` to `stop` or for the length of a `with` block.

    Large files (Parquet and other binary formats, or 10 MB and more) behave as in Git LFS: their address
    redirects to a second server, and names their size and SHA-256. Repositories live in memory; their names
    are unique across kinds.

    Example:
        >>> from huggingface_hub import hf_hub_download
        >>> with LocalHub() as hub:
        ...     commit = hub.add_repository("org/name", {"README.md": "Hello"}, tags=("v1.0.0",))
        ...     path = hf_hub_download("org/name", "README.md", repo_type="dataset", endpoint=hub.endpoint)

    Attributes:
        requests: Every request answered so far, in order. Clear it at will.
    """

    def __init__(self, *, page_size: int = 1000) -> None:
        """Make a Hub without repositories.

        Args:
            page_size: Entries on one page of a file listing; the Hub's own is 1000.
        """
        self.requests: list[SeenRequest] = []
        self._site = Site(page_size=page_size)
        self._lock = Lock()
        self._hub = HttpServer(lambda request: self._answer(READ_ROUTES, request, "hub"))
        self._storage = HttpServer(lambda request: self._answer(STORAGE_ROUTES, request, "storage"))

    def __enter__(self) -> Self:
        """Start, and return the Hub itself."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Answer requests; after a `stop`, at the same address as before."""
        self._storage.start()
        self._site.storage_endpoint = self._storage.endpoint
        self._hub.start()

    def stop(self) -> None:
        """Close every connection and refuse new ones. Repositories and faults are kept."""
        self._hub.stop()
        self._storage.stop()

    @property
    def endpoint(self) -> str:
        """Base URL, without a final slash; also that of the GitHub-like addresses.

        Raises:
            RuntimeError: The Hub has never been started.
        """
        return self._hub.endpoint

    def environment(self, home: Path, *, token: str | None = None, timeout: int = 5) -> dict[str, str]:
        """Return the environment variables that point a child process at this Hub, and at nothing else.

        Lay them over `os.environ`: the clients read them when they are imported.

        Args:
            home: Folder for every cache; it is made when needed.
            token: Token to send; `None` sends none, whoever is logged in on the machine.
            timeout: Seconds that a client waits for an answer.
        """
        return client_environment(self.endpoint, home, token=token, timeout=timeout)

    def add_repository(
        self,
        name: str,
        files: Mapping[str, Content] | Path,
        *,
        kind: RepositoryKind = "dataset",
        tags: Collection[str] = (),
        large_files: Collection[str] | None = None,
    ) -> str:
        """Add a repository with one commit on `main`, and return the commit's identifier.

        Args:
            name: `owner/name`.
            files: Contents by path, or a folder to take over as it is.
            kind: `dataset`, `model` or `space` for the Hub, `github` for GitHub-like addresses.
            tags: Tags to put on the commit.
            large_files: Patterns of the paths kept in Git LFS; by default binary formats on the Hub, none on
                GitHub.

        Raises:
            ValueError: The name is taken or isn't of the form `owner/name`.
        """
        self._check_free(name)
        patterns = (() if kind == "github" else LARGE_PATTERNS) if large_files is None else tuple(large_files)
        repository = Repository(name, kind, patterns)
        with self._lock:
            commit = repository.commit(_contents(files), branch=DEFAULT_BRANCH, title="Initial commit")
            repository.tags.update(dict.fromkeys(tags, commit.identifier))
            self._site.repositories[name] = repository
        return commit.identifier

    def add_commit(
        self,
        name: str,
        files: Mapping[str, Content | None] | Path,
        *,
        branch: str = DEFAULT_BRANCH,
        title: str = "Update",
    ) -> str:
        """Add a commit to a repository, and return its identifier.

        Args:
            name: The repository.
            files: Contents by path, laid over those of the last commit; `None` deletes a path.
            branch: The branch to advance; a new one starts from the head of `main`.
            title: First line of the commit message.
        """
        with self._lock:
            return self._repository(name).commit(_contents(files), branch=branch, title=title).identifier

    def tag(self, name: str, tag: str, revision: str = DEFAULT_BRANCH) -> None:
        """Put a tag on a revision, or move it there: on the Hub, too, a tag can move.

        Args:
            name: The repository.
            tag: The tag.
            revision: A branch, another tag, or a commit's identifier.

        Raises:
            ValueError: There is no such revision.
        """
        with self._lock:
            repository = self._repository(name)
            commit = repository.resolve(revision)
            if commit is None:
                message = f"{name} has no revision {revision!r}"
                raise ValueError(message)
            repository.tags[tag] = commit.identifier

    def move(self, name: str, new_name: str) -> None:
        """Rename a repository; its old addresses redirect to the new ones.

        Args:
            name: The old name.
            new_name: The new name, of the form `owner/name`.

        Raises:
            ValueError: The new name is taken or isn't of that form.
        """
        self._check_free(new_name)
        with self._lock:
            repository = self._site.repositories.pop(self._repository(name).name)
            repository.name = new_name
            self._site.repositories[new_name] = repository
            self._site.moved[name] = new_name

    def gate(self, name: str, *, readers: Collection[str] = ()) -> None:
        """Deny downloads to all but some: listings stay public, as on the Hub.

        Args:
            name: The repository.
            readers: Bearer tokens that may download.
        """
        self._restrict(name, "gated", readers)

    def hide(self, name: str, *, readers: Collection[str] = ()) -> None:
        """Make a repository private: without a reader's token it answers as if it didn't exist.

        Args:
            name: The repository.
            readers: Bearer tokens that may see it.
        """
        self._restrict(name, "hidden", readers)

    def publish(self, name: str) -> None:
        """Make a gated or hidden repository public again.

        Args:
            name: The repository.
        """
        self._restrict(name, "public", ())

    def misbehave(
        self,
        name: str,
        fault: Fault,
        *,
        path: str | None = None,
        times: int | None = 1,
        methods: Collection[str] | None = None,
    ) -> None:
        """Answer requests about a repository wrongly; faults queue up, and the oldest that fits strikes.

        Args:
            name: The repository.
            fault: What goes wrong.
            path: The file whose requests it strikes; `None` for every request about the repository.
            times: How many requests it strikes; `None` for all to come. To download a file, the Hub's client
                asks for it more than once: `HEAD`, `HEAD` again where that redirects, then `GET`.
            methods: The methods of the requests that it strikes; by default those that the fault is about.

        Raises:
            ValueError: No commit of the repository has such a path, or `times` is less than one.
        """
        with self._lock:
            commits = self._repository(name).commits.values()
            if path is not None and not any(path in commit.files for commit in commits):
                message = f"{name} has never had a file {path!r}"
                raise ValueError(message)
            if times is not None and times < 1:
                message = f"times must be at least 1 or None, not {times}"
                raise ValueError(message)
            self._site.faults.add(fault, name, path=path, times=times, methods=methods)

    def behave(self) -> None:
        """Forget every fault still to come."""
        with self._lock:
            self._site.faults.clear()

    def _check_free(self, name: str) -> None:
        if name.count("/") != 1 or name in self._site.repositories:
            message = f"the repository's name is taken or not of the form owner/name: {name!r}"
            raise ValueError(message)

    def _restrict(self, name: str, access: Access, readers: Collection[str]) -> None:
        with self._lock:
            repository = self._repository(name)
            repository.access, repository.readers = access, frozenset(readers)

    def _repository(self, name: str) -> Repository:
        repository = self._site.repositories.get(name)
        if repository is None:
            message = f"this hub has no repository {name!r}"
            raise ValueError(message)
        return repository

    def _answer(self, routes: tuple[Route, ...], request: Request, server: ServerName) -> Response:
        with self._lock:
            response = answer(self._site, routes, request)
            span = request.headers.get("range")
            seen = SeenRequest(request.method, request.target, response.status, span, request.token, server)
            # Recorded before it is sent, so that a client that has its answer finds the record.
            self.requests.append(seen)
        return response


def _contents(files: Mapping[str, Content | None] | Path) -> Mapping[str, Content | None]:
    if not isinstance(files, Path):
        return files
    return {path.relative_to(files).as_posix(): path for path in sorted(files.rglob("*")) if path.is_file()}
