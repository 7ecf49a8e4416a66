"""Text for people: one line for each finding, with the source line and a caret at a terminal.

This is what a hook prints, so nothing heavy is imported: colours are plain ANSI sequences (ECMA-48).
"""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pinner.model.escaping import clean, clean_path
from pinner.model.occurrence import Finding, Severity
from pinner.model.report import FileFailure, Report, Unchecked
from pinner.model.source import Location, Source
from pinner.output import Style

if TYPE_CHECKING:
    from pinner.output._changes import ImageChange

NAME = "text"

_BOLD, _DIM, _RED, _YELLOW, _MAGENTA, _CYAN = "1", "2", "1;31", "1;33", "1;35", "1;36"
_SEVERITY_COLORS = {Severity.ERROR: _RED, Severity.WARNING: _YELLOW, Severity.NOTE: _CYAN}
_AROUND = 60
_MARKED = 200
"""How many characters of a long line are shown around and under the caret."""


def render(report: Report, style: Style) -> str:
    """Findings, what could not be checked, the files that failed, what an update left, and what was written."""
    return "".join(f"{line}\n" for line in _lines(report, style))


def summary(report: Report) -> str:
    """The counts in one line, for standard error. Nothing that went wrong is left out."""
    counts = report.summary
    line = f"{_count(counts.files, 'file')}, {_count(counts.references, 'reference')}: {counts.pinned} pinned"
    line += f", {_count(counts.findings, 'finding')}, {counts.unchecked} unchecked"
    line += f", {counts.ignored} ignored" if counts.ignored else ""
    line += f", {counts.known} known" if counts.known else ""
    line += f", {counts.outdated} outdated in the baseline" if counts.outdated else ""
    line += f", {counts.excluded} excluded" if counts.excluded else ""
    line += f", {counts.changed} changed" if counts.changed else ""
    line += f", {counts.kept} kept" if counts.kept else ""
    line += f", {counts.refused} refused" if counts.refused else ""
    return line + (f", {_count(len(report.errors), 'error')}" if report.errors else "")


def _lines(report: Report, style: Style) -> Iterator[str]:
    for finding in report.findings:
        yield _finding(finding, style)
        if style.context and finding.path in report.sources:
            yield from _context(report.sources[finding.path], finding.where, style)
    for unchecked in report.unchecked:
        yield _unchecked(unchecked, style)
    for failure in report.errors:
        yield _failure(failure, style)
    yield from _kept(report, style)
    yield from _changes(report, style)


def _finding(finding: Finding, style: Style) -> str:
    label = _paint(finding.severity.label, _SEVERITY_COLORS[finding.severity], style)
    return f"{_place(finding.path, finding.where, style)}: {label}[{finding.rule}] {clean(finding.message)}"


def _unchecked(unchecked: Unchecked, style: Style) -> str:
    label = f"{_paint('unchecked', _MAGENTA, style)}[{clean(unchecked.reason)}]"
    place = _place(unchecked.path, unchecked.where, style)
    return f"{place}: {label} {clean(unchecked.text)}: {clean(unchecked.detail)}"


def _failure(failure: FileFailure, style: Style) -> str:
    place = _paint(clean_path(failure.path), _BOLD, style) + (f":{failure.line}" if failure.line else "")
    return f"{place}: {_paint('error', _RED, style)}: {clean(failure.message)}"


def _changes(report: Report, style: Style) -> Iterator[str]:
    """One line for each image, however many places name it."""
    if not report.changes:
        return
    from pinner.output._changes import by_image

    for change in by_image(report.changes):
        new, places = clean(change.new or "no digest"), _count(len(change.places), "place")
        old = "the pinned digest is gone" if change.is_repair else clean(change.old or "no digest")
        line = f"{_paint(clean_path(change.image), _BOLD, style)}: {old} -> {new} ({places})"
        yield "".join([line, *_remarks(change)])


def _remarks(change: "ImageChange") -> Iterator[str]:
    """Why the pin moved, what the publisher says of that, and what the tag names now where that is something else."""
    from pinner.output._changes import publisher_words, words_of

    if change.note and not change.is_repair:
        yield f": {clean(change.note)}"
    if (words := words_of(change.explanation.why)) and not change.is_repair:
        said = [f"{name} {_shortened(old)} -> {_shortened(new)}" for name, old, new in publisher_words(change)]
        yield f": {words}" + (f" (the publisher says: {', '.join(said)})" if said else "")
    if change.explanation.tag_digest:
        yield f"; the tag names {clean(change.explanation.tag_digest)} now"


def _shortened(text: str) -> str:
    text = clean(text[:_MARKED]) or "nothing"
    return text if len(text) <= _AROUND else f"{text[:_AROUND]}..."


def _kept(report: Report, style: Style) -> Iterator[str]:
    """One line for each image and reason, however many places name it."""
    images = Counter((kept.image, kept.reason, kept.detail, kept.refused) for kept in report.kept)
    for (image, reason, detail, refused), places in images.items():
        label = _paint("refused", _RED, style) if refused else _paint("kept", _CYAN, style)
        place = f"{_paint(clean_path(image), _BOLD, style)}: {label}[{reason}] {clean(detail)}"
        yield f"{place} ({_count(places, 'place')})"


def _place(path: str, where: Location, style: Style) -> str:
    return f"{_paint(clean_path(path), _BOLD, style)}:{where.line}:{where.column}"


def _context(source: Source, where: Location, style: Style) -> Iterator[str]:
    line = source.line_text(where.line)
    end = where.end_column - 1 if where.end_line == where.line else len(line)
    start = where.column - 1
    before, marked, after = line[:start], line[start:end], line[end:]
    before = f"...{before[-_AROUND:]}" if len(before) > _AROUND else before
    marked, after = marked[:_MARKED], after[:_AROUND]
    before, marked, after = _visible(before), _visible(marked), _visible(after)
    number = str(where.line)
    yield _paint(f"  {number} | ", _DIM, style) + before + marked + after
    caret = _paint("^" * max(_width(marked), 1), _RED, style)
    yield _paint(f"  {' ' * len(number)} | ", _DIM, style) + " " * _width(before) + caret


def _visible(text: str) -> str:
    return clean(text.replace("\t", "    "))


def _width(text: str) -> int:
    """How many cells of a terminal `text` takes (Unicode Standard Annex 11)."""
    if text.isascii():
        return len(text)
    import unicodedata

    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)


def _paint(text: str, color: str, style: Style) -> str:
    return f"\x1b[{color}m{text}\x1b[0m" if style.color else text


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
