"""GitHub workflow commands: the runner shows them as annotations of the changed lines.

GitHub shows at most ten annotations of each level for a step, so no more are written, and those are the worst. Escaping
follows the runner's toolkit (`packages/core/src/command.ts` of actions/toolkit).
"""

from collections import Counter

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
    ranks = {rule: rank for rank, rule in enumerate(_WORST)}
    worst_first = sorted(entries(report), key=lambda entry: ranks.get(entry.rule, len(ranks)))
    lines = []
    for severity in _COMMANDS:
        shown = [entry for entry in worst_first if entry.severity == severity][:SHOWN]
        lines += [f"{_command(entry)}\n" for entry in shown]
    return "".join(lines)


def left_out(report: Report) -> str | None:
    """Return a sentence on the findings that have no annotation, None where all have one."""
    counts = Counter(entry.severity for entry in entries(report))
    more = sum(max(number - SHOWN, 0) for number in counts.values())
    return f"{more} more without an annotation: GitHub shows {SHOWN} of each severity" if more else None


def _command(entry: ReportEntry) -> str:
    properties: dict[str, str | int] = {"file": relative(entry.path)}
    if entry.where is not None:
        properties |= {"line": entry.where.line, "endLine": entry.where.end_line}
        if entry.where.line == entry.where.end_line:  # columns of several lines are refused
            properties |= {"col": entry.where.column, "endColumn": entry.where.end_column}
    elif entry.line is not None:
        properties["line"] = entry.line
    properties["title"] = f"pinner {entry.rule}"
    # A colon or a comma would end the value of a property, as the toolkit's `escapeProperty` says.
    escaped = {name: _data(str(value)).replace(":", "%3A").replace(",", "%2C") for name, value in properties.items()}
    written = ",".join(f"{name}={value}" for name, value in escaped.items())
    # %0A is a new line of the annotation: the page on the rule stands there as a link.
    return f"::{_COMMANDS[entry.severity]} {written}::{_data(clean(entry.message))}%0A{_data(entry.url)}"


def _data(text: str) -> str:
    # The percent sign first: it leads the other two.
    return clean(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))
