"""Reads Bake files: the images of named contexts, inline Dockerfiles, and the builds of the Dockerfiles that they name.

Variables stand for their defaults, which is what `docker buildx bake` takes where its environment says nothing.
"""

import posixpath
import re
from bisect import bisect_left
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, product

from pinner.formats._suppressions import MARK, read_suppression
from pinner.formats.dockerfile.reader import Build, open_text
from pinner.formats.places.bake import BakeFile, BakeTarget, Value, decisions_of, read_bake
from pinner.formats.places.hcl import read_tokens
from pinner.formats.places.table import IMAGE_CONTEXT, SYNTAX_ARGUMENT
from pinner.formats.variables.digest_placement import (
    NOT_ONE_PIECE,
    WrittenReference,
    literal,
    occurrence_at,
    read_reference,
    written_offsets,
)
from pinner.formats.variables.expansion import COMPOSE
from pinner.formats.variables.scope import Scope
from pinner.formats.variables.text import Text, join
from pinner.formats.yaml.reader import refuse
from pinner.model.occurrence import (
    BuildArgument,
    Invalid,
    Link,
    Occurrence,
    Opaque,
    Problem,
    Reading,
    Suppression,
)
from pinner.model.reference import Reference
from pinner.model.source import Source, Span

KIND = "bake"
_MAX_BUILDS = 20
_MAX_DEPTH = 32
# Of all builds together: many targets may inherit many values.
_MAX_VALUES = 100_000
# Stands for what is not known. It may be part of a reference and of a stage's name.
_OPEN = "pinner0open0variable"
_UNKNOWN = "a function, or a variable without a default, stands in it: write the image out to have it checked"
_IN_THE_WAY = "a variable of Bake stands in it: write the value out and run pinner again"
_TEMPLATE = re.compile(
    r"\$\$\{|%%\{|(?P<opens>[$%]\{)(?:[ \t]*+(?P<name>[A-Za-z_][\w-]*+)[ \t]*+\}|[^}]*+(?:\}|\Z))", re.DOTALL
)


class BakeReader:
    """The reader of one Bake file."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._file = read_bake(source)
        self._scope = Scope(COMPOSE, source)
        self._comments = _comments_of(source)
        self._problems = list(self._file.problems)
        self._occurrences: dict[tuple[Span, object], Occurrence] = {}
        self._suppressions: set[Suppression] = {each for found in self._comments.values() for each in found}
        self._links: list[Link] = []
        self._count = 0
        own = _by_name(self._file)
        known: dict[str, BakeTarget] = {}
        variables = {name: values[0] for name, values in self._file.variables.items()}
        for name in own:
            target = _inherited(name, own, known, 0)
            for values in _combinations(variables, target):
                self._count += len(target.args) + len(target.contexts) + len(target.generators)
                self._read_build(name, target, values)
            if self._count > _MAX_VALUES:
                self._problems.append(Problem(1, f"more than {_MAX_VALUES} values are passed to builds"))
                break

    def read(self) -> Reading:
        """Return everything that the file says."""
        return Reading(
            occurrences=tuple(sorted(self._occurrences.values(), key=lambda each: (each.span, each.context))),
            suppressions=tuple(sorted(self._suppressions)),
            problems=tuple(sorted(set(self._problems))),
            decisions=tuple(decisions_of(self._file, self._source.path)),
            links=tuple(dict.fromkeys(self._links)),
        )

    def outline(self, occurrences: Iterable[Occurrence] | None = None) -> tuple[str, ...]:
        """Return the file without the digests that pinner writes, and without `:latest` before them."""
        found = self.read().occurrences if occurrences is None else occurrences
        dropped = sorted({(each.start, each.stop) for each in (written_offsets(one, self._source) for one in found)})
        kept, at = [], 0
        for start, stop in dropped:
            kept.append(self._source.data[at:start])
            at = max(at, stop)
        return (b"".join([*kept, self._source.data[at:]]).decode("latin-1"),)

    def _read_build(self, name: str, target: BakeTarget, values: Mapping[str, str]) -> None:
        """Add what one build of a target names, with the values that its variables have."""
        args = []
        for key, value in target.args.items():
            if key == SYNTAX_ARGUMENT:
                self._add_image(value, values, f"target.{name}.args.{key}", "")
            else:
                args.append(self._argument(key, value, values))
        for key, value in target.contexts.items():
            self._add_image(value, values, f"target.{name}.contexts.{key}", IMAGE_CONTEXT)
        for value in target.generators:
            self._add_image(value, values, f"target.{name}.attest", "")
        inline = target.fields.get("dockerfile-inline")
        if inline is not None:
            self._read_inline(inline, f"target.{name}.dockerfile-inline", args, target, values)
        else:
            self._add_link(name, target, tuple(args), values)

    def _argument(self, name: str, value: Value, values: Mapping[str, str]) -> BuildArgument:
        text, is_known = (Text("", ()), False) if value.text is None else filled(value.text, values)
        run = text.run if is_known else None
        is_as_written = bool(run and self._source.text_at(run) == text.chars.encode("latin-1"))
        is_template = value.text is not None and text.chars != value.text.chars
        return BuildArgument(
            name=name,
            value=text.chars if is_known else None,
            span=run if run and is_as_written else Span(value.at, value.at + 1),
            is_as_written=is_as_written,
            obstacle=_IN_THE_WAY if is_template else "",
            suppressions=self._suppressions_at(value.at),
        )

    def _add_image(self, value: Value, values: Mapping[str, str], context: str, scheme: str) -> None:
        """Add the image of a value that begins with `scheme`; a value of which that is not known may be anything."""
        if value.text is None:
            return
        text, is_known = filled(value.text, values)
        if not text.chars.startswith(scheme) or len(text.chars) == len(scheme):
            return
        if is_known:
            text = text.cut(len(scheme))
            written = read_reference(literal(text), self._scope)
            run = text.run
            if run is None or self._source.text_at(run) != text.chars.encode("latin-1"):
                written = refuse(written, _IN_THE_WAY if "{" in value.text.chars else NOT_ONE_PIECE)
        else:
            written = WrittenReference(span=value.text.extent, text=str(value.text), target=Opaque(_UNKNOWN))
        ignores = self._suppressions_at(value.at)
        written = written._replace(text=self._source.text_at(written.span).decode("utf-8", "replace"))
        self._add(occurrence_at(written, self._source, context, platform=None, suppressions=ignores, kind=KIND))

    def _read_inline(
        self,
        value: Value,
        context: str,
        args: Sequence[BuildArgument],
        target: BakeTarget,
        values: Mapping[str, str],
    ) -> None:
        """Add what an inline Dockerfile names, in which Bake replaces its own variables first."""
        if value.text is None or not value.text.chars.strip():
            return
        text, is_known = filled(value.text, values)
        declared = {each.name: self._scope.declare_argument(each) for each in args}
        build = Build(args=declared, contexts=target.contexts.keys(), scope=self._scope)
        reading = open_text(text, self._source, f"{context} > ", build).read()
        self._problems += reading.problems
        self._suppressions |= set(reading.suppressions)
        ignores = self._suppressions_at(value.at)
        for each in reading.occurrences:
            checked = _checked(each, text, self._source, is_known=is_known)
            self._add(checked._replace(suppressions=ignores + checked.suppressions, kind=KIND))

    def _add(self, occurrence: Occurrence) -> None:
        key = (occurrence.span, occurrence.target)
        other = self._occurrences.setdefault(key, occurrence)
        # Of two builds one may leave no place.
        if occurrence.unwritable and not other.unwritable:
            self._occurrences[key] = occurrence

    def _add_link(
        self, name: str, target: BakeTarget, args: tuple[BuildArgument, ...], values: Mapping[str, str]
    ) -> None:
        """Add the Dockerfile of a target. One that the target does not name may be that of whoever inherits it."""
        context, dockerfile = (target.fields.get(key) for key in ("context", "dockerfile"))
        is_guess = context is None and dockerfile is None
        if is_guess and not (args or target.contexts):
            return
        folder, path = _path(context, values, "."), _path(dockerfile, values, "Dockerfile")
        at = (dockerfile or context or Value(None, target.at)).at
        link = Link(
            path=posixpath.join(folder, path),
            kind="dockerfile",
            where=self._source.locate(Span(at, at + 1)),
            context=f"target.{name}",
            suppressions=self._suppressions_at(at),
            args=args,
            contexts=tuple(target.contexts),
            is_guess=is_guess,
            # The paths of Bake start where it is run, not at its file.
            may_start_at_root=True,
        )
        self._links.append(link)

    def _suppressions_at(self, at: int) -> tuple[Suppression, ...]:
        return tuple(self._comments.get(self._source.line_of(at), ()))


def filled(text: Text, values: Mapping[str, str]) -> tuple[Text, bool]:
    """Return what a template stands for, and whether all of it is known: what is not is a name that stands for it."""
    if "{" not in text.chars:
        return text, True
    parts, at, is_known = list[Text](), 0, True
    for match in _TEMPLATE.finditer(text.chars):
        expression = text.cut(match.start(), match.end())
        parts.append(text.cut(at, match.start()))
        at = match.end()
        if not match["opens"]:
            parts.append(expression.cut(1))
            continue
        value = values.get(match["name"] or "") if match["opens"] == "${" else None
        is_known = is_known and value is not None
        chars = _OPEN if value is None else value.encode("latin-1", "replace").decode("latin-1")
        if chars:
            # From the first byte to the last of the expression; one character stands where a digest would follow it.
            first, last = expression.offsets[0], expression.offsets[-1]
            parts.append(Text(chars, [last] if len(chars) == 1 else [first, *[last] * (len(chars) - 1)]))
    return join([*parts, text.cut(at)]), is_known


def _checked(occurrence: Occurrence, text: Text, source: Source, *, is_known: bool) -> Occurrence:
    """Return an occurrence of an inline Dockerfile, without a place where what is written there is something else."""
    if occurrence.used_at:
        return occurrence
    occurrence = occurrence._replace(text=source.text_at(occurrence.span).decode("utf-8", "replace"))
    if not is_known and (isinstance(occurrence.target, Invalid) or _OPEN in str(occurrence.target)):
        return occurrence._replace(target=Opaque(_UNKNOWN), place=None, unwritable=None)
    spans = [occurrence.span]
    if occurrence.place is not None:
        start, end = occurrence.place.span
        spans = [occurrence.place.span] if start < end else [occurrence.span, Span(start - 1, start)]
    for start, end in spans:
        chars = text.chars[bisect_left(text.offsets, start) : bisect_left(text.offsets, end - 1) + 1]
        if source.data[start:end] != chars.encode("latin-1"):
            is_reference = isinstance(occurrence.target, Reference)
            return occurrence._replace(place=None, unwritable=_IN_THE_WAY if is_reference else None, dead_variable=None)
    return occurrence


def _path(value: Value | None, values: Mapping[str, str], usual: str) -> str:
    """Return the path in a value; one that is not known has a variable in it."""
    if value is None:
        return usual
    text, is_known = (Text("", ()), False) if value.text is None else filled(value.text, values)
    return str(text).removeprefix("cwd://") if is_known else "${…}"


def _by_name(file: BakeFile) -> dict[str, BakeTarget]:
    """Return the targets by their names: what a later block of a name says holds."""
    targets: dict[str, BakeTarget] = {}
    for name, target in file.targets:
        targets[name] = _over(target, targets[name]) if name in targets else target
    return targets


def _inherited(name: str, own: Mapping[str, BakeTarget], known: dict[str, BakeTarget], depth: int) -> BakeTarget:
    """Return a target over those that it inherits, of which the last one holds."""
    if name in known or depth > _MAX_DEPTH:
        return known.get(name, own[name])
    known[name] = own[name]  # Bake refuses targets that inherit one another in a circle.
    base: BakeTarget | None = None
    for each in own[name].inherits:
        if each in own:
            above = _inherited(each, own, known, depth + 1)
            base = above if base is None else _over(above, base)
    known[name] = own[name] if base is None else _over(own[name], base)
    return known[name]


def _over(target: BakeTarget, base: BakeTarget) -> BakeTarget:
    return target._replace(
        matrix=target.matrix or base.matrix,
        inherits=target.inherits or base.inherits,
        fields={**base.fields, **target.fields},
        args={**base.args, **target.args},
        contexts={**base.contexts, **target.contexts},
        generators=[*base.generators, *target.generators],
    )


def _combinations(variables: dict[str, str], target: BakeTarget) -> Iterator[Mapping[str, str]]:
    """Yield the values of all names, for each build that the matrix of a target makes; of too many, those of none."""
    chosen = list(islice(product(*target.matrix.values()), _MAX_BUILDS + 1))
    if len(chosen) > _MAX_BUILDS:
        chosen = [()]
    for values in chosen:
        yield ChainMap(dict(zip(target.matrix, values, strict=False)), variables)


def _comments_of(source: Source) -> dict[int, list[Suppression]]:
    """Return the ignore comments by the line that they speak of: their own, or the next one that holds anything."""
    if MARK.encode() not in source.data or source.path.endswith(".json"):
        return {}
    found: dict[int, list[Suppression]] = {}
    waiting: list[Suppression] = []
    code = 0
    for token in read_tokens(source.data, with_comments=True):
        line = source.line_of(token.at)
        if token.kind == "comment":
            text = token.text.encode("latin-1").decode("utf-8", "replace").rstrip("\r")
            where = source.locate(Span(token.at, token.at + len(token.text.rstrip("\r"))))
            read = read_suppression("#" + text.removeprefix("//").removeprefix("#"), where)
            if read is not None and code == line:
                found.setdefault(line, []).append(read)
            elif read is not None:
                waiting.append(read)
        elif token.text != "\n":
            code = line
            if waiting:
                found.setdefault(line, []).extend(waiting)
                waiting = []
    return found
