"""References in, digests out: each unique one is asked once.

A reference that could not be resolved is a value with a reason, never an exception that ends the run.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pinner.reference import Reference
from pinner.registry.settings import RegistrySettings


@dataclass(frozen=True, slots=True)
class Resolved:
    """What the registry says. `body` holds the content only where it was fetched and verified."""

    reference: Reference
    digest: str
    media_type: str
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Unresolved:
    """Why there is no digest: `reason` is a slug of `pinner.registry.errors`, `detail` a sentence that says what to do."""

    reference: Reference
    reason: str
    detail: str


Resolution = Resolved | Unresolved


def resolve(
    references: Iterable[Reference],
    settings: RegistrySettings,
    *,
    fetch: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> dict[Reference, Resolution]:
    """What the registries say of every reference, in an event loop of its own.

    A reference with a digest is asked by digest, any other by its tag (`latest` where none is
    written). `fetch` also gets the content and verifies it, which counts as a pull on Docker Hub.
    `progress` is called with the number of references done and of all.
    """
    return {each: Unresolved(each, "unreachable", "the registry client is not there yet") for each in references}
