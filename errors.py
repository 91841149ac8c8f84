"""The exceptions that mensrea raises.

Every message is one line that says where the problem is, what was found, what was expected and
what to do next. `exit_code` is what the `mensrea` command ends with; `retryable` says whether the
same call may succeed later without a change.

    MensreaError
    ├── UsageError              the request names something that doesn't exist or can't be combined
    │   ├── UnknownDatasetError
    │   ├── UnknownConfigError
    │   ├── UnknownSplitError
    │   └── MissingLibraryError     it needs an extra that isn't installed
    ├── SchemaError             a `*.schema.json` or card front matter breaks its own rules
    ├── SourceError             a file of a published release can't be used
    │   ├── SourceMissingError      it isn't at the place named
    │   ├── SourceMovedError        the repository, revision or path is gone or renamed
    │   ├── SourceAccessError       the repository is gated or private
    │   ├── SourceUnavailableError  no network, server error or rate limit (retryable)
    │   ├── SourceHashError         its bytes aren't the recorded ones
    │   └── SourceFormatError       it can't be parsed, or a field has the wrong type
    ├── RowError                rows violate their schema or repeat an id
    ├── ReleaseError            a release folder is missing, damaged or not what was asked for
    │   ├── ReleaseNotFoundError
    │   ├── ReleaseCorruptError     a file, count or digest differs from the manifest
    │   ├── ReleaseVersionError     another version than the one asked for
    │   └── VersionBumpError        rows moved more than the new version says
    ├── PromptError             a prompt breaks its own rules, or can't be rendered
    ├── RecipeError             a recipe breaks its own rules
    ├── JudgeError              a judge breaks its own rules
    ├── ResponseError           a file of responses, verdicts or labels can't be read
    ├── ModelError              a model can't be called
    ├── RunError                a run can't go on
    │   ├── RunLockedError          another process holds its folder
    │   ├── RunStoppedError         it was asked to stop
    │   └── BudgetError             the next call could pass the budget
    └── StorageError            the output can't be written: disk full, no permission, locked
        └── JournalError            a run's journal can't be read or written
"""

from __future__ import annotations

from typing import ClassVar


class MensreaError(Exception):
    """Root of the tree; catch it to catch everything that mensrea raises on purpose."""

    exit_code: ClassVar[int] = 2
    retryable: ClassVar[bool] = False


class UsageError(MensreaError):
    """The request names something that doesn't exist, or combines what can't be combined."""


class UnknownDatasetError(UsageError):
    """No dataset has this stem."""


class UnknownConfigError(UsageError):
    """The dataset has no config of this name."""


class UnknownSplitError(UsageError):
    """The config has no split of this name."""


class MissingLibraryError(UsageError):
    """What was asked for needs a library of an extra that isn't installed."""


class SchemaError(MensreaError):
    """A row schema or a card's front matter breaks the rules that the package sets for them."""


class SourceError(MensreaError):
    """A file of a published release can't be used."""


class SourceMissingError(SourceError):
    """The file isn't at the place named; the message says what to fetch and where to put it."""


class SourceMovedError(SourceError):
    """The repository, the revision or the path no longer exists upstream."""


class SourceAccessError(SourceError):
    """The repository is gated or private; the message says how to ask for access."""


class SourceUnavailableError(SourceError):
    """The server can't be reached, fails, or limits the rate."""

    retryable = True


class SourceHashError(SourceError):
    """The bytes aren't the recorded ones."""

    exit_code = 1


class SourceFormatError(SourceError):
    """The file can't be parsed, or holds a field of another type than the release documents."""


class RowError(MensreaError):
    """Rows violate their schema or repeat an id; nothing of the build is kept."""

    exit_code = 1


class ReleaseError(MensreaError):
    """A release folder is missing, damaged, or not what was asked for."""


class ReleaseNotFoundError(ReleaseError):
    """There is no release at the place named, and none can be built offline."""


class ReleaseCorruptError(ReleaseError):
    """A file, a row count or a digest differs from the manifest."""

    exit_code = 1


class ReleaseVersionError(ReleaseError):
    """The release has another version than the one asked for."""

    exit_code = 1


class VersionBumpError(ReleaseError):
    """Rows changed, went or came, and the new version is too small to say so."""

    exit_code = 1


class StorageError(MensreaError):
    """The output can't be written: no space, no permission, or another build holds it."""


class JournalError(StorageError):
    """A run's journal can't be read or written; what it acknowledged before is kept."""


class PromptError(MensreaError):
    """A prompt breaks the rules that the package sets for it, or can't be rendered with what it is given."""


class RecipeError(MensreaError):
    """A recipe breaks the rules that the package sets for it."""


class JudgeError(MensreaError):
    """A judge breaks the rules that the package sets for it."""


class ResponseError(MensreaError):
    """A file of responses, verdicts or labels can't be read; the message has its line or row."""


class ModelError(MensreaError):
    """A model can't be called: no key, no such model or server, or it drops what was asked for."""


class RunError(MensreaError):
    """A run can't begin or go on; what it has paid for is kept."""


class RunLockedError(RunError):
    """Another process holds the run's folder; the message has its number."""


class RunStoppedError(RunError):
    """The run was asked to stop; it can be resumed."""

    exit_code = 130


class BudgetError(RunError):
    """The next call could cost more than the budget has left; the run can be resumed with more."""

    exit_code = 1
