"""Reports to where the settings send them: standard output, standard error, files."""

import os
import sys
from collections.abc import Mapping

from pinner import output
from pinner.config import ReportTarget, Settings
from pinner.errors import UsageError, WriteError
from pinner.files import write_file
from pinner.output import Style
from pinner.output.text import summary
from pinner.report import Report
from pinner.terminal import tell, wants_color


def targets_of(settings: Settings, environ: Mapping[str, str] = os.environ) -> tuple[ReportTarget, ...]:
    """What is written, and where. In GitHub Actions annotations accompany the text, unless a format is chosen."""
    usual = ("text", "github") if environ.get("GITHUB_ACTIONS") == "true" else ("text",)
    return settings.format or tuple(map(ReportTarget, usual))


def write_report(report: Report, settings: Settings, *, to_stderr: bool = False) -> None:
    """Write the report in all its formats, and its summary for people."""
    stream = sys.stderr if to_stderr else sys.stdout
    style = Style(color=wants_color(settings.color, stream), context=stream.isatty())
    for name, file in targets_of(settings):
        rendering = output.load(name)
        if file is None:
            stream.write(rendering.render(report, style))
        else:
            # The file may be standard output under its name in /dev.
            stream.flush()
            _write_file(file, rendering.render(report, Style()))
    if settings.verbosity >= 0:
        stream.flush()
        tell(summary(report))
        if report.findings:
            tell(f"Learn more: pinner explain {' '.join(sorted({finding.rule for finding in report.findings}))}")


def _write_file(file: str, text: str) -> None:
    try:
        write_file(file, text.encode("utf-8", "backslashreplace"))
    except WriteError as error:
        raise UsageError(f"{file}: cannot write the report: {error.reason}") from error
