"""GitHub workflow commands: the runner shows them as annotations of the changed lines.

GitHub shows at most ten annotations of each level for a step, and keeps the rest in the log. Escaping
follows the runner's toolkit (`packages/core/src/command.ts` of actions/toolkit).
"""

from pinner.model.escaping import clean
from pinner.model.occurrence import Severity
from pinner.model.report import Report
from pinner.output import Style
from pinner.output._entries import ReportEntry, entries
from pinner.output._paths import relative

NAME = "github"

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(report: Report, _style: Style) -> str:
    """One command for each finding, unchecked reference and failed file."""
    return "".join(f"{_command(entry)}\n" for entry in entries(report))


def _command(entry: ReportEntry) -> str:
    properties = {"file": relative(entry.path), **_position(entry), "title": f"pinner {entry.rule}"}
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{_COMMANDS[entry.severity]} {written}::{_data(clean(entry.message))}"


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
