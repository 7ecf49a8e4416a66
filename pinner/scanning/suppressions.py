"""What the rules leave alone: places with a comment that says so, and images that the configuration names. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeVar

from pinner.model.occurrence import Ignore, Occurrence, Reading
from pinner.model.reference import Reference

_T = TypeVar("_T")
_Exemption = tuple[str, str, Reference | None]


class Exemptions(NamedTuple):
    """What may be left alone. `today` is the date in UTC as YYYY-MM-DD; without it nothing expires."""

    ignore_images: tuple[str, ...] = ()
    require_ignore_reason: bool = False
    no_ignores: bool = False
    today: str = ""

    def apply(self, reading: Reading) -> Reading:
        """`reading` with the comments that count for every place, and the images to leave alone marked."""
        if not (reading.ignores or self.ignore_images):
            return reading
        ignores = self.judged(reading.ignores)
        of_file = tuple(each for each in ignores if each.whole_file)
        matches = self._image_matcher()

        def applied(occurrence: Occurrence) -> Occurrence:
            own = self.judged(each for each in occurrence.ignores if not each.whole_file)
            exempt = isinstance(occurrence.target, Reference) and matches(occurrence.target)
            return occurrence._replace(ignores=own + of_file, exempt=exempt)

        return reading._replace(occurrences=tuple(map(applied, reading.occurrences)), ignores=ignores)

    def judged(self, ignores: Iterable[Ignore]) -> tuple[Ignore, ...]:
        """Return comments that say whether they count."""
        if self.no_ignores:
            return ()
        return tuple(each._replace(void=self._why_void(each)) for each in ignores)

    def _image_matcher(self) -> Callable[[Reference], bool]:
        if not self.ignore_images:
            return lambda _: False
        from pinner.scanning.image_globs import glob_matcher

        return glob_matcher(self.ignore_images)

    def _why_void(self, ignore: Ignore) -> str:
        if ignore.until is not None and not _is_date(ignore.until):
            return "has no valid date: write until=YYYY-MM-DD"
        if ignore.until is not None and ignore.until < self.today:
            return f"expired after {ignore.until}"
        if self.require_ignore_reason and not ignore.reason:
            return "gives no reason, which require-ignore-reason asks for"
        return ""


NO_EXEMPTIONS = Exemptions()

NOT_THERE = "does not count: the revision of --policy-from does not have it for this reference"


def as_allowed(reading: Reading, earlier: Reading) -> Reading:
    """Return `reading` with the comments that count as an earlier reading of the same file has them.

    A comment counts for a reference if the same comment was on the same reference, no more often than there. What does
    not count says so where it stands on a reference, and is not among the reading's own comments: nobody shall be told
    to remove it. Exemptions are to be applied to both before.
    """
    left = Counter(_exemption(each, ignore) for each in earlier.occurrences for ignore in each.ignores)
    occurrences = tuple(_only_allowed(each, left) for each in reading.occurrences)
    covering = [ignore for each in occurrences for ignore in each.ignores]
    counting = {ignore.where for ignore in covering if ignore.void != NOT_THERE}
    idle = {each.where for each in reading.ignores} - {ignore.where for ignore in covering}
    known = Counter(each.text for each in earlier.ignores)
    ignores = tuple(
        each for each in reading.ignores if each.where in counting or (each.where in idle and _take(known, each.text))
    )
    return reading._replace(occurrences=occurrences, ignores=ignores)


def _only_allowed(occurrence: Occurrence, left: Counter[_Exemption]) -> Occurrence:
    ignores = (
        each if _take(left, _exemption(occurrence, each)) else each._replace(void=NOT_THERE)
        for each in occurrence.ignores
    )
    return occurrence._replace(ignores=tuple(ignores))


def _exemption(occurrence: Occurrence, ignore: Ignore) -> _Exemption:
    """Return what a comment lets go. The text alone may hold a variable, whose value the change may have replaced."""
    target = occurrence.target if isinstance(occurrence.target, Reference) else None
    return ignore.text, occurrence.text, target


def _take(left: Counter[_T], wanted: _T) -> bool:
    """Return whether one is left, which is then taken away."""
    left[wanted] -= 1
    return left[wanted] >= 0


def _is_date(text: str) -> bool:
    from datetime import date

    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
