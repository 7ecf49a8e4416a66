"""The tokens, blocks and attributes of HCL, in which Bake files are written.

The rules are those of the scanner of hclsyntax (`scan_tokens.rl`). What it would refuse is one token up to where that
shows, so that no character is looked at again, whatever a file holds.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pinner.formats.variables.text import Text, join

_TOKEN = re.compile(
    r"(?P<skipped>[ \t\r]+|/\*.*?(?:\*/|\Z))|(?P<comment>\#[^\n]*|//[^\n]*)"
    r"|(?P<heredoc><<-?(?P<mark>[\w-]+)\r?(?=\n).*?\n[ \t]*(?P=mark)[ \t\r]*$)|(?P<broken><<-?[\w-]+\r?\n.*)"
    r'|(?P<string>")|(?P<name>[A-Za-z_][\w-]*)|(?P<other>==|!=|.)',
    re.DOTALL | re.MULTILINE,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
# Of what stands in a string, all that may end it or begin an expression.
_IN_STRING = re.compile(r'\\[^\n]|\$\$\{|%%\{|[$%]?\{|["}\n]')
_OPENING, _CLOSING = frozenset("{[("), frozenset("}])")


class HclToken(NamedTuple):
    """A token with its offset.

    `kind` is string, heredoc, name, comment, other, or broken for what no reader of HCL takes.
    """

    kind: str
    text: str
    at: int


class Block(NamedTuple):
    """A block at the top of a file, with the expressions of its attributes."""

    kind: str
    label: str
    attributes: dict[str, list[HclToken]]


def read_tokens(data: bytes, *, with_comments: bool = False) -> list[HclToken]:
    """Return the tokens of a file but for white space and comments; the end of a line is one."""
    # One character a byte, so that offsets are the file's; names of images are ASCII.
    text = data.decode("latin-1")
    tokens: list[HclToken] = []
    at = 0
    while match := _TOKEN.match(text, at):
        kind, end = match.lastgroup or "", match.end()
        if kind == "string":
            end, is_closed = _end_of_string(text, at)
            kind = kind if is_closed else "broken"
        if kind != "skipped" and (kind != "comment" or with_comments):
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
        if tokens[at].kind in ("name", "string") and at + 1 < end and tokens[at + 1].text in ("=", ":"):
            attributes[tokens[at].text.strip('"')] = list(tokens[at + 2 : end])
        at = end + 1
    return attributes


def _end_of_expression(tokens: Sequence[HclToken], at: int, ends: str = "\n") -> int:
    """Return where the line ends on which `at` is, with what its brackets hold."""
    depth = 0
    while at < len(tokens) and (depth or tokens[at].text not in ends):
        depth += (tokens[at].text in _OPENING) - (tokens[at].text in _CLOSING)
        at += 1
    return at


def text_of(token: HclToken) -> Text:
    """Return what a string or a heredoc says, with the expressions in it as they are written.

    A character that an escape stands for has the offset of the end of that.
    """
    written = Text(token.text, range(token.at, token.at + len(token.text)))
    if token.kind == "heredoc":
        return _lines_of_heredoc(written)
    inner, parts, at = written.cut(1, -1), list[Text](), 0
    for match in _ESCAPE.finditer(inner.chars):
        code = match[1] or match[2]
        # No more than 0x10ffff is a character.
        chars = chr(min(int(code, 16), 0x10FFFF)) if code else _ESCAPED.get(match[3], match[3])
        data = chars.encode("utf-8", "replace").decode("latin-1")
        parts += [inner.cut(at, match.start()), Text(data, [inner.offsets[match.end() - 1]] * len(data))]
        at = match.end()
    return join([*parts, inner.cut(at)])


def _lines_of_heredoc(written: Text) -> Text:
    """Return the lines of a heredoc, with <<- without the white space that all of them begin with."""
    first, last = written.chars.index("\n") + 1, written.chars.rindex("\n") + 1
    body = written.cut(first, last)
    if not written.chars.startswith("<<-"):
        return body
    lines = list(re.finditer(r"([ \t]*)[^\n]*\n", body.chars))
    indent = min((len(each[1]) for each in lines if each[0].strip()), default=0)
    return join([body.cut(min(each.start() + indent, each.end() - 1), each.end()) for each in lines] or [body])
