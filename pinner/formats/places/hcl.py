"""The tokens, blocks and attributes of HCL, in which Bake files are written.

The rules are those of the scanner of hclsyntax (`scan_tokens.rl`). What it would refuse is one token up to where that
shows, so that no character is looked at again, whatever a file holds.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_TOKEN = re.compile(
    r"(?P<skipped>[ \t\r]+|\#[^\n]*|//[^\n]*|/\*.*?(?:\*/|\Z))"
    r"|(?P<heredoc><<-?(?P<mark>[\w-]+)\r?(?=\n).*?\n[ \t]*(?P=mark)[ \t\r]*$)|(?P<broken><<-?[\w-]+\r?\n.*)"
    r'|(?P<string>")|(?P<name>[A-Za-z_][\w-]*)|(?P<other>==|!=|.)',
    re.DOTALL | re.MULTILINE,
)
# Of what stands in a string, all that may end it or begin an expression.
_IN_STRING = re.compile(r'\\[^\n]|\$\$\{|%%\{|[$%]?\{|["}\n]')
_OPENING, _CLOSING = frozenset("{[("), frozenset("}])")


class HclToken(NamedTuple):
    """A token with its offset. `kind` is string, heredoc, name, other, or broken for what no reader of HCL takes."""

    kind: str
    text: str
    at: int


class Block(NamedTuple):
    """A block at the top of a file, with the expressions of its attributes."""

    kind: str
    label: str
    attributes: dict[str, list[HclToken]]


def read_tokens(data: bytes) -> list[HclToken]:
    """Return the tokens of a file but for comments and white space; the end of a line is one."""
    # One character a byte, so that offsets are the file's; names of images are ASCII.
    text = data.decode("latin-1")
    tokens: list[HclToken] = []
    at = 0
    while match := _TOKEN.match(text, at):
        kind, end = match.lastgroup or "", match.end()
        if kind == "string":
            end, is_closed = _end_of_string(text, at)
            kind = kind if is_closed else "broken"
        if kind != "skipped":
            tokens.append(HclToken(kind=kind, text=text[at:end], at=at))
        at = end
    return tokens


def _end_of_string(text: str, at: int) -> tuple[int, bool]:
    """Return the end of the string that begins at `at`, and whether it is closed there.

    In a string there may be expressions, in these strings and objects, and so on.
    """
    opened = ['"']
    for match in _IN_STRING.finditer(text, at + 1):
        piece, is_text = match[0], opened[-1] == '"'
        if piece == '"' and is_text:
            opened.pop()
            if not opened:
                return match.end(), True
        elif piece == '"' or piece in ("${", "%{") or (piece == "{" and not is_text):
            opened.append(piece[-1])
        elif piece == "}" and not is_text:
            opened.pop()
        elif piece == "\n" and is_text:
            return match.start(), False
    return len(text), False


def blocks_of(tokens: Sequence[HclToken]) -> Iterator[Block]:
    """Yield the blocks of a file that have one label."""
    at = 0
    while at < len(tokens):
        end = _end_of_expression(tokens, at)
        head = tokens[at : at + 3]
        if [each.kind for each in head[:2]] == ["name", "string"] and head[2:] and head[2].text == "{":
            yield Block(
                kind=head[0].text,
                label=head[1].text[1:-1],
                attributes=attributes_of(tokens[at + 3 : end - 1]),
            )
        at = end + 1


def attributes_of(tokens: Sequence[HclToken], ends: str = "\n") -> dict[str, list[HclToken]]:
    """Return the expressions of a block's attributes, or with a comma among the `ends` of an object's."""
    attributes: dict[str, list[HclToken]] = {}
    at = 0
    while at < len(tokens):
        end = _end_of_expression(tokens, at, ends)
        if tokens[at].kind == "name" and at + 1 < end and tokens[at + 1].text == "=":
            attributes[tokens[at].text] = list(tokens[at + 2 : end])
        at = end + 1
    return attributes


def _end_of_expression(tokens: Sequence[HclToken], at: int, ends: str = "\n") -> int:
    """Return where the line ends on which `at` is, with what its brackets hold."""
    depth = 0
    while at < len(tokens) and (depth or tokens[at].text not in ends):
        depth += (tokens[at].text in _OPENING) - (tokens[at].text in _CLOSING)
        at += 1
    return at
