"""The instructions of a Dockerfile as dockerfile-parse reads them.

It is the witness of an edit: of the bytes before and after it must say the same. What it misreads, such as heredocs, it
misreads twice alike, or the file is left alone.
"""

from io import BytesIO

from dockerfile_parse import DockerfileParser

from pinner.formats.dockerfile.instructions import INSTRUCTIONS

NO_INSTRUCTION = "?"
"""What stands for a word that it takes for the name of an instruction below a blank line: it may be an image."""


MAX_COPIED = 10_000_000_000
"""How many characters it may copy: it joins the lines of an instruction one by one, each time copying all before."""


class TooLong(Exception):
    """It would take too long to read the text."""


def structure(chars: str) -> tuple[str, ...]:
    """Return the name and the first and last line, from 1, of every instruction in `chars`, one character a byte.

    Raises TooLong.
    """
    if _copied(chars) > MAX_COPIED:
        raise TooLong
    data = chars.encode("latin-1")
    try:
        data.decode()
    except UnicodeDecodeError:
        # It reads UTF-8 only; of other bytes it gets each as a character of its own.
        data = chars.encode()
    items = DockerfileParser(fileobj=BytesIO(data)).structure
    names = (each["instruction"] if each["instruction"] in INSTRUCTIONS else NO_INSTRUCTION for each in items)
    return tuple(
        f"{name} {each['startline'] + 1}-{each['endline'] + 1}"
        for name, each in zip(names, items, strict=True)
        if each["instruction"] != "COMMENT"
    )


def _copied(chars: str) -> int:
    """Return how many characters are copied at most, with either escape character."""
    copied = length = 0
    for line in chars.split("\n"):
        if line.lstrip().startswith("#"):
            continue
        length += len(line)
        copied += length
        if not line.rstrip().endswith(("\\", "`")):
            length = 0
    return copied
