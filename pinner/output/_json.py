"""JSON as all outputs write it."""

import json

from pinner.model.escaping import without_build_commands


def dumps(document: object) -> str:
    """Return `document` as indented JSON with a final newline.

    Characters that do not print are escaped, and commands of build logs are taken apart:
    nothing is lost to a parser, and nothing happens on a terminal or in a log.
    """
    text = json.dumps(document, ensure_ascii=False, indent=2)
    # `ensure_ascii` would escape every letter beyond ASCII: only what acts on a terminal needs it.
    lines = (
        "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in line) for line in text.split("\n")
    )
    return without_build_commands("\n".join(lines), r"\u0023") + "\n"
