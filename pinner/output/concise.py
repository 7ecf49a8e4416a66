"""Text in plain lines, one for each finding, wherever it goes."""

from pinner.model.report import Report
from pinner.output import Style, text

NAME = "concise"


def render(report: Report, style: Style) -> str:
    """As `text` prints into a pipe: without source lines, in colour only when that is asked for."""
    return text.render(report, style._replace(context=False))
