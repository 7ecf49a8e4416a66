"""The JSON schema of the configuration file, for editors and other checkers.

The package holds it as `pinner.schema.json`, which `make regenerate` writes.
"""

from typing import Any

from pinner.config.keys import KEYS
from pinner.config.types import (
    Boolean,
    Choice,
    File,
    Integer,
    Key,
    List,
    Number,
    OpenTable,
    PatternList,
    Reports,
    String,
    Table,
    Type,
)

DIALECT = "http://json-schema.org/draft-07/schema#"
"""The dialect that editors' TOML plug-ins and SchemaStore use."""
ADDRESS = "https://digest-pinner.github.io/pinner/pinner.schema.json"

_WORD = {"type": "string", "minLength": 1}


def schema() -> dict[str, Any]:
    """Return the schema of `pinner.toml`, and of the table `tool.pinner` of a pyproject.toml."""
    head = {"$schema": DIALECT, "$id": ADDRESS, "title": "pinner", "description": "The configuration of pinner."}
    return head | _keys(KEYS)


def _schema_of(kind: Type) -> dict[str, Any]:
    match kind:
        case List(item):
            return {"type": "array", "items": _schema_of(item)}
        case PatternList():
            return {"type": "array", "items": _WORD}
        case Reports(formats):
            return {"type": "array", "items": {"type": "string", "pattern": f"^({'|'.join(formats)})(=.+)?$"}}
        case OpenTable(name, value, special):
            names = {"anyOf": [_schema_of(name), {"enum": list(special)}]} if special else _schema_of(name)
            own = {"properties": {each: _schema_of(table) for each, table in special.items()}} if special else {}
            others = _schema_of(value)
            return {"type": "object", "propertyNames": names, **own, "additionalProperties": others}
        case Table(keys):
            return _keys(keys)
    return _schema_of_scalar(kind)


def _schema_of_scalar(kind: Boolean | Integer | Number | Choice | String | File) -> dict[str, Any]:
    match kind:
        case Boolean():
            return {"type": "boolean"}
        case Integer(minimum, maximum):
            return {"type": "integer", "minimum": minimum} | ({"maximum": maximum} if maximum is not None else {})
        case Number(minimum, maximum):
            return {"type": "number", "minimum": minimum} | ({"maximum": maximum} if maximum is not None else {})
        case Choice(choices=choices):
            return {"enum": list(choices)}
        case String(pattern=pattern):
            return {"type": "string", "pattern": f"^({pattern})$"}
        case File():
            return _WORD


def _keys(keys: tuple[Key, ...]) -> dict[str, Any]:
    properties = {key.name: {"description": key.summary} | _schema_of(key.type) for key in keys if key.in_file}
    for key in keys:
        # TOML has no null, so there is no way to write a default that is None.
        if key.in_file and key.default is not None and not key.required:
            properties[key.name]["default"] = key.default
    required = [key.name for key in keys if key.required]
    wanted = {"required": required} if required else {}
    # A misspelt key is an error here as it is to the reader.
    return {"type": "object", "properties": properties, **wanted, "additionalProperties": False}
