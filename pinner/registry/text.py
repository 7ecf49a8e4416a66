"""Text that others chose, made fit for a terminal, a log and an annotation."""

import unicodedata

MAX_LENGTH = 200


def clean(text: str, limit: int = MAX_LENGTH) -> str:
    """`text` on one line of at most `limit` code points.

    Control and format characters (ANSI escapes, line ends, bidirectional overrides) and lone
    surrogates become spaces; runs of white space become one space.
    """
    visible = "".join(" " if unicodedata.category(each)[0] in "CZ" else each for each in text[: 4 * limit])
    line = " ".join(visible.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
