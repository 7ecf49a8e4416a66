"""The changes of a report by image: one entry for each image and old digest, however many places name it."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from pinner.model.changes import Change, Explanation

_LONG = re.compile(r"\A(?:sha256:)?([0-9a-f]{12})[0-9a-f]{28,}\Z")


class ImageChange(NamedTuple):
    """The changes of one image from one digest to another."""

    image: str
    old: str | None
    new: str | None
    note: str
    explanation: Explanation
    places: tuple[Change, ...]

    @property
    def is_repair(self) -> bool:
        """Return whether the old digest is gone."""
        return self.explanation.why == "lost"


def by_image(changes: Iterable[Change]) -> list[ImageChange]:
    """Return the changes of each image, in the order of the first place."""
    groups: dict[tuple[str, str | None, str | None, str], list[Change]] = {}
    for change in changes:
        groups.setdefault((change.image, change.old, change.new, change.note), []).append(change)
    return [
        ImageChange(image=image, old=old, new=new, note=note, explanation=places[0].explanation, places=tuple(places))
        for (image, old, new, note), places in groups.items()
    ]


def words_of(why: str | None) -> str:
    """Return why a pin moved, for people; empty where nothing was asked or is known."""
    words = {
        "version": "another version",
        "source": "other source",
        "base": "another base image",
        "rebuild": "built again",
        "attestations": "only attestations changed",
        "lost": "the pinned digest is gone",
    }
    return words.get(why or "", "")


def publisher_words(change: ImageChange) -> list[tuple[str, str, str]]:
    """Return what the publisher says of both indexes where it differs: what it is, before, after; not cleaned.

    What only one of them has stands beside an empty text. Revisions and digests are shortened.
    """
    before, after = change.explanation.before, change.explanation.after
    if before is None or after is None:
        return []
    names = {
        "version": "version",
        "revision": "revision",
        "source": "source",
        "base_name": "base image",
        "base_digest": "base digest",
        "created": "created",
    }
    pairs = [(name, getattr(before, field) or "", getattr(after, field) or "") for field, name in names.items()]
    # Compared in full: two revisions may begin alike.
    return [(name, _LONG.sub(r"\1", old), _LONG.sub(r"\1", new)) for name, old, new in pairs if old != new]
