"""Files that still have to be rendered: Go's, Jinja's, ERB's and other marks on a line that their tool refuses."""

import re

from pinner.model.errors import InvalidReference
from pinner.model.occurrence import Invalid, Occurrence, Opaque, Reading, Template
from pinner.model.reference import Reference, parse
from pinner.model.source import Location, Source

MALFORMED = "the variables cannot be expanded"
"""How the reason of a reference begins whose variables its tool refuses."""

TEMPLATE = "this is a template: run pinner on what it renders to"

# Not `${#V}`, the length of a variable in a shell.
_MARK = r"(?a)\{\{|\{%|(?<!\$)\{#|<%|%%\w+%%|@\w+@|#\w+#"
_IMAGE = r"""[ \t-]*["']?image["']?[ \t]*:[ \t]*["']?([^\s"']+)["']?[ \t\r]*(?:\#.*)?$"""
_MAX_TEXT = 80
# The tools of these kinds read ${{ }} themselves.
_WITH_EXPRESSIONS = frozenset(("azure-pipelines", "github-action", "github-workflow"))


def has_mark(line: str, kind: str = "") -> bool:
    """Tell whether a line of a file of a kind holds a mark of a template language."""
    return re.search(_MARK, line.replace("${{", "${") if kind in _WITH_EXPRESSIONS else line) is not None


def template_in(source: Source, kind: str = "") -> Template | None:
    """Return what is said of a file that does not parse, if any line of it holds a mark; None if none does.

    Where a block of a template begins, a parser of YAML may get lost many lines below.
    """
    lines = source.data.decode("utf-8", "replace").split("\n")
    marked = next((number for number, line in enumerate(lines, 1) if has_mark(line, kind)), None)
    if marked is None:
        return None
    literals = tuple(
        number for number, line in enumerate(lines, 1) if (match := re.match(_IMAGE, line)) and _is_reference(match[1])
    )
    text = lines[marked - 1].rstrip("\r")
    return Template(
        where=Location(line=marked, column=1, end_line=marked, end_column=len(text) + 1),
        text=text.strip()[:_MAX_TEXT],
        literals=literals,
    )


def _is_reference(text: str) -> bool:
    try:
        parse(text)
    except InvalidReference:
        return False
    return True


def as_template(reading: Reading, source: Source, kind: str = "") -> Reading:
    """Return `reading`, or that of a template: one of the lines that the file's tool would refuse bears a mark."""
    refused = {problem.line for problem in reading.problems}
    refused |= {each.where.line for each in reading.occurrences if each.path == source.path and _is_refused(each)}
    # To cut out each line takes longer than to search the whole file once.
    if not (refused and has_mark(source.data.decode("latin-1"), kind)):
        return reading
    marked = next((line for line in sorted(refused) if has_mark(source.line_text(line), kind)), None)
    if marked is None:
        return reading
    text = source.line_text(marked)
    lines = {each.where.line for each in reading.occurrences if isinstance(each.target, Reference)}
    literals = tuple(sorted(line for line in lines if not has_mark(source.line_text(line), kind)))
    where = Location(line=marked, column=1, end_line=marked, end_column=len(text) + 1)
    return Reading(
        (), reading.suppressions, template=Template(where=where, text=text.strip()[:_MAX_TEXT], literals=literals)
    )


def _is_refused(occurrence: Occurrence) -> bool:
    match occurrence.target:
        case Invalid():
            return True
        case Opaque(reason):
            return reason == TEMPLATE or reason.startswith(MALFORMED)
    return False
