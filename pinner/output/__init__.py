"""The ways to write a report. To add one: a module here, its name in OUTPUTS and a line in _CHECKED.

OUTPUTS holds names and `load` imports one module: a run needs one of them, and some import json or more.
"""

from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

if TYPE_CHECKING:
    from pinner.report import Report


class Style(NamedTuple):
    """How text for people looks. `context` adds the source line and a caret below a finding."""

    color: bool = False
    context: bool = False


class Output(Protocol):
    """What a module of this package offers."""

    NAME: str

    def render(self, report: "Report", style: Style, /) -> str:
        """The whole report as text, with a final newline unless it is empty."""
        ...


OUTPUTS = ("text", "concise", "json", "sarif", "github", "gitlab", "junit", "rdjson", "markdown")


def load(name: str) -> Output:
    """The output of that name, one of OUTPUTS."""
    from importlib import import_module  # here, for what cleans texts is imported by every run

    return cast(Output, import_module(f"pinner.output.{name}"))


if TYPE_CHECKING:
    from pinner.output import concise, github, gitlab, json, junit, markdown, rdjson, sarif, text

    _CHECKED: tuple[Output, ...] = (text, concise, json, sarif, github, gitlab, junit, rdjson, markdown)
