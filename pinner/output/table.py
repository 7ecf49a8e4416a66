"""Tables for people: what `pinner list` and `pinner resolve` show."""

from collections.abc import Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import TYPE_CHECKING

from pinner.model.escaping import clean, clean_path
from pinner.model.occurrence import Invalid, Occurrence, Opaque
from pinner.model.reference import Reference
from pinner.output._excerpt import cells
from pinner.output.text import prose

if TYPE_CHECKING:
    from pinner.output._states import Detail
    from pinner.output.listing import ResolvedText


def render_list(
    occurrences: Sequence[Occurrence], online: "Sequence[Detail] | None" = None, width: int | None = None
) -> str:
    """Return one line for each place: where, the kind of file, in what context, as written, and what it stands for.

    Where registries were asked: its status, the media type, its platforms and its age. On a terminal of a `width` in
    which the columns have no room, what stands behind the place goes on lines of its own.
    """
    rows: list[tuple[str, ...]] = []
    for each in occurrences:
        place = f"{clean_path(each.path)}:{each.where.line}:{each.where.column}"
        rows.append((place, each.kind, clean(each.context), prose(each.text), _state(each)))
    if online is not None:
        states = (tuple(map(clean, detail.cells())) for detail in online)
        rows = [(*row[:4], *state) if any(state) else row for row, state in zip(rows, states, strict=True)]
    widths = [max(map(cells, column)) for column in zip_longest(*(row[:-1] for row in rows), fillvalue="")]
    lines = []
    for row in rows:
        # Nothing stands behind the last cell: it needs no padding.
        padded = (cell + " " * (width - cells(cell)) for cell, width in zip(row, (*widths, 0), strict=False))
        lines.append("  ".join(padded).rstrip() + "\n")
    if width is not None and any(cells(line) > width for line in lines):
        lines = [_stacked(row, width) for row in rows]
    return "".join(lines)


def render_resolve(answers: "Sequence[ResolvedText]") -> str:
    """Return the digest of one reference; of several, the digest and the reference, as sha256sum writes them."""
    if len(answers) == 1:
        return f"{answers[0].digest}\n"
    return "".join(f"{answer.digest}  {clean(answer.text)}\n" for answer in answers)


def _state(occurrence: Occurrence) -> str:
    match occurrence.target:
        case Reference() as target:
            state = "pinned" if target.digest else "unwritable" if occurrence.unwritable else "unpinned"
            image, written = str(target._replace(digest=None)), occurrence.text.partition("@")[0]
            return state if image == written else f"{state} {image}"
        case Invalid(reason):
            return f"invalid: {clean(reason)}"
        case Opaque(reason):
            return f"opaque: {clean(reason)}"


def _stacked(row: Sequence[str], width: int) -> str:
    """Return the place, the kind and the context on one line if it has room, and below it the rest, wrapped."""
    place, kind, context, *rest = row
    lines = [f"{place}  {kind}  {context}"]
    if cells(lines[0]) > width:
        lines, rest = [place], [f"{kind}  {context}", *rest]
    for cell in filter(None, rest):
        # Broken between words alone: a name that is cut in two cannot be copied.
        lines += wrap(
            cell, width, initial_indent="  ", subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
        )
    return "".join(f"{line}\n" for line in lines)
