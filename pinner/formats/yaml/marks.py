"""Whether a mark of a template language is why a file is no YAML: only then the file may be a template.

A mark in a comment or in a string refuses nothing, and may stand in any manifest that another tool reads as it is.
"""

import re
from itertools import takewhile

from pinner.formats._base import Refused
from pinner.formats._templates import has_mark
from pinner.formats.yaml.composer import scan_tokens
from pinner.formats.yaml.document import TOO_DEEP, compose, decode
from pinner.model.occurrence import Problem
from pinner.model.source import Source

# Lines on which a tag stands alone. One that is as long as what YAML refuses for its length is none.
_LINES = re.compile(
    r"^[ \t]*(?:\{\{[^\r\n]{0,900}\}\}|\{%[^\r\n]{0,900}%\}|<%[^\r\n]{0,900}%>)[ \t]*(?=\r?$)",
    re.MULTILINE,
)
_OPENING = re.compile(r"\{\{|\{%|<%")
# What may follow a string that has ended; behind anything else every reader of YAML gives up.
_AFTER_STRING = frozenset(" \t\r\n,:]}#")
_CANNOT_START = re.compile(r"(?a)%%\w+%%|@\w+@")


def refused(problem: Problem, source: Source) -> Refused:
    """Return the reader of a file that is no YAML: a template, if a mark explains that and stands where it failed."""
    return Refused(problem).unless_template(source) if is_explained(problem, source) else Refused(problem)


def is_explained(problem: Problem, source: Source) -> bool:
    """Return whether a mark of a template language is why no nodes can be composed of a file."""
    text = decode(source)
    if isinstance(text, Problem) or problem.message == TOO_DEEP:
        return False
    without_lines = _LINES.sub(lambda match: " " * len(match[0]), text)
    if without_lines != text:
        again = compose(Source(source.path, without_lines.encode()), without_lines)
        if not isinstance(again, Problem) or again.line > problem.line:
            return True
    return _is_mark_syntax(text, problem)


def _is_mark_syntax(text: str, problem: Problem) -> bool:
    """Return whether YAML reads a mark as more than text in the document that is refused, up to the line of that."""
    tokens, error, index = scan_tokens(text)
    is_syntax = False
    for token in takewhile(lambda token: token.line <= problem.line, tokens):
        # kubectl reads each document by itself: what refuses one explains nothing in another.
        if token.name == "DocumentStartToken":
            is_syntax = False
        elif token.name == "FlowMappingStartToken":
            is_syntax |= text.startswith("{{", token.start)
        elif token.name == "ScalarToken" and text[token.start] in "'\"":
            is_cut = text[token.end : token.end + 1] not in ("", *_AFTER_STRING)
            is_syntax |= is_cut and _OPENING.search(text, token.start, token.end) is not None
    if is_syntax or text.count("\n", 0, index) + 1 != problem.line:
        return is_syntax
    before = text[text.rfind("\n", 0, index) + 1 : index]
    is_cut_off = "mapping values are not allowed" in error and has_mark(before)
    return is_cut_off or text.startswith("{%", max(index - 1, 0)) or _CANNOT_START.match(text, index) is not None
