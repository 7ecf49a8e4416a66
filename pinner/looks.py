"""What is in a file: read, or settled by a glance, by more than one process where there is much to look at."""

import marshal
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from pinner.discovery import Found
from pinner.errors import ReadError
from pinner.exemptions import NO_EXEMPTIONS, Exemptions
from pinner.finding import Occurrence, Reading
from pinner.formats import FORMATS
from pinner.reference import Reference
from pinner.report import FileFailure
from pinner.source import Source, read_source
from pinner.workers import Crew, Pickled, processors

_OUTSIDE = "the link leads out of what is checked"

MANY = 200
"""How many files there must be before preparations pay."""

PART = 2500
"""How long it takes to read what one process takes up at a time, in microseconds."""

WORTH_SHARING = 5
"""How many parts there must be before more than one process reads them."""

WORTH_READING_BESIDE = 2
"""The same, where this process has something else to do meanwhile."""


class Read(NamedTuple):
    """A file that was read, with the exemptions applied. Files that are to be edited have their outline."""

    source: Source
    reading: Reading
    outline: tuple[str, ...] | None = None


class Settled(NamedTuple):
    """The references of a file in which a glance was enough."""

    references: tuple[Reference, ...]


Look = Read | Settled | FileFailure


class Looks:
    """Looks at files, and begins before all of them are known.

    With `settle` a file is only glanced at where that is enough: for a check that asks no registry. A file with an
    occurrence that `edits` is true of is to be edited. Where other processes take part, this one does `meanwhile`
    before it joins in.
    """

    def __init__(
        self,
        exemptions: Exemptions = NO_EXEMPTIONS,
        *,
        settle: bool = False,
        edits: Callable[[Occurrence], bool] | None = None,
        meanwhile: Callable[[], object] | None = None,
    ) -> None:
        self.exemptions = exemptions
        self._settle = settle and not exemptions.ignore_images
        self._edits = edits
        self._expected: dict[Found, None] = {}
        self._part: list[Found] = []
        self._cost = 0
        self._meanwhile = meanwhile
        worth = WORTH_READING_BESIDE if meanwhile else WORTH_SHARING
        # What reads files is needed here as well, where some are to be edited.
        self._crew = Crew(
            self._look_at, processors(), worth, items=_PackedFiles, results=PackedLooks, rehearse=edits is not None
        )

    def expect(self, found: Found) -> None:
        """Look at a file as soon as there is time."""
        self._expected[found] = None
        self._part.append(found)
        self._cost += found.format.COST
        if self._cost >= PART:
            self._crew.give(self._part)
            self._part, self._cost = [], 0

    def of(self, files: Iterable[Found]) -> Mapping[Found, Look]:
        """What is in `files`, whether they were expected or not. To be called once."""
        files = tuple(files)
        for each in files:
            if each not in self._expected:
                self.expect(each)
        if self._part:
            self._crew.give(self._part)
        if self._meanwhile and self._crew.is_at_work:
            self._meanwhile()
        looks = dict(zip(self._expected, self._crew.finish(), strict=True))
        return {each: looks[each] for each in files}

    def _look_at(self, part: Sequence[Found]) -> list[Look]:
        return [self._look(found) for found in part]

    def _look(self, found: Found) -> Look:
        try:
            source = read_source(found.path)
        except ReadError as error:
            return FileFailure(found.path, None, error.reason)
        if found.is_outside:
            return self._look_outside(found, source)
        references = found.format.glance(source, many=len(self._expected) > MANY) if self._settle else None
        if references is not None:
            return Settled(references)
        reader = found.format.open(source)
        reading = self.exemptions.apply(reader.read())
        is_edited = self._edits and any(map(self._edits, reading.occurrences))
        return Read(source, reading, reader.outline() if is_edited else None)

    def _look_outside(self, found: Found, source: Source) -> Settled | FileFailure:
        """What may be said of a file that a link makes part of a checkout: none of its content, which may be secret."""
        reading = found.format.read(source)
        if reading.problems:
            return FileFailure(found.path, None, f"{_OUTSIDE}, and its target is no {found.format.NAME}")
        references = found.format.glance(source) if self._settle else None
        if references is not None:
            return Settled(references)
        if reading.occurrences:
            return FileFailure(found.path, None, f"{_OUTSIDE}: its references were left alone; name it to follow it")
        return Settled(())


class _PackedFiles:
    def pack(self, files: Sequence[Found]) -> bytes:
        return marshal.dumps([(path, FORMATS.index(each), *places) for path, each, *places in files])

    def unpack(self, data: bytes) -> Sequence[Found]:
        found = marshal.loads(data)  # noqa: S302 - our own bytes
        return [Found(path, FORMATS[number], *places) for path, number, *places in found]


class PackedLooks:
    """How looks travel to another process.

    The references of what is settled travel once each: there are many, and pickle would take long for them.
    """

    def __init__(self) -> None:
        self._numbers: dict[Reference, int] = {}
        self._references: list[Reference] = []

    def pack(self, looks: Sequence[Look]) -> bytes:
        """The looks as bytes, with the references that were not among those of earlier looks."""
        known = len(self._references)
        settled = [list(map(self._number, look.references)) if isinstance(look, Settled) else None for look in looks]
        others = [look for look in looks if not isinstance(look, Settled)]
        new = [tuple(each) for each in self._references[known:]]
        return marshal.dumps((new, settled, Pickled().pack(others) if others else b""))

    def unpack(self, data: bytes) -> Sequence[Look]:
        """The looks that were packed."""
        new, settled, packed = marshal.loads(data)  # noqa: S302 - our own bytes
        self._references += [Reference(*each) for each in new]
        others = iter(Pickled().unpack(packed) if packed else ())
        return [next(others) if each is None else self._settled(each) for each in settled]

    def _settled(self, numbers: Iterable[int]) -> Settled:
        return Settled(tuple([self._references[number] for number in numbers]))

    def _number(self, reference: Reference) -> int:
        number = self._numbers.setdefault(reference, len(self._references))
        if number == len(self._references):
            self._references.append(reference)
        return number
