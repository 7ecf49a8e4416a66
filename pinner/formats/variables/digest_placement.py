"""Where the digest of a reference goes, or why it can go nowhere.

Docker ignores the tag of a reference that has a digest. So a digest after `node:${V}` would turn V
into one that does nothing, and one inside V's default is right only if everything else that reads
V means the same image. Both are found out by expanding the words as they would be after the edit: see `Scope.after`.
"""

from typing import NamedTuple

from pinner.formats.variables.expansion import COMPOSE, Expansion, ExpansionError
from pinner.formats.variables.scope import NOTHING_ASSUMED, PLATFORM_ARGS, Assumption, Scope, Word
from pinner.formats.variables.text import NOWHERE, Text
from pinner.model.errors import InvalidReference
from pinner.model.occurrence import Invalid, Occurrence, Opaque, Place, Suppression
from pinner.model.reference import DEFAULT_TAG, Reference, parse
from pinner.model.source import Location, Span

TEMPLATE = "this is a template: run pinner on what it renders to"
# Every hexadecimal digit once, so that a pattern in ${V/…} or ${V%…} that would cut a digest is seen.
_PROBE_DIGEST = "@sha256:" + "0123456789abcdef" * 4
_PROBE_VALUE = "0probe0"
# Each variable behind a reference is tried once, and each trial expands all that it reaches.
_MAX_VARIABLES = 50


class WrittenReference(NamedTuple):
    """A reference in one word: what of an `Occurrence` follows from its text. `place` lies in the same file."""

    span: Span
    text: str
    target: Reference | Invalid | Opaque
    place: Span | None = None
    unwritable: str | None = None
    dead_variable: str | None = None


def is_template(chars: str) -> bool:
    """Tell whether `chars` are what Helm, Go or Jinja would still have to render."""
    return "{{" in chars or "{%" in chars


def read_word(text: Text, scope: Scope) -> Word | WrittenReference:
    """Return a word of `scope`, or the reference where its variables are malformed."""
    if scope.dialect.is_plain(text.chars):
        return literal(text)
    try:
        return scope.add_word(text)
    except ExpansionError as error:
        return WrittenReference(text.extent, str(text), Opaque(f"the variables cannot be expanded: {error}"))


def occurrence_at(
    written: WrittenReference,
    path: str,
    where: Location,
    context: str,
    *,
    platform: str | None,
    suppressions: tuple[Suppression, ...],
    stage: str | None = None,
    kind: str = "dockerfile",
) -> Occurrence:
    """Return the occurrence that a reference in the file at `path` makes."""
    target = written.target
    if isinstance(target, Invalid) and is_template(written.text):
        target = Opaque(TEMPLATE)
    return Occurrence(
        path=path,
        span=written.span,
        where=where,
        text=written.text,
        target=target,
        context=context,
        place=Place(path, written.place) if written.place else None,
        unwritable=written.unwritable,
        stage=stage,
        dead_variable=written.dead_variable,
        platform=platform,
        suppressions=suppressions,
        kind=kind,
    )


def literal(text: Text) -> Word:
    """Return a word in which variables mean nothing."""
    return Word(text, {}, Expansion(text, frozenset(), ()))


def read_reference(word: Word, scope: Scope) -> WrittenReference:
    """Read the reference that `word` stands for and find the place of its digest."""
    if not word.expansion.used and (run := word.expansion.value.run):
        return _read_literal(run, str(word.expansion.value))
    span, text = _written(word)
    if word.expansion.unknown:
        return WrittenReference(span, text, Opaque(_why_open(word, scope)))
    try:
        target = parse(str(word.expansion.value))
    except InvalidReference as error:
        return WrittenReference(span, text, Invalid(f"{error}{_undeclared(word, scope)}"))
    if target.digest:
        return _read_pinned(WrittenReference(span, text, target), word, scope)
    missing, unwritable = _missing_place(target, word, scope)
    return WrittenReference(span, text, target, place=missing, unwritable=unwritable)


def _read_literal(run: Span, text: str) -> WrittenReference:
    """Read a reference without variables that stands in one piece at `run`."""
    try:
        target = parse(text)
    except InvalidReference as error:
        return WrittenReference(run, text, Invalid(str(error)))
    if target.digest:
        return WrittenReference(run, text, target, place=Span(run.end - len(target.digest), run.end))
    return WrittenReference(run, text, target, place=Span(run.end, run.end))


def _written(word: Word) -> tuple[Span, str]:
    """Return the span of a reference and its text there: in an ARG's default where all of it stands there."""
    value, text = word.expansion.value, _unquoted(word.text)
    run = value.run
    if run and not (text.extent.start <= run.start < text.extent.end):
        return run, str(value)
    return text.extent, str(text)


def _unquoted(text: Text) -> Text:
    chars = text.chars
    if len(chars) > 2 and chars[0] in "\"'" and chars[-1] == chars[0]:
        return text.cut(1, -1)
    return text


def _why_open(word: Word, scope: Scope) -> str:
    names = " and ".join(word.expansion.unknown)
    if scope.dialect == COMPOSE:
        first = word.expansion.unknown[0]
        return f"{names} has no default here: write ${{{first}:-…}} with the default that is meant, and pin that"
    if not PLATFORM_ARGS.isdisjoint(word.expansion.unknown):
        return f"{names} differs by platform: give each platform's image a stage of its own (FROM … AS base-amd64)"
    return f"the file gives {names} no value: give the ARG a default, or pin what it is set to"


def _undeclared(word: Word, scope: Scope) -> str:
    """Return what to do about variables of a Dockerfile that no ARG declares: to BuildKit they are empty."""
    names = sorted(word.expansion.used - word.bindings.keys())
    if scope.dialect == COMPOSE or not names:
        return ""
    return f"; {' and '.join(names)} is not declared: write ARG {names[0]}=… above the first FROM"


def _read_pinned(written: WrittenReference, word: Word, scope: Scope) -> WrittenReference:
    target = written.target
    assert isinstance(target, Reference) and target.digest
    value = word.expansion.value
    digest = value.cut(len(value.chars) - len(target.digest)).run
    if value.run:  # No variable stands between the tag and the digest.
        return written._replace(place=digest)
    names = scope.names_behind(word, _MAX_VARIABLES)[:_MAX_VARIABLES]
    dead = next((name for name in names if _is_switched_off(name, word, scope, NOTHING_ASSUMED, target)), None)
    if digest is None:
        return written._replace(unwritable=f"the digest is not in one piece: write {value} on one line")
    return written._replace(place=digest, dead_variable=dead)


def _missing_place(target: Reference, word: Word, scope: Scope) -> tuple[Span | None, str | None]:
    """Return the place for a digest, or why there is none."""
    last = word.expansion.value.offsets[-1]
    if word.expansion.used or last == NOWHERE:
        edit = Assumption(last + 1, _PROBE_DIGEST if target.tag else f":{DEFAULT_TAG}{_PROBE_DIGEST}")
        if why_not := _why_not(edit, word, scope, target):
            return None, f"{why_not}; {_rewrite(word, scope)}"
    return Span(last + 1, last + 1), None


def _why_not(edit: Assumption, word: Word, scope: Scope, target: Reference) -> str | None:
    """Return why the digest may not be written at the end of the reference, or None if it may."""
    names = scope.names_behind(word, _MAX_VARIABLES)
    if len(names) > _MAX_VARIABLES:
        return f"it depends on more than {_MAX_VARIABLES} variables"
    for name in names:
        if _is_switched_off(name, word, scope, edit, target):
            return f"{name} is part of the tag, and a digest would switch it off"
    assert edit.at is not None
    index = scope.argument_at(edit.at)
    if index is None:
        return None if _gets_digest(word, edit, scope) else "the variables leave no place for a digest"
    # Many words may share an ARG, and the answer is the same for all that mean the same image.
    if (edit, target) not in scope.refusals:
        scope.refusals[edit, target] = _why_not_in_argument(index, edit, scope, target)
    return scope.refusals[edit, target]


def _why_not_in_argument(index: int, edit: Assumption, scope: Scope, target: Reference) -> str | None:
    name = scope.argument_name(index)
    if scope.argument_end(index) != edit.at:
        return f"the digest would stand in the middle of {name}"
    words, redeclared = scope.reach(index)
    if redeclared is not None:
        return f"a stage declares {redeclared} again and would see the digest"
    for other in words:
        if not _may_take_digest(other, edit, scope, target):
            return f"{name} is also used in {other.text}"
    return None


def _may_take_digest(word: Word, edit: Assumption, scope: Scope, target: Reference) -> bool:
    """Tell whether `word` means `target`, gets the digest of `edit`, and has no variable that this switches off."""
    if _reference_or_none(word.expansion.value.chars) != target or not _gets_digest(word, edit, scope):
        return False
    names = scope.names_behind(word, _MAX_VARIABLES)
    return len(names) <= _MAX_VARIABLES and not any(_is_switched_off(name, word, scope, edit, target) for name in names)


def _gets_digest(word: Word, edit: Assumption, scope: Scope) -> bool:
    return scope.after(word, edit) == word.expansion.value.chars + edit.chars


def _is_switched_off(name: str, word: Word, scope: Scope, edit: Assumption, target: Reference) -> bool:
    """Tell whether another value of `name` would change the tag but not the digest, or stand after the digest."""
    return any(_is_switched_off_by((name, value), word, scope, edit, target) for value in ("", _PROBE_VALUE))


def _is_switched_off_by(
    override: tuple[str, str], word: Word, scope: Scope, edit: Assumption, target: Reference
) -> bool:
    reference = _reference_with(override, word, scope, edit)
    if reference is None and edit.at is not None:
        return _reference_with(override, word, scope, NOTHING_ASSUMED) is not None
    tag = target.tag if target.digest else target.tag or DEFAULT_TAG
    return reference is not None and reference.digest is not None and reference.tag != tag


def _reference_with(override: tuple[str, str], word: Word, scope: Scope, edit: Assumption) -> Reference | None:
    """Return the reference after `edit` if a variable had another value."""
    changed = scope.after(word, edit._replace(overrides=(override,)))
    return None if changed is None else _reference_or_none(changed)


def _reference_or_none(chars: str) -> Reference | None:
    try:
        return parse(chars)
    except InvalidReference:
        return None


def _rewrite(word: Word, scope: Scope) -> str:
    name = scope.free_name("IMAGE")
    value = word.expansion.value
    if scope.dialect == COMPOSE:
        return f"write ${{{name}:-{value}}} instead and run pinner again"
    return f"write ARG {name}={value} above the first FROM, use ${{{name}}} here, and run pinner again"
