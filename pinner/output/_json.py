"""JSON as all outputs write it."""

import json

from pinner.model.escaping import without_build_commands


def dumps(document: object) -> str:
    """Return `document` as indented JSON with a final newline.

    Characters that do not print are escaped, and commands of build logs are taken apart:
    nothing is lost to a parser, and nothing happens on a terminal or in a log.
    """
    text = json.dumps(document, ensure_ascii=False, indent=2)
    lines = (line if line.isprintable() else "".join(map(_escaped, line)) for line in text.split("\n"))
    return without_build_commands("\n".join(lines), r"\u0023") + "\n"


def _escaped(character: str) -> str:
    return character if character.isprintable() else json.dumps(character)[1:-1]
