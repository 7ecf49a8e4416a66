"""One source over the other: a flag over the environment over the file."""

import os
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from pinner.config import ENVIRONMENT_PREFIX, ReportTarget, Settings
from pinner.config.files import ConfigFile, find, read_named
from pinner.config.found import require_harmless
from pinner.config.keys import KEYS
from pinner.config.types import Boolean, Choice, Key, List, Type
from pinner.config.values import WrongSetting, parse, read, unknown
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


def collect(flags: Mapping[str, Any], environ: Mapping[str, str]) -> Layers:
    """Read all sources. Raises UsageError.

    `flags` may hold others, too: `config`, `no_config` and what only a flag can say. `policy_from` is a Revision.
    """
    file = _chosen_file(flags, environ)
    of_file = _of_file(file) if file else {}
    return Layers({**of_file, **_of_environment(environ), **_of_flags(flags)}, file.path if file else None)


def redirect(settings: Settings, file: str | None) -> Settings:
    """`settings` with the report for standard output in `file`, if that is given. Raises UsageError for several."""
    if file is None:
        return settings
    targets = settings.format or (ReportTarget("text"),)
    if sum(target.file is None for target in targets) != 1:
        raise UsageError("--output-file takes the report of one format: write the others as NAME=FILE")
    return settings._replace(format=tuple(target._replace(file=target.file or file) for target in targets))


def variable_of(name: str) -> str:
    """The environment variable of a setting."""
    return ENVIRONMENT_PREFIX + name.replace("-", "_").upper()


def _chosen_file(flags: Mapping[str, Any], environ: Mapping[str, str]) -> ConfigFile | None:
    """The configuration file in force: the one that is named, else the one that is found unless none is wanted.

    It is looked for in the revision of `policy_from`, if there is one.
    """
    named, unwanted = flags.get("config"), flags.get("no_config")
    if named and unwanted:
        raise UsageError("--config and --no-config exclude each other")
    if not named and not unwanted:
        named = environ.get(variable_of("config"))
        variable = variable_of("no-config")
        unwanted = environ.get(variable) and _from_environment(Boolean(), variable, environ)[1]
    if unwanted:
        return None
    return read_named(named) if named else find(os.curdir, flags.get("policy_from"))


def _of_file(file: ConfigFile) -> dict[str, Given]:
    keys = {key.name: key for key in KEYS if key.in_file}
    given = {}
    for name, raw in file.table.items():
        if name not in keys:
            raise UsageError(f"{file.place_of(name)}: {unknown('key', name, keys)}")
        try:
            value = read(keys[name].type, raw, file.folder)
        except WrongSetting as error:
            error = error.below(name)
            raise UsageError(f"{file.place_of(error.word)}: {error.place}: {error.message}") from error
        require_harmless(keys[name], raw, file)
        given[keys[name].field] = Given(keys[name], raw, value, SettingOrigin.FILE, file.place_of(name))
    return given


def _of_environment(environ: Mapping[str, str]) -> dict[str, Given]:
    """Variables that are empty are as good as unset: that is how a CI system passes on an input without a value."""
    _refuse_strangers(environ)
    given = {}
    for key in KEYS:
        variable = variable_of(key.name)
        if key.in_environment and environ.get(variable):
            raw, value = _from_environment(key.type, variable, environ)
            given[key.field] = Given(key, raw, value, SettingOrigin.ENVIRONMENT, variable)
    return given


def _refuse_strangers(environ: Mapping[str, str]) -> None:
    """Refuse what must mean pinner and says nothing to it; other variables with the prefix may be somebody else's."""
    from difflib import get_close_matches

    known = [variable_of(name) for name in ("config", "no-config", *(key.name for key in KEYS if key.in_environment))]
    settings = {variable_of(field) for field in Settings._fields}
    for name in sorted(name for name in environ if name.startswith(ENVIRONMENT_PREFIX) and environ[name]):
        if name not in known and name in settings:
            raise UsageError(f"{name}: this setting is not read from the environment")
        if name not in known and (close := get_close_matches(name, known, 1, 0.85)):
            raise UsageError(f"{name}: unknown variable: did you mean {close[0]}?")


def _of_flags(flags: Mapping[str, Any]) -> dict[str, Given]:
    given = {}
    for key in KEYS:
        if key.field in flags:
            flag = f"--{key.name}"
            raw = _without_commas(key.type, flags[key.field])
            given[key.field] = Given(key, raw, _read(key.type, raw, flag), SettingOrigin.FLAG, flag)
    return given


def _from_environment(kind: Type, variable: str, environ: Mapping[str, str]) -> tuple[Any, Any]:
    try:
        raw = parse(kind, environ[variable])
    except WrongSetting as error:
        raise UsageError(f"{variable}: {error.message}") from error
    return raw, _read(kind, raw, variable)


def _read(kind: Type, raw: Any, source: str) -> Any:
    try:
        return read(kind, raw, os.curdir)
    except WrongSetting as error:
        raise UsageError(f"{source}: {error.message}") from error


def _without_commas(kind: Type, raw: Any) -> Any:
    """`--select a,b` is `--select a --select b`; a comma in a pattern is part of it."""
    if isinstance(kind, List) and isinstance(kind.item, Choice):
        return [word for item in raw for word in item.split(",")]
    return raw
