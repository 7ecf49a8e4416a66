"""Values of settings, from TOML, the environment and flags: checked against their types."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from math import isfinite
from os import path
from typing import Any

from pinner.config.types import (
    Boolean,
    Choice,
    File,
    Integer,
    List,
    Number,
    OpenTable,
    PatternList,
    Reports,
    String,
    Table,
    Type,
)
from pinner.model.escaping import setting_without_user_info
from pinner.scanning.gitignore import Patterns, compile_patterns

# What TOML asks of every reader.
_BITS = 64
_LONG = f"a number of more than {_BITS} bits"

_BOOLEANS = dict.fromkeys(("1", "true", "yes", "on"), True) | dict.fromkeys(("0", "false", "no", "off"), False)


class WrongSetting(ValueError):
    """What stands below `names` is not what its type asks for. `word` is where to look for it in the file."""

    def __init__(self, message: str, *names: str, word: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.names = names
        self.word = word
        self.others: list[WrongSetting] = []
        """What else is wrong in the same table or list."""

    def below(self, name: str) -> "WrongSetting":
        """Return the error as seen from one table or list further up."""
        # No file has the number of an item in it.
        word = "" if name.startswith("[") else name
        return WrongSetting(self.message, name, *self.names, word=self.word or word)

    @property
    def place(self) -> str:
        """The way to the value as TOML would write it: `registries."ghcr.io".mirror`."""
        return ".".join(key_text(setting_without_user_info(name)) for name in self.names).replace(".[", "[")


class _Collected(list[WrongSetting]):
    """Errors in the parts of a table or a list: all of them are told in one run."""

    @contextmanager
    def below(self, name: str) -> Iterator[None]:
        """Collect what is wrong with the part of this name."""
        try:
            yield
        except WrongSetting as error:
            self += [each.below(name) for each in (error, *error.others)]

    def raise_all(self) -> None:
        """Raise WrongSetting if anything was collected."""
        if self:
            self[0].others = self[1:]
            raise self[0]


def read_value(kind: Type, raw: Any, folder: str) -> Any:
    """Return the value for `Settings`. Paths in it start at `folder`. Raises WrongSetting."""
    match kind:
        case File():
            return path.normpath(path.join(folder, _filled(raw)))
        case PatternList():
            return Patterns(tuple(_each(raw, _pattern)), folder)
        case Reports():
            return _read_reports(kind, raw, folder)
        case List(item):
            return tuple(_each(raw, lambda each: read_value(item, each, folder)))
        case OpenTable():
            return _read_open_table(kind, _checked(raw, (dict,), "a table"), folder)
        case Table():
            return _read_table(kind, _checked(raw, (dict,), "a table"), folder)
    return _read_scalar(kind, raw)


def parse_value(kind: Type, text: str) -> Any:
    """Return what TOML would hold for `text` of the environment, where commas separate items. Raises WrongSetting."""
    match kind:
        case Boolean():
            if text.lower() not in _BOOLEANS:
                raise WrongSetting(f"true or false is needed, not {quoted(text)}")
            return _BOOLEANS[text.lower()]
        case Integer() | Number():
            with suppress(ValueError):
                return int(text)
            with suppress(ValueError):
                return float(text)
            raise WrongSetting(f"a number is needed, not {quoted(text)}")
        case List() | PatternList() | Reports():
            # Without empty items: lists that scripts put together often end with a comma.
            return [item for part in text.split(",") if (item := part.strip())]
    return text


def unknown(what: str, word: str, known: Iterable[str]) -> str:
    """Return the message for a word that is none of the `known` ones: it names the nearest."""
    from difflib import get_close_matches

    choices = sorted(known)
    close = get_close_matches(word.lower().replace("_", "-"), choices, 1)
    hint = f"did you mean {quoted(close[0])}?" if close else f"choose from {', '.join(choices)}"
    return f"unknown {what} {quoted(word)}: {hint}"


def quoted(value: object) -> str:
    """Return a value as TOML, or nearly so, writes it."""
    from json import dumps

    return dumps(value, ensure_ascii=False, default=str)


def key_text(name: str) -> str:
    """Return a name as a key of TOML: bare where that is allowed."""
    return name if re.fullmatch(r"[\w-]+|\[\d+\]", name, re.ASCII) else quoted(name)


def _read_scalar(kind: Boolean | Integer | Number | Choice | String, raw: Any) -> Any:
    match kind:
        case Boolean():
            return _checked(raw, (bool,), "true or false")
        case Integer(minimum, maximum):
            return _in_range(_checked(raw, (int,), "a whole number"), minimum, maximum)
        case Number(minimum, maximum):
            return float(_in_range(_checked(raw, (int, float), "a number"), minimum, maximum))
        case Choice():
            if _checked(raw, (str,), "a string") not in kind.choices:
                raise WrongSetting(unknown(kind.noun, raw, kind.choices))
            return kind.make(raw)
        case String():
            return _made(kind, _checked(raw, (str,), "a string"))


def _checked(raw: Any, kinds: tuple[type, ...], words: str) -> Any:
    """Return `raw` if it is of one of these types."""
    if type(raw) not in kinds:  # not isinstance: to Python, True is a whole number
        raise WrongSetting(f"{words} is needed, not {quoted(_shown(raw))}")
    return raw


def _in_range(number: float, minimum: float, maximum: float | None) -> float:
    # Before anything is formatted: Python refuses to write an integer of more than 4,300 digits.
    if isinstance(number, int) and _is_long(number):
        raise WrongSetting(f"{_LONG} is too much")
    if not isfinite(number) or number < minimum:
        raise WrongSetting(f"at least {minimum:g} is needed, not {number:g}")
    if maximum is not None and number > maximum:
        raise WrongSetting(f"at most {maximum:g} is allowed, not {number:g}")
    return number


def _filled(raw: Any) -> str:
    text: str = _checked(raw, (str,), "a string")
    if not text or "\0" in text:
        raise WrongSetting(f"{quoted(text)} is no file name and no pattern")
    return text


def _pattern(raw: Any) -> str:
    text = _filled(raw)
    try:
        compile_patterns([text])
    except ValueError as error:
        raise WrongSetting(str(error)) from error
    return text


def _made(kind: String, text: str) -> object:
    if not re.fullmatch(kind.pattern, text):
        raise WrongSetting(f"{quoted(_shown(text))} is not {kind.meaning}")
    try:
        return kind.make(text)
    except ValueError as error:
        raise WrongSetting(str(error)) from error


def _shown(raw: Any) -> Any:
    """Return a setting without passwords, for a message: any text in it may be meant as a URL that holds one."""
    match raw:
        case str():
            return setting_without_user_info(raw)
        case list() | tuple():
            return [_shown(item) for item in raw]
        case int() if _is_long(raw):
            return _LONG
        case dict():
            return {setting_without_user_info(name): _shown(value) for name, value in raw.items()}
    return raw


def _is_long(number: int) -> bool:
    """Return whether a number is none of TOML's: Python writes no integer of many digits, and makes no float of it."""
    return number.bit_length() > _BITS


def _each(raw: Any, read_item: Any) -> Iterable[Any]:
    collected = _Collected()
    for at, item in enumerate(_checked(raw, (list, tuple), "a list")):
        with collected.below(f"[{at}]"):
            yield read_item(item)
    collected.raise_all()


def _read_reports(kind: Reports, raw: Any, folder: str) -> tuple[tuple[str, str | None], ...]:
    def read_report(text: Any) -> tuple[str, str | None]:
        name, equals, file = _checked(text, (str,), "a string").partition("=")
        if name not in kind.formats:
            raise WrongSetting(unknown("format", name, kind.formats))
        return name, path.normpath(path.join(folder, _filled(file))) if equals else None

    targets = tuple(_each(raw, read_report))
    shown = [name for name, file in targets if file is None]
    if len(shown) > 1 and not kind.together.issuperset(shown):
        raise WrongSetting(f"{' and '.join(shown)} cannot share standard output: write one as NAME=FILE")
    return targets


def _read_open_table(kind: OpenTable, raw: dict[str, Any], folder: str) -> dict[Any, Any]:
    values = {}
    collected = _Collected()
    for name, value in raw.items():
        with collected.below(name):
            special = kind.special.get(name)
            # `docker.io` and `index.docker.io` are one host: TOML sees two names.
            made = name if special else read_value(kind.name, name, folder)
            if made in values:
                raise WrongSetting(f"{made} is there twice")
            values[made] = read_value(special or kind.value, value, folder)
    collected.raise_all()
    return values


def _read_table(kind: Table, raw: dict[str, Any], folder: str) -> object:
    keys = {key.name: key for key in kind.keys if key.in_file}
    values = {}
    collected = _Collected()
    for name, value in raw.items():
        if name not in keys:
            collected.append(WrongSetting(unknown("key", name, keys), word=name))
            continue
        with collected.below(name):
            values[keys[name].field] = read_value(keys[name].type, value, folder)
    for key in keys.values() if keys.keys() >= raw.keys() else ():  # a key that is misspelt may be the missing one
        if key.required and key.name not in raw:
            collected.append(WrongSetting(f"{quoted(key.name)} is missing"))
    collected.raise_all()
    return kind.make(**values)
