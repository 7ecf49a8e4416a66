"""Digests into files: which edits, and the proof that they change nothing but digests."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from pinner.model.changes import Change, Explanation
from pinner.model.errors import Interrupted, WriteError
from pinner.model.occurrence import Occurrence, Reading, edit_of
from pinner.model.reference import DEFAULT_TAG, Reference
from pinner.model.report import FileFailure
from pinner.model.source import Source, apply_edits, write_source
from pinner.scanning.decisions import decided
from pinner.scanning.readings import ScannedFile
from pinner.scanning.scan import Scan, prepared

_DIFFERENT = "the edited file would read differently; it was left alone"

_LATEST = f"adds the tag {DEFAULT_TAG}, which is what no tag means"


class Plan(NamedTuple):
    """The new digest of an occurrence, None to take it away. The rest goes into the change that is reported."""

    occurrence: Occurrence
    digest: str | None
    note: str = ""
    explanation: Explanation = Explanation()


class EditedFile(NamedTuple):
    """A file with the edits of `plans` made: how it then reads, and why it is left alone, empty where it is not."""

    plans: Sequence[Plan]
    after: ScannedFile
    refusal: str


class Fixed(NamedTuple):
    """Files with their new bytes, what changed in them, the files that were left alone, and how all then read.

    `files` are those of which the reading is another one, as a scan would have them, without suppression_settings.
    """

    contents: Mapping[str, bytes]
    changes: tuple[Change, ...]
    failures: tuple[FileFailure, ...]
    files: Mapping[str, ScannedFile] = {}


def edit_file(before: ScannedFile, plans: Sequence[Plan]) -> EditedFile:
    """Make all edits of a file that belongs to no others, and read the result again. Nothing is written."""
    source, file_format = Source(before.source.path, _edited(before.source, plans)), before.format
    reader = file_format.open(source)
    after = ScannedFile(source=source, format=file_format, reading=reader.read(), outline=reader.outline)
    refusal = _why_refused(before, after, {plan.occurrence: plan.digest for plan in plans})
    return EditedFile(plans=plans, after=after, refusal=refusal)


def fix(
    scan: Scan, plans: Iterable[Plan], *, write: bool, edited: Mapping[str, EditedFile] = MappingProxyType({})
) -> Fixed:
    """Make the edits, read every result again, and with `write` write it.

    A file of which more than digests would change is left alone, with those that belong to it. What is left alone or
    could not be written becomes a failure and loses its changes. Of what is `edited` already, by path, the files whose
    plans are the same are not edited and read again.
    """
    by_path: dict[str, list[Plan]] = {}
    for plan in plans:
        if not scan.files[plan.occurrence.path].reading.problems:
            by_path.setdefault(plan.occurrence.path, []).append(plan)
    after, failed = _edit_all(scan, by_path, edited)
    contents = {path: after[path].source.data for path in by_path}
    if write:
        # After all edits: to go back and forth between the two takes a fifth longer.
        failed |= _write_all(scan, {path: data for path, data in contents.items() if path not in failed})
    kept = {path: data for path, data in contents.items() if path not in failed}
    groups = {scan.groups[path] for path in failed if path in scan.groups}
    return Fixed(
        contents=kept,
        changes=tuple(_change(plan) for path in kept for plan in by_path[path]),
        failures=tuple(failed.values()),
        files={
            path: file for path, file in after.items() if path not in failed and scan.groups.get(path) not in groups
        },
    )


def _edited(source: Source, planned: Iterable[Plan]) -> bytes:
    return apply_edits(source.data, [edit_of(plan.occurrence, plan.digest) for plan in planned])


def _edit_all(
    scan: Scan, by_path: Mapping[str, Sequence[Plan]], edited: Mapping[str, EditedFile]
) -> tuple[dict[str, ScannedFile], dict[str, FileFailure]]:
    """Return how the edited files and those that belong to them read, and why some of the edited are left alone.

    Files that belong together are read together, and are left alone together.
    """
    together = {path: _edited(scan.files[path].source, each) for path, each in by_path.items() if path in scan.groups}
    project = scan.read_again(together) if together else None
    after = dict(project.files) if project else {}
    digests = {plan.occurrence: plan.digest for path in together for plan in by_path[path]}
    refusals = {path: _why_refused(scan.files[path], file, digests) for path, file in after.items()}
    for path, plans in by_path.items():
        if path not in after:
            known = edited.get(path)
            file = known if known and known.plans == plans else edit_file(scan.files[path], plans)
            after[path], refusals[path] = file.after, file.refusal
    groups = {scan.groups[path]: reason for path, reason in refusals.items() if reason and path in scan.groups}
    refused = {path: groups.get(scan.groups.get(path, -1), refusals[path]) for path in by_path}
    failed = {path: FileFailure(path=path, line=None, message=reason) for path, reason in refused.items() if reason}
    return after, failed


def _write_all(scan: Scan, contents: Mapping[str, bytes]) -> dict[str, FileFailure]:
    """Write the edited files and return why some were not. Raises Interrupted, which says how many were written."""
    failed: dict[str, FileFailure] = {}
    written = 0
    try:
        for path, data in contents.items():
            try:
                write_source(scan.files[path].source, data, scan.files[path].root)
                written += 1
            except WriteError as error:
                failed[path] = FileFailure(path=path, line=None, message=error.reason)
    except KeyboardInterrupt:
        raise Interrupted(f"{written} of {len(contents)} files were written, the others are as they were") from None
    return failed


def _why_refused(before: ScannedFile, after: ScannedFile, digests: Mapping[Occurrence, str | None]) -> str:
    try:
        is_same = _outline(after) == _outline(before)
    except WriteError as error:
        return error.reason
    return "" if is_same and _same_but_for_digests(before.reading, after.reading, digests) else _DIFFERENT


def _outline(file: ScannedFile) -> tuple[str, ...]:
    if file.outline is not None:
        return file.outline()
    reader = file.format.open(file.source)
    reader.read()
    return reader.outline()


def rescan(scan: Scan, fixed: Fixed) -> Scan:
    """Return what a scan of the fixed files would find."""
    files = dict(scan.files)
    for path, file in fixed.files.items():
        reading = prepared(file.reading, file.format, scan.suppression_settings, scan.kind_settings)
        # What was not read before is not read now; of what a devcontainer names, its reading alone does not tell.
        reading = reading._replace(unread=reading.unread or files[path].reading.unread)
        files[path] = file._replace(root=files[path].root, reading=reading)
    files = decided(files, scan.builders)
    return scan._replace(files=files, failures=(*scan.failures, *fixed.failures))


def _same_but_for_digests(before: Reading, after: Reading, digests: Mapping[Occurrence, str | None]) -> bool:
    """Whether the references of the edited file are those of the original, but for the planned digests."""
    if after.problems != before.problems or len(after.occurrences) != len(before.occurrences):
        return False
    for old, new in zip(before.occurrences, after.occurrences, strict=True):
        expected = old.target
        if old in digests and isinstance(expected, Reference):
            # A digest alone gets no tag; a bare name gets the one that it stands for.
            tag = expected.tag if expected.digest else expected.tag or DEFAULT_TAG
            expected = expected._replace(tag=tag, digest=digests[old])
        if new.context != old.context or new.target != expected:
            return False
    return True


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
