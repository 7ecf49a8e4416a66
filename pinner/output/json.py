"""The report of a check as JSON, for programs.

The document is a contract with a version: keys are added at will, and never renamed or removed
without a new `schema_version`. Lines and columns count from 1, columns in code points, `end_column`
is exclusive, `start` and `end` are byte offsets.
"""

from collections.abc import Iterable
from typing import Any

from pinner.model.occurrence import Finding, Fix, Use
from pinner.model.report import Change, FileFailure, Kept, Report, Summary, Unchecked
from pinner.output import Style
from pinner.output._json import dumps

NAME = "json"
SCHEMA_VERSION = 1


def render(report: Report, _style: Style) -> str:
    """The whole report but for what was ignored."""
    return dumps(
        {
            "schema_version": SCHEMA_VERSION,
            "summary": _summary(report.summary),
            "findings": [_finding(finding) for finding in report.findings],
            "unchecked": [_unchecked(unchecked) for unchecked in report.unchecked],
            "errors": errors(report.errors),
            "changes": [_change(change) for change in report.changes],
            "kept": [_kept(kept) for kept in report.kept],
        }
    )


def used_at(uses: Iterable[Use]) -> list[dict[str, Any]]:
    """Return the places that use a value which stands elsewhere."""
    return [{"path": use.path, **use.where._asdict(), "context": use.context} for use in uses]


def errors(failures: tuple[FileFailure, ...]) -> list[dict[str, str]]:
    """The `errors` member of every document; the line, where there is one, leads the message."""
    return [{"path": failure.path, "message": _with_line(failure)} for failure in failures]


def _summary(summary: Summary) -> dict[str, int]:
    return {
        "files": summary.files,
        "references": summary.references,
        "pinned": summary.pinned,
        "findings": summary.findings,
        "unchecked": summary.unchecked,
        "ignored": summary.ignored,
        "known": summary.known,
        "outdated": summary.outdated,
        "excluded": summary.excluded,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.label,
        "path": finding.path,
        **finding.where._asdict(),
        "text": finding.text,
        "context": finding.context,
        "message": finding.message,
        "fix": _fix(finding.fix) if finding.fix else None,
        "used_at": used_at(finding.used_at),
    }


def _fix(fix: Fix) -> dict[str, Any]:
    edits = [{"start": edit.span.start, "end": edit.span.end, "text": edit.text} for edit in fix.edits]
    return {"title": fix.title, "applicability": fix.applicability.value, "edits": edits}


def _unchecked(unchecked: Unchecked) -> dict[str, Any]:
    return {
        "path": unchecked.path,
        "line": unchecked.where.line,
        "text": unchecked.text,
        "reason": unchecked.reason,
        "detail": unchecked.detail,
    }


def _change(change: Change) -> dict[str, Any]:
    digests = {"old": change.old, "new": change.new, "note": change.note or None}
    return {"path": change.path, **change.where._asdict(), "image": change.image, **digests}


def _kept(kept: Kept) -> dict[str, Any]:
    why = {"reason": kept.reason, "detail": kept.detail, "refused": kept.refused}
    return {"path": kept.path, **kept.where._asdict(), "image": kept.image, **why}


def _with_line(failure: FileFailure) -> str:
    return failure.message if failure.line is None else f"line {failure.line}: {failure.message}"
