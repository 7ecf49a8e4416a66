"""Files in, occurrences out: what every command begins with."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from pinner.discovery import Found
from pinner.errors import ReadError
from pinner.exemptions import NO_EXEMPTIONS, Exemptions
from pinner.finding import Ignore, Occurrence, Reading
from pinner.formats import Format
from pinner.reference import Reference
from pinner.report import FileFailure
from pinner.source import Source, read_source
from pinner.workers import WORTH_SHARING, processes_for, spread

WORTH_READING_BESIDE = 5_000
"""How long the files must take to read, in microseconds, before another process does it while this one is busy."""


class ScannedFile(NamedTuple):
    """One file as it was read."""

    source: Source
    format: Format
    reading: Reading


class Scan(NamedTuple):
    """Everything that was read, by path, and what could not be. The readings have the exemptions applied.

    `settled` are the files in which a glance was enough, with their references: all are pinned, and no
    rule finds anything there unless a registry is asked. They are not among `files`.
    """

    files: Mapping[str, ScannedFile]
    failures: tuple[FileFailure, ...]
    exemptions: Exemptions = NO_EXEMPTIONS
    settled: Mapping[str, tuple[Reference, ...]] = {}

    @property
    def occurrences(self) -> list[Occurrence]:
        """Every occurrence, sorted by path and position."""
        return [occurrence for file in self.files.values() for occurrence in file.reading.occurrences]

    @property
    def ignores(self) -> list[tuple[str, Ignore]]:
        """Every ignore comment with its path."""
        return [(path, ignore) for path, file in self.files.items() for ignore in file.reading.ignores]


class _Read(NamedTuple):
    source: Source
    reading: Reading


class _Settled(NamedTuple):
    references: tuple[Reference, ...]


_Look = _Read | _Settled | FileFailure


def scan_files(
    found: Iterable[Found],
    failures: Iterable[FileFailure] = (),
    exemptions: Exemptions = NO_EXEMPTIONS,
    *,
    settle: bool = False,
    meanwhile: Callable[[], object] | None = None,
) -> Scan:
    """Read every file. One that cannot be read is a failure, and the others' results stand.

    With `settle` a file is only glanced at where that is enough: for a check that asks no registry.
    Where other processes help, this one does `meanwhile` while they read.
    """
    look_at = partial(_look_at, exemptions=exemptions, meanwhile=meanwhile)
    looks = look_at(tuple(found), settle and not exemptions.ignore_images)
    torn = _torn(looks.values())
    if torn:
        looks |= look_at([each for each, look in looks.items() if not torn.isdisjoint(_settled_tags(look))], False)
    files = {
        each.path: ScannedFile(look.source, each.format, look.reading)
        for each, look in looks.items()
        if isinstance(look, _Read)
    }
    failed = [look for look in looks.values() if isinstance(look, FileFailure)]
    settled = {each.path: look.references for each, look in looks.items() if isinstance(look, _Settled)}
    return Scan(files, (*failures, *failed, *_problems(files)), exemptions, settled)


def scan_stdin(source: Source, file_format: Format, exemptions: Exemptions = NO_EXEMPTIONS) -> Scan:
    """The scan of the one file that came through standard input."""
    files = {source.path: scan_source(source, file_format, exemptions)}
    return Scan(files, tuple(_problems(files)), exemptions)


def scan_source(source: Source, file_format: Format, exemptions: Exemptions) -> ScannedFile:
    """Read what is already in memory."""
    return ScannedFile(source, file_format, exemptions.apply(file_format.read(source)))


def _look_at(
    found: Sequence[Found], settle: bool, exemptions: Exemptions, meanwhile: Callable[[], object] | None
) -> dict[Found, _Look]:
    takes = sum(each.format.COST for each in found)
    processes = processes_for(takes, WORTH_SHARING if meanwhile is None else WORTH_READING_BESIDE)
    look = partial(_look, settle=settle, exemptions=exemptions)
    return dict(zip(found, spread(look, found, processes, meanwhile), strict=True))


def _look(found: Found, settle: bool, exemptions: Exemptions) -> _Look:
    try:
        source = read_source(found.path)
    except ReadError as error:
        return FileFailure(found.path, None, error.reason)
    references = found.format.glance(source) if settle else None
    if references is not None:
        return _Settled(references)
    return _Read(source, exemptions.apply(found.format.read(source)))


def _torn(looks: Iterable[_Look]) -> set[Reference]:
    """The tags that are pinned to more than one digest: a rule has to see all their places."""
    seen: set[Reference] = set()
    torn: set[Reference] = set()
    for pin in {reference for look in looks for reference in _pins(look)}:
        tag = pin.by_tag()
        (torn if tag in seen else seen).add(tag)
    return torn


def _pins(look: _Look) -> Iterable[Reference]:
    match look:
        case _Settled(references):
            return references
        case _Read(_, reading):
            targets = (occurrence.target for occurrence in reading.occurrences)
            return (target for target in targets if isinstance(target, Reference) and target.digest)
    return ()


def _settled_tags(look: _Look) -> Iterable[Reference]:
    return (reference.by_tag() for reference in look.references) if isinstance(look, _Settled) else ()


def _problems(files: Mapping[str, ScannedFile]) -> list[FileFailure]:
    return [FileFailure(path, *problem) for path, file in files.items() for problem in file.reading.problems]
