"""Dockerfiles as short strings: `@D` stands for a digest."""

from pinner.finding import Occurrence, Reading
from pinner.formats import DOCKERFILE
from pinner.source import Source
from tests.support import pinning
from tests.support.pinning import DIGEST


def expanded(text: str) -> str:
    return text.replace("@D", f"@{DIGEST}")


def source_of(text: str) -> Source:
    return Source("Dockerfile", expanded(text).encode())


def reading(text: str) -> Reading:
    return DOCKERFILE.read(source_of(text))


def only(text: str) -> Occurrence:
    (occurrence,) = reading(text).occurrences
    return occurrence


def pin(text: str) -> str:
    return pinning.pinned(source_of(text), DOCKERFILE).decode().replace(f"@{DIGEST}", "@D")


def unpin(text: str) -> str:
    return pinning.unpinned(source_of(text), DOCKERFILE).decode().replace(f"@{DIGEST}", "@D")
