"""Resolutions of references, and pin statuses. A leaf."""

from enum import StrEnum
from typing import NamedTuple

from pinner.model.reference import Reference


class Resolved(NamedTuple):
    """A reference with the digest that the registry answers. `body` is None unless it was fetched and verified.

    `size` is the content's length in bytes, None where the registry does not say it.
    """

    reference: Reference
    digest: str
    media_type: str
    body: bytes | None = None
    size: int | None = None


class Unresolved(NamedTuple):
    """A reference without a digest to pin. `reason` is a slug of `registry.errors`, `detail` a sentence on what to do.

    `is_image` is False where the registry did answer, with what is no image, `has_repository` where it says that it
    knows no such repository.
    """

    reference: Reference
    reason: str
    detail: str
    is_image: bool = True
    has_repository: bool = True


Resolution = Resolved | Unresolved


class PinState(StrEnum):
    """State of a pin, as `list --online` shows it."""

    FRESH = "fresh"
    """The tag names the pin."""
    STALE = "stale"
    """The tag names something else, and the pin still resolves."""
    GONE = "gone"
    """The registry has the pin's content no longer."""
    PLATFORM = "platform"
    """The pin is one child of the index that the tag names."""
    NO_TAG = "no-tag"
    """The registry does not have the tag; the pin, if there is one, still resolves."""
    UNPINNED = "unpinned"
    """There is a tag and no pin."""
    UNTAGGED = "untagged"
    """There is a pin without a tag, and it resolves."""


class PinStatus(NamedTuple):
    """Status of a pin, as the registry tells it.

    `current` is the digest that the tag names now, None where it names nothing or there is no tag.
    `media_type` and `platforms` are those of the content that the reference stands for: the pin's, or
    the tag's where there is no pin; `platforms` is empty where the content was not fetched. `child`
    says what a PLATFORM pin is: `linux/amd64`, or `an attestation`. `broken` says what is wrong with
    content that cannot be used. `target` is the digest to which `update` would move the pin, `held` why it would leave
    the pin as it is, `refused` why it must not move it; None where that was not asked.
    """

    state: PinState
    current: str | None
    media_type: str | None = None
    platforms: tuple[str, ...] = ()
    child: str | None = None
    broken: str | None = None
    target: str | None = None
    held: str | None = None
    refused: str | None = None


ATTESTATION = "an attestation"
