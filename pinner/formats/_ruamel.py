"""ruamel.yaml's composer, with short cuts in the steps that it takes for every character, token and event.

What is composed is the same; a test compares both. The short cuts are what the pure Python implementation leaves
on the table: the parts of a loader look each other up anew each time, a look at the next token does again what the
last look did, and the reader goes forward one character at a time.
"""

from functools import cached_property
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.parser import Parser
from ruamel.yaml.reader import Reader
from ruamel.yaml.scanner import Scanner


class _Reader(Reader):
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


class _Scanner(Scanner):
    reader = cached_property(lambda self: self.loader.reader)

    def need_more_tokens(self) -> bool:
        if self.tokens and not self.possible_simple_keys:
            return False
        return bool(super().need_more_tokens())

    def check_token(self, *choices: Any) -> bool:
        while self.need_more_tokens():
            self.fetch_more_tokens()
        return bool(self.tokens) and (not choices or isinstance(self.tokens[0], choices))


class _Parser(Parser):
    scanner = cached_property(lambda self: self.loader.scanner)

    def check_event(self, *choices: Any) -> bool:
        event = self.peek_event()
        return event is not None and (not choices or isinstance(event, choices))


class _Composer(Composer):
    parser = cached_property(lambda self: self.loader.parser)


class _YAML(YAML):
    def official_plug_ins(self) -> list[str]:
        """None: looking for them means searching a folder."""
        return []


def compose(text: str, max_depth: int) -> list[Any]:
    """The documents of `text` as nodes. Raises whatever ruamel.yaml raises."""
    yaml = _YAML(typ="safe", pure=True)
    yaml.Reader, yaml.Scanner, yaml.Parser, yaml.Composer = _Reader, _Scanner, _Parser, _Composer
    yaml.max_depth = max_depth
    yaml.composer.warn_double_anchors = False
    return list(yaml.compose_all(text))
