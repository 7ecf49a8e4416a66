"""JSON as all outputs write it."""

import json
import re

_COMMAND = re.compile(r"##(?=\w*\[)")
"""What starts a command anywhere in a line of a build log."""


def dumps(document: object) -> str:
    """`document` as indented JSON with a final newline.

    Characters that do not print are escaped, and commands of build logs are taken apart (see
    `_escape.clean`): nothing is lost to a parser, and nothing happens on a terminal or in a log.
    """
    text = json.dumps(document, ensure_ascii=False, indent=2)
    lines = (line if line.isprintable() else "".join(map(_escaped, line)) for line in text.split("\n"))
    return _COMMAND.sub(r"#\\u0023", "\n".join(lines)) + "\n"


def _escaped(character: str) -> str:
    return character if character.isprintable() else json.dumps(character)[1:-1]
