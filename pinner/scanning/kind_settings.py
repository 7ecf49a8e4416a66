"""Which kinds of files are read, and which are only reported on. Pure."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from pinner.formats import COMPOSE, DOCKERFILE, Format, Places, kind_names
from pinner.model.occurrence import Reading
from pinner.model.reference import Reference

MODES = ("off", "check", "on")
_ONLY_CHECKED = "the configuration lets files of this kind be checked alone: see [kinds]"


class KindSettings(NamedTuple):
    """The kinds that are `off` are passed over, those in `checked` are never written.

    With `writes_tag` the digest of a chart's image may go behind its tag.
    """

    off: frozenset[str] = frozenset()
    checked: frozenset[str] = frozenset()
    writes_tag: bool = False

    def places(self, kind: str = "") -> Format:
        """Return the format of all other files; without `kind` their names and contents tell what they are."""
        return Places(kind=kind, off=self.off, writes_tag=self.writes_tag)

    def format_of(self, kind: str) -> Format:
        """Return the format of a kind."""
        return next((each for each in (DOCKERFILE, COMPOSE) if each.NAME == kind), None) or self.places(kind)

    def apply(self, reading: Reading) -> Reading:
        """Return `reading` without places in what is only checked."""
        if not self.checked:
            return reading
        occurrences = []
        for each in reading.occurrences:
            if each.kind in self.checked and each.place is not None:
                is_reference = isinstance(each.target, Reference)
                each = each._replace(place=None, unwritable=_ONLY_CHECKED if is_reference else None)
            occurrences.append(each)
        return reading._replace(occurrences=tuple(occurrences))


ALL_KINDS = KindSettings()


def kind_settings(modes: Mapping[str, str], only: Collection[str], *, writes_tag: bool) -> KindSettings:
    """Return the settings of a run: `modes` by kind, and if there are any, the kinds that it reads alone."""
    off = {kind for kind, mode in modes.items() if mode == "off"}
    if only:
        off = set(kind_names()).difference(only)
    checked = frozenset(kind for kind, mode in modes.items() if mode == "check")
    return KindSettings(off=frozenset(off), checked=checked, writes_tag=writes_tag)
