"""Changes of digests, and places that an update leaves as they are. A leaf."""

from typing import NamedTuple

from pinner.model.source import Location


class Provenance(NamedTuple):
    """What the publisher of an index says of it in annotations; None for what is missing. It is no evidence."""

    version: str | None = None
    revision: str | None = None
    source: str | None = None
    created: str | None = None
    base_name: str | None = None
    base_digest: str | None = None


class Explanation(NamedTuple):
    """Why a digest changed.

    `why` is a word of `pinner.updating.explanation`, None where nothing was asked. `before` and `after` are None where
    an index says nothing. `current` is whether the tag names the new digest now, `tag_digest` the digest that it names
    in its place. `first_seen` is when the tag was first seen to name the new digest (RFC 3339, UTC).
    """

    why: str | None = None
    before: Provenance | None = None
    after: Provenance | None = None
    compare_url: str | None = None
    added: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    current: bool = False
    tag_digest: str | None = None
    first_seen: str | None = None


class Change(NamedTuple):
    """A digest that was written, or would be with `--diff`. None stands for no digest.

    `note` is a sentence that people should know about it, empty where there is none.
    """

    path: str
    where: Location
    image: str
    old: str | None
    new: str | None
    note: str = ""
    explanation: Explanation = Explanation()


class Kept(NamedTuple):
    """A place that an update left as it is, and why.

    `reason` is a slug, `detail` a sentence for people. `refused` where what the tag names now must not be taken.
    """

    path: str
    where: Location
    image: str
    reason: str
    detail: str
    refused: bool = False
