"""ruamel.yaml's composer, with short cuts in the steps that it takes for every character, token and event.

What is composed is the same, apart from comments, which nobody asks for; a test compares both. The short cuts are what
the pure Python implementation leaves on the table: the parts of a loader look each other up anew each time, a look at
the next token does again what the last look did, and the reader goes forward one character at a time. Each of them is
for what is common, and leaves everything else to ruamel.yaml: on Pythons whose expressions cannot be relied on, all.
"""

import re
import sys
from functools import cached_property
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import StringMark
from ruamel.yaml.events import ScalarEvent
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.parser import Parser
from ruamel.yaml.reader import Reader
from ruamel.yaml.resolver import BaseResolver, implicit_resolvers
from ruamel.yaml.scanner import Scanner
from ruamel.yaml.tokens import (
    BlockEndToken,
    BlockEntryToken,
    BlockMappingStartToken,
    KeyToken,
    ScalarToken,
    ValueToken,
)

# Before, expressions that do not go back may match too much: https://github.com/python/cpython/issues/106052
IS_RELIABLE = sys.version_info >= (3, 11, 5)
# The end of the text, the rarer line breaks, and what has no width. In what the expressions below match stands none
# of these but the CR of CRLF, so that LF alone ends its lines.
_RARE = "\0\r\x85\u2028\u2029\ufeff"
_BREAK = r"\r?\n"
# What may stand before a token in a block: empty lines, comments, spaces. Then neither a comment nor anything rare.
_TO_NEXT_TOKEN = re.compile(rf"(?: *+(?:#[^\n{_RARE}]*+)?+{_BREAK})*+ *+(?![#{_RARE}])")
_WORD = rf"(?:[^: \t\n{_RARE}]++|:(?![ \t\n{_RARE}]))++"
_WORDS = rf"({_WORD}(?: ++(?!#){_WORD})*+)"
_KEY = re.compile(rf"{_WORDS}:(?=[ \r\n])")
# A plain scalar before a comment or the end of its line, and all up to the next token or that comment.
_PLAIN = re.compile(rf"{_WORDS}(?: ++(?=#)| *+{_BREAK}(?: |{_BREAK})*+(?![{_RARE}]))")
_PLAIN_IN_FLOW = re.compile(rf"([^?,\[\]{{}} \t\n{_RARE}]++)(?=[,\]}}])")
_QUOTED = re.compile(rf"""(["'])([^"'\\\n{_RARE}]*+)\1(?!')""")
# What a token other than a plain scalar may begin with.
_INDICATORS = frozenset(f"-?:,[]{{}}#&*!|>'\"%@`. \t\n{_RARE}")
_MAX_KEY = 1024
# What a plain scalar that is no string may begin with, in any version of YAML; "" stands for an empty one.
_FIRST_OF_OTHERS = frozenset(first for _, _, _, firsts in implicit_resolvers for first in firsts)
# What stands where a key or a value, or an entry, is left out.
_NO_KEY_OR_VALUE = (KeyToken, ValueToken, BlockEndToken)
_NO_ENTRY = (BlockEntryToken, BlockEndToken)
_NO_INDENTLESS_ENTRY = (BlockEntryToken, *_NO_KEY_OR_VALUE)


class _Mark(StringMark):
    """The same, made in one call instead of two."""

    __slots__ = ()

    def __init__(self, name: Any, index: int, line: int, column: int, buffer: Any, pointer: Any) -> None:
        self.name = name
        self.index = index
        self.line = line
        self.column = column
        self.buffer = buffer
        self.pointer = pointer


class _Reader(Reader):
    def reset_reader(self) -> None:
        super().reset_reader()
        self._mark: _Mark | None = None

    def forward(self, length: int = 1) -> None:
        end = self.pointer + length
        passed = self.buffer[self.pointer : end]
        # Anything that may end a line, or has no width, and the end of the buffer are left to ruamel.yaml.
        if end + 1 >= len(self.buffer) or "\n" in passed or "\r" in passed or "\ufeff" in passed:
            super().forward(length)
            return
        self.pointer = end
        self.index += length
        self.column += length

    def forward_past(self, passed: str) -> None:
        """Go forward by what one of the expressions above has matched."""
        self.pointer += len(passed)
        self.index += len(passed)
        self.line += passed.count("\n")
        self.column = _column_after(passed, self.column)

    def get_mark(self) -> Any:
        # Often one thing begins where another begins or ends.
        mark = self._mark
        if mark is None or mark.index != self.index:
            mark = self._mark = _Mark(self.name, self.index, self.line, self.column, self.buffer, self.pointer)
        return mark


class _Scanner(Scanner):
    reader = cached_property(lambda self: self.loader.reader)

    def need_more_tokens(self) -> bool:
        if not self.tokens:
            return not self.done
        if not self.possible_simple_keys:
            return False
        self.stale_possible_simple_keys()
        return bool(self.next_possible_simple_key() == self.tokens_taken)

    def check_token(self, *choices: Any) -> bool:
        token = self.peek_token()
        return token is not None and (not choices or isinstance(token, choices))

    def peek_token(self) -> Any:
        if not self.tokens or self.possible_simple_keys:
            while self.need_more_tokens():
                self.fetch_more_tokens()
        return self.tokens[0] if self.tokens else None

    def get_token(self) -> Any:
        token = self.peek_token()
        if token is not None:
            self.tokens_taken += 1
            del self.tokens[0]
        return token

    def fetch_more_tokens(self) -> Any:
        reader = self.reader
        self.scan_to_next_token()
        if self.possible_simple_keys:
            self.stale_possible_simple_keys()
        if self.indent > reader.column:
            self.unwind_indent(reader.column)
        char = reader.buffer[reader.pointer]
        if char not in _INDICATORS:
            return self.fetch_plain()
        if char == "-" and self.check_block_entry():
            return self.fetch_block_entry()
        # This begins with the same steps, which do nothing when they are done again.
        return super().fetch_more_tokens()

    def fetch_plain(self) -> None:
        """A plain scalar; with its colon if it is the key of a block mapping, which then needs no possible key."""
        reader = self.reader
        may_be_key = self.allow_simple_key and not self.flow_context
        match = _KEY.match(reader.buffer, reader.pointer) if may_be_key else None
        if match is None or len(match[1]) > _MAX_KEY:
            super().fetch_plain()
            return
        self.remove_possible_simple_key()
        self.allow_simple_key = False
        start = reader.get_mark()
        if self.add_indent(reader.column):
            self.tokens.append(BlockMappingStartToken(start, start))
        reader.forward(len(match[1]))
        colon = reader.get_mark()
        reader.forward()
        self.tokens.append(KeyToken(start, start))
        self.tokens.append(ScalarToken(match[1], True, start, colon))
        self.tokens.append(ValueToken(colon, reader.get_mark()))

    def save_possible_simple_key(self) -> None:
        if self.allow_simple_key:
            super().save_possible_simple_key()

    def remove_possible_simple_key(self) -> None:
        if self.possible_simple_keys:
            super().remove_possible_simple_key()

    def scan_to_next_token(self) -> Any:
        reader = self.reader
        match = None if self.flow_context else _TO_NEXT_TOKEN.match(reader.buffer, reader.pointer)
        if match is None:
            return super().scan_to_next_token()
        if passed := match[0]:
            reader.forward_past(passed)
            self.allow_simple_key = self.allow_simple_key or "\n" in passed
        return None

    def scan_plain(self) -> Any:
        reader = self.reader
        match = (_PLAIN_IN_FLOW if self.flow_context else _PLAIN).match(reader.buffer, reader.pointer)
        if match is None:
            return super().scan_plain()
        value = match[1]
        after = match[0][len(value) :]
        ends_line = "\n" in after
        if ends_line and _column_after(after, 0) > self.indent:
            # The next line goes on with the scalar, or has a comment.
            return super().scan_plain()
        start = reader.get_mark()
        reader.forward(len(value))
        token = ScalarToken(value, True, start, reader.get_mark())
        if after:
            reader.forward_past(after)
        self.allow_simple_key = ends_line
        return token

    def scan_flow_scalar(self, style: Any) -> Any:
        reader = self.reader
        match = _QUOTED.match(reader.buffer, reader.pointer)
        if match is None:
            return super().scan_flow_scalar(style)
        start = reader.get_mark()
        reader.forward(len(match[0]))
        return ScalarToken(match[2], False, start, reader.get_mark(), style)


class _Parser(Parser):
    scanner = cached_property(lambda self: self.loader.scanner)

    def check_event(self, *choices: Any) -> bool:
        event = self.peek_event()
        return event is not None and (not choices or isinstance(event, choices))

    def parse_node(self, block: bool = False, indentless_sequence: bool = False) -> Any:
        token = self.scanner.peek_token()
        if type(token) is not ScalarToken:
            return super().parse_node(block, indentless_sequence)
        self.scanner.get_token()
        self.state = self.states.pop()
        implicit = (True, False) if token.plain else (False, True)
        return ScalarEvent(None, None, implicit, token.value, token.start_mark, token.end_mark, style=token.style)

    def parse_block_mapping_key(self) -> Any:
        if type(self.scanner.peek_token()) is not KeyToken:
            return super().parse_block_mapping_key()
        end = self.scanner.get_token().end_mark
        return self._parse_content(_NO_KEY_OR_VALUE, end, self.parse_block_mapping_value, True)

    def parse_block_mapping_value(self) -> Any:
        if type(self.scanner.peek_token()) is not ValueToken:
            return super().parse_block_mapping_value()
        self.scanner.get_token()
        # Unlike an empty key or entry, an empty value stands behind what follows it.
        end = self.scanner.peek_token().end_mark
        return self._parse_content(_NO_KEY_OR_VALUE, end, self.parse_block_mapping_key, True)

    def parse_block_sequence_entry(self) -> Any:
        if type(self.scanner.peek_token()) is not BlockEntryToken:
            return super().parse_block_sequence_entry()
        end = self.scanner.get_token().end_mark
        return self._parse_content(_NO_ENTRY, end, self.parse_block_sequence_entry, False)

    def parse_indentless_sequence_entry(self) -> Any:
        if type(self.scanner.peek_token()) is not BlockEntryToken:
            return super().parse_indentless_sequence_entry()
        end = self.scanner.get_token().end_mark
        return self._parse_content(_NO_INDENTLESS_ENTRY, end, self.parse_indentless_sequence_entry, False)

    def _parse_content(self, nothing: tuple[type, ...], empty_at: Any, state: Any, indentless_sequence: bool) -> Any:
        """What follows an indicator, and then `state`: a node, or an empty scalar where a token of `nothing` stands."""
        if isinstance(self.scanner.peek_token(), nothing):
            self.state = state
            return self.process_empty_scalar(empty_at)
        self.states.append(state)
        return self.parse_node(True, indentless_sequence)


class _Composer(Composer):
    parser = cached_property(lambda self: self.loader.parser)
    # Not a cached one: a directive replaces the resolver.
    resolver = property(lambda self: self.loader.resolver)

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.parser.peek_event()
        if type(event) is not ScalarEvent or self.depth >= self.loader.max_depth:
            return super().compose_node(parent, index)
        return self.compose_scalar_node(event.anchor)

    def compose_scalar_node(self, anchor: Any) -> Any:
        event = self.parser.peek_event()
        if event.ctag is not None or (event.implicit[0] and event.value[:1] in _FIRST_OF_OTHERS):
            return super().compose_scalar_node(anchor)
        self.parser.get_event()
        tag = BaseResolver.DEFAULT_SCALAR_TAG
        node = ScalarNode(tag, event.value, event.start_mark, event.end_mark, style=event.style, anchor=anchor)
        if anchor is not None:
            self.anchors[anchor] = node
        return node


class _YAML(YAML):
    def official_plug_ins(self) -> list[str]:
        """None: looking for them means searching a folder."""
        return []


def compose(text: str, max_depth: int) -> list[Any]:
    """The documents of `text` as nodes. Raises whatever ruamel.yaml raises."""
    yaml = _YAML(typ="safe", pure=True)
    if IS_RELIABLE:
        yaml.Reader, yaml.Scanner, yaml.Parser, yaml.Composer = _Reader, _Scanner, _Parser, _Composer
    yaml.max_depth = max_depth
    yaml.composer.warn_double_anchors = False
    return list(yaml.compose_all(text))


def _column_after(passed: str, column: int) -> int:
    """The column behind `passed`, which begins in `column`."""
    return len(passed) - passed.rindex("\n") - 1 if "\n" in passed else column + len(passed)
