"""Where the digest of a reference goes, or why it can go nowhere.

Docker ignores the tag of a reference that has a digest. So a digest after `node:${V}` would turn V
into one that does nothing, and one inside V's default is right only if everything else that reads
V means the same image. Both are found out by expanding the words as they would be after the edit: see `Scope.after`.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from pinner.formats._templates import MALFORMED, TEMPLATE
from pinner.formats.variables.expansion import COMPOSE, Expansion, ExpansionError
from pinner.formats.variables.scope import NOTHING_ASSUMED, PLATFORM_ARGS, Assumption, Scope, Word
from pinner.formats.variables.text import NOWHERE, Text
from pinner.model.errors import InvalidReference
from pinner.model.occurrence import Invalid, Occurrence, Opaque, Place, Suppression, Use
from pinner.model.reference import DEFAULT_TAG, Reference, parse
from pinner.model.source import Source, Span, same_file

# Places of images that Podman and Buildah know beside registries (containers-transports(5)).
_TRANSPORT = r"(?s)(docker://|(?:docker-archive|docker-daemon|oci|oci-archive|containers-storage|dir|ostree|sif):)(.*)"
_LATEST = f":{DEFAULT_TAG}".encode()
# Stands for what is to be rendered, so that all of it in one file is one message.
_PLACEHOLDER = "{{ }}"
NOT_ONE_PIECE = "escapes or line breaks stand in the reference: write it in one piece and run pinner again"
# Every hexadecimal digit once, so that a pattern in ${V/…} or ${V%…} that would cut a digest is seen.
_PROBE_DIGEST = "@sha256:" + "0123456789abcdef" * 4
_PROBE_VALUE = "0probe0"
# Each variable behind a reference is tried once, and each trial expands all that it reaches.
_MAX_VARIABLES = 50
# So many lines does a message name.
_MAX_LINES = 10


class WrittenReference(NamedTuple):
    """The reading of one word: the fields of `Occurrence` that follow from its text.

    `used` is where the word stands, if `span` is where its value stands, perhaps in another file.
    """

    span: Span
    text: str
    target: Reference | Invalid | Opaque
    place: Span | None = None
    unwritable: str | None = None
    dead_variable: str | None = None
    used: Span | None = None


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
        return WrittenReference(span=text.extent, text=str(text), target=Opaque(f"{MALFORMED}: {error}"))


def occurrence_at(
    placement: WrittenReference,
    source: Source,
    context: str,
    *,
    platform: str | None,
    suppressions: tuple[Suppression, ...],
    stage: str | None = None,
    kind: str = "dockerfile",
) -> Occurrence:
    """Return the occurrence that a placement makes which a file gave. Its offsets count from the start of its file."""
    target, span, edit = placement.target, placement.span, placement.place
    if isinstance(target, Invalid):
        target = (
            Opaque(TEMPLATE, (_PLACEHOLDER,))
            if is_template(placement.text)
            else _transport_of(placement.text) or target
        )
    owner = source.owner(span.start)
    used = placement.used
    if owner is not source:
        # The occurrence is one of the value's file, the comments are those of the file that uses it.
        suppressions = tuple(each._replace(path=source.path) for each in suppressions)
    return Occurrence(
        path=owner.path,
        span=owner.local(span),
        where=owner.locate(span),
        text=placement.text,
        target=target,
        context=context,
        place=Place(owner.path, owner.local(edit)) if edit else None,
        unwritable=placement.unwritable,
        stage=stage,
        dead_variable=placement.dead_variable,
        platform=platform,
        suppressions=suppressions,
        kind=kind,
        used_at=(Use(path=source.path, where=source.locate(used), context=context),) if used else (),
    )


def written_offsets(occurrence: Occurrence, source: Source) -> range:
    """Return the offsets of what pinner writes in `source`: a digest, with the `@` and a `:latest` before it.

    What stands before a digest that is all of a value is that value's quote or sign, and no part of it.
    """
    place = occurrence.place
    if place is None or place.path != source.path:
        return range(0)
    end, stop = place.span
    end -= len("@") if place.holds_digest and not place.bare else 0
    start = end - len(_LATEST) if source.data.endswith(_LATEST, 0, end) else end
    return range(source.base + start, source.base + stop)


def _transport_of(text: str) -> Opaque | None:
    """Return what is said of an image that is named by a transport, None where a text names none."""
    match = re.match(_TRANSPORT, text)
    if match is None:
        return None
    if match[1] == "docker://":
        return Opaque(f"docker:// is a transport of Podman and Buildah, which Docker refuses: write {match[2]} alone")
    return Opaque(f"{match[1]} is a transport of Podman and Buildah, to what no registry holds: no digest can pin it")


def literal(text: Text) -> Word:
    """Return a word in which variables mean nothing."""
    return Word(text=text, bindings={}, expansion=Expansion(value=text, used=frozenset(), unknown=()))


def read_reference(word: Word, scope: Scope) -> WrittenReference:
    """Read the reference that `word` stands for and find the place of its digest."""
    if not word.expansion.used and (run := word.expansion.value.run):
        return _if_arguments_allow(_read_literal(run, str(word.expansion.value)), scope)
    if word.expansion.unknown:
        opaque = _open(word, scope)._replace(known=scope.known_behind(word))
        return WrittenReference(span=word.text.extent, text=str(word.text), target=opaque)
    span, text = _written(word)
    used = word.text.extent if _argument_elsewhere(span.end, word, scope) is not None else None
    try:
        target = parse(str(word.expansion.value))
    except InvalidReference as error:
        # To BuildKit a variable that no ARG declares is empty, and says nothing of it here.
        undeclared = [] if scope.dialect == COMPOSE else sorted(word.expansion.used - word.bindings.keys())
        names = " and ".join(undeclared)
        advice = f"; {names} is not declared: write ARG {undeclared[0]}=… above the first FROM" if undeclared else ""
        return WrittenReference(span=span, text=text, target=Invalid(f"{error}{advice}"), used=used)
    written = WrittenReference(span=span, text=text, target=target, used=used)
    place_digest = _place_digest if target.digest is None else _find_digest
    return _where_it_stands(place_digest(written, target, word, scope), word, scope)


def _argument_elsewhere(at: int, word: Word, scope: Scope) -> int | None:
    """Return the argument before whose end an offset stands, if it is none of the words' own file."""
    indexes = scope.arguments_at(at)
    if not indexes or (scope.argument(indexes[0]).dialect == word.dialect and same_file(at, word.text.extent.start)):
        return None
    return indexes[0]


def _where_it_stands(placement: WrittenReference, word: Word, scope: Scope) -> WrittenReference:
    """Return the placement with the value's own place where the digest goes into a value of another file."""
    edit = placement.place
    index = None if edit is None else _argument_elsewhere(edit.end, word, scope)
    if edit is None or index is None:
        return placement
    default, owner = scope.argument(index).default, scope.owner(edit.start)
    assert default is not None and owner is not None
    run = default.run
    placement = placement._replace(span=default.extent, text=str(word.expansion.value), used=word.text.extent)
    if run is None or owner.text_at(run) != default.chars.encode("latin-1"):
        return placement._replace(place=None, unwritable=NOT_ONE_PIECE, dead_variable=None)
    return placement


def _read_literal(run: Span, text: str) -> WrittenReference:
    """Read a reference without variables that stands in one piece at `run`."""
    try:
        target = parse(text)
    except InvalidReference as error:
        return WrittenReference(span=run, text=text, target=Invalid(str(error)))
    if target.digest:
        return WrittenReference(span=run, text=text, target=target, place=Span(run.end - len(target.digest), run.end))
    return WrittenReference(span=run, text=text, target=target, place=Span(run.end, run.end))


def _if_arguments_allow(written: WrittenReference, scope: Scope) -> WrittenReference:
    """Return the placement without a place where an argument is the same text by an alias, and may get no digest."""
    target, edit = written.target, written.place
    if edit is None or not isinstance(target, Reference) or target.digest:
        return written
    indexes = scope.arguments_at(edit.end)
    probe = _PROBE_DIGEST if target.tag else f":{DEFAULT_TAG}{_PROBE_DIGEST}"
    why_not = _why_not_in_arguments(indexes, Assumption(edit.end, probe), scope, target) if indexes else None
    return written._replace(place=None, unwritable=why_not) if why_not else written


def _written(word: Word) -> tuple[Span, str]:
    """Return the span of a reference and its text there: in an ARG's default where all of it stands there."""
    text, run = word.text, word.expansion.value.run
    # The quotes round a word are no part of the reference: BuildKit takes them off.
    if len(text.chars) > 2 and text.chars[0] in "\"'" and text.chars[-1] == text.chars[0]:
        text = text.cut(1, -1)
    if run and not (text.extent.start <= run.start < text.extent.end):
        return run, str(word.expansion.value)
    return text.extent, str(text)


def _open(word: Word, scope: Scope) -> Opaque:
    opened = scope.open_behind(word) or [*word.expansion.unknown]
    names = " and ".join(opened)
    if scope.dialect == COMPOSE:
        advice = f"write ${{{opened[0]}:-…}} with the default that is meant, and pin that"
        return Opaque(f"{names} has no default here: {advice}", tuple(opened))
    if not PLATFORM_ARGS.isdisjoint(opened):
        # Each such image needs stages of its own, so each has a message of its own.
        return Opaque(
            f"{names} differs by platform: give each platform's image a stage of its own (FROM … AS base-amd64)"
        )
    lack = "has no value" if len(opened) == 1 else "have no value"
    return Opaque(f"{names} {lack}: give the ARG a default, or write what builds pass into build-args", tuple(opened))


def _find_digest(written: WrittenReference, target: Reference, word: Word, scope: Scope) -> WrittenReference:
    """Return the placement of a reference that has a digest, with the variable that this switches off."""
    value = word.expansion.value
    digest = value.cut(-len(target.digest or "")).run
    if digest is None and not value.run:
        return written._replace(unwritable=f"the digest is not in one piece: write {value} on one line")
    if not value.run:  # A variable may stand between the tag and the digest.
        written = written._replace(dead_variable=_dead_variable(word, scope, NOTHING_ASSUMED, target))
    assert digest is not None
    indexes = scope.arguments_at(digest.end)
    pinned = _pinned_at(digest, indexes, scope) if indexes else {}
    # A new digest would be that of one image, whatever the others are.
    other = next((each for image, each in pinned.items() if image != target), None)
    if other is not None:
        name = _argument_name(indexes[0], indexes, scope)
        return written._replace(unwritable=f"{name} is also used in {other.text}: give each image its own digest")
    return written._replace(place=digest)


def _pinned_at(digest: Span, indexes: list[int], scope: Scope) -> Mapping[Reference | None, Word]:
    """Return the images that have the digest which stands in some arguments, each with a word that names it."""
    known = scope.shared.pinned_at
    if digest.end not in known:
        values = ((each, each.expansion.value) for each in scope.reach(indexes).words)
        ending = ((each, value) for each, value in values if value.offsets and value.offsets[-1] + 1 == digest.end)
        size = len("@") + digest.end - digest.start
        # A word that is the digest alone names no image.
        known[digest.end] = {
            _reference_or_none(value): each for each, value in ending if value.chars[-size:][:1] == "@"
        }
    return known[digest.end]


def _place_digest(written: WrittenReference, target: Reference, word: Word, scope: Scope) -> WrittenReference:
    """Return the placement of a reference without a digest, with the place for one or why there is none."""
    last = word.expansion.value.offsets[-1]
    if word.expansion.used or last == NOWHERE:
        edit = Assumption(last + 1, _PROBE_DIGEST if target.tag else f":{DEFAULT_TAG}{_PROBE_DIGEST}")
        if why_not := _why_not(edit, word, scope, target):
            return written._replace(unwritable=f"{why_not}; {_rewrite(edit, word, scope)}")
    return written._replace(place=Span(last + 1, last + 1))


def _why_not(edit: Assumption, word: Word, scope: Scope, target: Reference) -> str | None:
    """Return why the digest may not be written at the end of the reference, or None if it may."""
    if len(scope.names_behind(word, _MAX_VARIABLES)) > _MAX_VARIABLES:
        return f"it depends on more than {_MAX_VARIABLES} variables"
    if dead := _dead_variable(word, scope, edit, target):
        return f"{dead} is part of the tag, and a digest would switch it off"
    assert edit.at is not None
    indexes = scope.arguments_at(edit.at)
    if not indexes:
        return None if _gets_digest(word, edit, scope) else "the variables leave no place for a digest"
    # Many words may share an ARG, and the answer is the same for all that mean the same image.
    if (edit, target) not in scope.refusals:
        scope.refusals[edit, target] = _why_not_in_arguments(indexes, edit, scope, target)
    return scope.refusals[edit, target]


def _why_not_in_arguments(indexes: list[int], edit: Assumption, scope: Scope, target: Reference) -> str | None:
    """Return why the digest may not go to the end of a default, which arguments of more than one build may share."""
    words, also_read, _ = scope.reach(indexes)
    for index in indexes:
        value = scope.argument_value(index)
        if value is not None and value.offsets and value.offsets[-1] + 1 != edit.at:
            return f"the digest would stand in the middle of {_argument_name(index, indexes, scope)}"
    if also_read is not None:
        name = _argument_name(indexes[0], indexes, scope)
        return also_read if name == scope.argument(indexes[0]).name else f"{name}: {also_read}"
    for word in words:
        means_target = _reference_or_none(word.expansion.value) == target and _gets_digest(word, edit, scope)
        is_known = means_target and len(scope.names_behind(word, _MAX_VARIABLES)) <= _MAX_VARIABLES
        if not is_known or _dead_variable(word, scope, edit, target):
            return f"{_argument_name(indexes[0], indexes, scope)} is also used in {word.text}"
        # A container sees it, or a build takes it for the name of what comes out.
        if not word.is_reference:
            return f"{_argument_name(indexes[0], indexes, scope)} is also used in {word.text} where no image is pulled"
    return None


def _argument_name(index: int, indexes: list[int], scope: Scope) -> str:
    """Return the name of an argument, with its place where a word in another file reads it."""
    name = scope.argument(index).name
    return f"{name} ({_place_of(index, scope)})" if scope.reach(indexes).leaves_file else name


def _place_of(index: int, scope: Scope) -> str:
    default = scope.argument(index).default
    owner = scope.owner(default.offsets[0]) if default and default.offsets else None
    return f"{owner.path}:{owner.line_of(default.offsets[0])}" if owner and default else "another file"


def _gets_digest(word: Word, edit: Assumption, scope: Scope) -> bool:
    changed = scope.after(word, edit)
    return changed is not None and changed.chars == word.expansion.value.chars + edit.chars


def _dead_variable(word: Word, scope: Scope, edit: Assumption, target: Reference) -> str | None:
    """Return a variable of which another value would change the tag but not the digest, or stand after the digest."""
    names = scope.names_behind(word, _MAX_VARIABLES)[:_MAX_VARIABLES]
    overrides = ((name, value) for name in names for value in ("", _PROBE_VALUE))
    return next((each[0] for each in overrides if _is_switched_off(each, word, scope, edit, target)), None)


def _is_switched_off(override: tuple[str, str], word: Word, scope: Scope, edit: Assumption, target: Reference) -> bool:
    changed = scope.after(word, edit._replace(overrides=(override,)))
    reference = _reference_or_none(changed)
    tag = target.tag if target.digest else target.tag or DEFAULT_TAG
    if reference is not None and (reference.digest is None or reference.tag == tag):
        return False
    if edit.at is None:
        # The digest may be another one, which came with its tag: that of a default. Two tags may share a digest, so it
        # is the same only at the same place.
        if changed is None or reference is None or reference.digest != target.digest:
            return False
        return changed.offsets[-1] == word.expansion.value.offsets[-1]
    before = _reference_or_none(scope.after(word, Assumption(overrides=(override,))))
    # Where only the digest makes the text no reference, the variable would stand after it.
    return before is not None if reference is None else before is None or before.digest is None


def _reference_or_none(text: Text | None) -> Reference | None:
    """Return the reference that a text is, None for one that is open or is none."""
    try:
        return None if text is None else parse(text.chars)
    except InvalidReference:
        return None


def _rewrite(edit: Assumption, word: Word, scope: Scope) -> str:
    """Return what to write instead, so that there is a place for the digest."""
    value = word.expansion.value
    index = None if edit.at is None else _argument_elsewhere(edit.at, word, scope)
    if index is not None:
        default, holds_all = scope.argument(index).default, scope.argument_value(index)
        # Where it says so already, another variable has to.
        is_said = default is not None and default.chars == value.chars
        if holds_all is not None and holds_all.chars == value.chars and not is_said:
            return f"write {scope.argument(index).name}={value} in {_place_of(index, scope)} and run pinner again"
    name, place = scope.free_name(str(value)), _place_of_use(word, scope)
    if scope.dialect == COMPOSE:
        return f"write ${{{name}:-{value}}} {place or 'instead'} and run pinner again"
    return f"write ARG {name}={value} above the first FROM, use ${{{name}}} {place or 'here'}, and run pinner again"


def _place_of_use(word: Word, scope: Scope) -> str:
    """Return where the words stand that are one image; empty if the finding is there, not at their value."""
    used, reported = word.text.extent, _written(word)[0]
    owner = scope.owner(used.start)
    if owner is None or used.start <= reported.start < used.end:
        return ""
    key = (reported, owner.path)
    # All of them are one finding, and each of them asks.
    if key not in scope.shared.places_of_use:
        words = (each for each in scope.reach(word.bindings.values()).words if each.expansion.value.run == reported)
        starts = (each.text.extent.start for each in words)
        lines = sorted({owner.line_of(start) for start in starts if same_file(start, used.start)})
        is_same = same_file(used.start, reported.start)
        scope.shared.places_of_use[key] = _places(lines, None if is_same else owner.path)
    return scope.shared.places_of_use[key]


def _places(lines: list[int], path: str | None) -> str:
    """Return lines as words, of another file if it has a `path`."""
    named = [str(line) if path is None else f"{path}:{line}" for line in lines[:_MAX_LINES]]
    more = [f"{len(lines) - _MAX_LINES} more"] if len(lines) > _MAX_LINES else []
    place = "in" if path is not None else "on line" if len(lines) == 1 else "on lines"
    return f"{place} {' and '.join((*named, *more))}"
