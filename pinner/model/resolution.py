"""What registries say of references. A leaf."""

from typing import NamedTuple

from pinner.model.reference import Reference


class Resolved(NamedTuple):
    """What the registry says. `body` holds the content only where it was fetched and verified.

    `size` is the content's length in bytes, None where the registry does not say it.
    """

    reference: Reference
    digest: str
    media_type: str
    body: bytes | None = None
    size: int | None = None


class Unresolved(NamedTuple):
    """Why there is no digest. `reason` is a slug of `pinner.registry.errors`, `detail` a sentence on what to do."""

    reference: Reference
    reason: str
    detail: str


Resolution = Resolved | Unresolved
