"""What can go wrong with one answer of one registry.

    RegistryError              not-a-manifest when nothing below says it better
    ├── NotFound               not-found
    │   └── RepositoryNotFound nor anything else of that repository
    ├── Unauthorized           unauthorized
    │   └── CredentialsRefused not one more time with the same
    ├── Denied                 denied
    ├── RateLimited            rate-limited
    ├── Unreachable            unreachable
    │   ├── ConnectFailed      nobody there, or a proxy that refuses
    │   │   └── NameNotFound   the host has no address
    │   └── Dropped            the connection ended before the answer did
    ├── Timeout                timeout
    │   └── ConnectTimedOut    not even a connection
    ├── TLSFailure             tls
    │   └── NotTLS             the other side does not speak TLS at all
    ├── NotAManifest           not-a-manifest
    ├── UnsupportedMediaType   unsupported-media-type
    ├── NotAnImage             not-an-image
    ├── EmptyIndex             empty-index
    ├── DigestMismatch         digest-mismatch
    ├── TooLarge               too-large
    ├── RealmNotTrusted        realm-not-trusted
    ├── AmbiguousMirror        ambiguous-mirror
    └── RedirectRefused        redirect-refused

The text of each is one sentence that says what to do. It never holds a secret, and control
characters are cleaned from it here, once for all.
"""

import unicodedata
from typing import ClassVar

from pinner.model.errors import PinnerError

MAX_DETAIL = 400
MAX_LENGTH = 200


def one_line(text: str, limit: int = MAX_LENGTH) -> str:
    """Return `text` on one line of at most `limit` code points.

    Control and format characters (ANSI escapes, line ends, bidirectional overrides) and lone
    surrogates become spaces; runs of white space become one space.
    """
    visible = "".join(" " if unicodedata.category(each)[0] in "CZ" else each for each in text[: 4 * limit])
    line = " ".join(visible.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


class RegistryError(PinnerError):
    """A question that a registry did not answer. `reason` is the slug that users see."""

    reason: ClassVar[str] = "not-a-manifest"

    def __init__(self, detail: str) -> None:
        super().__init__(one_line(detail, MAX_DETAIL))

    @property
    def detail(self) -> str:
        """One sentence for people."""
        return str(self)


class NotFound(RegistryError):
    """The registry answers, and does not have it."""

    reason = "not-found"


class RepositoryNotFound(NotFound):
    """The registry says that it knows no such repository: it may hide one from who is not logged in."""


class Unauthorized(RegistryError):
    """Credentials are needed, or those given were refused."""

    reason = "unauthorized"


class CredentialsRefused(Unauthorized):
    """Credentials were refused as such: to show them again could lock the account."""


class Denied(RegistryError):
    """The registry knows who asks and says no."""

    reason = "denied"


class RateLimited(RegistryError):
    """Too many requests, and no time to wait."""

    reason = "rate-limited"


class Unreachable(RegistryError):
    """No answer, or only server errors."""

    reason = "unreachable"


class ConnectFailed(Unreachable):
    """No connection: the name, the host, the network or the proxy is not there."""


class NameNotFound(ConnectFailed):
    """The resolver of this machine, which tries more than once itself, knows no address for the host."""


class Dropped(Unreachable):
    """The connection ended, or what came over it was no HTTP, before the answer was complete."""


class Timeout(RegistryError):
    """No complete answer in time."""

    reason = "timeout"


class ConnectTimedOut(Timeout):
    """No connection in time."""


class TLSFailure(RegistryError):
    """The other side's certificate is not trusted, or the handshake failed."""

    reason = "tls"


class NotTLS(TLSFailure):
    """The other side does not speak TLS."""


class NotAManifest(RegistryError):
    """An answer that is no manifest: HTML, no JSON, an encoded or a truncated body."""

    reason = "not-a-manifest"


class UnsupportedMediaType(RegistryError):
    """A manifest of a kind that pinner does not pin, such as schema 1."""

    reason = "unsupported-media-type"


class NotAnImage(RegistryError):
    """A manifest that no container engine can run: of a chart, a signature, an attestation."""

    reason = "not-an-image"


class EmptyIndex(RegistryError):
    """An index that lists no image."""

    reason = "empty-index"


class DigestMismatch(RegistryError):
    """The content is not what its digest says."""

    reason = "digest-mismatch"


class TooLarge(RegistryError):
    """An answer larger than such an answer can be."""

    reason = "too-large"


class RealmNotTrusted(RegistryError):
    """A challenge that names a token server that pinner does not ask."""

    reason = "realm-not-trusted"


class AmbiguousMirror(RegistryError):
    """A mirror that is asked in one way for the images of several registries."""

    reason = "ambiguous-mirror"


class RedirectRefused(RegistryError):
    """A redirect that pinner does not follow."""

    reason = "redirect-refused"
