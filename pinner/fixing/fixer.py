"""Digests into files: which edits, and the proof that they change nothing but digests."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pinner.model.errors import WriteError
from pinner.model.occurrence import Occurrence, Reading, edit_of
from pinner.model.reference import DEFAULT_TAG, Reference
from pinner.model.report import Change, Explanation, FileFailure
from pinner.model.source import Source, apply_edits, write_source
from pinner.scanning.scan import Scan, ScannedFile


class Plan(NamedTuple):
    """The new digest of an occurrence, None to take it away. The rest goes into the change that is reported."""

    occurrence: Occurrence
    digest: str | None
    note: str = ""
    explanation: Explanation = Explanation()


class Fixed(NamedTuple):
    """Files with their new bytes, what changed in them, the files that were left alone, and how the new bytes read."""

    contents: Mapping[str, bytes]
    changes: tuple[Change, ...]
    failures: tuple[FileFailure, ...]
    readings: Mapping[str, Reading] = {}


class _Work(NamedTuple):
    file: ScannedFile
    planned: tuple[Plan, ...]


class _Edited(NamedTuple):
    data: bytes
    reading: Reading


def fix(scan: Scan, plans: Iterable[Plan], *, write: bool) -> Fixed:
    """Make the edits, read every result again, and with `write` write it.

    A file of which more than digests would change is left alone. What is left alone or could not be
    written becomes a failure and loses its changes.
    """
    by_path: dict[str, list[Plan]] = {}
    for plan in plans:
        if not scan.files[plan.occurrence.path].reading.problems:
            by_path.setdefault(plan.occurrence.path, []).append(plan)
    works = [_Work(scan.files[path], tuple(planned)) for path, planned in by_path.items()]
    results = dict(zip(by_path, _fix(works, write), strict=True))
    edited = {path: result for path, result in results.items() if isinstance(result, _Edited)}
    return Fixed(
        {path: each.data for path, each in edited.items()},
        tuple(_change(plan) for path in edited for plan in by_path[path]),
        tuple(result for result in results.values() if isinstance(result, FileFailure)),
        {path: each.reading for path, each in edited.items()},
    )


def _fix(works: Sequence[_Work], write: bool) -> list[_Edited | FileFailure]:
    results = [_edit(work) for work in works]
    if not write:
        return results
    # After all edits: to go back and forth between the two takes a fifth longer.
    return [_written(work.file.source, result) for work, result in zip(works, results, strict=True)]


def _written(source: Source, result: _Edited | FileFailure) -> _Edited | FileFailure:
    if isinstance(result, _Edited):
        try:
            write_source(source, result.data)
        except WriteError as error:
            return FileFailure(source.path, None, error.reason)
    return result


def _edit(work: _Work) -> _Edited | FileFailure:
    file, planned = work
    source = file.source
    data = apply_edits(source.data, [edit_of(plan.occurrence, plan.digest) for plan in planned])
    edited = file.format.open(Source(source.path, data))
    reading = edited.read()
    try:
        same_outline = edited.outline() == file.format.open(source).outline()
    except WriteError as error:
        return FileFailure(source.path, None, error.reason)
    if not (same_outline and _same_but_for_digests(file.reading, reading, planned)):
        return FileFailure(source.path, None, "the edited file would read differently; it was left alone")
    return _Edited(data, reading)


def rescan(scan: Scan, fixed: Fixed) -> Scan:
    """What a scan of the fixed files would find."""
    files = dict(scan.files)
    for path, data in fixed.contents.items():
        reading = scan.suppression_settings.apply(fixed.readings[path])
        files[path] = ScannedFile(Source(path, data), files[path].format, reading)
    return scan._replace(files=files, failures=(*scan.failures, *fixed.failures))


def _same_but_for_digests(before: Reading, after: Reading, plans: Iterable[Plan]) -> bool:
    """Whether the references of the edited file are those of the original, but for the planned digests."""
    if after.problems or len(after.occurrences) != len(before.occurrences):
        return False
    digests = {plan.occurrence: plan.digest for plan in plans}
    return all(
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
    occurrence, digest, note, explanation = plan
    target = occurrence.target
    assert isinstance(target, Reference)
    image = target._replace(digest=None).familiar
    return Change(occurrence.path, occurrence.where, image, target.digest, digest, note, explanation)
