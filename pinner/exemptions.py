"""What the rules leave alone: places with a comment that says so, and images that the configuration names. Pure."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from pinner.finding import Ignore, Occurrence, Reading
from pinner.reference import Reference


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
        ignores = self._judged(reading.ignores)
        of_file = tuple(each for each in ignores if each.whole_file)
        matches = self._image_matcher()

        def applied(occurrence: Occurrence) -> Occurrence:
            own = self._judged(each for each in occurrence.ignores if not each.whole_file)
            exempt = isinstance(occurrence.target, Reference) and matches(occurrence.target)
            return occurrence._replace(ignores=own + of_file, exempt=exempt)

        return reading._replace(occurrences=tuple(map(applied, reading.occurrences)), ignores=ignores)

    def _judged(self, ignores: Iterable[Ignore]) -> tuple[Ignore, ...]:
        if self.no_ignores:
            return ()
        return tuple(each._replace(void=self._why_void(each)) for each in ignores)

    def _image_matcher(self) -> Callable[[Reference], bool]:
        if not self.ignore_images:
            return lambda _: False
        from pinner.image_globs import glob_matcher

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


def _is_date(text: str) -> bool:
    from datetime import date

    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
