"""Whether a pin moves, and where to. Pure: manifests, the ledger and the time go in, a decision comes out."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from pinner.model.occurrence import Occurrence
from pinner.model.platforms import fits_any, is_complete
from pinner.model.reference import Reference
from pinner.registry.manifest import Manifest
from pinner.updating.ledger import Ledger

EMPTY_INDEX = "empty-index"
IGNORED = "ignored"
LOST_PLATFORMS = "lost-platforms"
NOT_AN_IMAGE = "not-an-image"
SAME_MANIFESTS = "same-manifests"
TOO_YOUNG = "too-young"
UNPINNED = "unpinned"
UNWRITABLE = "unwritable"


class Move(NamedTuple):
    """Write this digest. `note` says what people should know of it."""

    digest: str
    note: str = ""


class Stay(NamedTuple):
    """Leave the pin as it is. `refused` where what the tag names now must not be taken, whatever its age."""

    reason: str
    detail: str
    refused: bool = False


Decision = Move | Stay


class Options(NamedTuple):
    """What `update` may do. `platforms` are those that matter, empty for all that an index has.

    `verify` has it fetch what it adds; that to which it moves a pin it fetches anyhow.
    """

    platforms: tuple[str, ...] = ()
    add: bool = False
    all_changes: bool = False
    allow_lost_platforms: bool = False
    min_age: timedelta = timedelta()
    verify: bool = False


def platforms_in_use(occurrences: Iterable[Occurrence], options: Options) -> Mapping[Reference, tuple[str, ...]]:
    """The platforms for which each reference is used; empty for all that the index has.

    A place that asks for a platform literally is used for that one, any other for those of the options.
    """
    used: dict[Reference, tuple[str, ...]] = {}
    for each in occurrences:
        if isinstance(each.target, Reference):
            literal = (each.platform,) if each.platform and is_complete(each.platform) else options.platforms
            before = used.setdefault(each.target, literal)
            used[each.target] = tuple(dict.fromkeys((*before, *literal))) if before and literal else ()
    return used


def in_conflict(references: Iterable[Reference]) -> Collection[Reference]:
    """The tags that are pinned to more than one digest: there, no pin stays only because it is as good."""
    pins: dict[Reference, set[str | None]] = {}
    for reference in references:
        if reference.digest:
            pins.setdefault(reference.by_tag(), set()).add(reference.digest)
    return {tag for tag, digests in pins.items() if len(digests) > 1}


def old_enough(pin: Reference, current: str, ledger: Ledger, now: datetime, min_age: timedelta) -> list[str]:
    """The digests to which the pin may move, the best first: what the tag names now, or else what it named before.

    Of what it named before only what came after the pin counts, lest the pin move back.
    """
    seen = ledger.named(pin)
    settled = [digest for digest, when in seen.items() if when + min_age <= now]
    if not min_age or current in settled:
        return [current]
    since = ledger.since(pin) or now
    return [digest for digest in settled if digest != pin.digest and seen[digest] >= since]


def too_young(pin: Reference, current: str, ledger: Ledger, now: datetime, min_age: timedelta) -> Stay:
    """Why the pin stays, and until when."""
    since = ledger.named(pin).get(current, now)
    days = min_age.days
    detail = f"{current} is known since {since:%Y-%m-%d}, for less than {days} {'day' if days == 1 else 'days'}"
    return Stay(TOO_YOUNG, f"{detail}; the pin can move to it from {since + min_age:%Y-%m-%d %H:%M} UTC on")


def decide(digest: str, new: Manifest, old: Manifest | None, used: tuple[str, ...], options: Options) -> Decision:
    """Whether a pin moves to `digest`, which is `new`. `old` is what it names now, None where that is gone."""
    if new.artifact:
        return Stay(NOT_AN_IMAGE, f"{digest} is no image but holds {new.artifact}", refused=True)
    if new.is_index and not new.images:
        return Stay(EMPTY_INDEX, f"{digest} is an index that lists no image", refused=True)
    if old is None:
        return Move(digest, "the registry no longer has the old content, so nothing was compared")
    lost = [] if options.allow_lost_platforms else _lost(new, old, used)
    if lost:
        detail = f"{digest} lacks {', '.join(lost)}, which the pin has; --allow-lost-platforms takes it all the same"
        return Stay(LOST_PLATFORMS, detail, refused=True)
    if not options.all_changes and _manifests(old, used) and _manifests(old, used) == _manifests(new, used):
        where = ", ".join(used or new.platforms) or "every platform"
        return Stay(SAME_MANIFESTS, f"{digest} has the same manifests for {where}; --all-changes takes it all the same")
    return Move(digest)


def _lost(new: Manifest, old: Manifest, used: tuple[str, ...]) -> list[str]:
    """The platforms in use that only the old index has.

    A manifest does not name its platform. One that takes the place of an index has no more than one.
    """
    had = [platform for platform in old.platforms if not used or fits_any(platform, used)]
    if not new.is_index:
        return had if len(had) > 1 else []
    return [platform for platform in had if not fits_any(platform, new.platforms)]


def _manifests(index: Manifest, used: tuple[str, ...]) -> set[tuple[str | None, str]]:
    """The images of an index that are in use, by platform and digest."""
    return {
        (image.platform, image.digest) for image in index.images if not used or fits_any(image.platform or "", used)
    }
