"""Digests into files: which edits, and the proof that they change nothing but digests."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pinner.edits import edit_of
from pinner.errors import WriteError
from pinner.finding import Occurrence
from pinner.reference import DEFAULT_TAG, Reference
from pinner.report import Change, FileFailure
from pinner.scan import Scan, ScannedFile, scan_source
from pinner.source import Source, apply_edits, write_source


class Plan(NamedTuple):
    """The new digest of an occurrence, None to take it away. `note` goes into the change that is reported."""

    occurrence: Occurrence
    digest: str | None
    note: str = ""


class Fixed(NamedTuple):
    """Files with their new bytes, what changed in them, and the files that were left alone."""

    contents: Mapping[str, bytes]
    changes: tuple[Change, ...]
    failures: tuple[FileFailure, ...]


NOTHING_FIXED = Fixed({}, (), ())


def apply_plans(scan: Scan, plans: Iterable[Plan]) -> Fixed:
    """Make the edits in memory, and read every result again before it may be written."""
    by_path: dict[str, list[Plan]] = {}
    for plan in plans:
        by_path.setdefault(plan.occurrence.path, []).append(plan)
    contents: dict[str, bytes] = {}
    changes: list[Change] = []
    failures: list[FileFailure] = []
    for path, planned in by_path.items():
        file = scan.files[path]
        data = apply_edits(file.source.data, [edit_of(plan.occurrence, plan.digest) for plan in planned])
        if not file.reading.problems and _same_but_for_digests(file, data, planned):
            contents[path] = data
            changes += [_change(plan) for plan in planned]
        elif not file.reading.problems:
            failures.append(FileFailure(path, None, "the edited file would read differently; it was left alone"))
    return Fixed(contents, tuple(changes), tuple(failures))


def write_all(scan: Scan, fixed: Fixed) -> Fixed:
    """Write the files. What could not be written becomes a failure and loses its changes."""
    failures = list(fixed.failures)
    contents = dict(fixed.contents)
    for path, data in fixed.contents.items():
        try:
            write_source(scan.files[path].source, data)
        except WriteError as error:
            failures.append(FileFailure(path, None, error.reason))
            del contents[path]
    changes = tuple(change for change in fixed.changes if change.path in contents)
    return Fixed(contents, changes, tuple(failures))


def rescan(scan: Scan, fixed: Fixed) -> Scan:
    """What a scan of the fixed files would find."""
    files = dict(scan.files)
    for path, data in fixed.contents.items():
        files[path] = scan_source(Source(path, data), files[path].format, scan.exemptions)
    return Scan(files, (*scan.failures, *fixed.failures), scan.exemptions)


def _same_but_for_digests(file: ScannedFile, data: bytes, plans: list[Plan]) -> bool:
    """Whether instructions, stages and references of the edited file equal the original's."""
    edited = Source(file.source.path, data)
    before, after = file.reading, file.format.read(edited)
    if after.problems or len(after.occurrences) != len(before.occurrences):
        return False
    digests = {plan.occurrence: plan.digest for plan in plans}
    return file.format.outline(edited) == file.format.outline(file.source) and all(
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
