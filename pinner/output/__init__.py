"""Ways to write a report. To add one: a module here, its name in OUTPUTS and a line in _CHECKED.

OUTPUTS holds names and `load` imports one module: a run needs one of them, and some import json or more.
"""

from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from pinner.model.occurrence import Severity

if TYPE_CHECKING:
    from pinner.model.report import Report


class Style(NamedTuple):
    """How a report is written.

    `context` groups text by file, with the source line and a caret below a finding; `width` is that of the terminal in
    cells, None where there is none; `links` makes the names of rules hyperlinks. `is_brief` leaves out all but findings
    and failures, `statistics` counts by rule in place of findings. `fail_on` is the severity that fails the run: JUnit
    knows no other.
    """

    color: bool = False
    context: bool = False
    width: int | None = None
    links: bool = False
    is_brief: bool = False
    statistics: bool = False
    fail_on: Severity = Severity.ERROR


class Output(Protocol):
    """A module of this package."""

    NAME: str

    def render(self, report: "Report", style: Style, /) -> str:
        """Return the whole report as text, with a final newline unless it is empty."""
        ...


OUTPUTS = ("text", "concise", "json", "sarif", "github", "gitlab", "junit", "rdjson", "markdown")


def load_format(name: str) -> Output:
    """Return the output of that name, one of OUTPUTS."""
    from importlib import import_module  # here, for what cleans texts is imported by every run

    return cast(Output, import_module(f"pinner.output.{name}"))


if TYPE_CHECKING:
    from pinner.output import concise, github, gitlab, json, junit, markdown, rdjson, sarif, text

    _CHECKED: tuple[Output, ...] = (text, concise, json, sarif, github, gitlab, junit, rdjson, markdown)
