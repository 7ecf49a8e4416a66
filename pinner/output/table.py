"""What `pinner list` and `pinner resolve` show to people."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from pinner.model.escaping import clean, clean_path
from pinner.model.occurrence import Invalid, Occurrence, Opaque
from pinner.model.reference import Reference

if TYPE_CHECKING:
    from pinner.output._states import Detail
    from pinner.output.listing import ResolvedText


def render_list(occurrences: Sequence[Occurrence], online: "Sequence[Detail] | None" = None) -> str:
    """One line for each place: where, in what context, as written, and what it stands for.

    Where registries were asked: its state, the kind of content, its platforms and its age.
    """
    rows = [_row(occurrence) for occurrence in occurrences]
    if online is not None:
        states = (tuple(map(clean, detail.cells())) for detail in online)
        rows = [row[:3] + state if any(state) else row for row, state in zip(rows, states, strict=True)]
    widths = [max(map(len, column)) for column in zip_longest(*(row[:-1] for row in rows), fillvalue="")]
    return "".join(_line(row, widths) for row in rows)


def render_resolve(answers: "Sequence[ResolvedText]") -> str:
    """The digest of one reference; of several, the digest and the reference, as sha256sum writes them."""
    if len(answers) == 1:
        return f"{answers[0].digest}\n"
    return "".join(f"{answer.digest}  {clean(answer.text)}\n" for answer in answers)


def _row(occurrence: Occurrence) -> tuple[str, ...]:
    place = f"{clean_path(occurrence.path)}:{occurrence.where.line}:{occurrence.where.column}"
    return place, clean(occurrence.context), clean(occurrence.text), _state(occurrence)


def _state(occurrence: Occurrence) -> str:
    match occurrence.target:
        case Reference() as target:
            state = "pinned" if target.digest else "unwritable" if occurrence.unwritable else "unpinned"
            return f"{state} {target._replace(digest=None)}"
        case Invalid(reason):
            return f"invalid: {clean(reason)}"
        case Opaque(reason):
            return f"opaque: {clean(reason)}"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, (*widths, 0), strict=False)).rstrip() + "\n"
