"""Text for people: one line for each finding, grouped by file and with the source line at a terminal.

This is what a hook prints, so nothing heavy is imported: colours are plain ANSI sequences (ECMA-48).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from pinner.model.escaping import clean, clean_path
from pinner.model.occurrence import Severity
from pinner.model.report import FileFailure, Report, Unchecked
from pinner.model.source import Location
from pinner.output import Style
from pinner.output._addresses import FILE_ERROR, REFUSED, address_of, page_of_unchecked
from pinner.output._excerpt import cells, excerpt

if TYPE_CHECKING:
    from pinner.output._changes import ImageChange

NAME = "text"

_MAX_KEPT = 10
"""As many images that an update keeps for one reason have a line each."""

_LONGEST_WORDS = 60
"""How many characters of what a publisher says are shown."""

_BOLD, _DIM, _RED, _YELLOW, _MAGENTA, _CYAN = "1", "2", "1;31", "1;33", "1;35", "1;36"
_SEVERITY_COLORS = {Severity.ERROR: _RED, Severity.WARNING: _YELLOW, Severity.NOTE: _CYAN}
_DIGEST = r"\b(sha256:[0-9a-f]{12})[0-9a-f]{52}\b"
"""What is shown of a digest: as many hexadecimal digits as Docker shows of an image's identifier."""
_SEQUENCE = r"\x1b\[[0-9;]*m|\x1b\]8;;[^\x1b]*\x1b\\"
"""The sequences that this module writes itself: colours and hyperlinks."""
_PLAIN = Style()
_PARTICIPLES = {"pin": "pinned", "update": "updated", "unpin": "unpinned"}


def render(report: Report, style: Style) -> str:
    """Return what was written, what an update left, findings, and last what could not be checked or read."""
    text = "\n".join(part for line in _lines(report, style) for part in _wrapped(line, style.width)).rstrip("\n")
    return f"{text}\n" if text else ""


def summary(report: Report) -> str:
    """Return the counts in one line, for standard error. Nothing that went wrong is left out."""
    counts = report.summary
    pinned = "pinned" if report.is_written or not counts.changed else "would be pinned"
    line = f"{_count(counts.files, 'file')}, {_count(counts.references, 'reference')}: {counts.pinned} {pinned}"
    line += f", {_count(counts.findings, 'finding')}"
    numbers = Counter(finding.severity for finding in report.findings)
    counted = ", ".join(_count(numbers[severity], severity.label) for severity in sorted(numbers, reverse=True))
    line += f" ({counted})" if counted else ""
    line += f", {counts.unchecked} unchecked"
    line += f", {counts.ignored} ignored" if counts.ignored else ""
    line += f", {counts.known} known" if counts.known else ""
    line += f", {counts.outdated} outdated in the baseline" if counts.outdated else ""
    line += f", {counts.excluded} excluded" if counts.excluded else ""
    changed = "changed" if report.is_written else "would change"
    line += f", {counts.changed} {changed}" if counts.changed else ""
    line += f", {counts.kept} kept" if counts.kept else ""
    line += f", {counts.refused} refused" if counts.refused else ""
    return line + (f", {_count(len(report.errors), 'error')}" if report.errors else "")


def remedies(report: Report, command_line: Callable[[str], str]) -> Iterator[str]:
    """Yield a line for each command that mends findings: how many, and how to run it."""
    broken = {failure.path for failure in report.errors}  # nothing is written to such a file
    mended = Counter(each.command for each in report.findings if each.command and each.path not in broken)
    for command, number in sorted(mended.items()):
        done = _PARTICIPLES[command.partition(" ")[0]]
        yield f"{number} of {len(report.findings)} can be {done}: run {command_line(command)}"


def addresses(report: Report) -> Iterator[str]:
    """Yield the address of the page of each rule that found something, and of what else went wrong."""
    named = sorted({finding.rule for finding in report.findings})
    named += sorted({page_of_unchecked(unchecked.reason) for unchecked in report.unchecked})
    others = ((FILE_ERROR, report.errors), (REFUSED, report.refused))
    named += [name for name, found in others if found]
    yield from (f"{clean(name)}: {clean(address_of(name))}" for name in named)


def failure_line(failure: FileFailure, style: Style = _PLAIN) -> str:
    """Return the line on a file that could not be read, understood or written."""
    place = _paint(clean_path(failure.path), _BOLD, style) + (f":{failure.line}" if failure.line else "")
    return f"{place}: {_label('error', FILE_ERROR, FILE_ERROR, _RED, style)} {prose(failure.message)}"


def prose(text: str) -> str:
    """Return a text on one line, cleaned, with as much of each digest as people compare."""
    return re.sub(_DIGEST, r"\1", clean(text))


def _lines(report: Report, style: Style) -> Iterator[str]:
    if not style.is_brief:
        yield from _changes(report, style)
    yield from _kept(report, style)
    if style.statistics:
        yield from _statistics(report, style)
    else:
        yield from _findings(report, style)
        yield from _unchecked(report.unchecked, style)
    for failure in report.errors:
        yield failure_line(failure, style)
        source = report.sources.get(failure.path)
        # Where the end of the file is to blame there is nothing to show.
        if failure.line and source and source.line_text(failure.line).strip():
            where = Location(line=failure.line, column=1, end_line=failure.line, end_column=1)
            yield from _excerpt(report, failure.path, where, style, has_caret=False)


def _wrapped(line: str, width: int | None) -> Iterator[str]:
    """Yield a line, broken between words where a terminal of `width` has no room. Source lines are cut already."""
    # Only behind a word: the indentation of a line stays with its first one.
    begun, *words = re.split(r"(?<=\S) ", line) if width else [line]
    for word in words:
        if width and cells(re.sub(_SEQUENCE, "", f"{begun} {word}")) > width:
            yield begun
            begun = f"      {word}"
        else:
            begun += f" {word}"
    yield begun


def _findings(report: Report, style: Style) -> Iterator[str]:
    """Yield a line for each finding, with the source below it where the text is grouped by file."""
    for path, findings in groupby(report.findings, lambda finding: finding.path):
        if style.context:
            yield _paint(clean_path(path), _BOLD, style)
        for finding in findings:
            severity, where = finding.severity, finding.where
            place = f"  {where.line}:{where.column}" if style.context else _place(path, where, style)
            label = _label(severity.label, finding.rule, finding.rule, _SEVERITY_COLORS[severity], style)
            yield f"{place}: {label} {prose(finding.message)}"
            yield from _excerpt(report, path, where, style)
        if style.context:
            yield ""


def _unchecked(unchecked: Iterable[Unchecked], style: Style) -> Iterator[str]:
    """Yield one line for each cause: a registry that does not answer is told at the first of its places."""
    causes: dict[tuple[str, str], list[Unchecked]] = {}
    for each in unchecked:
        causes.setdefault((each.reason, each.detail), []).append(each)
    for first, *more in causes.values():
        label = _label("unchecked", first.reason, page_of_unchecked(first.reason), _MAGENTA, style)
        line = f"{_place(first.path, first.where, style)}: {label} {prose(first.text)}: {prose(first.detail)}"
        files = _count(len({each.path for each in (first, *more)}), "file")
        yield f"{line} ({_count(1 + len(more), 'place')}, in {files})" if more else line


def _statistics(report: Report, style: Style) -> Iterator[str]:
    """Yield how often each rule and each reason stands in the report, the most frequent first."""
    # By the last severity of each rule: one and the same unless an override names some of the files.
    severities = {finding.rule: finding.severity for finding in report.findings}
    counts: Counter[str] = Counter()
    for rule, number in Counter(finding.rule for finding in report.findings).items():
        severity = severities[rule]
        counts[_label(severity.label, rule, rule, _SEVERITY_COLORS[severity], style)] = number
    for reason, number in Counter(unchecked.reason for unchecked in report.unchecked).items():
        counts[_label("unchecked", reason, page_of_unchecked(reason), _MAGENTA, style)] = number
    width = len(str(max(counts.values(), default=0)))
    yield from (f"{number:>{width}}  {label}" for label, number in counts.most_common())


def _changes(report: Report, style: Style) -> Iterator[str]:
    """Yield a line for each image, however many places name it, and one for each file."""
    if not report.changes:
        return
    from pinner.output._changes import by_image

    verb = "" if report.is_written else "would change: "
    for change in by_image(report.changes):
        old = "the pinned digest is gone" if change.is_repair else _short(change.old)
        what = f"{verb}{old} -> {_short(change.new)} ({_count(len(change.places), 'place')})"
        yield "".join([f"{_paint(clean_path(change.image), _BOLD, style)}: {what}", *_remarks(change)])
    # A diff names the files itself.
    for path, digests in Counter(change.path for change in report.changes).items() if report.is_written else ():
        yield f"{_paint(clean_path(path), _BOLD, style)}: {_count(digests, 'digest')} changed"


def _remarks(change: "ImageChange") -> Iterator[str]:
    """Yield why the pin moved, what the publisher says of that, and what the tag names now where that differs."""
    from pinner.output._changes import publisher_words, words_of

    if change.note and not change.is_repair:
        yield f": {prose(change.note)}"
    if (words := words_of(change.explanation.why)) and not change.is_repair:
        said = [f"{name} {_shortened(old)} -> {_shortened(new)}" for name, old, new in publisher_words(change)]
        yield f": {words}" + (f" (the publisher says: {', '.join(said)})" if said else "")
    if change.explanation.tag_digest:
        yield f"; the tag names {_short(change.explanation.tag_digest)} now"


def _shortened(text: str) -> str:
    # Cut before it is cleaned as well: an annotation may be as long as a manifest may be.
    text = clean(text[: 4 * _LONGEST_WORDS]) or "nothing"
    return text if len(text) <= _LONGEST_WORDS else f"{text[:_LONGEST_WORDS]}..."


def _kept(report: Report, style: Style) -> Iterator[str]:
    """Yield one line for each image and reason, however many places name it, and one for many that are kept alike."""
    causes: dict[tuple[str, str, bool], Counter[str]] = {}
    for kept in report.kept:
        causes.setdefault((kept.reason, kept.detail, kept.refused), Counter())[clean_path(kept.image)] += 1
    for (reason, detail, refused), images in causes.items():
        if style.is_brief and not refused:
            continue
        if len(images) > _MAX_KEPT and not refused:
            images = Counter({f"{next(iter(images))} and {len(images) - 1} more images": images.total()})
        verb, color = ("refused", _RED) if refused else ("kept", _CYAN)
        told = f"{_label(verb, reason, REFUSED, color, style)} {prose(detail)}"
        yield from (f"{_paint(image, _BOLD, style)}: {told} ({_count(n, 'place')})" for image, n in images.items())


def _short(digest: str | None) -> str:
    return prose(digest) if digest else "no digest"


def _place(path: str, where: Location, style: Style) -> str:
    return f"{_paint(clean_path(path), _BOLD, style)}:{where.line}:{where.column}"


def _excerpt(report: Report, path: str, where: Location, style: Style, *, has_caret: bool = True) -> Iterator[str]:
    if not style.context or path not in report.sources:
        return
    for margin, text, is_caret in excerpt(report.sources[path], where, style.width):
        if has_caret or not is_caret:
            yield _paint(margin, _DIM, style) + (_paint(text, _RED, style) if is_caret else text)


def _label(word: str, name: str, page: str, color: str, style: Style) -> str:
    """Return `word[name]`, where `name` leads to a page on a terminal that takes hyperlinks."""
    name = clean(name)
    if style.links:
        name = f"\x1b]8;;{clean(address_of(page))}\x1b\\{name}\x1b]8;;\x1b\\"
    return f"{_paint(word, color, style)}[{name}]"


def _paint(text: str, color: str, style: Style) -> str:
    return f"\x1b[{color}m{text}\x1b[0m" if style.color else text


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
