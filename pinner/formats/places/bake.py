"""The targets of Docker Bake's files in HCL and JSON: the `tags` that they build, and what their builds get.

Of HCL's expressions strings, lists, conditions and `${name}` are read: a variable stands for its default, a name of
the matrix for each of its values. What functions make of others is not known, and builds nothing here.
"""

import re
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from pinner.formats._builders import builder_decisions
from pinner.formats.places.hcl import HclToken, attributes_of, blocks_of, read_tokens, text_of
from pinner.formats.variables.text import Text, values_of_option
from pinner.formats.yaml.document import YamlFile, compose_source
from pinner.formats.yaml.mappings import Mappings
from pinner.formats.yaml.nodes import Node, is_null, is_string
from pinner.model.occurrence import Decision, Problem
from pinner.model.source import Source

BAKE_FILES = r"(^|/)(docker-)?bake([._-][^/]*)?\.(hcl|json)$"

FIELDS = ("context", "dockerfile", "dockerfile-inline")
_MAX_COMBINATIONS = 1_000
# One that is not closed goes to the end: no later one is looked for in it.
_INTERPOLATION = re.compile(r"\$\{[ \t]*+([A-Za-z_][\w-]*+)?+([^}]*+)(?:\}|\Z)")
_OPENING, _CLOSING = frozenset("{[("), frozenset("}])")
# What these make of their strings are the same strings.
_TRANSPARENT = frozenset(("compact", "concat", "distinct", "flatten"))

# What a variable stands for lies between two marks; _UNKNOWN is what has no value.
_VARIABLE, _UNKNOWN = "\0", "\1"

Values = dict[str, Sequence[str]]


class Value(NamedTuple):
    """The template of a string, None where it is none, and the offset at which the value begins."""

    text: Text | None
    at: int


class BakeTarget(NamedTuple):
    """A target: its tags, each with its line, what the names in its matrix stand for, and what its build gets.

    `fields` are the values of `context`, `dockerfile` and `dockerfile-inline`, `generators` the images that make SBOMs.
    """

    at: int
    tags: Sequence[tuple[str, int]]
    matrix: Values
    inherits: Sequence[str]
    fields: dict[str, Value]
    args: dict[str, Value]
    contexts: dict[str, Value]
    generators: Sequence[Value]


class BakeFile(NamedTuple):
    """The defaults of the variables, and the targets, each with its name."""

    variables: Values
    targets: Sequence[tuple[str, BakeTarget]]
    problems: tuple[Problem, ...] = ()


def read_bake(source: Source) -> BakeFile:
    """Return what a Bake file says."""
    return _read_json(source) if source.path.endswith(".json") else _read_hcl(source)


def decisions_of(file: BakeFile, path: str) -> Iterator[Decision]:
    """Yield what the targets of a file at `path` build."""
    for _, target in file.targets:
        for text, line in target.tags:
            for name in _names(text, ChainMap(target.matrix, file.variables)):
                yield from builder_decisions([name], path, line)


def _names(text: str, values: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield what a tag of a target stands for, without the tag behind its colon where a variable gives that."""
    used = list(dict.fromkeys(match[1] for match in _INTERPOLATION.finditer(text) if match[1] in values))
    choices = [values[name] for name in used]
    for _, chosen in zip(range(_MAX_COMBINATIONS), product(*choices), strict=False):
        known = dict(zip(used, chosen, strict=True))
        filled = _INTERPOLATION.sub(lambda match: _filled(match, known), text)  # noqa: B023
        before, colon, tag = filled.rpartition(":")
        has_tag = bool(colon) and "/" not in tag
        name = before if has_tag else filled
        is_open = _VARIABLE in tag or before.count(_VARIABLE) % 2
        if _UNKNOWN not in name:
            yield (name if is_open or not has_tag else f"{name}:{tag}").replace(_VARIABLE, "")


def _filled(match: re.Match[str], known: Mapping[str, str]) -> str:
    value = known.get(match[1] or "", _UNKNOWN) if not match[2].strip() else _UNKNOWN
    return f"{_VARIABLE}{value}{_VARIABLE}"


# HCL.


def _read_hcl(source: Source) -> BakeFile:
    variables: Values = {}
    targets: list[tuple[str, BakeTarget]] = []
    tokens = read_tokens(source.data)
    for kind, label, body in blocks_of(tokens):
        if kind == "variable":
            default = [each for each in body.get("default", ()) if each.text != "\n"]
            if len(default) == 1 and default[0].kind == "string" and "${" not in default[0].text:
                variables[label] = [default[0].text[1:-1]]
        elif kind == "target":
            targets.append((label, _target_of(source, body)))
    broken = next((each for each in tokens if each.kind == "broken"), None)
    message = "not valid HCL: a string or a heredoc is not closed"
    problems = (Problem(source.line_of(broken.at), message),) if broken is not None else ()
    return BakeFile(variables=variables, targets=targets, problems=problems)


def _target_of(source: Source, body: Mapping[str, Sequence[HclToken]]) -> BakeTarget:
    """Return a target of HCL; what an attribute of it says that is no string, no name and no heredoc is not known."""
    objects = {key: attributes_of(body.get(key, ())[1:-1], ends="\n,") for key in ("args", "contexts")}
    return BakeTarget(
        at=next((each[0].at for each in body.values() if each), 0),
        tags=[(text, source.line_of(at)) for text, at in _tags(body.get("tags", ()))],
        matrix=_matrix(body.get("matrix", ())),
        inherits=[each.text[1:-1] for each in body.get("inherits", ()) if each.kind == "string"],
        fields=_values({key: body[key] for key in FIELDS if key in body}),
        args=_values(objects["args"]),
        contexts=_values(objects["contexts"]),
        generators=list(_generators(body.get("attest", ()))),
    )


def _generators(expression: Sequence[HclToken]) -> Iterator[Value]:
    """Yield the generators in a list of attestations, which are strings of options, or objects."""
    tokens = [each for each in expression if each.text != "\n"]
    for at, token in enumerate(tokens):
        if token.kind == "string":
            before = tokens[max(at - 2, 0) : at]
            is_attribute = len(before) == 2 and before[1].text in ("=", ":")
            if not is_attribute:
                yield from _generator_among(text_of(token), token.at)
            elif before[0].text.strip('"') == "generator":
                yield Value(text=text_of(token), at=token.at)


def _generator_among(text: Text, at: int) -> Iterator[Value]:
    """Yield the generator among options with commas between them."""
    for generator in values_of_option(text, "generator"):
        yield Value(text=generator, at=at)


def _values(attributes: Mapping[str, Sequence[HclToken]]) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for name, expression in attributes.items():
        tokens = [each for each in expression if each.text != "\n"]
        first = tokens[0] if tokens else None
        if first is None or (len(tokens) == 1 and first.text == "null"):
            continue
        if len(tokens) > 1 or first.kind not in ("string", "heredoc", "name") or first.text in ("true", "false"):
            values[name] = Value(text=None, at=first.at)
        elif first.kind == "name":
            chars = f"${{{first.text}}}"
            values[name] = Value(text=Text(chars, [first.at] * len(chars)), at=first.at)
        else:
            values[name] = Value(text=text_of(first), at=first.at)
    return values


def _tags(expression: Sequence[HclToken]) -> Iterator[tuple[str, int]]:
    """Yield the strings and variables that an expression may be made of: no arguments of functions, no conditions."""
    tokens = [each for each in expression if each.text != "\n"]
    # How many brackets are open, and how many are at the first of those whose strings are not looked at.
    depth, hidden = 0, None
    for at, token in enumerate(tokens):
        before = tokens[at - 1].text if at else ""
        after = tokens[at + 1].text if at + 1 < len(tokens) else ""
        if token.text in _OPENING:
            is_call = token.text == "(" and at > 0 and tokens[at - 1].kind == "name"
            depth += 1
            if hidden is None and (token.text == "{" or after == "for" or (is_call and before not in _TRANSPARENT)):
                hidden = depth
        elif token.text in _CLOSING and depth:
            hidden = None if hidden == depth else hidden
            depth -= 1
        elif hidden is not None or "==" in (before, after) or "!=" in (before, after):
            continue
        elif token.kind == "string":
            yield token.text[1:-1], token.at
        elif token.kind == "name" and after not in ("(", "[", ".", "?"):
            yield f"${{{token.text}}}", token.at


def _matrix(expression: Sequence[HclToken]) -> Values:
    """Return the values of the names in a matrix, of which all values are literal strings."""
    matrix: Values = {}
    for name, tokens in attributes_of(expression[1:-1], ends="\n,").items():
        items = [each for each in tokens[1:-1] if each.text not in "\n,"]
        if items and all(each.kind == "string" and "${" not in each.text for each in items):
            matrix[name] = [each.text[1:-1] for each in items]
    return matrix


# JSON.


def _read_json(source: Source) -> BakeFile:
    file = compose_source(source)
    if isinstance(file, Problem):
        return BakeFile(variables={}, targets=[])
    mappings = Mappings(file)
    variables: Values = {}
    targets: list[tuple[str, BakeTarget]] = []
    for document in file.documents:
        blocks = _fields(mappings, document)
        for name, variable in _fields(mappings, blocks.get("variable")).items():
            default = _fields(mappings, variable).get("default")
            if default is not None and default.id == "scalar":
                variables[name] = [str(default.value)]
        for name, target in _fields(mappings, blocks.get("target")).items():
            targets.append((name, _target_of_json(file, mappings, target)))
    problems = tuple(sorted(file.problems())) if targets else ()
    return BakeFile(variables=variables, targets=targets, problems=problems)


def _target_of_json(file: YamlFile, mappings: Mappings, node: Node) -> BakeTarget:
    fields = _fields(mappings, node)
    named = _fields(mappings, fields.get("matrix")).items()
    listed = {name: [text for text, _ in _scalars(file, values)] for name, values in named}
    return BakeTarget(
        at=file.span_of(node).start,
        tags=_scalars(file, fields.get("tags")),
        # A name without values leaves what it stands for unknown, and does not make the tags none.
        matrix={name: values for name, values in listed.items() if values},
        inherits=[text for text, _ in _scalars(file, fields.get("inherits"))],
        fields=_values_of_json(file, {key: fields[key] for key in FIELDS if key in fields}),
        args=_values_of_json(file, _fields(mappings, fields.get("args"))),
        contexts=_values_of_json(file, _fields(mappings, fields.get("contexts"))),
        generators=list(_generators_of_json(file, mappings, fields.get("attest"))),
    )


def _generators_of_json(file: YamlFile, mappings: Mappings, node: Node | None) -> Iterator[Value]:
    for item in node.value if node is not None and node.id == "sequence" else []:
        if item.id == "scalar":
            yield from _generator_among(file.text_of(item), file.span_of(item).start)
        else:
            named = {key: each for key, each in _fields(mappings, item).items() if key == "generator"}
            yield from _values_of_json(file, named).values()


def _values_of_json(file: YamlFile, fields: Mapping[str, Node]) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for name, node in fields.items():
        if not is_null(node):
            text = file.text_of(node) if node.id == "scalar" and is_string(node) else None
            values[name] = Value(text=text, at=file.span_of(node).start)
    return values


def _fields(mappings: Mappings, node: Node | None) -> dict[str, Node]:
    if node is None or node.id != "mapping":
        return {}
    return {name: entry.value for name, entry in mappings.fields(node).items()}


def _scalars(file: YamlFile, node: Node | None) -> list[tuple[str, int]]:
    """Return the strings of a list, each with its line."""
    items = node.value if node is not None and node.id == "sequence" else []
    return [(str(each.value), file.line_of(each)) for each in items if each.id == "scalar"]
