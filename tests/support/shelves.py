"""One way to put images into any registry of the tests, and to take them away again."""

import shutil
from typing import NamedTuple, Protocol

from tests.support import images
from tests.support.distribution import Distribution
from tests.support.embedded import Embedded
from tests.support.images import Image
from tests.support.push import Pusher


class Shelf(Protocol):
    """A registry whose content the test decides."""

    @property
    def host(self) -> str:
        """Host and port: the registry part of a reference."""
        ...

    def put(self, repository: str, image: Image, tag: str | None = None) -> str:
        """Keep `image` with its children; returns the digest."""
        ...

    def delete(self, repository: str, digest: str) -> None:
        """Forget one manifest, and with it the tags that name it."""
        ...

    def untag(self, repository: str, tag: str) -> None:
        """Forget a tag alone."""
        ...


class EmbeddedShelf(NamedTuple):
    """The embedded registry."""

    running: Embedded

    @property
    def host(self) -> str:
        return self.running.host

    def put(self, repository: str, image: Image, tag: str | None = None) -> str:
        return images.store(self.running.store, repository, image, tag)

    def delete(self, repository: str, digest: str) -> None:
        store = self.running.store
        store.delete(repository, digest)
        for key in [key for key, named in store.tags.items() if key[0] == repository and named == digest]:
            del store.tags[key]

    def untag(self, repository: str, tag: str) -> None:
        self.running.store.delete(repository, tag)


class DistributionShelf(NamedTuple):
    """Debian's `docker-registry`, which deletes manifests; it knows no request to delete a tag alone."""

    running: Distribution
    push: Pusher

    @property
    def host(self) -> str:
        return self.running.host

    def put(self, repository: str, image: Image, tag: str | None = None) -> str:
        return self.push.push(repository, image, tag)

    def delete(self, repository: str, digest: str) -> None:
        self.push.delete(repository, digest)

    def untag(self, repository: str, tag: str) -> None:
        repositories = self.running.access_log.parent / "data/docker/registry/v2/repositories"
        shutil.rmtree(repositories / repository / "_manifests/tags" / tag)
