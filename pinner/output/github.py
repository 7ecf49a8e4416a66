"""GitHub workflow commands: the runner shows them as annotations of the changed lines.

GitHub shows at most ten annotations of each level for a step, so no more are written, and those are the worst. Escaping
follows the runner's toolkit (`packages/core/src/command.ts` of actions/toolkit).
"""

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from pinner.model.escaping import clean
from pinner.model.occurrence import Severity
from pinner.model.report import Report
from pinner.output import Style
from pinner.output._addresses import FILE_ERROR, REFUSED, UNCHECKED
from pinner.output._entries import ReportEntry, entries
from pinner.output._paths import relative

NAME = "github"
SHOWN = 10
"""How many annotations of each level GitHub shows for a step."""

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_WORST = (FILE_ERROR, REFUSED, UNCHECKED)
"""Entries that may hide findings: they come first."""


def render(report: Report, _style: Style) -> str:
    """Return one command for each finding, unchecked reference and failed file, up to ten of each severity."""
    shown = (entry for severity in _COMMANDS for entry in islice(_worst(report, severity), SHOWN))
    return "".join(f"{_command(entry)}\n" for entry in shown)


def left_out(report: Report) -> str | None:
    """Return a sentence on the findings that have no annotation, None where all have one."""
    counts = Counter(entry.severity for entry in entries(report))
    more = sum(max(number - SHOWN, 0) for number in counts.values())
    return f"{more} more without an annotation: GitHub shows {SHOWN} of each severity" if more else None


def _worst(report: Report, severity: Severity) -> Iterator[ReportEntry]:
    """Yield the entries of a severity: those that hide other findings first, else in the order of the report."""
    found = [entry for entry in entries(report) if entry.severity == severity]
    yield from sorted(found, key=lambda entry: _WORST.index(entry.rule) if entry.rule in _WORST else len(_WORST))


def _command(entry: ReportEntry) -> str:
    properties = {"file": relative(entry.path), **_position(entry), "title": f"pinner {entry.rule}"}
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    page = f"%0A{_data(entry.url)}"
    return f"::{_COMMANDS[entry.severity]} {written}::{_data(clean(entry.message))}{page}"


def _position(entry: ReportEntry) -> dict[str, int]:
    if entry.where is None:
        return {} if entry.line is None else {"line": entry.line}
    lines = {"line": entry.where.line, "endLine": entry.where.end_line}
    if entry.where.line != entry.where.end_line:  # columns of several lines are refused
        return lines
    return {**lines, "col": entry.where.column, "endColumn": entry.where.end_column}


def _data(text: str) -> str:
    return clean(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
