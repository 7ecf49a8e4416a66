"""Text from files and registries made harmless for terminals, logs and documents.

File names, image names and a registry's answers are written by whoever opened the pull request.
Printed as they are they could move the cursor, forge lines, start a workflow command or turn the
reading direction of what follows.
"""


def clean(text: str) -> str:
    """`text` on one line, with every character that does not print spelled out as in a Python string.

    That covers C0 and C1 controls, DEL, line and paragraph separators, bidirectional and zero-width
    formatting, tags and lone surrogates. `##` is taken apart because `##[` (GitHub), `##vso[` (Azure)
    and `##teamcity[` start commands anywhere in a line of a build log.
    """
    if not text.isprintable():
        text = "".join(_spelled(character) for character in text)
    return text.replace("##", "#\\x23")


def clean_path(path: str) -> str:
    """A path that starts a line: cleaned, and never the start of a `::command::` of GitHub's runner."""
    path = clean(path)
    return f"./{path}" if path.lstrip().startswith("::") else path


def _spelled(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")
