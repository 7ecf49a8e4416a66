"""The settings in force and where each comes from: what `pinner config` prints."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pinner.config.keys import KEYS
from pinner.config.layers import Given, SettingOrigin, collect_layers
from pinner.config.values import key_text, quoted
from pinner.model.escaping import clean

SCHEMA_VERSION = 1


class InForce(NamedTuple):
    """Every setting in the table's order, and the file that was read, None if none was."""

    file: str | None
    settings: tuple[Given, ...]


def in_force(flags: Mapping[str, Any], environ: Mapping[str, str]) -> InForce:
    """Return the settings in force. Raises UsageError as `load` does."""
    given, file = collect_layers(flags, environ)
    defaults = (
        Given(key=key, raw=key.default, value=None, origin=SettingOrigin.DEFAULT, source=SettingOrigin.DEFAULT)
        for key in KEYS
    )
    return InForce(file, tuple(given.get(each.key.field, each) for each in defaults))


def as_text(settings: InForce) -> str:
    """TOML, with the source of each value behind it; what a file cannot hold is a comment."""
    lines = [f"# {clean(settings.file or 'no configuration file')}"]
    for key, raw, _, _, source in settings.settings:
        # What no file can hold stands behind a mark, so that the text as a whole is a configuration.
        comment = "" if key.in_file and raw is not None else "# "
        lines.append(f"{comment}{key.name} = {'none' if raw is None else _toml(raw)}  # {clean(source)}")
    return "".join(f"{line}\n" for line in lines)


def as_json(settings: InForce) -> str:
    """Return the settings in force as JSON."""
    from pinner.output._json import dumps

    values = {
        key.name: {"value": raw, "origin": origin, "source": source}
        for key, raw, _, origin, source in settings.settings
    }
    return dumps({"schema_version": SCHEMA_VERSION, "file": settings.file, "settings": values})


def _toml(raw: Any) -> str:
    match raw:
        case dict():
            return "{" + ", ".join(f"{key_text(name)} = {_toml(value)}" for name, value in raw.items()) + "}"
        case list():
            return "[" + ", ".join(map(_toml, raw)) + "]"
    return quoted(raw)
