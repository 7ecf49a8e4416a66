"""A glance at a Dockerfile: enough where every image is pinned and nothing is out of the ordinary.

`check` has nothing to say of such a file, so the reader need not be imported, let alone run. Whatever is
not recognised at once is left to the reader: other escape characters, quotes or variables in the wrong
place, anything unpinned, anything that BuildKit would refuse. Where a glance is enough, the reader finds
the same references and no problem; a test holds both to that on generated files.
"""

from collections.abc import Callable, Iterator
from re import Match
from typing import NamedTuple

from pinner.errors import InvalidReference
from pinner.reference import Reference, parse

MAX_SIZE = 65535
"""In bytes. No line of a smaller file is too long for BuildKit."""

_PLAIN = frozenset(
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE HEALTHCHECK LABEL MAINTAINER RUN SHELL STOPSIGNAL USER VOLUME"
    " WORKDIR".split()
)
_WITH_HEREDOCS = ("ADD", "COPY", "RUN")
_DIRECTIVES = ("syntax", "escape", "check")
_SYNTAX = "# syntax="
_QUOTES = frozenset("\"'\\")
_SPECIAL = frozenset("\"'\\$")
_SPACES = " \t"


class NotPlain(Exception):
    """Something is out of the ordinary."""


class Advance(NamedTuple):
    """Takes many lines at once, from a position on.

    They end with what names an `image` and its `stage`, with a `source` of COPY, or with the `end` of a heredoc.
    """

    above: Callable[[str, int], Match[str] | None]
    below: Callable[[str, int], Match[str] | None]


def glance(data: bytes, advance: Advance | None = None) -> tuple[Reference, ...] | None:
    """The references of a Dockerfile, one for each occurrence, all with tag and digest; None: it must be read.

    `advance` takes what is plain above and below the first FROM; nothing but the time that it takes depends on it.
    """
    if len(data) > MAX_SIZE or b"pinner:" in data:
        return None
    text = data.decode("latin-1").replace("\r\n", "\n")
    try:
        return None if "\r" in text else _Glance(text, advance).look()
    except NotPlain:
        return None


class _Glance:
    def __init__(self, text: str, advance: Advance | None) -> None:
        self._text = text
        self._at = 0
        self._advance = advance
        self._lines = self._lines_from_here()
        self._line = ""
        self._references: list[Reference] = []
        self._arguments: dict[str, Reference | None] = {}
        self._used: set[str] = set()
        self._stages: list[str] = []

    def look(self) -> tuple[Reference, ...]:
        if self._text.startswith(_SYNTAX):
            self._line = next(self._lines)
            self._add(self._line[len(_SYNTAX) :].rstrip(_SPACES))
        self._take_many()
        for line in self._lines:
            self._line = line = line.strip(_SPACES)
            if not line:
                continue
            if line[0] == "#":
                _check_comment(line)
                continue
            keyword, _, rest = (self._joined(line) if line[-1] == "\\" else line).partition(" ")
            # Most instructions: neither flags nor heredocs.
            if not (self._stages and keyword in _PLAIN and "." <= rest[:1] <= "~" and "<<" not in rest):
                self._look_at(keyword.upper(), rest.lstrip(_SPACES))
            self._take_many()
        if not self._stages:
            raise NotPlain
        return tuple(self._references)

    def _lines_from_here(self) -> Iterator[str]:
        text = self._text
        while self._at < len(text):
            at = self._at
            end = text.find("\n", at)
            self._at = len(text) if end < 0 else end + 1
            yield text[at:] if end < 0 else text[at:end]

    def _take_many(self) -> None:
        """Go on to the next line that has to be looked at by itself."""
        if self._advance is None:
            return
        above, below = self._advance
        while found := (below if self._stages else above)(self._text, self._at):
            self._at = found.end()
            image, stage, source, heredoc = found.group("image", "stage", "source", "end")
            if image:
                self._line = image
                self._look_at_image(image)
                self._stages.append(stage.lower() if stage else "")
            elif source:
                self._line = source
                self._look_at_source(source)
            elif not heredoc:
                return

    def _joined(self, line: str) -> str:
        """The instruction that begins with `line`, without line ends and comments."""
        parts = [_without_escape(line)]
        for line in self._lines:
            content = line.strip(_SPACES)
            if not content or content[0] == "#":
                continue
            if not "!" <= content[0] <= "~":
                raise NotPlain
            if content[-1] != "\\":
                return _without_heredoc("".join([*parts, line]))
            parts.append(_without_escape(line.rstrip(_SPACES)))
        raise NotPlain

    def _look_at(self, keyword: str, rest: str) -> None:
        if not "!" <= rest[:1] <= "~":
            raise NotPlain
        if keyword == "FROM":
            self._look_at_from(rest)
        elif keyword not in _PLAIN or not (self._stages or keyword == "ARG"):
            raise NotPlain
        elif not self._stages:
            self._look_at_argument(rest)
        elif keyword in _WITH_HEREDOCS:
            arguments = self._look_at_flags(keyword, rest)
            if "<<" in rest:
                self._skip_heredoc(rest, arguments)
        elif rest.startswith("--"):
            self._look_at_flags(keyword, rest)

    def _look_at_from(self, rest: str) -> None:
        if not (rest.isascii() and rest.isprintable()):
            raise NotPlain
        words = rest.split()
        if words[0].startswith("--platform=") and _QUOTES.isdisjoint(words[0]):
            del words[0]
        if not words:
            raise NotPlain
        self._look_at_image(words[0])
        match words[1:]:
            case []:
                self._stages.append("")
            case [as_, name] if as_.upper() == "AS" and _is_stage_name(name):
                self._stages.append(name.lower())
            case _:
                raise NotPlain

    def _look_at_image(self, image: str) -> None:
        if image.startswith("$"):
            name = image[2:-1] if image[1:2] == "{" and image[-1] == "}" else image[1:]
            reference = self._arguments.get(name)
            if reference is None:
                raise NotPlain
            if name not in self._used:
                self._used.add(name)
                self._references.append(reference)
        elif image not in self._stages and image != "scratch":
            self._add(image)

    def _look_at_argument(self, rest: str) -> None:
        """A global ARG."""
        name, _, value = rest.rstrip(_SPACES).partition("=")
        if name in self._arguments or not (name.isidentifier() and rest.isascii() and rest.isprintable()):
            raise NotPlain
        if " " in value or not _SPECIAL.isdisjoint(value):
            raise NotPlain
        self._arguments[name] = _pinned(value) if value in self._line else None

    def _look_at_flags(self, keyword: str, rest: str) -> str:
        """What follows the flags."""
        while rest.startswith("--"):
            flag, _, rest = rest.partition(" ")
            name, _, value = flag[2:].partition("=")
            if not (flag.isascii() and flag.isprintable() and _QUOTES.isdisjoint(flag)):
                raise NotPlain
            if (keyword, name) == ("COPY", "from"):
                self._look_at_source(value)
            elif name.lower() == "from":
                raise NotPlain
            elif name == "mount" and keyword == "RUN":
                _check_mount(value)
            rest = rest.lstrip(_SPACES)
            if not "!" <= rest[:1] <= "~":
                raise NotPlain
        return rest

    def _look_at_source(self, value: str) -> None:
        if not value:
            raise NotPlain
        earlier = self._stages[:-1]
        if value.lower() in earlier or (value.isdecimal() and len(value) < 5 and int(value) < len(earlier)):
            return
        self._add(value)

    def _add(self, text: str) -> None:
        """Note the reference `text`, which must stand in one piece on its line."""
        reference = _pinned(text)
        if reference is None or text not in self._line:
            raise NotPlain
        self._references.append(reference)

    def _skip_heredoc(self, rest: str, arguments: str) -> None:
        before, _, after = f" {arguments} ".partition(" <<")
        name, _, after = after.partition(" ")
        stripped = name.removeprefix("-")
        if not (rest.isascii() and rest.isprintable() and stripped.isidentifier()):
            raise NotPlain
        if "<<" in before or "<" in after or not _SPECIAL.isdisjoint(rest):
            raise NotPlain
        for line in self._lines:
            if (line.lstrip("\t") if name != stripped else line) == stripped:
                return
        raise NotPlain


def _check_comment(line: str) -> None:
    comment = line[1:].lstrip()
    if comment.lower().startswith(_DIRECTIVES) or ("=" in comment and not comment[:1].isascii()):
        raise NotPlain


def _check_mount(value: str) -> None:
    for field in value.split(","):
        key, equals, _ = field.partition("=")
        if not equals or key.lower() == "from":
            raise NotPlain


def _without_escape(line: str) -> str:
    if line.endswith("\\\\"):
        raise NotPlain
    return line[:-1]


def _without_heredoc(instruction: str) -> str:
    if "<<" in instruction:
        raise NotPlain
    return instruction


def _is_stage_name(name: str) -> bool:
    return name[0].isalpha() and name.replace("-", "").replace("_", "").replace(".", "").isalnum()


_KNOWN: dict[str, Reference | None] = {}


def _pinned(text: str) -> Reference | None:
    if text not in _KNOWN:
        try:
            reference = parse(text)
        except InvalidReference:
            _KNOWN[text] = None
        else:
            _KNOWN[text] = reference if reference.tag and reference.digest else None
    return _KNOWN[text]
