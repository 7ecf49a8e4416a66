"""The variables of the files that belong together, and what would become of their words if something changed.

"Would" is the point: whether a digest may be written into the default of an ARG, or into a value in another file, is
decided by expanding every word that it reaches as if it stood there.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pinner.formats.variables.expansion import COMPOSE, LITERAL, Dialect, Expansion, ExpansionError, Missing, expand
from pinner.formats.variables.text import NOWHERE, Text
from pinner.model.occurrence import BuildArgument
from pinner.model.reference import Reference
from pinner.model.source import Source, Span, same_file

PLATFORM_ARGS = frozenset(
    f"{side}{part}" for side in ("BUILD", "TARGET") for part in ("PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT")
)
# What BuildKit sets in every build (`defaultArgs`): the platforms, and the name of the stage that is the target.
_PREDEFINED_ARGS = PLATFORM_ARGS | {"TARGETSTAGE"}
USUAL_PLATFORMS = tuple(
    "linux/amd64 linux/arm64 linux/arm/v7 linux/arm/v6 linux/386 linux/ppc64le linux/s390x linux/riscv64"
    " windows/amd64 windows/arm64".split()
)
_FURTHER_PLATFORMS = tuple("linux/arm/v5 linux/loong64 linux/mips64 linux/mips64le freebsd/amd64 freebsd/arm64".split())


# What all expansions of a file may come to, those of what would be included: a hostile file must not fill the memory.
MAX_TOTAL_LENGTH = 8_000_000


class Assumption(NamedTuple):
    """What is assumed: `chars` stand at offset `at`, and somebody builds with `overrides`.

    Where `prefers_defaults` is set BuildKit itself sets them, and an ARG's own default comes before.
    """

    at: int | None = None
    chars: str = ""
    overrides: tuple[tuple[str, str], ...] = ()
    prefers_defaults: bool = False


NOTHING_ASSUMED = Assumption()


class Argument(NamedTuple):
    """A global ARG, a build argument, or a variable of `.env`.

    `bindings` are the earlier ones that its default reads, by name; `dialect` is how variables are written in it.
    """

    name: str
    default: Text | None
    bindings: dict[str, int]
    dialect: Dialect


class Word(NamedTuple):
    """A word that variables may stand in, with its plain expansion. `is_reference` is not set if it pulls no image."""

    text: Text
    bindings: dict[str, int]
    expansion: Expansion
    dialect: Dialect = COMPOSE
    is_reference: bool = True


class Reach(NamedTuple):
    """What an argument reaches, directly or through others: words, and what else would see a digest, as a sentence.

    `leaves_file` where it reaches words of another file.
    """

    words: list[Word]
    also_read: str | None
    leaves_file: bool


class _Variables:
    """What the scopes of files that belong together share: arguments and words are known by their index here."""

    def __init__(self, source: Source | None) -> None:
        self.source = source
        self.words: list[Word] = []
        self.arguments: list[Argument] = []
        self.values: list[Text | Missing] = []
        # Sorted, by where the default begins; two builds of a Dockerfile have each its ARG in the same place.
        self.starts: list[tuple[int, int]] = []
        self.argument_readers: dict[int, list[int]] = {}
        self.word_readers: dict[int, list[int]] = {}
        self.also_read: dict[int, str] = {}
        self.refusals: dict[tuple[Assumption, Reference], str | None] = {}
        self.assumed: dict[Assumption, dict[int, Text | Missing]] = {}
        self.reached: dict[tuple[int, ...], Reach] = {}
        self.pinned_at: dict[int, dict[Reference | None, Word]] = {}
        self.proposed: dict[str, str] = {}
        self.places_of_use: dict[tuple[Span, str], str] = {}
        self.names: set[str] = set()


class Scope:
    """The global ARGs of a Dockerfile in their order, or the environment of a Compose file.

    With `beside` its variables are `shared` with those of another one, of which it sees none by itself. `source` is one
    of the files in which the texts stand, which messages name.
    """

    def __init__(self, dialect: Dialect, source: Source | None = None, beside: "Scope | None" = None) -> None:
        self.dialect = dialect
        self.shared: _Variables = beside.shared if beside else _Variables(source)
        self.refusals = self.shared.refusals
        self.visible: dict[str, int] = {}
        self._length = 0

    def declare(
        self, name: str, default: Text | None, dialect: Dialect | None = None, *, is_visible: bool = True
    ) -> int | None:
        """Add a global `ARG name[=default]` and return its index. Raise ExpansionError when the default is malformed.

        `dialect` is that of the default, where it is another one than that of the words. A build argument is not
        visible: it reads the variables of its Compose file, and is read in another scope.
        """
        # `ARG V` below `ARG V=20` leaves V its value.
        if default is None and is_visible and name in self.visible:
            return None
        dialect = dialect or self.dialect
        value: Text | Missing = self._missing(name, declared=True, dialect=dialect)
        bindings: dict[str, int] = {}
        if default is not None:
            expansion = self.expand(default, dialect)
            bindings = {name: self.visible[name] for name in expansion.used if name in self.visible}
            value = Missing.BUILD_TIME if expansion.unknown else expansion.value
        shared = self.shared
        index = len(shared.arguments)
        for read in bindings.values():
            shared.argument_readers.setdefault(read, []).append(index)
        if default is not None and default.offsets and default.offsets[0] != NOWHERE:
            insort(shared.starts, (default.offsets[0], index))
        shared.arguments.append(Argument(name=name, default=default, bindings=bindings, dialect=dialect))
        shared.values.append(value)
        if is_visible:
            self.bind(name, index)
        return index

    def declare_argument(self, argument: BuildArgument, base: int = 0) -> int | None:
        """Add what a file passes to an ARG and return its index, None where the value is not known.

        Offsets of the file count from `base` here. In the value nothing means anything but itself.
        """
        if argument.value is None:
            return None
        start, end = argument.span.start + base, argument.span.end + base
        # With escapes none of it stands there: all of it has the offset of its last byte.
        offsets = range(start, end) if argument.is_as_written else [end - 1] * len(argument.value)
        index = self.declare(argument.name, Text(argument.value, offsets), LITERAL, is_visible=False)
        if argument.obstacle:
            self.note_reader(index, argument.obstacle)
        return index

    def bind(self, name: str, index: int) -> None:
        """Let `name` stand for the argument of an index here as well."""
        self.visible[name] = index
        self.shared.names.add(name)

    def bind_all(self, other: "Scope") -> None:
        """Let all names of another scope stand for the same here."""
        self.visible |= other.visible

    def sees_the_same(self, other: "Scope") -> bool:
        """Tell whether all names stand for the same in another scope."""
        return self.visible == other.visible

    def look_up(self, name: str) -> int | None:
        """Return the index of the argument that `name` stands for."""
        return self.visible.get(name)

    def value_of(self, name: str) -> str | None:
        """Return what a name stands for, None where that is open."""
        index = self.look_up(name)
        value = None if index is None else self.argument_value(index)
        return None if value is None else str(value)

    def note_name(self, name: str) -> None:
        """Note that the files use `name`, so that no advice proposes it."""
        self.shared.names.add(name)

    def note_reader(self, index: int | None, sentence: str) -> None:
        """Note that something beside words would see a digest in an argument, in a sentence for people."""
        if index is not None:
            self.shared.also_read.setdefault(index, sentence)

    def owner(self, offset: int) -> Source | None:
        """Return the file in which a character stands, None if it stands nowhere or no file is known."""
        source = self.shared.source
        return source.owner(offset) if source and offset != NOWHERE else None

    def expand(
        self,
        text: Text,
        dialect: Dialect | None = None,
        bindings: Mapping[str, int] | None = None,
        change: Assumption = NOTHING_ASSUMED,
        changed: Mapping[int, Text | Missing] | None = None,
    ) -> Expansion:
        """Return what a word stands for, without registering it. Raise ExpansionError when it is malformed.

        Without `dialect` and `bindings` it is a word that stands here; `changed` are the values after `change`.
        """
        dialect, bindings = dialect or self.dialect, self.visible if bindings is None else bindings
        if change.at is not None:
            text = text.with_insertion(change.at, change.chars)
        if dialect.is_plain(text.chars):
            return Expansion(value=text, used=frozenset(), unknown=())
        expansion = expand(text, lambda name: self._look_up(name, dialect, bindings, change, changed or {}), dialect)
        self._length += len(expansion.value.chars)
        if self._length > MAX_TOTAL_LENGTH:
            raise ExpansionError(f"all variables together are longer than {MAX_TOTAL_LENGTH} characters")
        return expansion

    def add_word(self, text: Text, *, is_reference: bool = True) -> Word:
        """Register a word that reads the global variables. Raise ExpansionError when it is malformed."""
        expansion, shared = self.expand(text), self.shared
        bindings = {name: self.visible[name] for name in expansion.used if name in self.visible}
        word = Word(text=text, bindings=bindings, expansion=expansion, dialect=self.dialect, is_reference=is_reference)
        for read in word.bindings.values():
            shared.word_readers.setdefault(read, []).append(len(shared.words))
        shared.words.append(word)
        return word

    def on_platforms(self, word: Word) -> list[tuple[str, str | None]]:
        """Return the platforms, the usual ones first, and what `word` stands for on each; None if that is open."""
        found = []
        for platform in (*USUAL_PLATFORMS, *_FURTHER_PLATFORMS):
            system, architecture, variant, *_ = f"{platform}/".split("/")
            values = {"PLATFORM": platform, "OS": system, "ARCH": architecture, "VARIANT": variant}
            args = tuple((f"{side}{part}", value) for side in ("BUILD", "TARGET") for part, value in values.items())
            # BuildKit sets these in every build (`defaultArgs`), but for an ARG that has a default of its own.
            changed = self.after(word, Assumption(overrides=args, prefers_defaults=True))
            found.append((platform, None if changed is None else changed.chars))
        return found

    def after(self, word: Word, change: Assumption) -> Text | None:
        """Return what `word` would stand for after `change`; None where it would be malformed or open."""
        try:
            changed = self._changed_values(word, change)
            expansion = self.expand(word.text, word.dialect, word.bindings, change, changed)
        except ExpansionError:
            return None
        return None if expansion.unknown else expansion.value

    def arguments_at(self, at: int) -> list[int]:
        """Return the indexes of the arguments in whose default the byte before offset `at` stands."""
        starts, shared = self.shared.starts, self.shared
        position = bisect_right(starts, (at - 1, len(shared.arguments))) - 1
        if position < 0:
            return []
        start = starts[position][0]
        indexes = [index for _, index in starts[bisect_left(starts, (start, 0)) : position + 1]]
        default = shared.arguments[indexes[0]].default
        return indexes if default is not None and at <= default.extent.end else []

    def argument(self, index: int) -> Argument:
        """Return the argument of an index."""
        return self.shared.arguments[index]

    def argument_value(self, index: int) -> Text | None:
        """Return the value of an argument, None where it is open."""
        value = self.shared.values[index]
        return value if isinstance(value, Text) else None

    def reach(self, indexes: Iterable[int]) -> Reach:
        """Return what some arguments reach; all words must have been added."""
        shared, key = self.shared, tuple(indexes)
        if key not in shared.reached:
            arguments = sorted(self._reached_arguments(key))
            words = sorted({at for argument in arguments for at in shared.word_readers.get(argument, ())})
            also_read = next((shared.also_read[each] for each in arguments if each in shared.also_read), None)
            starts = {shared.words[at].text.offsets[0] for at in words if shared.words[at].text.offsets}
            defaults = (shared.arguments[each].default for each in key)
            starts.update(each.offsets[0] for each in defaults if each and each.offsets and each.offsets[0] != NOWHERE)
            leaves_file = any(not same_file(start, next(iter(starts))) for start in starts)
            shared.reached[key] = Reach(
                words=[shared.words[at] for at in words], also_read=also_read, leaves_file=leaves_file
            )
        return shared.reached[key]

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
                bindings = self.shared.arguments[index].bindings
                names.update(bindings)
                waiting += bindings.values()
        return sorted(names)

    def open_behind(self, word: Word) -> list[str]:
        """Return the variables without a value for which `word` is open, directly or through others."""
        return self._open_behind(word)[0]

    def known_behind(self, word: Word) -> tuple[str, ...]:
        """Return what is known of `word`, and of the values for which it is open, with nothing for what is not."""
        return (str(word.expansion.value), *self._open_behind(word)[1])

    def _open_behind(self, word: Word) -> tuple[list[str], list[str]]:
        waiting = [(name, word.bindings.get(name)) for name in word.expansion.unknown]
        names: dict[str, None] = {}
        known: list[str] = []
        seen: set[int] = set()
        while waiting:
            name, index = waiting.pop(0)
            default = None if index is None else self.shared.arguments[index].default
            if index is None or default is None:
                names[name] = None
            elif index not in seen:
                seen.add(index)
                argument = self.shared.arguments[index]
                expansion = self.expand(default, argument.dialect, argument.bindings)
                known += [str(default), str(expansion.value)]
                waiting += [(each, argument.bindings.get(each)) for each in expansion.unknown]
        return list(names), known

    def free_name(self, image: str) -> str:
        """Return the name of a new variable for `image`, made from its repository: always the same for one image."""
        shared = self.shared
        if image not in shared.proposed:
            repository = image.partition("@")[0].rpartition("/")[2].partition(":")[0]
            wanted = "".join(char if char.isalnum() and char.isascii() else "_" for char in repository.upper())
            wanted = f"{wanted}_IMAGE" if wanted[:1].isalpha() else "IMAGE"
            taken = shared.names.union(shared.proposed.values())
            numbers = (f"{wanted}_{number}" for number in range(2, len(taken) + 3))
            shared.proposed[image] = next(name for name in (wanted, *numbers) if name not in taken)
        return shared.proposed[image]

    def _missing(self, name: str, *, declared: bool, dialect: Dialect) -> Missing:
        if dialect == COMPOSE:
            return Missing.NO_DEFAULT
        if name in _PREDEFINED_ARGS:
            return Missing.BUILD_TIME
        # `--build-arg` gives FROM no variable that no ARG declares: there it is empty.
        return Missing.NO_DEFAULT if declared else Missing.UNSET

    def _look_up(
        self,
        name: str,
        dialect: Dialect,
        bindings: Mapping[str, int],
        change: Assumption,
        changed: Mapping[int, Text | Missing],
    ) -> Text | Missing:
        index = bindings.get(name)
        missing = self._missing(name, declared=False, dialect=dialect)
        keeps_default = change.prefers_defaults and index is not None
        for overridden, chars in change.overrides:
            if overridden == name and not keeps_default and (index is not None or missing is not Missing.UNSET):
                return Text.made_up(chars)
        return missing if index is None else changed.get(index, self.shared.values[index])

    def _changed_values(self, word: Word, change: Assumption) -> Mapping[int, Text | Missing]:
        """Return the values after `change` of the ARGs behind `word`, and of others that were worked out before."""
        arguments = self.shared.arguments
        values = self.shared.assumed.setdefault(change, {})
        missing: set[int] = set()
        waiting = [*word.bindings.values()]
        while waiting:
            index = waiting.pop()
            if index not in values and index not in missing:
                missing.add(index)
                waiting += arguments[index].bindings.values()
        # An ARG reads only those above it.
        for index in sorted(missing):
            values[index] = self._changed_value(arguments[index], change, values)
        return values

    def _changed_value(
        self, argument: Argument, change: Assumption, changed: Mapping[int, Text | Missing]
    ) -> Text | Missing:
        keeps_default = change.prefers_defaults and argument.default is not None
        for name, chars in change.overrides:
            if name == argument.name and not keeps_default:
                return Text.made_up(chars)
        if argument.default is None:
            return self._missing(argument.name, declared=True, dialect=argument.dialect)
        try:
            expansion = self.expand(argument.default, argument.dialect, argument.bindings, change, changed)
        except ExpansionError:
            # Of a change only: as it is written the default was expanded when it was declared.
            return Missing.BUILD_TIME
        return Missing.BUILD_TIME if expansion.unknown else expansion.value

    def _reached_arguments(self, indexes: Iterable[int]) -> set[int]:
        reached = set(indexes)
        waiting = [*reached]
        while waiting:
            for reader in self.shared.argument_readers.get(waiting.pop(), ()):
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
