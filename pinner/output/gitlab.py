"""GitLab Code Quality: a JSON array that is empty when there is nothing to say.

The members are those that GitLab reads ("Code Quality report format" of its documentation).
"""

from pinner.model.occurrence import Severity
from pinner.model.report import Report
from pinner.output import Style
from pinner.output._entries import entries, fingerprints
from pinner.output._json import dumps
from pinner.output._paths import relative

NAME = "gitlab"

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}


def render(report: Report, _style: Style) -> str:
    """Return one issue for each finding, unchecked reference and failed file."""
    found = list(entries(report))
    issues = [
        {
            "description": f"{entry.message} ({entry.url})",
            "check_name": entry.rule,
            "fingerprint": fingerprint,
            "severity": _SEVERITIES[entry.severity],
            "location": {
                "path": relative(entry.path),
                # An issue without a line is refused.
                "lines": {"begin": entry.line or 1, "end": entry.where.end_line if entry.where else entry.line or 1},
            },
        }
        for entry, fingerprint in zip(found, fingerprints(found), strict=True)
    ]
    return dumps(issues)
