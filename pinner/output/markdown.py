"""A summary in GitHub-flavoured Markdown, for a job's page or a comment on a pull request.

Whatever comes from files or registries stands in code spans or is escaped: it can neither form markup
nor mention anybody.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from pinner.model.escaping import clean
from pinner.model.report import Change, Kept, Report
from pinner.output import Style
from pinner.output._entries import FILE_ERROR, REFUSED, UNCHECKED, ReportEntry, entries
from pinner.output._paths import relative
from pinner.output.text import summary

NAME = "markdown"

MAX_ROWS = 200
"""Rows of a table; GitHub takes 65,536 characters in a comment and 1 MiB on a job's page."""

_MENTION = re.compile(r"(?<![A-Za-z0-9])@")
_ACTIVE = {ord(character): f"&#{ord(character)};" for character in "\\`*_{}[]<>()#+!|~&$^="}


def render(report: Report, _style: Style) -> str:
    """The counts, and tables of what is wrong, of the digests that changed, and of those that an update left."""
    found = [_entry_row(entry) for entry in entries(report)]
    changed = [_change_row(change) for change in report.changes]
    blocks = ["## pinner", f"{summary(report)}."]
    blocks += _table(("Severity", "Rule", "Place", "Message"), found)
    blocks += _table(("Place", "Image", "Old digest", "New digest"), changed)
    blocks += _table(("Place", "Image", "Kept because"), [_kept_row(each) for each in report.kept if not each.refused])
    return "\n\n".join(blocks) + "\n"


def _table(heads: Sequence[str], rows: Sequence[str]) -> Iterator[str]:
    if rows:
        yield "\n".join([_row(heads), _row(["---"] * len(heads)), *rows[:MAX_ROWS]])
    if len(rows) > MAX_ROWS:
        yield f"… and {len(rows) - MAX_ROWS} more."


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _entry_row(entry: ReportEntry) -> str:
    severity = "unchecked" if entry.rule == UNCHECKED else entry.severity.label
    rule = "" if entry.rule in (UNCHECKED, FILE_ERROR, REFUSED) else _code(entry.rule)
    return _row((severity, rule, _place(entry.path, entry.line), _prose(entry.message)))


def _change_row(change: Change) -> str:
    digests = (_code(digest) if digest else "none" for digest in (change.old, change.new))
    return _row((_place(change.path, change.where.line), _code(change.image), *digests))


def _kept_row(kept: Kept) -> str:
    return _row((_place(kept.path, kept.where.line), _code(kept.image), _prose(f"{kept.reason}: {kept.detail}")))


def _place(path: str, line: int | None) -> str:
    return _code(relative(path) if line is None else f"{relative(path)}:{line}")


def _code(text: str) -> str:
    """A code span: nothing in it is markup, a link or a mention. In a table a pipe needs an entity."""
    text = clean(text)
    if not text or text != text.strip() or any(character in text for character in "`|\\"):
        return f"<code>{_literal(text)}</code>"
    return f"`{text}`"


def _prose(text: str) -> str:
    """Cleaned text without markup; a zero-width space keeps mentions and links to issues from forming."""
    return _MENTION.sub("@&#8203;", _literal(clean(text))).replace("&#35;", "&#35;&#8203;")


def _literal(text: str) -> str:
    return text.translate(_ACTIVE).replace("://", "&#58;//").replace("www.", "www&#46;")
