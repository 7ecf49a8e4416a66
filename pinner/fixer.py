"""Digests into files: which edits, and the proof that they change nothing but digests."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pinner.edits import edit_of
from pinner.errors import WriteError
from pinner.finding import Occurrence, Reading
from pinner.reference import DEFAULT_TAG, Reference
from pinner.report import Change, FileFailure
from pinner.scan import Scan, ScannedFile
from pinner.source import Source, apply_edits, write_source

WRITERS = 16
"""How many files are written at once."""


class Plan(NamedTuple):
    """The new digest of an occurrence, None to take it away. `note` goes into the change that is reported."""

    occurrence: Occurrence
    digest: str | None
    note: str = ""


class Fixed(NamedTuple):
    """Files with their new bytes, what changed in them, the files that were left alone, and how the new bytes read."""

    contents: Mapping[str, bytes]
    changes: tuple[Change, ...]
    failures: tuple[FileFailure, ...]
    readings: Mapping[str, Reading] = {}


def apply_plans(scan: Scan, plans: Iterable[Plan]) -> Fixed:
    """Make the edits in memory, and read every result again before it may be written."""
    by_path: dict[str, list[Plan]] = {}
    for plan in plans:
        by_path.setdefault(plan.occurrence.path, []).append(plan)
    contents: dict[str, bytes] = {}
    readings: dict[str, Reading] = {}
    changes: list[Change] = []
    failures: list[FileFailure] = []
    for path, planned in by_path.items():
        file = scan.files[path]
        data = apply_edits(file.source.data, [edit_of(plan.occurrence, plan.digest) for plan in planned])
        if file.reading.problems:
            continue
        reading = file.format.read(Source(path, data))
        if _same_but_for_digests(file, data, reading, planned):
            contents[path], readings[path] = data, reading
            changes += [_change(plan) for plan in planned]
        else:
            failures.append(FileFailure(path, None, "the edited file would read differently; it was left alone"))
    return Fixed(contents, tuple(changes), tuple(failures), readings)


def write_all(scan: Scan, fixed: Fixed) -> Fixed:
    """Write the files. What could not be written becomes a failure and loses its changes."""
    from concurrent.futures import ThreadPoolExecutor

    # The disk is what takes time: each file is on it before its name is.
    with ThreadPoolExecutor(WRITERS) as pool:
        written = pool.map(lambda item: _write(scan.files[item[0]].source, item[1]), fixed.contents.items())
        failures = {failure.path: failure for failure in written if failure}
    contents = {path: data for path, data in fixed.contents.items() if path not in failures}
    changes = tuple(change for change in fixed.changes if change.path not in failures)
    return Fixed(contents, changes, (*fixed.failures, *failures.values()), fixed.readings)


def _write(source: Source, data: bytes) -> FileFailure | None:
    try:
        write_source(source, data)
    except WriteError as error:
        return FileFailure(source.path, None, error.reason)
    return None


def rescan(scan: Scan, fixed: Fixed) -> Scan:
    """What a scan of the fixed files would find."""
    files = dict(scan.files)
    for path, data in fixed.contents.items():
        reading = scan.exemptions.apply(fixed.readings[path])
        files[path] = ScannedFile(Source(path, data), files[path].format, reading)
    return Scan(files, (*scan.failures, *fixed.failures), scan.exemptions)


def _same_but_for_digests(file: ScannedFile, data: bytes, after: Reading, plans: list[Plan]) -> bool:
    """Whether instructions, stages and references of the edited file equal the original's."""
    before = file.reading
    if after.problems or len(after.occurrences) != len(before.occurrences):
        return False
    digests = {plan.occurrence: plan.digest for plan in plans}
    outline = file.format.outline(Source(file.source.path, data))
    return outline == file.format.outline(file.source) and all(
        new.context == old.context and new.target == _expected(old, digests)
        for old, new in zip(before.occurrences, after.occurrences, strict=True)
    )


def _expected(occurrence: Occurrence, digests: Mapping[Occurrence, str | None]) -> object:
    target = occurrence.target
    if occurrence not in digests or not isinstance(target, Reference):
        return target
    digest = digests[occurrence]
    tag = target.tag if target.digest else target.tag or DEFAULT_TAG
    return target._replace(tag=tag, digest=digest)


def _change(plan: Plan) -> Change:
    occurrence, digest, note = plan
    target = occurrence.target
    assert isinstance(target, Reference)
    image = target._replace(digest=None).familiar
    return Change(occurrence.path, occurrence.where, image, target.digest, digest, note)
