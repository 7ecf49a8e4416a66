"""The variables of one file, and what would become of its words if something in it changed.

"Would" is the point: whether a digest may be written into the default of an ARG is decided by
expanding every word that the ARG reaches as if it stood there.
"""

from bisect import bisect_right
from collections.abc import Mapping
from typing import NamedTuple

from pinner.formats.variables.expansion import COMPOSE, Dialect, Expansion, ExpansionError, Missing, expand
from pinner.formats.variables.text import NOWHERE, Text
from pinner.model.reference import Reference

PLATFORM_ARGS = frozenset(
    f"{side}{part}" for side in ("BUILD", "TARGET") for part in ("PLATFORM", "OS", "ARCH", "VARIANT")
)
_PLATFORMS = (
    "linux/amd64 linux/arm64 linux/arm/v7 linux/arm/v6 linux/386 linux/ppc64le linux/s390x linux/riscv64"
    " windows/amd64 windows/arm64"
).split()


# What all expansions of a file may come to, those of what would be included: a hostile file must not fill the memory.
MAX_TOTAL_LENGTH = 8_000_000


class Assumption(NamedTuple):
    """What is assumed: `chars` stand at byte offset `at`, and somebody builds with `overrides`."""

    at: int | None = None
    chars: str = ""
    overrides: tuple[tuple[str, str], ...] = ()


NOTHING_ASSUMED = Assumption()


class Argument(NamedTuple):
    """A global ARG. `bindings` are the earlier ARGs that its default reads, by name."""

    name: str
    default: Text | None
    bindings: dict[str, int]


class Word(NamedTuple):
    """A word that variables may stand in, with its plain expansion."""

    text: Text
    bindings: dict[str, int]
    expansion: Expansion


class Reach(NamedTuple):
    """What an ARG reaches, directly or through other ARGs: words, and the first ARG that a stage declares again."""

    words: list[Word]
    redeclared: str | None


class Scope:
    """The global ARGs of a Dockerfile in their order, or the environment of a Compose file."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.words: list[Word] = []
        self.redeclared: set[str] = set()
        self.refusals: dict[tuple[Assumption, Reference], str | None] = {}
        self._length = 0
        self._arguments: list[Argument] = []
        self._values: list[Text | Missing] = []
        self._visible: dict[str, int] = {}
        self._starts: list[tuple[int, int]] = []
        self._argument_readers: dict[int, list[int]] = {}
        self._word_readers: dict[int, list[int]] = {}
        self._reached: dict[int, Reach] = {}
        self._assumed: dict[Assumption, dict[int, Text | Missing]] = {}

    def declare(self, name: str, default: Text | None) -> None:
        """Add a global `ARG name[=default]`. Raises ExpansionError when the default is malformed."""
        if default is None and name in self._visible:
            return
        value: Text | Missing = self._missing(name, declared=True)
        bindings: dict[str, int] = {}
        if default is not None:
            expansion = self._expand(default, self._visible, NOTHING_ASSUMED, {})
            bindings = self._bind(expansion.used)
            value = Missing.BUILD_TIME if expansion.unknown else expansion.value
        index = len(self._arguments)
        for read in bindings.values():
            self._argument_readers.setdefault(read, []).append(index)
        if default is not None and default.offsets and default.offsets[0] != NOWHERE:
            self._starts.append((default.offsets[0], index))
        self._arguments.append(Argument(name, default, bindings))
        self._values.append(value)
        self._visible[name] = index

    def add_word(self, text: Text) -> Word:
        """Register a word that reads the global variables. Raises ExpansionError when it is malformed."""
        expansion = self._expand(text, self._visible, NOTHING_ASSUMED, {})
        word = Word(text, self._bind(expansion.used), expansion)
        for read in word.bindings.values():
            self._word_readers.setdefault(read, []).append(len(self.words))
        self.words.append(word)
        return word

    def on_platforms(self, word: Word) -> list[tuple[str, str | None]]:
        """Return the usual platforms, and what `word` stands for on each; None where it stays open."""
        return [(each, self.after(word, Assumption(overrides=_platform_args(each)))) for each in _PLATFORMS]

    def after(self, word: Word, change: Assumption) -> str | None:
        """Return what `word` would stand for after `change`; None where it would be malformed or open."""
        try:
            expansion = self._expand(word.text, word.bindings, change, self._changed_values(word, change))
        except ExpansionError:
            return None
        return None if expansion.unknown else expansion.value.chars

    def argument_at(self, at: int) -> int | None:
        """Return the index of the ARG in whose default the byte before offset `at` stands."""
        position = bisect_right(self._starts, (at - 1, len(self._arguments))) - 1
        if position < 0:
            return None
        index = self._starts[position][1]
        default = self._arguments[index].default
        return index if default is not None and at <= default.extent.end else None

    def argument_name(self, index: int) -> str:
        """Return the name of an ARG."""
        return self._arguments[index].name

    def argument_end(self, index: int) -> int | None:
        """Return the byte offset after the last character of an ARG's value."""
        value = self._values[index]
        return value.offsets[-1] + 1 if isinstance(value, Text) and value.offsets else None

    def reach(self, index: int) -> Reach:
        """Return what an ARG reaches; all words must have been added."""
        if index not in self._reached:
            arguments = sorted(self._reached_arguments(index))
            words = sorted({at for argument in arguments for at in self._word_readers.get(argument, ())})
            names = (self._arguments[argument].name for argument in arguments)
            redeclared = next((name for name in names if name in self.redeclared), None)
            self._reached[index] = Reach([self.words[at] for at in words], redeclared)
        return self._reached[index]

    def names_behind(self, word: Word, most: int) -> list[str]:
        """Return the variables that `word` depends on, directly or through ARGs, sorted.

        If there are more than `most`, only some of them.
        """
        names = set(word.expansion.used)
        waiting = [*word.bindings.values()]
        seen: set[int] = set()
        while waiting and len(names) <= most:
            index = waiting.pop()
            if index not in seen:
                seen.add(index)
                names.update(self._arguments[index].bindings)
                waiting += self._arguments[index].bindings.values()
        return sorted(names)

    def free_name(self, wanted: str) -> str:
        """`wanted`, or a variant of it that the file does not use."""
        while wanted in self._visible or wanted in self.redeclared:
            wanted = f"PINNED_{wanted}"
        return wanted

    def _bind(self, names: frozenset[str]) -> dict[str, int]:
        return {name: self._visible[name] for name in names if name in self._visible} if names else {}

    def _missing(self, name: str, declared: bool) -> Missing:
        if self.dialect == COMPOSE:
            return Missing.NO_DEFAULT
        if name in PLATFORM_ARGS:
            return Missing.BUILD_TIME
        return Missing.NO_DEFAULT if declared else Missing.UNSET

    def _expand(
        self, text: Text, bindings: Mapping[str, int], change: Assumption, changed: Mapping[int, Text | Missing]
    ) -> Expansion:
        if change.at is not None:
            text = text.with_insertion(change.at, change.chars)
        if self.dialect.is_plain(text.chars):
            return Expansion(text, frozenset(), ())
        expansion = expand(text, lambda name: self._lookup(name, bindings, change, changed), self.dialect)
        self._length += len(expansion.value.chars)
        if self._length > MAX_TOTAL_LENGTH:
            raise ExpansionError(f"all variables together are longer than {MAX_TOTAL_LENGTH} characters")
        return expansion

    def _lookup(
        self, name: str, bindings: Mapping[str, int], change: Assumption, changed: Mapping[int, Text | Missing]
    ) -> Text | Missing:
        index = bindings.get(name)
        for overridden, chars in change.overrides:
            if overridden == name and (index is not None or self._missing(name, False) is not Missing.UNSET):
                return Text.made_up(chars)
        if index is None:
            return self._missing(name, declared=False)
        return changed.get(index, self._values[index])

    def _changed_values(self, word: Word, change: Assumption) -> Mapping[int, Text | Missing]:
        """Return the values after `change` of the ARGs behind `word`, and of others that were worked out before."""
        values = self._assumed.setdefault(change, {})
        missing: set[int] = set()
        waiting = [*word.bindings.values()]
        while waiting:
            index = waiting.pop()
            if index not in values and index not in missing:
                missing.add(index)
                waiting += self._arguments[index].bindings.values()
        # An ARG reads only those above it.
        for index in sorted(missing):
            values[index] = self._changed_value(self._arguments[index], change, values)
        return values

    def _changed_value(
        self, argument: Argument, change: Assumption, changed: Mapping[int, Text | Missing]
    ) -> Text | Missing:
        for name, chars in change.overrides:
            if name == argument.name:
                return Text.made_up(chars)
        if argument.default is None:
            return self._missing(argument.name, declared=True)
        try:
            expansion = self._expand(argument.default, argument.bindings, change, changed)
        except ExpansionError:
            return Missing.BUILD_TIME
        return Missing.BUILD_TIME if expansion.unknown else expansion.value

    def _reached_arguments(self, index: int) -> set[int]:
        reached = {index}
        waiting = [index]
        while waiting:
            for reader in self._argument_readers.get(waiting.pop(), ()):
                if reader not in reached:
                    reached.add(reader)
                    waiting.append(reader)
        return reached


def tells_platform(name: str | None, platform: str) -> bool:
    """Tell whether `name` says that it is for `platform`, and is that of no image with a registry, a path or a tag.

    Such a name stands for a stage that was left out: there is no image of that name to pull.
    """
    if name is None or any(char in name for char in "/:@"):
        return False
    return any(part in name for part in platform.split("/") if part != "linux")


def _platform_args(platform: str) -> tuple[tuple[str, str], ...]:
    """Return the predefined ARGs of a build on and for `platform`."""
    system, architecture, variant, *_ = f"{platform}/".split("/")
    values = {"PLATFORM": platform, "OS": system, "ARCH": architecture, "VARIANT": variant}
    return tuple((f"{side}{part}", value) for side in ("BUILD", "TARGET") for part, value in values.items())
