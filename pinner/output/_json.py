"""JSON as all outputs write it."""

import json


def dumps(document: object) -> str:
    """`document` as indented JSON with a final newline.

    Characters that do not print are escaped, and `##` is taken apart (see `_escape.clean`): nothing is
    lost to a parser, and nothing happens on a terminal or in a build log.
    """
    text = json.dumps(document, ensure_ascii=False, indent=2)
    lines = (line if line.isprintable() else "".join(map(_escaped, line)) for line in text.split("\n"))
    return "\n".join(lines).replace("##", "#\\u0023") + "\n"


def _escaped(character: str) -> str:
    return character if character.isprintable() else json.dumps(character)[1:-1]
