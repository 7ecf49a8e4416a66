"""One source over the other: a flag over the environment over the file."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import Any, NamedTuple

from pinner.config import ENVIRONMENT_PREFIX, Settings
from pinner.config.files import ConfigFile, find_config_file, read_named
from pinner.config.found import require_harmless
from pinner.config.keys import KEYS
from pinner.config.types import Boolean, Choice, Key, List, Type
from pinner.config.values import WrongSetting, parse_value, quoted, read_value, unknown
from pinner.model.errors import UsageError


class SettingOrigin(StrEnum):
    """Where a value comes from, the weakest first."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"
    FLAG = "flag"


class Given(NamedTuple):
    """One setting: `raw` as TOML would hold it, `value` as `Settings` does. `source` names file, variable or flag."""

    key: Key
    raw: Any
    value: Any
    origin: SettingOrigin
    source: str


class Layers(NamedTuple):
    """The settings that are given anywhere, by their name in Python, and the file that was read, None if none was."""

    given: Mapping[str, Given]
    file: str | None


def collect_layers(flags: Mapping[str, Any], environ: Mapping[str, str]) -> Layers:
    """Read all sources. Raises UsageError.

    `flags` may hold others, too: `config`, `no_config` and what only a flag can say. `policy_from` is a Revision.
    """
    file = _chosen_file(flags, environ)
    # All that is wrong is told in one run: who mends a configuration by its errors wants them together.
    wrong: list[str] = []
    of_file = _of_file(file, wrong) if file else {}
    of_environment, of_flags = _of_environment(environ, wrong), _of_flags(flags, wrong)
    if wrong:
        raise UsageError(*wrong)
    return Layers({**of_file, **of_environment, **of_flags}, file.path if file else None)


def build_args_on_disk(flags: Mapping[str, Any], environ: Mapping[str, str]) -> tuple[tuple[Any, ...], str | None]:
    """Return `build-args` of the configuration without a look at `policy_from`, and its path.

    None of the rest counts, and what cannot be read says nothing: a change must not end the run that judges it.
    """
    key = next(key for key in KEYS if key.name == "build-args")
    with suppress(UsageError, WrongSetting):
        file = _chosen_file({name: value for name, value in flags.items() if name != "policy_from"}, environ)
        if file is not None and key.name in file.table:
            return read_value(key.type, file.table[key.name], file.folder), file.path
    return (), None


def variable_of(name: str) -> str:
    """Return the environment variable of a setting."""
    return ENVIRONMENT_PREFIX + name.replace("-", "_").upper()


def _chosen_file(flags: Mapping[str, Any], environ: Mapping[str, str]) -> ConfigFile | None:
    """Return the configuration file in force: the one that is named, else the one that is found unless none is wanted.

    It is looked for in the revision of `policy_from`, if there is one.
    """
    named, unwanted = flags.get("config"), flags.get("no_config")
    if named == "":
        raise UsageError('--config: "" is no file name')
    if named and unwanted:
        raise UsageError("--config and --no-config exclude each other")
    # Either flag puts both variables out of force.
    if not named and not unwanted:
        named = environ.get(variable_of("config"))
        variable = variable_of("no-config")
        unwanted = environ.get(variable) and _read(Boolean(), environ[variable], variable, is_text=True)[1]
    if unwanted:
        return None
    return read_named(named) if named else find_config_file(os.curdir, flags.get("policy_from"))


def _of_file(file: ConfigFile, wrong: list[str]) -> dict[str, Given]:
    keys = {key.name: key for key in KEYS if key.in_file}
    given = {}
    for name, raw in file.table.items():
        if name not in keys:
            known_elsewhere = any(key.name == name for key in KEYS)
            message = _elsewhere(name) if known_elsewhere else unknown("key", name, keys)
            wrong.append(f"{file.place_of(name)}: {message}")
            continue
        # Both are told of one key: that it must not be there, and that its value is wrong.
        with _noting(wrong):
            require_harmless(keys[name], raw, file)
        try:
            value = read_value(keys[name].type, raw, file.folder)
        except WrongSetting as error:
            found = [each.below(name) for each in (error, *error.others)]
            wrong += [f"{file.place_of(each.word)}: {each.place}: {each.message}" for each in found]
        else:
            given[keys[name].field] = Given(
                key=keys[name], raw=raw, value=value, origin=SettingOrigin.FILE, source=file.place_of(name)
            )
    return given


def _elsewhere(name: str) -> str:
    """Return how a file says what flags and variables say by a key that no file has."""
    # Flags and variables name a registry in the value, tables in their name.
    how = f'write it for each registry, as [registries."HOST"] {name} = …'
    if name == "kind":
        how = 'switch the other kinds off, as [kinds] helm-values = "off"'
    return f"{quoted(name)} is no key here: {how}"


def _of_environment(environ: Mapping[str, str], wrong: list[str]) -> dict[str, Given]:
    """Read the variables. An empty one is as good as unset: so a CI system passes on an input without a value."""
    wrong += _strangers(environ)
    given = {}
    for key in KEYS:
        variable = variable_of(key.name)
        if key.in_environment and environ.get(variable):
            with _noting(wrong):
                raw, value = _read(key.type, environ[variable], variable, is_text=True)
                given[key.field] = Given(
                    key=key, raw=raw, value=value, origin=SettingOrigin.ENVIRONMENT, source=variable
                )
    return given


@contextmanager
def _noting(wrong: list[str]) -> Iterator[None]:
    """Note a UsageError among what is wrong, and go on."""
    try:
        yield
    except UsageError as error:
        wrong += error.args


def _strangers(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong with variables that must mean pinner; others with the prefix may be somebody else's."""
    from difflib import get_close_matches

    known = [variable_of(name) for name in ("config", "no-config", *(key.name for key in KEYS if key.in_environment))]
    settings = {variable_of(field) for field in Settings._fields}
    for name in sorted(name for name in environ if name.startswith(ENVIRONMENT_PREFIX) and environ[name]):
        if name not in known and name in settings:
            yield f"{name}: this setting is not read from the environment"
        # Only what is much alike: the prefix is a word, and other programs may use it.
        if name not in known and (close := get_close_matches(name, known, 1, 0.85)):
            yield f"{name}: unknown variable: did you mean {close[0]}?"


def _of_flags(flags: Mapping[str, Any], wrong: list[str]) -> dict[str, Given]:
    given = {}
    for key in KEYS:
        if key.field in flags:
            flag, raw = f"--{key.name}", flags[key.field]
            # `--select a,b` is `--select a --select b`; a comma in a pattern is part of it.
            if isinstance(key.type, List) and isinstance(key.type.item, Choice):
                raw = [word for item in raw for word in item.split(",")]
            with _noting(wrong):
                raw, value = _read(key.type, raw, flag)
                given[key.field] = Given(key=key, raw=raw, value=value, origin=SettingOrigin.FLAG, source=flag)
    return given


def _read(kind: Type, raw: Any, source: str, *, is_text: bool = False) -> tuple[Any, Any]:
    """Return a setting as TOML would hold it and as `Settings` does. With `is_text` commas separate items.

    Raises UsageError that names the source.
    """
    try:
        raw = parse_value(kind, raw) if is_text else raw
        return raw, read_value(kind, raw, os.curdir)
    except WrongSetting as error:
        raise UsageError(*(f"{source}: {each.message}" for each in (error, *error.others))) from error
