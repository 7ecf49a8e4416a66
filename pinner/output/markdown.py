"""A summary in GitHub-flavoured Markdown, for a job's page or the body of a pull request.

Whatever comes from files or registries stands in code spans or is escaped: it can neither form markup
nor mention anybody.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from pinner.model.changes import Kept
from pinner.model.escaping import clean
from pinner.model.report import Report
from pinner.output import Style
from pinner.output._addresses import REFUSED, UNCHECKED
from pinner.output._changes import ImageChange, by_image, publisher_words, words_of
from pinner.output._entries import ReportEntry, entries
from pinner.output._paths import relative
from pinner.output.text import prose, remedies, summary

NAME = "markdown"

MAX_LENGTH = 65536
"""The longest body of a pull request that GitHub takes, in characters."""
MAX_ROWS = 200
"""Rows of a table."""
MAX_PLACES = 20
"""Places of an image that are named."""
MAX_WORDS = 80
"""Characters of each text of the publisher that is shown."""

# For what is said between the tables.
_RESERVE = 400
_LABEL = "What is marked as code behind “Why” is what the publishers say of their images: nobody verified it."

_MENTION = re.compile(r"(?<![A-Za-z0-9])@")
# Entities, not backslashes: a character reference forms no markup (CommonMark, section 2.5).
_ACTIVE = {ord(character): f"&#{ord(character)};" for character in "\\`*_{}[]<>()#+!|~&$^="}


def render(report: Report, _style: Style) -> str:
    """Return the counts, what can be done, and tables of what is wrong, of what moved, and of what an update left.

    It fits into the body of a pull request: what is left out for that is counted.
    """
    changes = by_image(report.changes)
    blocks = _Blocks(["## pinner", f"{summary(report)}.", *remedies(report, "`pinner {}`".format)])
    blocks.table(("Severity", "Rule", "Place", "Message"), list(_entry_rows(entries(report))), 0.3)
    moved = [_row((_code(each.image), _short(each.old), _short(each.new), _why(each))) for each in changes]
    blocks.table(("Image", "Old", "New", "Why"), moved, 0.8)
    if any(publisher_words(change) for change in changes):
        blocks.append(_LABEL)
    blocks.table(("Place", "Image", "Kept because"), list(_kept_rows(report)), 0.5)
    # The blank lines end the HTML block (CommonMark, section 4.6): what is within would stay text without them.
    folded = ("<details>\n<summary>Whole digests and places</summary>\n\n", "\n\n</details>")
    blocks.table(("Image", "Old digest", "New digest", "Places"), list(map(_detail_row, changes)), 1, folded)
    return "\n\n".join(blocks) + "\n"


class _Blocks(list[str]):
    """Blocks of text that together stay below MAX_LENGTH characters."""

    def table(self, heads: Sequence[str], rows: Sequence[str], share: float, frame: tuple[str, str] = ("", "")) -> None:
        """Add a table of at most `share` of what is left, between the texts of `frame`, unless it is empty."""
        left = share * (MAX_LENGTH - sum(len(block) + 2 for block in self) - _RESERVE)
        taken: list[str] = []
        for row in rows[:MAX_ROWS]:
            left -= len(row) + 1
            if left < 0:
                break
            taken.append(row)
        if taken:
            table = "\n".join([_row(heads), _row(["---"] * len(heads)), *taken])
            self.append(f"{frame[0]}{table}{frame[1]}")
        if len(taken) < len(rows):
            self.append(f"… and {len(rows) - len(taken)} more.")


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _entry_rows(found: Iterable[ReportEntry]) -> Iterator[str]:
    """Yield a row for each entry, but one for all places of an image that could not be checked, or was refused."""
    groups: dict[tuple[str, ...], list[ReportEntry]] = {}
    for number, entry in enumerate(found):
        is_of_image = entry.rule in (UNCHECKED, REFUSED)
        groups.setdefault((entry.rule, entry.message if is_of_image else str(number)), []).append(entry)
    for same in groups.values():
        entry = same[0]
        severity = "unchecked" if entry.rule == UNCHECKED else entry.severity.label
        place = _place(entry.path, entry.line, len(same))
        yield _row((severity, f"[{_code(entry.rule)}]({entry.url})", place, _prose(entry.message)))


def _why(change: ImageChange) -> str:
    """Return why the pin moved: in our words, then in the publisher's, which are marked as code."""
    explanation = change.explanation
    parts = [words_of(explanation.why)] if words_of(explanation.why) else []
    if explanation.why not in (None, "unknown", "attestations", "lost"):
        said = [f"{name} {_quoted(old)} → {_quoted(new)}" for name, old, new in publisher_words(change)]
        parts += ["; ".join(said)] if said else []
    parts += [_prose(change.note)] if change.note and not change.is_repair else []
    for title, platforms in (("new", explanation.added), ("lost", explanation.lost)):
        parts += [f"{title}: {', '.join(map(_quoted, platforms))}"] if platforms else []
    parts += [f"the tag names {_short(explanation.tag_digest)} now"] if explanation.tag_digest else []
    # Both ends are hexadecimal, the host is one of two: see `pinner.updating.explanation`.
    parts += [f"[compare]({explanation.compare_url})"] if explanation.compare_url else []
    if not parts:
        parts = ["unknown"] if change.old and change.new else ["pinned" if change.new else "unpinned"]
    return ". ".join(parts)


def _detail_row(change: ImageChange) -> str:
    digests = (_code(digest) if digest else "none" for digest in (change.old, change.new))
    tag = change.explanation.tag_digest
    image = f"{_code(change.image)}, whose tag names {_code(tag)} now" if tag else _code(change.image)
    places = [_place(place.path, place.where.line) for place in change.places]
    more = f" and {len(places) - MAX_PLACES} more" if len(places) > MAX_PLACES else ""
    return _row((image, *digests, ", ".join(places[:MAX_PLACES]) + more))


def _short(digest: str | None) -> str:
    """Return twelve digits of a digest, as Docker shows them."""
    return _code(digest.partition(":")[2][:12]) if digest else "none"


def _quoted(text: str) -> str:
    """Return the publisher's words: shortened, and as code, in which nothing forms a link, a mention or markup."""
    if not text:
        return "nothing"
    return f"<code>{_prose(text if len(text) <= MAX_WORDS else f'{text[:MAX_WORDS]}…')}</code>"


def _kept_rows(report: Report) -> Iterator[str]:
    """Yield a row for each image and reason."""
    groups: dict[tuple[str, str], list[Kept]] = {}
    for kept in report.kept:
        if not kept.refused:  # those are entries of the first table
            groups.setdefault((kept.image, f"{kept.reason}: {kept.detail}"), []).append(kept)
    for (image, why), same in groups.items():
        place = _place(same[0].path, same[0].where.line, len(same))
        yield _row((place, _code(prose(image)), _prose(why)))


def _place(path: str, line: int | None, number: int = 1) -> str:
    """Return a place, the first of a number of them."""
    place = _code(relative(path) if line is None else f"{relative(path)}:{line}")
    return f"{place} ({number} places)" if number > 1 else place


def _code(text: str) -> str:
    """Return a code span: nothing in it is markup, a link or a mention. In a table a pipe needs an entity."""
    text = clean(text)
    if not text or text != text.strip() or any(character in text for character in "`|\\"):
        return f"<code>{_literal(text)}</code>"
    return f"`{text}`"


def _prose(text: str) -> str:
    """Return cleaned text with short digests and without markup.

    A zero-width space keeps mentions and links to issues from forming.
    """
    return _MENTION.sub("@&#8203;", _literal(prose(text))).replace("&#35;", "&#35;&#8203;")


def _literal(text: str) -> str:
    return text.translate(_ACTIVE).replace("://", "&#58;//").replace("www.", "www&#46;")
