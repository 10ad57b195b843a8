"""Exceptions: one class for each domain of errors, all of them `relata.Error`.

Every one has a `code`, which stays the same where the text changes; docs/reference/errors.md lists the codes that the program
has as well, docs/guide/python.md those of this package alone.
"""


class Error(Exception):
    """Something that went wrong, in words, with a stable code.

    >>> import relata
    >>> try:
    ...     relata.Encoder("no-such-model")
    ... except relata.Error as error:
    ...     print(error.code)
    model-unknown
    """

    code: str = "internal"


class FileError(Error):
    """A file or folder could not be read or written."""

    code = "io"


class ReadingError(Error):
    """A file of papers or references cannot be read."""


class ModelError(Error):
    """A model is not known, not here, or damaged."""


class EmbeddingError(Error):
    """Texts could not be embedded, or not in the way that was asked for."""


class LibraryError(Error):
    """The library's file, or what it holds."""


class BulkError(Error):
    """Inputs and outputs of bulk embedding."""

    code = "bulk"


class FetchError(Error):
    """Fetching papers from arXiv."""


class QueryError(Error):
    """A question that cannot be answered."""


class ProfileError(Error):
    """A profile."""


class TopicsError(Error):
    """Topics."""

    code = "topics"


class ZoteroError(Error):
    """Syncing with Zotero."""


class ConfigError(Error):
    """The configuration file."""


class MailError(Error):
    """Writing and sending mail."""


class CancelledError(Error):
    """The work was ended; what was committed before is kept."""


class ClusterError(Error):
    """There is no cluster, it has no machine that could work, or it was lost. The same call goes on from what was done."""

    code = "cluster"
    reason: str | None = None
    """Why a cluster was lost; `None` where there was none."""


class ForkedError(Error, RuntimeError):
    """This process was forked from one that had used Relata, and cannot."""

    code = "forked"


class RequestError(Error, ValueError):
    """Arguments that are no request, or ask for what Relata does not do."""

    code = "malformed-request"


class ArgumentError(RequestError, TypeError):
    """An argument of another type than it can be."""


class PackageError(Error, ImportError):
    """A package that is used here is not installed; the text says how to get it."""

    code = "package-missing"


def _refused(text: str) -> RequestError:
    return RequestError(text)
