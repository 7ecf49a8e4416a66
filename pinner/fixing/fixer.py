"""Write digests into files: which edits, and the check that they change nothing but digests."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pinner.model.errors import Interrupted, WriteError
from pinner.model.occurrence import Occurrence, Reading, edit_of
from pinner.model.reference import DEFAULT_TAG, Reference
from pinner.model.report import Change, Explanation, FileFailure
from pinner.model.source import Source, apply_edits, write_source
from pinner.scanning.decisions import decided
from pinner.scanning.scan import Scan, ScannedFile

_LATEST = f"adds the tag {DEFAULT_TAG}, which is what no tag means"


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
    results = {path: _edit(scan.files[path], planned) for path, planned in by_path.items()}
    if write:
        # After all edits: to go back and forth between the two takes a fifth longer.
        results = _write_all(scan, results)
    edited = {path: result for path, result in results.items() if isinstance(result, _Edited)}
    return Fixed(
        contents={path: each.data for path, each in edited.items()},
        changes=tuple(_change(plan) for path in edited for plan in by_path[path]),
        failures=tuple(result for result in results.values() if isinstance(result, FileFailure)),
        readings={path: each.reading for path, each in edited.items()},
    )


def _write_all(scan: Scan, results: Mapping[str, _Edited | FileFailure]) -> dict[str, _Edited | FileFailure]:
    """Write the edited files. Raises Interrupted, which says how many were written."""
    done: dict[str, _Edited | FileFailure] = {}
    try:
        for path, result in results.items():
            done[path] = _write(scan.files[path], result)
    except KeyboardInterrupt:
        written = sum(isinstance(each, _Edited) for each in done.values())
        raise Interrupted(f"{written} of {len(results)} files were written, the others are as they were") from None
    return done


def _write(file: ScannedFile, result: _Edited | FileFailure) -> _Edited | FileFailure:
    if isinstance(result, _Edited):
        try:
            write_source(file.source, result.data, file.root)
        except WriteError as error:
            return FileFailure(path=file.source.path, line=None, message=error.reason)
    return result


def _edit(file: ScannedFile, planned: Sequence[Plan]) -> _Edited | FileFailure:
    """Return the file with its edits made and read again, or why it is left alone."""
    source = file.source
    data = apply_edits(source.data, [edit_of(plan.occurrence, plan.digest) for plan in planned])
    edited = file.format.open(Source(source.path, data))
    reading = edited.read()
    try:
        same_outline = edited.outline() == file.format.open(source).outline()
    except WriteError as error:
        return FileFailure(path=source.path, line=None, message=error.reason)
    if not (same_outline and _same_but_for_digests(file.reading, reading, planned)):
        return FileFailure(
            path=source.path, line=None, message="the edited file would read differently; it was left alone"
        )
    return _Edited(data, reading)


def rescan(scan: Scan, fixed: Fixed) -> Scan:
    """Return what a scan of the fixed files would find."""
    files = dict(scan.files)
    for path, data in fixed.contents.items():
        reading = scan.kind_settings.apply(scan.suppression_settings.apply(fixed.readings[path]))
        files[path] = ScannedFile(source=Source(path, data), format=files[path].format, reading=reading)
    files = decided(files, scan.builders)
    return scan._replace(files=files, failures=(*scan.failures, *fixed.failures))


def _same_but_for_digests(before: Reading, after: Reading, plans: Iterable[Plan]) -> bool:
    """Return whether the references of the edited file are those of the original, but for the planned digests."""
    # Offsets and lines may have moved; context and order of the occurrences have not.
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
    occurrence, target = plan.occurrence, plan.occurrence.target
    assert isinstance(target, Reference)
    adds_tag = plan.digest and not (target.tag or target.digest or (occurrence.place and occurrence.place.bare))
    return Change(
        path=occurrence.path,
        where=occurrence.where,
        image=target._replace(digest=None).familiar,
        old=target.digest,
        new=plan.digest,
        note="; ".join(filter(None, (plan.note, _LATEST if adds_tag else ""))),
        explanation=plan.explanation,
    )
