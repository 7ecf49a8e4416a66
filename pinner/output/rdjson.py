"""Reviewdog's diagnostics, with suggestions that a reviewer can apply.

The format is `proto/rdf/reviewdog.proto` of reviewdog. Its columns count bytes of UTF-8 from 1, and the
end of a range is exclusive.
"""

from typing import Any

from pinner.model.occurrence import Severity
from pinner.model.report import Report
from pinner.model.source import UTF8_BOM, Source, Span
from pinner.output import Style
from pinner.output._addresses import HOMEPAGE
from pinner.output._entries import TOOL_NAME, ReportEntry, entries
from pinner.output._json import dumps
from pinner.output._paths import relative

NAME = "rdjson"

_SEVERITIES = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.NOTE: "INFO"}


def render(report: Report, _style: Style) -> str:
    """Return one diagnostic for each finding, unchecked reference and failed file."""
    diagnostics = [_diagnostic(entry, report.sources.get(entry.path)) for entry in entries(report)]
    return dumps({"source": {"name": TOOL_NAME, "url": HOMEPAGE}, "diagnostics": diagnostics})


def _diagnostic(entry: ReportEntry, source: Source | None) -> dict[str, Any]:
    location: dict[str, Any] = {"path": relative(entry.path)}
    if entry.where and source:
        where = entry.where
        start, end = (where.line, where.column), (where.end_line, where.end_column)
        location["range"] = {"start": _position(source, *start), "end": _position(source, *end)}
    elif entry.line is not None:
        location["range"] = {"start": {"line": entry.line}}
    diagnostic: dict[str, Any] = {
        "message": entry.message,
        "location": location,
        "severity": _SEVERITIES[entry.severity],
        "code": {"value": entry.rule, "url": entry.url},
    }
    if entry.fix and source:
        diagnostic["suggestions"] = [
            {"range": _byte_range(edit.span, source), "text": edit.text} for edit in entry.fix.edits
        ]
    return diagnostic


def _byte_range(span: Span, source: Source) -> dict[str, Any]:
    return {
        name: {"line": source.line_of(offset), "column": offset - source.line_start(offset) + 1}
        for name, offset in (("start", span.start), ("end", span.end))
    }


def _position(source: Source, line: int, column: int) -> dict[str, int]:
    """Return a position in bytes. A byte-order mark takes no column in a `Location`, and three bytes in the file."""
    mark = len(UTF8_BOM) if line == 1 and source.data.startswith(UTF8_BOM) else 0
    return {"line": line, "column": mark + len(source.line_text(line)[: column - 1].encode()) + 1}
