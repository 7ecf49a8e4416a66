"""Suppressions: the ignore comments that count, and the images that `ignore-images` names. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from pinner.model.occurrence import Link, Occurrence, Opaque, PlatformStages, Reading, Suppression, Unread
from pinner.model.reference import Reference

_T = TypeVar("_T")
_Place = TypeVar("_Place", Occurrence, PlatformStages, Unread)
Identity = tuple[str, object]


class SuppressionSettings(NamedTuple):
    """Settings of suppressions. `today` is the date in UTC as YYYY-MM-DD; without it nothing expires."""

    ignore_images: tuple[str, ...] = ()
    require_ignore_reason: bool = False
    no_ignores: bool = False
    today: str = ""

    def apply(self, reading: Reading) -> Reading:
        """Return `reading` with the suppressions that count at every occurrence, and the ignored images marked."""
        if not (reading.suppressions or self.ignore_images):
            return reading
        suppressions = self.with_validity(reading.suppressions)
        of_file = tuple(each for each in suppressions if each.whole_file)
        matches = self._image_matcher()

        def on_place(own: Iterable[Suppression]) -> tuple[Suppression, ...]:
            return self.with_validity(each for each in own if not each.whole_file) + of_file

        def applied(occurrence: Occurrence) -> Occurrence:
            image_ignored = isinstance(occurrence.target, Reference) and matches(occurrence.target)
            return occurrence._replace(suppressions=on_place(occurrence.suppressions), image_ignored=image_ignored)

        return reading._replace(
            occurrences=tuple(map(applied, reading.occurrences)),
            suppressions=suppressions,
            platform_stages=tuple(
                each._replace(suppressions=on_place(each.suppressions)) for each in reading.platform_stages
            ),
        )

    def with_validity(self, suppressions: Iterable[Suppression]) -> tuple[Suppression, ...]:
        """Return comments that say whether they count."""
        if self.no_ignores:
            return ()
        return tuple(each._replace(void=each.void or self._why_void(each)) for each in suppressions)

    def _image_matcher(self) -> Callable[[Reference], bool]:
        if not self.ignore_images:
            return lambda _: False
        from pinner.scanning.image_globs import glob_matcher

        return glob_matcher(self.ignore_images)

    def _why_void(self, suppression: Suppression) -> str:
        if suppression.until is not None and not _is_date(suppression.until):
            return "has no valid date: write until=YYYY-MM-DD"
        # Dates of one form compare as text; without `today`, which is empty, none is earlier.
        if suppression.until is not None and suppression.until < self.today:
            return f"expired after {suppression.until}"
        if self.require_ignore_reason and not suppression.reason:
            return "gives no reason, which require-ignore-reason asks for"
        return ""


NO_SUPPRESSION_SETTINGS = SuppressionSettings()

NOT_THERE = "does not count: the revision of --policy-from does not have it for this reference"


def as_allowed(reading: Reading, earlier: Reading) -> Reading:
    """Return `reading` with the comments that count as an earlier reading of the same file has them.

    A comment counts for a place if the same comment was on the same text with the same meaning, no more often than
    there. What does not count says so where it stands on a place, and is not among the reading's own comments: nobody
    shall be told to remove it. Suppressions are to be applied to both before.
    """
    # What a devcontainer.json names is a link until somebody looks for the file.
    there = [*places_of(earlier), *earlier.links]
    left = Counter((suppression.text, identity(each)) for each in there for suppression in each.suppressions)
    reading = reading._replace(
        occurrences=tuple(_only_allowed(each, left) for each in reading.occurrences),
        platform_stages=tuple(_only_allowed(each, left) for each in reading.platform_stages),
        unread=tuple(_only_allowed(each, left) for each in reading.unread),
    )
    covering = [suppression for each in places_of(reading) for suppression in each.suppressions]
    counting = {suppression.where for suppression in covering if suppression.void != NOT_THERE}
    # A comment on no place, for the whole file or beside nothing, is compared by its text alone.
    idle = {each.where for each in reading.suppressions} - {suppression.where for suppression in covering}
    is_same = (reading.template is None) == (earlier.template is None)
    known = Counter(each.text for each in earlier.suppressions if is_same)
    suppressions = tuple(
        each
        for each in reading.suppressions
        if each.where in counting or (each.where in idle and _take(known, each.text))
    )
    return reading._replace(suppressions=suppressions)


def places_of(reading: Reading) -> list[Occurrence | PlatformStages | Unread]:
    """Return the places of which an ignore comment may speak."""
    return [*reading.occurrences, *reading.platform_stages, *reading.unread]


def identity(place: Occurrence | PlatformStages | Unread | Link) -> Identity:
    """Return what a place is known by in a revision of its file: its text, and what that stands for.

    The text alone may hold a variable, whose value a change may have replaced.
    """
    match place:
        case Occurrence(text=text, target=Opaque(known=known)):
            return text, known
        case Occurrence(text=text, target=target):
            return text, target if isinstance(target, Reference) else None
        case PlatformStages(text=text, names=names):
            return text, names
        case Unread(text=text, path=path):
            return text, path
        case Link(path=path):
            return path, path


def _only_allowed(place: _Place, left: Counter[tuple[str, Identity]]) -> _Place:
    known = identity(place)
    suppressions = (
        each if _take(left, (each.text, known)) else each._replace(void=NOT_THERE) for each in place.suppressions
    )
    return place._replace(suppressions=tuple(suppressions))


def _take(left: Counter[_T], wanted: _T) -> bool:
    """Return whether one is left, which is then taken away."""
    left[wanted] -= 1
    return left[wanted] >= 0


def _is_date(text: str) -> bool:
    from datetime import date

    try:
        # fromisoformat takes 20270131 and 2027-W04-7 as well, which would not compare as text.
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
