"""Files as they were read, and what several readings of one say together: builds of a Dockerfile, models of Compose."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from pinner.formats import Format
from pinner.model.occurrence import Invalid, Occurrence, Opaque, Reading
from pinner.model.source import Source


class ScannedFile(NamedTuple):
    """One file as it was read. `root` is the real path out of which no write may lead, None for a file that was named.

    `outline` gives what no edit may change, where a project tells that. `makes` are the names of the images that builds
    of a Dockerfile make.
    """

    source: Source
    format: Format
    reading: Reading
    root: str | None = None
    outline: Callable[[], tuple[str, ...]] | None = None
    makes: frozenset[str] = frozenset()


class ProjectReading(NamedTuple):
    """All files of all projects by path, the paths that belong together, and how many files were excluded.

    Of files that are not reported on the `files` have what stands for references in those that are, and nothing else;
    `beside` has them whole.
    """

    files: Mapping[str, ScannedFile]
    beside: Mapping[str, ScannedFile]
    failures: Mapping[str, str]
    groups: Mapping[str, int]
    excluded: int


def united(readings: list[Reading]) -> Reading:
    """Return all that several readings of one file say."""
    return Reading(
        occurrences=tuple(each for reading in readings for each in reading.occurrences),
        suppressions=tuple(sorted({each for reading in readings for each in reading.suppressions})),
        problems=tuple(sorted({each for reading in readings for each in reading.problems})),
        decisions=tuple(dict.fromkeys(each for reading in readings for each in reading.decisions)),
        links=tuple(dict.fromkeys(each for reading in readings for each in reading.links)),
        platform_stages=tuple(dict.fromkeys(each for reading in readings for each in reading.platform_stages)),
        template=next((reading.template for reading in readings if reading.template), None),
    )


def of_builds(readings: list[tuple[Reading, bool]], path: str) -> Reading:
    """Return what the builds of a Dockerfile read, each with whether it is run."""
    always: dict[bool, Callable[[Occurrence], bool]] = {True: lambda _: True, False: lambda _: False}
    return of_runs([(reading, always[is_run]) for reading, is_run in readings], path)


def of_runs(readings: list[tuple[Reading, Callable[[Occurrence], bool]]], path: str) -> Reading:
    """Return what several readings of the file at `path` say, each with what tells of an occurrence whether it is run.

    That one which is not run would have no value for a variable does not matter where those that are run have one.
    """
    found = [each for reading, is_run in readings for each in reading.occurrences if is_run(each)]
    open_in_runs = {each.span for each in found if _is_open(each, path)}
    kept = []
    for reading, _ in readings:
        here = (each for each in reading.occurrences if not _is_open(each, path) or each.span in open_in_runs)
        kept.append(reading._replace(occurrences=tuple(here)))
    return united(kept)


def _is_open(occurrence: Occurrence, path: str) -> bool:
    return occurrence.path == path and isinstance(occurrence.target, (Opaque, Invalid))


def merged(occurrences: Iterable[Occurrence]) -> Iterator[Occurrence]:
    """Yield one occurrence for each place and target: of two, one that cannot be written, used wherever either is.

    The contexts of both count, unless they stand where the value is used.
    """
    found: dict[tuple[object, ...], Occurrence] = {}
    for each in occurrences:
        key = (each.path, each.span, each.target, each.built is None)
        other = found.get(key)
        found[key] = each if other is None else _as_one(other, each)
    yield from found.values()


def _as_one(first: Occurrence, second: Occurrence) -> Occurrence:
    """Return what two occurrences of one place and target say together."""
    kept = second if second.unwritable and not first.unwritable else first
    uses = tuple(dict.fromkeys((*first.used_at, *second.used_at)))
    told = {kept.context, *(use.context for use in uses)}
    contexts = dict.fromkeys((first.context, *first.also, second.context, *second.also))
    return kept._replace(
        used_at=uses,
        suppressions=tuple(dict.fromkeys((*first.suppressions, *second.suppressions))),
        also=tuple(context for context in contexts if context not in told),
    )


def used_in(reported: Collection[str], path: str, reading: Reading) -> Reading | None:
    """Return what of a file that is not reported on stands for references in those that are, None if nothing does.

    A build argument is such a value: without it, the Dockerfile that is checked by itself would seem to name no image.
    """
    here = [each for each in reading.occurrences if any(use.path in reported for use in each.used_at)]
    if path in reported or not here:
        return None
    beside = {suppression for each in here for suppression in each.suppressions}
    comments = tuple(each for each in reading.suppressions if each.whole_file or each in beside)
    return Reading(
        occurrences=tuple(here), problems=reading.problems, suppressions=comments, decisions=reading.decisions
    )
