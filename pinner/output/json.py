"""The report of a check as JSON, for programs.

The document is a contract with a version: keys are added at will, and never renamed or removed
without a new `schema_version`. Lines and columns count from 1, columns in code points, `end_column`
is exclusive, `start` and `end` are byte offsets.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from pinner.model.changes import Provenance
from pinner.model.occurrence import Finding, Severity, Use
from pinner.model.report import FileFailure, Report, Summary, Unchecked
from pinner.output import Style
from pinner.output._addresses import address_of
from pinner.output._changes import ImageChange, by_image
from pinner.output._json import dumps

NAME = "json"
SCHEMA_VERSION = 2


def render(report: Report, _style: Style) -> str:
    """Return the whole report but for what was ignored."""
    numbers = Counter(finding.severity for finding in report.findings)
    by_severity = {severity.label: numbers[severity] for severity in sorted(Severity, reverse=True)}
    return dumps(
        {
            "schema_version": SCHEMA_VERSION,
            "summary": _summary(report.summary) | {"by_severity": by_severity},
            "findings": [_finding(finding) for finding in report.findings],
            "unchecked": [_unchecked(unchecked) for unchecked in report.unchecked],
            "errors": errors(report.errors),
            "changes": [_change(change) for change in by_image(report.changes)],
            "kept": [
                {"path": kept.path, **kept.where._asdict(), "image": kept.image}
                | {"reason": kept.reason, "detail": kept.detail, "refused": kept.refused}
                for kept in report.kept
            ],
        }
    )


def used_at(uses: Iterable[Use]) -> list[dict[str, Any]]:
    """Return the places that use a value which stands elsewhere."""
    return [{"path": use.path, **use.where._asdict(), "context": use.context} for use in uses]


def errors(failures: tuple[FileFailure, ...]) -> list[dict[str, str]]:
    """Return the `errors` member of every document; the line, where there is one, leads the message."""
    return [
        {"path": each.path, "message": each.message if each.line is None else f"line {each.line}: {each.message}"}
        for each in failures
    ]


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
        "changed": summary.changed,
        "kept": summary.kept,
        "refused": summary.refused,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    fix = finding.fix and {
        "title": finding.fix.title,
        "applicability": "safe",  # a word of ruff's: no fix that pins changes what is meant
        "edits": [{"start": edit.span.start, "end": edit.span.end, "text": edit.text} for edit in finding.fix.edits],
    }
    return {
        "rule": finding.rule,
        "severity": finding.severity.label,
        "path": finding.path,
        **finding.where._asdict(),
        "text": finding.text,
        "context": finding.context,
        "message": finding.message,
        "fix": fix,
        "command": finding.command,
        "url": address_of(finding.rule),
        "used_at": used_at(finding.used_at),
    }


def _unchecked(unchecked: Unchecked) -> dict[str, Any]:
    return {
        "path": unchecked.path,
        "line": unchecked.where.line,
        "text": unchecked.text,
        "reason": unchecked.reason,
        "detail": unchecked.detail,
    }


def _change(change: ImageChange) -> dict[str, Any]:
    explanation = change.explanation
    return {
        "image": change.image,
        "old": change.old,
        "new": change.new,
        "places": [{"path": place.path, "line": place.where.line} for place in change.places],
        "why": explanation.why,
        "before": _provenance(explanation.before),
        "after": _provenance(explanation.after),
        "compare_url": explanation.compare_url,
        "platforms": {"added": list(explanation.added), "lost": list(explanation.lost)},
        "current": explanation.current,
        "tag_digest": explanation.tag_digest,
        "first_seen": explanation.first_seen,
        "note": change.note or None,
    }


def _provenance(provenance: Provenance | None) -> dict[str, Any] | None:
    if provenance is None:
        return None
    return {
        "version": provenance.version,
        "revision": provenance.revision,
        "source": provenance.source,
        "created": provenance.created,
        "base": {"name": provenance.base_name, "digest": provenance.base_digest},
    }
