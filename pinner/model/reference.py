"""Image references: the grammar of distribution/reference, and the names it stands for. A leaf.

Grammar and normalisation follow github.com/distribution/reference (`regexp.go`, `normalize.go`),
which Docker, BuildKit, Compose and containerd all use.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from pinner.model.errors import InvalidReference

DOCKER_HUB = "docker.io"
DEFAULT_TAG = "latest"
MAX_REPOSITORY_LENGTH = 255

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_REFERENCE = re.compile(
    rf"(?P<registry>(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?)/"
    rf"(?P<repository>{_COMPONENT}(?:/{_COMPONENT})*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?"
    r"(?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?"
)
_ENCODED_LENGTH = {"sha256": 64, "sha384": 96, "sha512": 128}
_HEXADECIMAL = frozenset("0123456789abcdef")


class Reference(NamedTuple):
    """A parsed reference under its canonical name. The spelling in a file is `Occurrence.text`.

    `registry` is the registry's host as the grammar sees it (`docker.io` for Docker Hub), `repository`
    the full path (`library/node`); `tag` and `digest` are None where they are not written.
    """

    registry: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    @property
    def name(self) -> str:
        """`registry/repository`."""
        return f"{self.registry}/{self.repository}"

    @property
    def familiar(self) -> str:
        """The short spelling that people use: `node:20` for `docker.io/library/node:20`."""
        name = self.name
        if self.registry == DOCKER_HUB:
            name = self.repository
            if name.startswith("library/") and name.count("/") == 1:
                name = name.removeprefix("library/")
        return self._suffixed(name)

    def by_tag(self) -> "Reference":
        """Return the reference to what the tag names, without the digest; no tag means `latest`."""
        return Reference(registry=self.registry, repository=self.repository, tag=self.tag or DEFAULT_TAG)

    def by_digest(self) -> "Reference":
        """Return the reference to what the digest names, without the tag."""
        return Reference(registry=self.registry, repository=self.repository, tag=None, digest=self.digest)

    def __str__(self) -> str:
        return self._suffixed(self.name)

    def _suffixed(self, name: str) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{name}{tag}@{self.digest}" if self.digest else name + tag


def is_digest(text: str) -> bool:
    """Return whether `text` is a digest that pinner writes: sha256 and 64 lower-case hexadecimal digits."""
    return text.startswith("sha256:") and _is_hash(text.removeprefix("sha256:"))


# The files of a repository name the same images over and over.
@lru_cache(maxsize=4096)
def parse(text: str) -> Reference:
    """Parse `text` and return the reference, normalised. Raises InvalidReference with distribution's reason."""
    # 64 hexadecimal digits are an image's local identifier to Docker, never a name.
    if _is_hash(text):
        raise InvalidReference(f"invalid repository name ({text}), cannot specify 64-byte hexadecimal strings")
    registry, remainder = _split_registry(text)
    # Before the grammar, as ParseNormalizedNamed has it: the reason is the one that Docker gives.
    repository = remainder.partition(":")[0]
    if repository.lower() != repository:
        raise InvalidReference(f"invalid reference format: repository name ({repository}) must be lowercase")
    match = _REFERENCE.fullmatch(f"{registry}/{remainder}")
    if match is None:
        raise InvalidReference("invalid reference format")
    reference = Reference(
        registry=match["registry"], repository=match["repository"], tag=match["tag"], digest=match["digest"]
    )
    if reference.digest:
        _validate_digest(reference.digest)
    if len(reference.repository) > MAX_REPOSITORY_LENGTH:
        raise InvalidReference(f"repository name must not be more than {MAX_REPOSITORY_LENGTH} characters")
    return reference


def _is_hash(text: str) -> bool:
    return len(text) == 64 and _HEXADECIMAL.issuperset(text)


def _split_registry(text: str) -> tuple[str, str]:
    """Return what Docker takes for the registry and for the rest (splitDockerDomain of normalize.go)."""
    first, slash, rest = text.partition("/")
    if not slash:
        return DOCKER_HUB, f"library/{text}"
    if first == "index.docker.io":
        first = DOCKER_HUB
    # A host has a dot, a port or a capital letter: `node/app` is a repository of Docker Hub, `Node/app` a host.
    elif not ("." in first or ":" in first or first == "localhost" or first.lower() != first):
        return DOCKER_HUB, text
    if first == DOCKER_HUB and "/" not in rest:
        rest = f"library/{rest}"
    return first, rest


def _validate_digest(digest: str) -> None:
    algorithm, _, encoded = digest.partition(":")
    length = _ENCODED_LENGTH.get(algorithm)
    if length is None:
        raise InvalidReference("unsupported digest algorithm")
    if len(encoded) != length:
        raise InvalidReference("invalid checksum digest length")
    if encoded.lower() != encoded:
        raise InvalidReference("invalid checksum digest format")
