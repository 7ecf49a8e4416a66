"""Reports to where the settings send them: standard output, standard error, files."""

import os
from collections.abc import Mapping

from pinner import output
from pinner.config import ReportTarget, Settings
from pinner.errors import UsageError, WriteError
from pinner.files import write_file
from pinner.output import Style
from pinner.output._escape import harmless
from pinner.output.text import summary
from pinner.report import Report
from pinner.terminal import standard_stream, tell, wants_color

GITHUB = "github"
"""The format that is made of workflow commands."""


def targets_of(settings: Settings, environ: Mapping[str, str] = os.environ) -> tuple[ReportTarget, ...]:
    """What is written, and where. In GitHub Actions annotations accompany the text, unless a format is chosen."""
    usual = ("text", "github") if environ.get("GITHUB_ACTIONS") == "true" else ("text",)
    return settings.format or tuple(map(ReportTarget, usual))


def write_report(report: Report, settings: Settings, *, to_stderr: bool = False) -> None:
    """Write the report in all its formats, and its summary for people."""
    stream = standard_stream(stderr=to_stderr)
    style = Style(color=wants_color(settings.color, stream), context=stream.isatty())
    for name, file in targets_of(settings):
        if file is None:
            stream.write_harmless(rendered(name, report, style))
        else:
            # The file may be standard output under its name in /dev.
            stream.flush()
            _write_file(file, rendered(name, report, Style()))
    if settings.verbosity >= 0:
        stream.flush()
        tell(summary(report))
        if report.findings:
            tell(f"Learn more: pinner explain {' '.join(sorted({finding.rule for finding in report.findings}))}")


def rendered(name: str, report: Report, style: Style) -> str:
    """The report in a format, with nothing in it that acts on a terminal or in a build log but what the format adds."""
    text = output.load(name).render(report, style)
    return harmless(text, styled=style.color, commands=name == GITHUB)


def _write_file(file: str, text: str) -> None:
    try:
        write_file(file, text.encode("utf-8", "backslashreplace"))
    except WriteError as error:
        raise UsageError(f"{file}: cannot write the report: {error.reason}") from error
