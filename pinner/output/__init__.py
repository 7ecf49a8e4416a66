"""The ways to write a report. To add one: a module here and a line in OUTPUTS."""

from typing import NamedTuple, Protocol

from pinner.report import Report


class Style(NamedTuple):
    """How text for people looks. `context` adds the source line and a caret below a finding."""

    color: bool = False
    context: bool = False


class Output(Protocol):
    """What a module of this package offers."""

    NAME: str

    def render(self, report: Report, style: Style) -> str:
        """The whole report as text, with a final newline unless it is empty."""
        ...
