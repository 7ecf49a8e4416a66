"""The golden files: every output over the report of `case`."""

from contextlib import ExitStack
from pathlib import Path
from unittest import mock

from pinner.output import OUTPUTS, Style, listing, load_format, table
from pinner.output.text import summary
from tests.output import case

FOLDER = Path(__file__).parent.parent / "cases" / "output"
FILES = {
    "text": "text.txt",
    "concise": "concise.txt",
    "json": "check.json",
    "sarif": "report.sarif",
    "github": "github.txt",
    "gitlab": "gitlab.json",
    "junit": "junit.xml",
    "rdjson": "rdjson.json",
    "markdown": "report.md",
}


STUBS = {"RULES": case.rule_modules(), "tool_version": lambda: "1.2.3"}


def rendered(name: str, style: Style = Style()) -> str:  # noqa: B008 - frozen
    """An output over the case, with rules and a version that do not change with the project's."""
    output = load_format(name)
    with ExitStack() as stack:
        for attribute in vars(output).keys() & STUBS.keys():
            stack.enter_context(mock.patch.object(output, attribute, STUBS[attribute]))
        return output.render(case.REPORT, style)


def renderings() -> dict[str, str]:
    """The text of every golden file by its name."""
    return {
        **{FILES.get(name, f"{name}.txt"): rendered(name) for name in OUTPUTS},
        "text-context.txt": rendered("text", Style(context=True)),
        "text-color.txt": rendered("text", Style(color=True, context=True)),
        "summary.txt": summary(case.REPORT) + "\n",
        "list.json": listing.render_list(case.OCCURRENCES, case.REPORT.errors),
        "list.txt": table.render_list(case.OCCURRENCES),
        "list-online.json": listing.render_list(case.OCCURRENCES, case.REPORT.errors, case.DETAILS),
        "list-online.txt": table.render_list(case.OCCURRENCES, case.DETAILS),
        "resolve.json": listing.render_resolve(case.ANSWERS, case.NO_ANSWERS),
    }
