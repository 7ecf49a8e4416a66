"""The variables of one file, and what would become of its words if something in it changed.

"Would" is the point: whether a digest may be written into the default of an ARG is decided by
writing it there in thought and expanding every word that the ARG reaches again.
"""

from bisect import bisect_right
from collections.abc import Mapping
from typing import NamedTuple

from pinner.formats._text import NOWHERE, Text
from pinner.formats._variables import COMPOSE, Dialect, Expansion, ExpansionError, Missing, expand

PLATFORM_ARGS = frozenset(
    f"{side}{part}" for side in ("BUILD", "TARGET") for part in ("PLATFORM", "OS", "ARCH", "VARIANT")
)
PLATFORMS = (
    "linux/amd64 linux/arm64 linux/arm/v7 linux/arm/v6 linux/386 linux/ppc64le linux/s390x linux/riscv64"
    " windows/amd64 windows/arm64"
).split()


class Change(NamedTuple):
    """A thought: `chars` stand at byte offset `at`, and somebody builds with `overrides`."""

    at: int | None = None
    chars: str = ""
    overrides: tuple[tuple[str, str], ...] = ()


NO_CHANGE = Change()


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


class Scope:
    """The global ARGs of a Dockerfile in their order, or the environment of a Compose file."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.words: list[Word] = []
        self.redeclared: set[str] = set()
        self._arguments: list[Argument] = []
        self._values: list[Text | Missing] = []
        self._visible: dict[str, int] = {}
        self._by_name: dict[str, list[int]] = {}
        self._starts: list[tuple[int, int]] = []
        self._argument_readers: dict[int, list[int]] = {}
        self._word_readers: dict[int, list[int]] = {}
        self._readers: dict[int, list[Word]] = {}
        self._thoughts: dict[Change, dict[int, Text | Missing]] = {NO_CHANGE: {}}

    def declare(self, name: str, default: Text | None) -> None:
        """A global `ARG name[=default]`. Raises ExpansionError when the default is malformed."""
        if default is None and name in self._visible:
            return
        value: Text | Missing = self._missing(name, declared=True)
        bindings: dict[str, int] = {}
        if default is not None:
            expansion = expand(default, lambda read: self._lookup(read, self._visible, NO_CHANGE, {}), self.dialect)
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
        self._by_name.setdefault(name, []).append(index)

    def add_word(self, text: Text) -> Word:
        """Register a word that reads the global variables. Raises ExpansionError when it is malformed."""
        expansion = self._expand(text, self._visible, NO_CHANGE, {})
        word = Word(text, self._bind(expansion.used), expansion)
        for read in word.bindings.values():
            self._word_readers.setdefault(read, []).append(len(self.words))
        self.words.append(word)
        return word

    def with_values(self, word: Word, values: dict[str, str]) -> str | None:
        """What `word` stands for when the builder sets `values`; None where it stays open."""
        return self.after(word, Change(overrides=tuple(values.items())))

    def after(self, word: Word, change: Change) -> str | None:
        """What `word` would stand for after `change`; None where it would be malformed or open."""
        try:
            expansion = self._expand(word.text, word.bindings, change, self._changed_values(change))
        except ExpansionError:
            return None
        return None if expansion.unknown else expansion.value.chars

    def argument_at(self, at: int) -> int | None:
        """The index of the ARG in whose default the byte before offset `at` stands."""
        position = bisect_right(self._starts, (at - 1, len(self._arguments))) - 1
        if position < 0:
            return None
        index = self._starts[position][1]
        default = self._arguments[index].default
        return index if default is not None and at <= default.extent.end else None

    def argument_name(self, index: int) -> str:
        """The name of an ARG."""
        return self._arguments[index].name

    def argument_end(self, index: int) -> int | None:
        """The byte offset after the last character of an ARG's value."""
        value = self._values[index]
        return value.offsets[-1] + 1 if isinstance(value, Text) and value.offsets else None

    def readers(self, index: int) -> list[Word]:
        """The words that an ARG reaches, directly or through other ARGs; all words must have been added."""
        if index not in self._readers:
            reached = self._reached_arguments({index})
            words = {at for read in reached for at in self._word_readers.get(read, ())}
            self._readers[index] = [self.words[at] for at in sorted(words)]
        return self._readers[index]

    def names_behind(self, word: Word) -> list[str]:
        """The variables that `word` depends on, directly or through ARGs, sorted."""
        names = set(word.expansion.used)
        waiting = list(word.bindings.values())
        seen: set[int] = set()
        while waiting:
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
        return {name: self._visible[name] for name in names if name in self._visible}

    def _missing(self, name: str, declared: bool) -> Missing:
        if self.dialect == COMPOSE:
            return Missing.NO_DEFAULT
        if name in PLATFORM_ARGS:
            return Missing.BUILD_TIME
        return Missing.NO_DEFAULT if declared else Missing.UNSET

    def _expand(
        self, text: Text, bindings: Mapping[str, int], change: Change, changed: Mapping[int, Text | Missing]
    ) -> Expansion:
        if change.at is not None:
            text = text.with_insertion(change.at, change.chars)
        return expand(text, lambda name: self._lookup(name, bindings, change, changed), self.dialect)

    def _lookup(
        self, name: str, bindings: Mapping[str, int], change: Change, changed: Mapping[int, Text | Missing]
    ) -> Text | Missing:
        index = bindings.get(name)
        for overridden, chars in change.overrides:
            if overridden == name and (index is not None or self._missing(name, False) is not Missing.UNSET):
                return Text.made_up(chars)
        if index is None:
            return self._missing(name, declared=False)
        return changed.get(index, self._values[index])

    def _changed_values(self, change: Change) -> Mapping[int, Text | Missing]:
        """The values of the ARGs that `change` reaches."""
        if change not in self._thoughts:
            start = {index for name, _ in change.overrides for index in self._by_name.get(name, ())}
            if change.at is not None and (index := self.argument_at(change.at)) is not None:
                start.add(index)
            changed = self._thoughts[change] = {}
            for index in sorted(self._reached_arguments(start)):
                changed[index] = self._changed_value(self._arguments[index], change, changed)
        return self._thoughts[change]

    def _changed_value(
        self, argument: Argument, change: Change, changed: Mapping[int, Text | Missing]
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

    def _reached_arguments(self, start: set[int]) -> set[int]:
        reached = set(start)
        waiting = list(start)
        while waiting:
            for reader in self._argument_readers.get(waiting.pop(), ()):
                if reader not in reached:
                    reached.add(reader)
                    waiting.append(reader)
        return reached


def platform_args(platform: str) -> dict[str, str]:
    """The predefined ARGs of a build on and for `platform`."""
    system, architecture, variant, *_ = f"{platform}/".split("/")
    values = {"PLATFORM": platform, "OS": system, "ARCH": architecture, "VARIANT": variant}
    return {f"{side}{part}": value for side in ("BUILD", "TARGET") for part, value in values.items()}
