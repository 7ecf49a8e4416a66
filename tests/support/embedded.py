"""The embedded registry with the parts that only tests need: moving tags, and a record of the requests."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

from pinner.demo.registry import RegistryHandler, Store, StoredManifest, demo_store, serve


class Request(NamedTuple):
    """One request as it came in, without its query; the names of the header fields are in lower case."""

    method: str
    path: str
    headers: dict[str, str]


class RecordingStore(Store):
    """A store that can forget, and that keeps what it was asked for in `requests`."""

    def __init__(self, manifests: Store | None = None) -> None:
        super().__init__()
        if manifests:
            self.manifests |= manifests.manifests
            self.tags |= manifests.tags
        self.requests: list[Request] = []

    def move(self, repository: str, tag: str, manifest: StoredManifest) -> str:
        """Let `tag` name `manifest`; what it named before stays, by its digest. Returns the new digest."""
        return self.put(repository, manifest, tag)

    def delete(self, repository: str, reference: str) -> None:
        """Forget a tag or, by its digest, a manifest. KeyError where there is none."""
        if ":" in reference:
            del self.manifests[repository, reference]
        else:
            del self.tags[repository, reference]

    def count(self, method: str, reference: str = "") -> int:
        """How many requests of this method there were, for paths that end in `reference`."""
        return sum(request.method == method and request.path.endswith(reference) for request in self.requests)


class _RecordingHandler(RegistryHandler):
    store: RecordingStore

    def parse_request(self) -> bool:
        parsed = super().parse_request()
        if parsed:
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.store.requests.append(Request(self.command, self.path.partition("?")[0], headers))
        return parsed


class Embedded(NamedTuple):
    """A running embedded registry. `mirror` is what `--mirror` takes to send every host there."""

    url: str
    store: RecordingStore

    @property
    def host(self) -> str:
        """Host and port: the registry part of a reference."""
        return self.url.removeprefix("http://")

    @property
    def mirror(self) -> str:
        """`*=URL`."""
        return f"*={self.url}"


@contextmanager
def embedded(manifests: Store | None = None) -> Iterator[Embedded]:
    """Run a registry with `manifests`, by default those that come with pinner."""
    store = RecordingStore(manifests or demo_store())
    with serve(partial(_RecordingHandler, store)) as url:
        yield Embedded(url, store)
