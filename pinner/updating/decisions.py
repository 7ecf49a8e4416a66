"""Whether a pin moves, and where to. Pure: manifests, the history of a tag and the time go in, a decision comes out."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from pinner.model.changes import Explanation
from pinner.model.occurrence import Occurrence
from pinner.model.platforms import fits_any, is_complete
from pinner.model.reference import Reference
from pinner.registry.manifest import Manifest
from pinner.updating.ledger import Fact, Ledger, Naming, has_named_a_third

IGNORED = "ignored"
LOST_PLATFORMS = "lost-platforms"
NOT_UPDATED = "not-updated"
REJECTED = "rejected"
SAME_MANIFESTS = "same-manifests"
TOO_YOUNG = "too-young"
UNPINNED = "unpinned"
UNWRITABLE = "unwritable"

GONE = "the pinned digest is gone"
"""The note of a move that repairs a pin: there is nothing to compare."""
_GRACE = timedelta(hours=12)
"""How much sooner content counts as old enough: no scheduled job runs at the same second twice."""


class Move(NamedTuple):
    """Write this digest. `note` says what people should know of it, `explanation` why it moved."""

    digest: str
    note: str = ""
    explanation: Explanation = Explanation()


class Stay(NamedTuple):
    """Leave the pin as it is. `refused` where what the tag names now must not be taken, whatever its age."""

    reason: str
    detail: str
    refused: bool = False


UpdateDecision = Move | Stay


class Options(NamedTuple):
    """What `update` may do with an image. `platforms` are those that matter, empty for all that an index has.

    `update` is False where pins are not to move at all. `verify` has it fetch what it adds; that to which it moves a
    pin it fetches anyhow.
    """

    platforms: tuple[str, ...] = ()
    add: bool = False
    all_changes: bool = False
    allow_lost_platforms: bool = False
    min_age: timedelta = timedelta()
    verify: bool = False
    update: bool = True


OptionsOf = Callable[[Reference], Options]


class History(NamedTuple):
    """What a tag named, the oldest first: the last naming is what it names now.

    `pinned` is since when a pin is known that the tag was never seen to name. `rejections` are facts of that kind.
    """

    namings: tuple[Naming, ...]
    pinned: datetime | None = None
    rejections: tuple[Fact, ...] = ()


def history_of(pin: Reference, current: str, ledger: Ledger, now: datetime) -> History:
    """Return the history of a pin's tag, which names `current` now, or is gone where that is empty."""
    namings = ledger.namings(pin)
    if current and (not namings or namings[-1].digest != current):
        namings = (*namings, Naming(now, current))
    return History(namings=namings, pinned=ledger.since(pin) or now, rejections=ledger.rejections(pin))


def targets(pin: str | None, history: History, now: datetime, min_age: timedelta) -> list[str]:
    """Return the digests to which a pin that resolves may move, the best first; `pin` is None where there is none.

    That is what the tag names now, and with `min_age` what it named that long ago, or else the nearest before that.
    Only what came after the pin counts, lest it move back, and never what was withdrawn or rejected.
    """
    digests, last = [naming.digest for naming in history.namings], len(history.namings) - 1
    if _is_rejected(last, history):
        return []
    settled = [at for at, naming in enumerate(history.namings) if naming.time + min_age <= now + _GRACE]
    # A tag that goes back from the pin names what is known for longer: that need not grow old again.
    first = digests.index(digests[last])
    goes_back = pin in digests and first in settled and first < digests.index(pin)
    if not min_age or last in settled or goes_back:
        return [digests[last]]
    return list(dict.fromkeys(digests[at] for at in reversed(_successors(pin, history)) if at in settled))


def repairs(pin: str, current: str, history: History, min_age: timedelta) -> list[str]:
    """Return the digests to which a pin that is gone may move, the best first.

    With `min_age`, or where the tag is gone as well (`current` is empty), that is the oldest that is known to have come
    after the lost one, else what the tag names now.
    """
    last = len(history.namings) - 1
    wanted = _successors(pin, history) if min_age or not current else []
    if current and last not in wanted and not _is_rejected(last, history):
        wanted.append(last)
    return list(dict.fromkeys(history.namings[at].digest for at in wanted))


def _successors(pin: str | None, history: History) -> list[int]:
    """Return the namings that came after the pin, the oldest first, without what was withdrawn or rejected.

    A naming is withdrawn if the tag went back, after it, to a digest that it had named before it named this one.
    """
    digests = [naming.digest for naming in history.namings]
    successors = []
    for at, (time, digest) in enumerate(history.namings):
        if pin in digests:
            follows = pin not in digests[at:]
        else:
            follows = pin is None or (history.pinned is not None and time >= history.pinned)
        is_withdrawn = any(digests.index(later) < digests.index(digest) for later in digests[at + 1 :])
        if follows and not is_withdrawn and not _is_rejected(at, history):
            successors.append(at)
    return successors


def _is_rejected(at: int, history: History) -> bool:
    """Return whether a naming is of a digest that was rejected, and the tag has named no third one since.

    The first is the one that was rejected, the second the one that took its place.
    """
    naming = history.namings[at]
    rejections = [each for each in history.rejections if each.digest == naming.digest]
    before = history.namings[:at]
    return any(naming.time <= each.time or not has_named_a_third(each, before) for each in rejections)


def platforms_in_use(occurrences: Iterable[Occurrence], options_of: OptionsOf) -> Mapping[Reference, tuple[str, ...]]:
    """Return the platforms for which each reference is used; empty for all that the index has.

    A place that asks for a platform literally is used for that one, any other for those of the options.
    """
    used: dict[Reference, tuple[str, ...]] = {}
    for each in occurrences:
        if isinstance(each.target, Reference):
            # `$BUILDPLATFORM` and the like are no platform: such a place is built for those of the options.
            is_literal = each.platform is not None and is_complete(each.platform)
            literal = (each.platform or "",) if is_literal else options_of(each.target).platforms
            before = used.setdefault(each.target, literal)
            used[each.target] = tuple(dict.fromkeys((*before, *literal))) if before and literal else ()
    return used


def in_conflict(references: Iterable[Reference]) -> Collection[Reference]:
    """Return the tags that are pinned to more than one digest: there, no pin stays only because it is as good."""
    pins: dict[Reference, set[str | None]] = {}
    for reference in references:
        if reference.digest:
            pins.setdefault(reference.by_tag(), set()).add(reference.digest)
    return {tag for tag, digests in pins.items() if len(digests) > 1}


def too_young(history: History, min_age: timedelta) -> Stay:
    """Return why a pin stays although its tag has moved, and until when."""
    since, current = history.namings[-1]
    if _is_rejected(len(history.namings) - 1, history):
        when = max(fact.time for fact in history.rejections if fact.digest == current)
        detail = f"{current} was rejected on {when:%Y-%m-%d}; the pin moves when the tag names another"
        return Stay(REJECTED, f"{detail}, or to it by --image and --to")
    days = f"{min_age.days} day{'' if min_age.days == 1 else 's'}"
    until = f"{since + min_age - _GRACE:%Y-%m-%d %H:%M} UTC"
    return Stay(
        TOO_YOUNG,
        f"{current} is known since {since:%Y-%m-%d}, for less than {days}; the pin can move to it from {until} on",
    )


def decide(digest: str, new: Manifest, old: Manifest | None, used: tuple[str, ...], options: Options) -> UpdateDecision:
    """Return whether a pin moves to `digest`, which is `new`. `old` is what it names now, None where that is gone."""
    if new.flaw:
        return Stay(new.flaw.reason, f"{digest} cannot be taken: {new.flaw.detail}", refused=True)
    if old is None:
        # There is nothing to compare, and a pin that no longer resolves breaks every build.
        return Move(digest, GONE)
    lost = [] if options.allow_lost_platforms else _lost(new, old, used)
    if lost:
        detail = f"{digest} lacks {', '.join(lost)}, which the pin has; --allow-lost-platforms takes it all the same"
        return Stay(LOST_PLATFORMS, detail, refused=True)
    # Where neither index has an image in use, nothing says that they are the same.
    if not options.all_changes and _manifests(old, used) and _manifests(old, used) == _manifests(new, used):
        where = ", ".join(used or new.platforms) or "every platform"
        return Stay(SAME_MANIFESTS, f"{digest} has the same manifests for {where}; --all-changes takes it all the same")
    return Move(digest)


def _lost(new: Manifest, old: Manifest, used: tuple[str, ...]) -> list[str]:
    """Return the platforms in use that only the old index has.

    A manifest has one platform, which its configuration names. Where nobody could find it out, it takes the place of an
    index of no more than one.
    """
    had = [platform for platform in old.platforms if not used or fits_any(platform, used)]
    if not new.is_index and new.platform is None:
        return had if len(had) > 1 else []
    has = new.platforms if new.platform is None else (new.platform,)
    return [platform for platform in had if not fits_any(platform, has)]


def _manifests(index: Manifest, used: tuple[str, ...]) -> set[tuple[str | None, str]]:
    """Return the images of an index that are in use, by platform and digest."""
    return {
        (image.platform, image.digest) for image in index.images if not used or fits_any(image.platform or "", used)
    }
