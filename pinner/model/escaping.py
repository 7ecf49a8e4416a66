"""Texts that others chose made harmless for terminals, build logs and documents.

File names, references, settings, arguments and a registry's answers are written by whoever opened the pull request.
Printed as they are they could move the cursor, forge lines, start a workflow command, turn the reading direction of
what follows, or show a password. `clean` is for one such text, before it becomes part of a line; `harmless` is for all
that is printed, as `terminal` and `reporting` print it, and holds whatever was forgotten before.
"""

import re

_CONTROL = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
"""C0 but tab and line feed, DEL, C1, bidirectional controls (Unicode Standard Annex 9), separators, lone surrogates."""

_BLANK = r"[\t \xa0\u1680\u2000-\u200a\u202f\u205f\u3000]"
_BUILD_COMMAND = r"##(?=\w*\[)"
"""The starts of commands anywhere in a line of a build log: `##[` (GitHub, Azure), `##vso[`, `##teamcity[`."""

_OWN = r"\x1b\[[0-9;]*m|\x1b\]8;;[!-~]*\x1b\\"
"""Colours (ECMA-48, SGR) and hyperlinks (OSC 8), which outputs add to text that is cleaned already."""

# Not compiled here: most runs print nothing that has to be searched.
_COMMANDS = rf"{_CONTROL}|{_BUILD_COMMAND}"
_PLAIN = rf"(?m)^{_BLANK}*:(?=:)|{_COMMANDS}"
_STYLED = rf"(?m)^(?:{_OWN}|{_BLANK})*:(?=:)|{_OWN}|{_COMMANDS}"
# A digest is no host: `docker-image://node@sha256:…` has no user information.
_USER_INFO = r"://[^ /?#\n]*@(?!sha(?:256|512):)"


def clean(text: str) -> str:
    """Return `text` on one line, with every character that does not print spelled out as in a Python string.

    That covers line ends, tabs, zero-width formatting and tags beside what `harmless` looks for. Every `##` is taken
    apart, for what will stand behind it is not known here.
    """
    if not text.isprintable():
        text = "".join(map(_spelled, text))
    return without_user_info(text).replace("##", r"#\x23")


def clean_path(path: str) -> str:
    """Return a path that starts a line: cleaned, and never the start of a `::command::` of GitHub's runner."""
    path = clean(path)
    # What follows is often a colon as well.
    return f"./{path}" if path.lstrip().startswith(":") else path


def harmless(text: str, *, styled: bool = False, commands: bool = False) -> str:
    """Return lines of text without anything that acts on a terminal or in a build log, and without user information.

    What would act is spelled out. `styled` text keeps colours and hyperlinks: an output that makes them has cleaned
    what stands between. `commands` are lines of workflow commands, which begin with `::`.
    """
    if not _is_plainly_harmless(text):
        text = re.sub(_STYLED if styled else _COMMANDS if commands else _PLAIN, _replacement, text)
    return without_user_info(text)


def is_harmless(text: str) -> bool:
    """Tell whether `harmless` would leave the characters and the lines of `text` as they are."""
    return _is_plainly_harmless(text) or re.search(_PLAIN, text) is None


def without_user_info(text: str) -> str:
    """Return `text` with `***` for the user information (RFC 3986 section 3.2.1) of every URL in it."""
    return re.sub(_USER_INFO, "://***@", text) if "@" in text else text


def setting_without_user_info(text: str) -> str:
    """Return the text of a setting with `***` for all that stands before its last `@`, but for `HOST=` and the scheme.

    A URL that is mistyped shows its password as well as one that is not. What stands before a digest stays.
    """
    start, at, rest = text.rpartition("@")
    if not at or rest.startswith("sha256:") or ":" not in start:
        return text
    kept = re.match(r"([^=@/]*=)?[a-z][a-z0-9+.-]*://", start, re.IGNORECASE)
    return f"{kept.group() if kept else ''}***@{rest}"


def without_build_commands(text: str, escape: str) -> str:
    """Return `text` with `escape` for the second `#` of what starts a command of a build log."""
    return re.sub(_BUILD_COMMAND, lambda _: f"#{escape}", text)


def _is_plainly_harmless(text: str) -> bool:
    """Tell whether all of `text` prints, and it has none of the signs with which a command starts."""
    return "##" not in text and "::" not in text and text.replace("\n", "").isprintable()


def _replacement(match: re.Match[str]) -> str:
    found = match.group()
    if found == "##":
        return r"#\x23"
    if found.endswith(":"):
        return rf"{found[:-1]}\x3a"
    return _spelled(found) if len(found) == 1 else found


def _spelled(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
